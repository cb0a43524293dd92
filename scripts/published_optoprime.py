"""The published library's OptoPrime on one of our numerical problems, driven over pipes.

Run by `compare_with_trace_opt.py` in an environment with `trace-opt==0.1.3.8`, which needs nothing
of ours: the graph's evaluator is loaded from its file. Lines of JSON: a job comes in, then `x` goes
out for each iteration and feedback comes in, and each call of the LLM goes out and its text comes
in, so that the same client asks for both libraries.
"""

from __future__ import annotations

import importlib
import importlib.util
import json
import os
import sys
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


def run(job: dict[str, Any], pipe: Pipe, kinds: ModuleType) -> None:
    """Optimize one problem as the library's users do."""
    from opto.optimizers import OptoPrime
    from opto.trace import GRAPH, ExecutionError, node

    def llm(messages: list[dict[str, str]], **settings: Any) -> Any:
        text = pipe.ask({"messages": messages, "max_tokens": settings.get("max_tokens")})
        message = SimpleNamespace(content=text)
        return SimpleNamespace(choices=[SimpleNamespace(message=message)])

    GRAPH.clear()
    graph = rebuild(job, kinds)
    x = node(job["start"], name=job["name"], trainable=True)
    constants = [node(value, name="constant") for value in graph.constants]
    objective = f"{job['context']}\n{OptoPrime.default_objective}"
    optimizer = OptoPrime([x], llm=llm, objective=objective)
    failure = None
    while True:
        try:
            output = graph.evaluate(x, constants)
        except ExecutionError as error:
            output = error.exception_node
        feedback = pipe.ask({"x": x.data, "variable": x.py_name, "failure": failure})
        if feedback is None:
            return
        try:
            failure = None
            optimizer.zero_feedback()
            optimizer.backward(output, feedback)  # fails where a value is used twice
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
