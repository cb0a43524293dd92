"""The command line. Everything heavy is imported inside the command that needs it."""

from __future__ import annotations

import gc
import sys
from enum import StrEnum
from pathlib import Path
from typing import Annotated, NoReturn

import typer

from trace_core import UserError

from . import __version__, subcommands

DONE, SOME_FAILED, USER_ERROR, INTERRUPTED = 0, 1, 2, 130
"""Exit codes."""

app = typer.Typer(
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)

app.add_typer(subcommands.data, name="data")
app.add_typer(subcommands.replays, name="replays")

Out = Annotated[Path, typer.Option("--out", metavar="DIR", help="Folder of the run folders.")]
Offline = Annotated[
    bool, typer.Option("--offline", help="Ask no LLM: only what is recorded or cached answers.")
]
Json = subcommands.Json
RUNS = Path("results/runs")
FIGURES = Path("results/figures")


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
        # Looking through the openai client for garbage would delay the end by 0.9 s.
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
      optimizer=adam,random_search   both;  optimizer='glob(*)'  all
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
    if dry_run:
        raise typer.Exit(dry_run_command(words, multirun, limit, smoke, out, json))
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
def show(
    run: Annotated[str, typer.Argument(help="A run's folder, or part of its name.")],
    step: Annotated[
        int | None,
        typer.Option(metavar="N", help="Prompt, reply, feedback, update of iteration N."),
    ] = None,
    code: Annotated[
        bool, typer.Option("--code", help="Each version of the code that it learnt, with scores.")
    ] = False,
    diff: Annotated[
        bool, typer.Option("--diff", help="The same, as changes from version to version.")
    ] = False,
    out: Out = RUNS,
    json: Json = False,
) -> None:
    """Show a run: its config, status, result, cost and steps.

    \b
      trace-bench show numerical-optoprime-mock-s0
      trace-bench show results/runs/numerical-adam-s3-1f9c2a07 --step 2
      trace-bench show battleship-optoprime --code
    """  # noqa: D301
    from .commands import code_command, show_command

    if code or diff:
        code_command(run, diff, out, json)
    else:
        show_command(run, step, out, json)


@app.command()
def plot(
    runs: Annotated[
        Path, typer.Argument(metavar="[DIR]", help="Folder of the run folders.")
    ] = RUNS,
    metric: Annotated[
        str, typer.Option(metavar="NAME", help='"score", or a held-out metric of the task.')
    ] = "score",
    statistic: Annotated[
        str, typer.Option(metavar="NAME[,NAME]", help="mean, median, iqm: a panel for each.")
    ] = "mean",
    x: Annotated[
        str, typer.Option(metavar="NAME", help="iterations, calls, tokens, usd or seconds.")
    ] = "iterations",
    run: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="Draw what the task can show of this run instead."),
    ] = None,
    out: Annotated[
        Path, typer.Option("--out", metavar="DIR", help="Folder of the figures.")
    ] = FIGURES,
    json: Json = False,
) -> None:
    """Draw the runs in a folder: one figure a task, one line an optimizer, as PNG, SVG and PDF.

    The statistic is taken over seeds at every iteration, with its 95 % bootstrap interval; with
    --x, after so many LLM calls, tokens, US dollars or seconds.

    \b
      trace-bench plot --statistic mean,iqm --x tokens
      trace-bench plot --run traffic-gp-s0      scores, path over the surface, queues
    """  # noqa: D301
    from .commands import pictures_command, plot_command

    if run is None:
        plot_command(runs, metric, statistic, x, out, json)
    else:
        pictures_command(run, runs, out, json)


@app.command()
def graph(
    run: Annotated[str, typer.Argument(help="A run's folder, or part of its name.")],
    step: Annotated[int, typer.Option(metavar="N", min=0, help="Which iteration.")] = 0,
    limit: Annotated[
        int, typer.Option(metavar="N", min=1, help="Draw at most so many nodes.")
    ] = 200,
    out: Out = RUNS,
    figures: Annotated[
        Path, typer.Option("--figures", metavar="DIR", help="Folder of the pictures.")
    ] = FIGURES,
    json: Json = False,
) -> None:
    """Draw the trace of one step of a run, as SVG and in Mermaid's language.

    The whole graph behind the output is drawn; the minimal subgraph, which optimizers are given, is
    highlighted. The run's first steps are made once more for it, from recorded answers.

    \b
      trace-bench graph numerical-adam-s0 --step 3
    """  # noqa: D301
    from .commands import graph_command

    graph_command(run, step, limit, out, figures, json)


@app.command()
def render(
    run: Annotated[str, typer.Argument(help="A run's folder, or part of its name.")],
    step: Annotated[
        int | None, typer.Option(metavar="N", help="The iteration; by default the last.")
    ] = None,
    out: Out = RUNS,
    figures: Annotated[
        Path, typer.Option("--figures", metavar="DIR", help="Folder of the pictures.")
    ] = Path("results/figures"),
    json: Json = False,
) -> None:
    """Draw what one iteration of a run did, and film it where that is possible (Meta-World).

    A film, a GIF, needs a GL backend that works without a screen; the message says how to get one.

    \b
      trace-bench render metaworld_push-optoprime --step 3
    """  # noqa: D301
    from .commands import render_command

    render_command(run, step, out, figures, json)


@app.command()
def doctor(out: Out = RUNS, json: Json = False) -> None:
    """Say what this machine can run: packages, tasks, LLM access, folders."""
    from .commands import doctor_command

    doctor_command(out, json)


@app.command()
def compare(
    a: Annotated[str, typer.Argument(metavar="A", help="A folder, or KEY=VALUE[,KEY=VALUE].")],
    b: Annotated[str, typer.Argument(metavar="B", help="Likewise: what A is compared with.")],
    metric: Annotated[
        str, typer.Option(metavar="NAME", help='"score", or a held-out metric: more is better.')
    ] = "score",
    out: Out = RUNS,
    json: Json = False,
) -> None:
    """Compare two methods on the problems (task and seed) that both were tried on.

    \b
      trace-bench compare optimizer=optoprime optimizer=opro
      trace-bench compare optimizer=optoprime,optimizer.memory_size=10 \\
                          optimizer=optoprime,optimizer.memory_size=0
      trace-bench compare results/before results/after        two folders of runs

    The values after the last update are compared pair by pair: on how many problems B is better,
    the median difference with its 95 % bootstrap interval, Wilcoxon's signed-rank test (Holm's
    adjustment over tasks). A failed run counts as the worst there is.
    """  # noqa: D301
    from .commands import compare_command

    compare_command(a, b, metric, out, json)


Figures = Annotated[
    Path,
    typer.Option("--figures", metavar="DIR", help="Where reproduce wrote figures; shown too."),
]


@app.command()
def report(
    runs: Annotated[
        Path, typer.Argument(metavar="[DIR]", help="Folder of the run folders.")
    ] = RUNS,
    out: Annotated[Path, typer.Option("--out", metavar="FILE", help="The page to write.")] = Path(
        "results/report.html"
    ),
    figures: Figures = FIGURES,
    json: Json = False,
) -> None:
    """Write everything that was run as a page to open in a browser, without a network.

    Figures and tables beside the paper's; every run with its curve, cost and configuration; every
    step with its trace, what the LLM was shown and replied, and what that changed. Steps of many
    runs lie in a folder beside the page, which must stay with it.
    """
    from .commands import report_command

    report_command(runs, out, figures, json)


@app.command()
def view(
    runs: Annotated[
        Path, typer.Argument(metavar="[DIR]", help="Folder of the run folders.")
    ] = RUNS,
    port: Annotated[int, typer.Option(metavar="N", min=0, help="Where to listen; 0: any.")] = 8000,
    figures: Figures = FIGURES,
) -> None:
    """Serve the report on this machine; the page follows runs that go on. Ctrl-C ends it."""
    from .commands import view_command

    view_command(runs, port, figures)


@app.command()
def track(
    names: Annotated[
        str, typer.Argument(metavar="NAME[,NAME]", help="mlflow, wandb, tensorboard.")
    ],
    runs: Annotated[
        Path, typer.Argument(metavar="[DIR]", help="Folder of the run folders.")
    ] = RUNS,
    out: Annotated[
        Path, typer.Option("--out", metavar="DIR", help="Where trackers keep what is local.")
    ] = Path("results/trackers"),
) -> None:
    """Mirror runs that were made before in trackers. `run --track` does so while they go on."""
    from .commands import track_command

    track_command(names, runs, out)


@app.command()
def export(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="What to write: .csv or .parquet.")],
    out: Out = RUNS,
) -> None:
    """Write every step of every run as one table, a row an iteration.

    In Python, `trace_bench.load("results/runs")` gives the same as a pandas DataFrame.
    """
    from .commands import export_command

    export_command(file, out)


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
