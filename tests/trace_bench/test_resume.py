"""Every optimizer that is registered, cut off and resumed in another process, on a task it fits.

Those that ask an LLM are cut off by a limit on their calls, in the midst of an iteration.
"""

from contextlib import suppress
from pathlib import Path

import pytest

from tests.chat_server import ChatServer
from tests.fresh_process import in_fresh_process
from trace_bench import registry
from trace_bench.capabilities import missing
from trace_bench.plan import Run, plan
from trace_bench.runner import execute
from trace_bench.store import RunFolder

from .conftest import rows_of
from .quiet import swept

TASKS = {
    "numerical": ["task.tolerance=1e-9"],
    "mdp": [],
    "prompt_words": [],
    "binary_digits": [],
    "debugging": [],
    "battleship_demo": ["task.boards=2"],
    "traffic": ["task.engine=cpp"],
    "metaworld_reach": ["task.held_out=1"],
    "bbh": [
        "task.subset=generated/word_sorting",
        *("task.train=3", "task.validation=2", "task.examples=8"),
    ],
}
CALLS = 2
"""What an LLM may be asked before the run is cut off."""
OPTIMIZERS = registry.names("optimizer")


def runs(*words: str) -> dict[str, Run]:
    """A run of each optimizer, by name."""
    found = {}
    for optimizer in OPTIMIZERS:
        cls = registry.load("optimizer", registry.config("optimizer", optimizer)["kind"])
        task = next(name for name in TASKS if fits(cls, name))
        command = [f"task={task}", *TASKS[task], f"optimizer={optimizer}", "iterations=3"]
        (found[optimizer],) = plan([*command, "seed=1", "llm=openai", *words])
    return found


def fits(cls, task: str) -> bool:
    return not missing(registry.load("task", registry.config("task", task)["kind"]), cls)


def cut_off(run: Run, out: Path, last: int) -> None:
    """Begin a run that has rows 0..last, and end it early."""

    def stop(row) -> None:
        if run.llm is None and row.iteration == min(1, last):
            raise KeyboardInterrupt

    with suppress(KeyboardInterrupt):
        execute(run, RunFolder(out / run.id), stop)


def resume(out: str) -> list[str]:
    """Finish all runs; a new process does it."""
    return [record.status for record in swept([*runs("executor=inline").values()], Path(out))]


@pytest.fixture(scope="module")
def outcome(tmp_path_factory):
    """How each run stood when it was cut off, its rows when it was resumed, and unbroken ones.

    Also how often the server was asked for all that was unbroken, and for the rest.
    """
    whole, broken = tmp_path_factory.mktemp("whole"), tmp_path_factory.mktemp("broken")
    with ChatServer() as server, pytest.MonkeyPatch.context() as patch:
        patch.setenv("OPENAI_BASE_URL", server.url)
        patch.setenv("OPENAI_API_KEY", server.key)
        chosen = runs()
        for run in chosen.values():
            assert execute(run, RunFolder(whole / run.id)).status == "finished"
        asked, unbroken = len(server.requests), rows_of(whole.iterdir())
        for run in runs(f"limits.calls={CALLS}").values():
            cut_off(run, broken, last=len(unbroken[run.id]) - 1)
        statuses = {path.name: RunFolder(path).record().status for path in broken.iterdir()}
        assert {*in_fresh_process(resume, str(broken))} == {"finished"}
        again = len(server.requests) - asked
    found = rows_of(broken.iterdir())
    each = {
        name: (statuses[run.id], found[run.id], unbroken[run.id]) for name, run in chosen.items()
    }
    return each, asked, again


@pytest.mark.timeout(300)
@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_resumed_in_another_process_it_goes_on_as_if_never_interrupted(optimizer, outcome):
    status, resumed, unbroken = outcome[0][optimizer]
    assert status == "interrupted"
    assert resumed == unbroken


def test_no_answer_is_asked_for_twice(outcome):
    _, asked, again = outcome
    assert asked == again
