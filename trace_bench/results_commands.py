"""What the commands do that look at what has been run."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from .options import names_in
from .terminal import messages, print_json, results


def show_command(run: str, step: int | None, out: Path, as_json: bool) -> None:
    """Print a run or one of its steps."""
    from .show import find, pick, require_record, show_run, show_step

    folder = find(run, out)
    record, rows = require_record(folder), folder.rows()
    if step is not None:
        row = pick(rows, step, folder)
        if as_json:
            print_json(row.model_dump(mode="json"))
        else:
            show_step(row, results())
    elif as_json:
        steps = [row.model_dump(mode="json") for row in rows]
        print_json({**record.model_dump(mode="json", by_alias=True), "steps": steps})
    else:
        show_run(folder, record, rows, results())


def code_command(run: str, diff: bool, out: Path, as_json: bool) -> None:
    """Print the versions of the code that a run learnt."""
    from .code_versions import as_json as plain
    from .code_versions import show, versions
    from .show import find

    found = versions(find(run, out).rows())
    if as_json:
        print_json(plain(found))
    else:
        show(found, results(), diff=diff)


def plot_command(
    runs: Path, metric: str, statistic: str, axis: str, out: Path, as_json: bool
) -> None:
    """Draw a figure for every task of which a run is finished, and print the paths."""
    from trace_core import UserError

    from .curves import load_curves
    from .figures import draw

    names = names_in(statistic)
    drawn, failed = {}, []
    for task, curves in load_curves(runs, metric, axis=axis).items():
        try:
            drawn[task] = draw(task, curves, names, out, metric)
        except UserError as error:
            failed.append(error)
    if failed and not drawn:
        raise failed[0]
    _tell_left_out(runs, map(str, failed))
    if as_json:
        print_json({task: [str(path) for path in paths] for task, paths in drawn.items()})
        return
    for paths in drawn.values():
        for path in paths:
            print(path)


def _tell_left_out(runs: Path, others: Iterable[str] = ()) -> None:
    """Say what is not in the results, and why."""
    from .results import half_written

    folders = [f"{each.folder} is left out: {each.reason}" for each in half_written(runs)]
    for line in [*others, *folders]:
        messages().print(line, markup=False, highlight=False, soft_wrap=True)


def pictures_command(run: str, runs: Path, out: Path, as_json: bool) -> None:
    """Draw what the task can show of a run and print the paths."""
    from .pictures import draw_pictures

    _print_paths(draw_pictures(run, runs, out), as_json)


def graph_command(run: str, step: int, limit: int, out: Path, figures: Path, as_json: bool) -> None:
    """Draw the trace of a step and print the paths."""
    from .graph import write_graph

    _print_paths(write_graph(run, step, out, figures, limit), as_json)


def render_command(run: str, step: int | None, out: Path, figures: Path, as_json: bool) -> None:
    """Draw and film an iteration of a run and print the paths."""
    from .pictures import render

    _print_paths(render(run, step, out, figures, messages().print), as_json)


def compare_command(a: str, b: str, metric: str, out: Path, as_json: bool) -> None:
    """Print how two methods compare on common problems."""
    from .compare import compare, place
    from .comparison_table import show

    found = compare(a, b, out, metric)
    if as_json:
        print_json([comparison.as_json() for comparison in found])
    else:
        show(found, results())
    for folder in dict.fromkeys(place(words, out)[0] for words in (a, b)):
        _tell_left_out(folder)


def report_command(runs: Path, out: Path, figures: Path, as_json: bool) -> None:
    """Write the report and print where it is."""
    from .report import write

    _print_paths(write(runs, out, figures), as_json)


def view_command(runs: Path, port: int, figures: Path) -> None:
    """Serve the report until Ctrl-C."""
    from .report.server import Server, Watched

    with Server(Watched(runs, figures), port) as server:
        print(f"{runs} at {server.url} (Ctrl-C ends it)", flush=True)
        server.serve_forever()


def track_command(names: str, runs: Path, out: Path) -> None:
    """Mirror runs in trackers and say how many."""
    from .trackers import mirror

    print(f"{mirror(runs, names_in(names), out)} runs are in {', '.join(names_in(names))}")


def export_command(file: Path, out: Path) -> None:
    """Write the table of all steps and say how long it is."""
    from .loading import export

    print(f"{file}: {export(out, file)} rows")
    _tell_left_out(out)


def _print_paths(paths: Sequence[Path], as_json: bool) -> None:
    if as_json:
        print_json([str(path) for path in paths])
        return
    for path in paths:
        print(path)
