"""The published library's OptoPrime on our problems, driven over pipes.

Run by `compare_with_trace_opt.py` in an environment with `trace-opt==0.1.3.8`, which needs nothing
of ours: the evaluator of numerical graphs is loaded from its file, and traffic is simulated by who
sends the jobs. Lines of JSON: a job comes in, then the values go out for each iteration and
feedback comes in, and each call of the LLM goes out and its text comes in, so that the same client
asks for both libraries.
"""

from __future__ import annotations

import importlib
import importlib.util
import json
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any, TextIO

GRAPH_FILE = Path(__file__).resolve().parents[1] / "tasks" / "numerical" / "graph.py"


class Pipe:
    """Questions go out, answers come in."""

    def __init__(self, lines: TextIO, out: TextIO) -> None:
        self.lines, self.out = lines, out

    def ask(self, question: dict[str, Any]) -> Any:
        """Send a line and wait for the answer."""
        self.out.write(json.dumps(question) + "\n")
        self.out.flush()
        return json.loads(next(self.lines))


def load_graph() -> ModuleType:
    """Our `tasks.numerical.graph`, without the packages around it."""
    spec = importlib.util.spec_from_file_location("graph", GRAPH_FILE)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    sys.modules["graph"] = module  # dataclasses look their module up
    spec.loader.exec_module(module)
    return module


def rebuild(data: dict[str, Any], kinds: ModuleType) -> Any:
    """The graph from plain data: ["+", ["Value", 0], ["Constant", 1]] is an operation."""
    operations = [
        kinds.Operation(symbol, *(getattr(kinds, kind)(index) for kind, index in operands))
        for symbol, *operands in data["instructions"]
    ]
    return kinds.Graph(tuple(data["constants"]), tuple(operations))


class Shown:
    """A value that stands in a trace for one that is elsewhere."""

    def __init__(self, text: str) -> None:
        self.text = text

    def __repr__(self) -> str:
        return self.text


Evaluate = Callable[[dict[str, Any]], Any]
"""From what was answered to the values to the output node."""


def numerical(job: dict[str, Any], parameters: Sequence[Any], kinds: ModuleType) -> Evaluate:
    """The graph on the library's own nodes."""
    from opto.trace import node

    graph = rebuild(job, kinds)
    constants = [node(value, name="constant") for value in graph.constants]
    return lambda said: graph.evaluate(*parameters, constants)


SIMULATED: dict[str, Any] = {}
"""What the three operators below return: stages, or the error of the first."""


def create_world(EW_green: int, NS_green: int) -> Shown:
    """Build the crossing, a light with these green times in seconds, and half an hour of demand."""
    if "error" in SIMULATED:
        raise ValueError(SIMULATED["error"])
    return Shown(SIMULATED["stages"][0])


def simulate(crossing: Shown) -> Shown:
    """Let the vehicles drive for half an hour."""
    return Shown(SIMULATED["stages"][1])


def analyze(traffic: Shown) -> Any:
    """Delay per vehicle, by approach and overall; the score is the mean delay plus its spread."""
    return SIMULATED["stages"][2]


def traffic(job: dict[str, Any], parameters: Sequence[Any], kinds: ModuleType) -> Evaluate:
    """Three operators that return what was simulated elsewhere."""
    from opto.trace import bundle

    made, driven, analyzed = (bundle()(each) for each in (create_world, simulate, analyze))

    def evaluate(said: dict[str, Any]) -> Any:
        SIMULATED.clear()
        SIMULATED.update(said)
        return analyzed(driven(made(*parameters)))

    return evaluate


TASKS = {"numerical": numerical, "traffic": traffic}


def run(job: dict[str, Any], pipe: Pipe, kinds: ModuleType) -> None:
    """Optimize one problem as the library's users do."""
    from opto.optimizers import OptoPrime
    from opto.trace import GRAPH, ExecutionError, node

    def llm(messages: list[dict[str, str]], **settings: Any) -> Any:
        text = pipe.ask({"messages": messages, "max_tokens": settings.get("max_tokens")})
        message = SimpleNamespace(content=text)
        return SimpleNamespace(choices=[SimpleNamespace(message=message)])

    GRAPH.clear()
    parameters = [
        node(value, name=name, trainable=True, constraint=job["constraints"][name])
        for name, value in job["start"].items()
    ]
    evaluate = TASKS[job["task"]](job, parameters, kinds)
    objective = f"{job['context']}\n{OptoPrime.default_objective}"
    optimizer = OptoPrime(parameters, llm=llm, objective=objective)
    failure = None
    while True:
        values = {name: p.data for name, p in zip(job["start"], parameters, strict=True)}
        said = pipe.ask({"values": values, "failure": failure})
        if said is None:
            return
        try:
            output = evaluate(said)
        except ExecutionError as error:
            output = error.exception_node
        try:
            failure = None
            optimizer.zero_feedback()
            optimizer.backward(output, said["feedback"])  # fails where a value is used twice
            optimizer.step()
        except Exception as error:  # the library's failure is a result of the comparison
            failure = f"{type(error).__name__}: {error}"


def main() -> None:
    """Serve jobs until the input ends. What the library prints goes to the error output."""
    pipe = Pipe(sys.stdin, os.fdopen(os.dup(1), "w"))
    os.dup2(2, 1)
    kinds = load_graph()
    importlib.import_module("opto.optimizers")  # says now if it is not there
    job = pipe.ask({"ready": True})
    while job is not None:
        run(job, pipe, kinds)
        job = pipe.ask({"done": True})


if __name__ == "__main__":
    main()
