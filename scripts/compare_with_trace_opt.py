"""LLM optimizers on numerical problems or traffic, beside the published library's OptoPrime.

    export OPENAI_BASE_URL=… OPENAI_API_KEY=… OPENAI_MODEL=…
    python scripts/compare_with_trace_opt.py --out DIR --baseline PYTHON [--problems 10]
    python scripts/compare_with_trace_opt.py --out DIR2 --baseline PYTHON --task traffic

PYTHON is the interpreter of an environment with `trace-opt==0.1.3.8`; without it, its rows are left
out. Every call goes through the same client, with the same sampling. What was done is kept in DIR:
the same command goes on where it was stopped, and `--report` only prints what there is.

A reply is usable if it was parsed, held valid values *and* changed a parameter. The scores are
|y - y*| or the delay after the last update, their median with a 95 % bootstrap interval over
problems, and that of the differences to the published library problem by problem. "schema": the
reply's form is enforced by the server, as far as it can; "free": any JSON object, as the library
asks for.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, closing
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

from compared_table import REFERENCE, TRIALS, markdown, result, summary
from compared_tasks import COMPARED, Compared

from trace_bench.baselines.basic_agent import BasicAgent
from trace_bench.baselines.opro import OPRO
from trace_bench.tasks.numerical import Numerical
from trace_bench.tasks.numerical.trial import Trial
from trace_core import UserError, node
from trace_core.llm import LLM, Message, OpenAIClient, Recorder, Reply, Request
from trace_core.optimizers import LLMOptimizer, OptoPrime
from trace_core.optimizers._suggestion import LONGEST_REASONING, schema
from trace_core.opto import Outcome, Problem

CHILD = Path(__file__).with_name("published_optoprime.py")
MASK = ("#Inputs", "#Others", "#Code", "#Documentation")
ANY_OBJECT: Mapping[str, Any] = {"type": "object"}
SETTINGS = "settings.json"
CONTROL = "control: another trace"
PUBLISHED = {REFERENCE: True, "published, free": False}


class Free(LLM):
    """Asks for any JSON object instead of one that satisfies a schema."""

    is_mock = False

    def __init__(self, llm: LLM) -> None:
        self.llm = llm

    @property
    def name(self) -> str:
        """That of the LLM."""
        return self.llm.name

    @property
    def context_tokens(self) -> int | None:
        """Those of the LLM."""
        return self.llm.context_tokens

    def settings(self) -> dict[str, Any]:
        """Those of the LLM."""
        return self.llm.settings()

    def complete(self, request: Request) -> Reply:
        """As the published library does."""
        return self.llm.complete(replace(request, schema=ANY_OBJECT))


class Control(OptoPrime):
    """OptoPrime that is shown another problem's trace, with the feedback to its own output."""

    other: Trial

    def propagate(self, outcome: Outcome, **options: Any) -> None:
        """Send the feedback through the other graph, evaluated at the same x."""
        constants = [node(value, name="constant") for value in self.other.graph.constants]
        output = self.other.graph.evaluate(self.parameters[0], constants)
        super().propagate(replace(outcome, output=output), **options)


@dataclass(frozen=True)
class Setup:
    """What all runs share."""

    sampling: Mapping[str, Any]
    compared: Compared
    steps: int
    out: Path
    baseline: str | None
    open: ExitStack

    @property
    def settings(self) -> dict[str, Any]:
        """What results depend on."""
        versions = {
            "optoprime": OptoPrime.version,
            "opro": OPRO.version,
            "agent": BasicAgent.version,
        }
        shared = {"task": self.compared.name, "steps": self.steps, "versions": versions}
        return {**self.client().settings(), **shared}

    def client(self) -> OpenAIClient:
        """A client of the one server, with the one sampling."""
        return OpenAIClient(**self.sampling)

    @cached_property
    def library(self) -> subprocess.Popen[str]:
        """The published library, waiting for a job."""
        assert self.baseline
        command = [self.baseline, str(CHILD)]
        pipe, nothing = subprocess.PIPE, subprocess.DEVNULL
        child = self.open.enter_context(
            subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=nothing, text=True)
        )
        if _read(child) != {"ready": True}:
            raise UserError(f"{self.baseline} has no trace-opt: try `{' '.join(command)}`.")
        return child

    def control(self, problem: Problem, llm: LLM, seed: int) -> LLMOptimizer:
        """The negative control, for numerical problems."""
        assert isinstance(self.compared.task, Numerical)
        made = Control.for_problem(problem, seed=seed, llm=llm)
        made.other = self.compared.task.trial((seed + 1) % TRIALS)
        return made


def _ours(cls: type[LLMOptimizer], free: bool = False, **settings: Any) -> Callable[..., Any]:
    def make(setup: Setup, problem: Problem, llm: LLM, seed: int) -> LLMOptimizer:
        return cls.for_problem(problem, seed=seed, llm=Free(llm) if free else llm, **settings)

    return make


OURS: dict[str, Callable[[Setup, Problem, LLM, int], LLMOptimizer]] = {
    "OptoPrime, schema": _ours(OptoPrime),
    "OptoPrime, schema, in words": _ours(OptoPrime, rehearse=False),
    "OptoPrime, free": _ours(OptoPrime, free=True, rehearse=False),
    "masked": _ours(OptoPrime, mask=MASK),
    "OPRO": _ours(OPRO),
    "Basic agent": _ours(BasicAgent),
    CONTROL: Setup.control,
}
METHODS = [*OURS, *PUBLISHED]


def main() -> None:
    """Run what is missing, then print the table."""
    options = arguments()
    sampling = {
        "model": options.model,
        "temperature": options.temperature,
        "max_tokens": options.max_tokens,
        "timeout_s": options.timeout,
    }
    known = settings_in(options.out) if options.report else {}
    compared = COMPARED[known.get("task", options.task)]()
    with ExitStack() as stack:
        setup = Setup(sampling, compared, options.steps, options.out, options.baseline, stack)
        if not options.report:
            run_all(setup, options)
    rows = [row for method in METHODS if (row := summary(setup.out, method))]
    if not rows:
        raise UserError(f"{setup.out} holds no results.")
    (setup.out / "table.json").write_text(
        json.dumps({**settings_in(setup.out), "rows": rows}, indent=1)
    )
    table = markdown(rows, compared.measure)
    (setup.out / "table.md").write_text(table)
    print(table)


def arguments() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--out", type=Path, required=True, help="folder that keeps the results")
    parser.add_argument("--baseline", help="python of an environment with trace-opt")
    parser.add_argument("--task", choices=COMPARED, default="numerical")
    parser.add_argument(
        "--problems",
        type=int,
        default=30,
        choices=range(1, TRIALS + 1),
        metavar="N",
        help="how many of its 30 trials, from the first",
    )
    parser.add_argument("--steps", type=int, default=10, help="updates a problem")
    parser.add_argument("--methods", nargs="*", choices=METHODS, metavar="NAME")
    parser.add_argument("--model", default=environment_model(), help="default: OPENAI_MODEL")
    parser.add_argument("--temperature", type=float, default=0.0)
    parser.add_argument("--max-tokens", type=int, default=1024, help="length of a reply")
    parser.add_argument("--timeout", type=float, default=1200.0, help="seconds of one attempt")
    parser.add_argument("--report", action="store_true", help="only print what there is")
    return parser.parse_args()


def environment_model() -> str:
    """The model's name in the environment, as `llm=openai` takes it."""
    return os.environ.get("OPENAI_MODEL", "gpt-4-0125-preview")


def settings_in(folder: Path) -> dict[str, Any]:
    """What the results in a folder were made with; empty if there are none."""
    path = folder / SETTINGS
    return json.loads(path.read_text()) if path.exists() else {}


def run_all(setup: Setup, options: argparse.Namespace) -> None:
    """Problem by problem, so that what there is can be compared at any time."""
    known = settings_in(setup.out)
    if known and known != setup.settings:
        raise UserError(f"{setup.out} holds results with other settings: use another --out.")
    setup.out.mkdir(parents=True, exist_ok=True)
    (setup.out / SETTINGS).write_text(json.dumps(setup.settings))
    methods = chosen(setup, options.methods)
    for seed in range(options.problems):
        for method in methods:
            if not result(setup.out, method, seed).exists():
                run_one(setup, method, seed)


def chosen(setup: Setup, names: list[str] | None) -> list[str]:
    """The methods that were named, else all that can be run."""
    fitting = (
        METHODS if setup.compared.name == "numerical" else [m for m in METHODS if m != CONTROL]
    )
    if names and CONTROL in {*names} - {*fitting}:
        raise UserError(f"{CONTROL!r} is for numerical problems: leave it out of --methods.")
    return [m for m in names or fitting if m in OURS or setup.baseline]


def run_one(setup: Setup, method: str, seed: int) -> None:
    """One method on one problem; an interrupted one continues from its record of calls."""
    path = result(setup.out, method, seed)
    path.parent.mkdir(parents=True, exist_ok=True)
    problem = setup.compared.task.problem(seed)
    moves = theirs if method in PUBLISHED else ours
    steps = []
    record = path.with_suffix(".llm.jsonl")
    with closing(Recorder(setup.client(), record, seed=seed)) as recorder:
        for place, step in enumerate(moves(setup, method, problem, recorder, seed)):
            steps.append(step)
            print(f"{method}, problem {seed}, step {place}: {step}", file=sys.stderr, flush=True)
    path.write_text(json.dumps(steps, indent=1))


def ours(
    setup: Setup, method: str, problem: Problem, llm: Recorder, seed: int
) -> Iterator[dict[str, Any]]:
    """The iterations of one of our optimizers."""
    optimizer = OURS[method](setup, problem, llm, seed)
    for left in range(setup.steps, -1, -1):
        outcome = problem.oracle()
        step = {"values": values(problem), "score": outcome.score}
        if outcome.solved or not left:
            yield step
            return
        optimizer.zero_feedback()
        optimizer.backward(outcome)
        entry = optimizer.step()
        usable = bool(entry.get("events", {}).get("usable_reply"))
        usable &= all(map(setup.compared.is_valid, values(problem).values()))
        yield {**step, "usable": usable, **cost(llm)}


def theirs(
    setup: Setup, method: str, problem: Problem, llm: Recorder, seed: int
) -> Iterator[dict[str, Any]]:
    """The iterations of the published library, told of each evaluation what it cannot compute."""
    child, compared = setup.library, setup.compared
    said = _tell(child, compared.job(problem, seed))
    step: dict[str, Any] = {}
    left = setup.steps
    while "done" not in said:
        if "messages" in said:
            said = _tell(child, _complete(llm, said, problem, PUBLISHED[method]))
            continue
        new = said["values"]
        if step:
            usable = new != values(problem) and all(map(compared.is_valid, new.values()))
            yield {**step, "usable": usable, **cost(llm)}
        for parameter in problem.parameters:
            parameter.update(new[parameter.base_name])
        outcome = problem.oracle()
        step = {"values": new, "score": outcome.score}
        step |= {"failure": said["failure"]} if said["failure"] else {}
        answer = {"feedback": outcome.feedback, **compared.evaluation(outcome)}
        said = _tell(child, answer if left and not outcome.solved else None)
        left -= 1
    yield step


def values(problem: Problem) -> dict[str, Any]:
    """Those of the parameters, by name."""
    return {parameter.base_name: parameter.data for parameter in problem.parameters}


def _complete(llm: LLM, said: dict[str, Any], problem: Problem, with_schema: bool) -> str:
    """Ask as the library does, or with our schema for its names."""
    messages = tuple(Message(each["role"], each["content"]) for each in said["messages"])
    variables = {f"{p.base_name}0": p for p in problem.parameters}
    form = schema(variables, LONGEST_REASONING) if with_schema else ANY_OBJECT
    return llm.complete(Request(messages, form, said["max_tokens"])).text


def cost(llm: Recorder) -> dict[str, Any]:
    """What the calls of a step took, when they were made."""
    replies = [exchange.reply for exchange in llm.take()]
    return {"calls": len(replies), "seconds": sum(reply.seconds for reply in replies)}


def _tell(child: subprocess.Popen[str], answer: Any) -> dict[str, Any]:
    assert child.stdin
    child.stdin.write(json.dumps(answer) + "\n")
    child.stdin.flush()
    if not (said := _read(child)):
        raise UserError("The published library has ended: run published_optoprime.py by hand.")
    return said


def _read(child: subprocess.Popen[str]) -> dict[str, Any]:
    assert child.stdout
    line = child.stdout.readline()
    return json.loads(line) if line else {}


if __name__ == "__main__":
    try:
        main()
    except UserError as error:
        print(f"compare_with_trace_opt: {error}", file=sys.stderr)
        raise SystemExit(2) from None
