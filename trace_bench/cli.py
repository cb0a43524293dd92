"""The command line. Everything heavy is imported inside the command that needs it."""

from __future__ import annotations

import gc
import sys
from enum import StrEnum
from pathlib import Path
from typing import Annotated, NoReturn

import typer

from trace_core import UserError

from . import __version__, results_cli, subcommands
from .options import FIGURES, RUNS, Json, Out

DONE, SOME_FAILED, USER_ERROR, INTERRUPTED = 0, 1, 2, 130
"""Exit codes."""

app = typer.Typer(
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)

app.add_typer(results_cli.app)
app.add_typer(subcommands.data, name="data")
app.add_typer(subcommands.replays, name="replays")

Offline = Annotated[
    bool, typer.Option("--offline", help="Ask no LLM: only what is recorded or cached answers.")
]


class Kind(StrEnum):
    """What `list` can list."""

    TASKS = "tasks"
    OPTIMIZERS = "optimizers"
    LLMS = "llms"
    SANDBOXES = "sandboxes"
    EXECUTORS = "executors"
    EXPERIMENTS = "experiments"


class Size(StrEnum):
    """The sizes of an experiment."""

    SMOKE = "smoke"
    SMALL = "small"
    PAPER = "paper"


def main() -> NoReturn:
    """Run the command line; a `UserError` is one line on stderr and exit code 2."""
    try:
        app()
    except UserError as error:
        print(f"trace-bench: {error}", file=sys.stderr)
        sys.exit(USER_ERROR)
    except KeyboardInterrupt:
        sys.exit(INTERRUPTED)
    finally:
        # Looking through packages for garbage would delay the end by 0.4 s, and by 0.9 with the
        # openai client. Without that look UXsim's C++ engine fills the terminal with complaints.
        if "uxsim" not in sys.modules:
            gc.freeze()
    sys.exit(DONE)


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"trace-bench {__version__}")
        raise typer.Exit


@app.callback()
def _trace_bench(
    version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print it.")
    ] = False,
) -> None:
    """Compare optimizers for LLM workflows on the tasks of "Trace is the New AutoDiff".

    \b
      trace-bench run task=numerical optimizer=adam             one run
      trace-bench run -m optimizer=adam,random_search seed='range(30)'   a sweep
      trace-bench run experiment=demo                           a named sweep
      trace-bench list optimizers                               what there is to choose
      trace-bench plot                                          draw what has been run
      trace-bench show NAME --step 3                            look into a run
      trace-bench report                                        all of it as a page
      trace-bench graph NAME --step 3                           draw its trace
      trace-bench status                                        how the runs stand, while they run

    The same command again finishes what is missing and repeats nothing.
    """  # noqa: D301


@app.command()
def run(
    overrides: Annotated[
        list[str] | None, typer.Argument(metavar="[KEY=VALUE]...", show_default=False)
    ] = None,
    multirun: Annotated[
        bool, typer.Option("-m", "--multirun", help="Allow sweeps: run every combination.")
    ] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what would be run and what is finished.")
    ] = False,
    cost: Annotated[
        bool,
        typer.Option("--cost", help="Likewise, with the calls, tokens and money it would take."),
    ] = False,
    limit: Annotated[
        int | None,
        typer.Option(metavar="N", min=1, help="Only the first N seeds; the results are partial."),
    ] = None,
    smoke: Annotated[
        bool, typer.Option("--smoke", help="An experiment in seconds, without an LLM: to try out.")
    ] = False,
    offline: Offline = False,
    track: Annotated[
        str | None,
        typer.Option(metavar="NAME[,NAME]", help="Mirror in mlflow, wandb, tensorboard."),
    ] = None,
    fail_fast: Annotated[
        bool, typer.Option("--fail-fast", help="Begin nothing more after the first failure.")
    ] = False,
    out: Out = RUNS,
    json: Json = False,
) -> None:
    """Run a task with an optimizer, or a sweep of many.

    \b
    What to run is said by overrides (Hydra's syntax):
      task=NAME optimizer=NAME llm=NAME   choose a file of conf/task/, …; see `trace-bench list`
      sandbox=NAME                        likewise; where code that an LLM wrote runs
      executor=NAME                       likewise; where the runs of a sweep are driven
      experiment=NAME                     a named sweep; other overrides replace its own
      seed=3                              the trial: the same problem for every optimizer
      iterations=100                      updates per run, instead of the task's own number
      task.KEY=V optimizer.KEY=V llm.KEY=V   a setting of what was chosen
      limits.calls=N limits.tokens=N limits.usd=X limits.seconds=X   no run asks its LLM for more
      sweep.usd=X sweep.calls=N …         limits of all runs together, wherever they are driven

    \b
    With -m an override may have several values, and every combination is run:
      seed='range(30)'     30 trials
      optimizer=adam,random_search   both;  optimizer='glob(optoprime*)'  all such
      optimizer.lr=0.01,0.1,1

    \b
    Examples:
      trace-bench run task=numerical optimizer=adam optimizer.lr=0.3
      trace-bench run -m task=numerical optimizer=adam,random_search seed='range(30)'
      trace-bench run task=numerical optimizer=optoprime llm=mock
      OPENAI_API_KEY=… trace-bench run optimizer=optoprime llm=openai llm.model=gpt-4o

    \b
    Every run has a folder in results/runs with run.json and steps.jsonl. The same command again
    finishes interrupted runs, repeats failed ones and leaves finished ones alone.
    Ctrl-C stops in good order, a second one at once; nothing is lost.
    Exit code: 0 all finished, 1 some runs failed, were stopped or met a limit, 2 something is for
    you to put right (one line says what), 130 interrupted.
    """  # noqa: D301
    from .commands import dry_run_command, run_command, tracked

    words = [*(overrides or []), *(["offline=true"] if offline else [])]
    if dry_run or cost:
        raise typer.Exit(dry_run_command(words, multirun, limit, smoke, cost, out, json))
    with tracked(track, out):
        raise typer.Exit(run_command(words, multirun, limit, smoke, fail_fast, out, json))


@app.command()
def status(
    runs: Annotated[
        Path, typer.Argument(metavar="[FOLDER]", help="Folder of the run folders.")
    ] = RUNS,
    json: Json = False,
) -> None:
    """Say how the runs in a folder stand, also those that other processes or machines drive.

    How many are finished; of each under way the best score; LLM calls a minute and what they cost;
    and how long the rest takes, by the iterations measured.
    """
    from .commands import status_command

    status_command(runs, json)


@app.command()
def job(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="A run's folder.")],
) -> None:
    """Drive one run, given by its folder: what every executor does, here or on another machine.

    The folder's `job.json` says what to do; `trace-bench run` writes it. A run that is finished is
    left alone. Exit code: 0 finished, 1 failed, 2 something is for you to put right, 130 stopped.
    """
    from .commands import job_command

    raise typer.Exit(job_command(folder))


@app.command("list")
def list_(
    what: Annotated[
        Kind | None, typer.Argument(help="What to list; everything if left out.")
    ] = None,
    matrix: Annotated[
        bool, typer.Option("--matrix", help="Show which optimizers fit which tasks.")
    ] = False,
    json: Json = False,
) -> None:
    """List tasks, optimizers, LLMs, sandboxes, executors and experiments, with their settings.

    An optimizer fits a task if the task provides all that the optimizer needs (`--matrix`).
    """
    from .commands import list_command, matrix_command

    if matrix:
        matrix_command(json)
    else:
        list_command([what] if what else list(Kind), json)


@app.command()
def doctor(out: Out = RUNS, json: Json = False) -> None:
    """Say what this machine can run: packages, tasks, LLM access, folders."""
    from .commands import doctor_command

    doctor_command(out, json)


@app.command()
def reproduce(
    names: Annotated[
        list[str],
        typer.Argument(
            metavar="NAME... [llm.KEY=VALUE...]",
            help='Experiments, or "all" of the paper\'s; settings of the LLM.',
        ),
    ],
    size: Annotated[
        Size, typer.Option(help="smoke: seconds, a mock LLM; small: one machine; paper: all of it.")
    ] = Size.SMALL,
    llm: Annotated[
        str | None, typer.Option(metavar="NAME", help="Who answers; else what asks is left out.")
    ] = None,
    usd: Annotated[
        float | None, typer.Option(metavar="X", min=0, help="These runs may cost so much in all.")
    ] = None,
    tokens: Annotated[
        int | None, typer.Option(metavar="N", min=0, help="Use no more tokens than this in all.")
    ] = None,
    out: Out = RUNS,
    figures: Annotated[
        Path, typer.Option("--figures", metavar="DIR", help="Folder of figures and tables.")
    ] = FIGURES,
    json: Json = False,
) -> None:
    """Run what an experiment still lacks, then draw it beside the paper's numbers.

    \b
      trace-bench reproduce fig5b_traffic                what needs no LLM, or is there already
      trace-bench reproduce all --size smoke             all figures in minutes, with a mock LLM
      trace-bench reproduce fig5a_numerical --llm openai --usd 5   with a model; see OPENAI_MODEL
      trace-bench reproduce fig1_battleship --llm local llm.model=qwen2.5-coder-1.5b    one here

    Without --llm nothing is asked or paid for: runs that need an LLM are replayed from recordings,
    or left out where there is none, as are those whose packages are missing. The end says which and
    why. --llm openai wants a limit, --usd or --tokens. For each figure there are PNG, SVG and PDF,
    and a table as CSV, Markdown and LaTeX.
    """  # noqa: D301
    from .commands import reproduce_command

    raise typer.Exit(reproduce_command(names, size, llm, usd, tokens, out, figures, json))
