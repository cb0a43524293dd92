"""The commands that look at what has been run."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from .options import FIGURES, RUNS, Json, Out

app = typer.Typer()
Figures = Annotated[
    Path,
    typer.Option("--figures", metavar="DIR", help="Where reproduce wrote figures; shown too."),
]


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
    from .results_commands import code_command, show_command

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
    from .results_commands import pictures_command, plot_command

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
    from .results_commands import graph_command

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
    ] = FIGURES,
    json: Json = False,
) -> None:
    """Draw what one iteration of a run did, and film it where that is possible (Meta-World).

    A film, a GIF, needs a GL backend that works without a screen; the message says how to get one.

    \b
      trace-bench render metaworld_push-optoprime --step 3
    """  # noqa: D301
    from .results_commands import render_command

    render_command(run, step, out, figures, json)


@app.command()
def compare(
    a: Annotated[
        str,
        typer.Argument(metavar="A", help="A folder, KEY=VALUE[,KEY=VALUE], or FOLDER,KEY=VALUE."),
    ],
    b: Annotated[str, typer.Argument(metavar="B", help="Likewise: what A is compared with.")],
    metric: Annotated[
        str, typer.Option(metavar="NAME", help='"score", or a held-out metric.')
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
    from .results_commands import compare_command

    compare_command(a, b, metric, out, json)


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
    from .results_commands import report_command

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
    from .results_commands import view_command

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
    from .results_commands import track_command

    track_command(names, runs, out)


@app.command()
def export(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="What to write: .csv or .parquet.")],
    out: Out = RUNS,
) -> None:
    """Write every step of every run as one table, a row an iteration.

    In Python, `trace_bench.load("results/runs")` gives the same as a pandas DataFrame.
    """
    from .results_commands import export_command

    export_command(file, out)
