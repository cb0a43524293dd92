"""What the report is made from; `test_report_browser` looks at the page itself."""

import html
import json
import re
import signal
import urllib.error
import urllib.request
from threading import Thread

import pytest

from trace_bench.across_tasks import across_tasks
from trace_bench.curves import load_curves
from trace_bench.exhibits import exhibits
from trace_bench.experiments import load
from trace_bench.figures import draw
from trace_bench.pairings import pairings
from trace_bench.plan import plan
from trace_bench.report import write
from trace_bench.report.library import Library
from trace_bench.report.overview import Overview, _cells
from trace_bench.report.page import in_script, render
from trace_bench.report.server import Server, Watched
from trace_bench.report.step_pictures import pictures
from trace_bench.results import results
from trace_bench.runner import execute
from trace_bench.store import RunFolder
from trace_bench.tables import as_csv
from trace_bench.tables import write as write_table
from trace_bench.traces import read_traces
from trace_core import UserError

from .test_curves import save
from .test_groups import config
from .test_record import Metrics, record
from .test_rows import row


def overview(out):
    library = Library(out)
    library.refresh()
    return Overview(library).as_json()


def ran(out, *overrides):
    for run in plan(["task=numerical", "iterations=3", "llm=mock", *overrides], multirun=True):
        execute(run, RunFolder(out / run.id), lambda row: None)
    return out


def test_figure_table_and_page_have_their_numbers_from_the_same_function(tmp_path):
    out = ran(tmp_path / "runs", "optimizer=adam,random_search", "seed=range(6)")
    (exhibit,) = exhibits(load("fig5a_numerical"), results(out))
    shown = next(e for e in overview(out)["exhibits"] if e["name"] == "fig5a_numerical")
    for curve, points in zip(
        exhibit.curves(), shown["axes"][0]["statistics"][1]["lines"], strict=True
    ):
        ours = curve.estimates("median")
        assert points == [
            [x, *(float(f"{v:.6g}") for v in (e.value, e.low, e.high))] for x, e in ours
        ]
        last, (_, at_the_end) = curve.last("median"), ours[-1]
        assert last == at_the_end
    table = exhibit.tables["fig5a_numerical"]
    assert [list(line) for line in shown["tables"][0]["rows"]] == [
        list(line) for line in table.rows
    ]
    csv, *_ = write_table(table, tmp_path, "table")
    assert csv.read_text() == as_csv(table)
    for curve, cells in zip(exhibit.curves(), table.rows, strict=False):
        assert cells[2].startswith(f"{curve.last('mean').value:.3g} [")


def test_the_drawn_line_has_these_numbers_too(tmp_path):
    out = ran(tmp_path / "runs", "optimizer=adam", "seed=range(6)")
    (curve,) = load_curves(out)["numerical"]
    import matplotlib.figure

    drawn = []
    plain = matplotlib.figure.Figure.savefig

    def remember(figure, *arguments, **options):
        drawn.append(figure.subfigs[0].axes[0].lines[0].get_ydata())
        return plain(figure, *arguments, **options)

    matplotlib.figure.Figure.savefig = remember
    try:
        draw("numerical", [curve], ["mean"], tmp_path / "figures")
    finally:
        matplotlib.figure.Figure.savefig = plain
    assert list(drawn[0]) == [e.value for _, e in curve.estimates("mean")]


def test_a_library_reads_again_only_what_has_changed(tmp_path, monkeypatch):
    save(tmp_path, 0, [3, 2])
    save(tmp_path, 1, [3], status="running")
    library = Library(tmp_path)
    library.refresh()
    before, state = dict(library.entries), library.state()
    library.refresh()
    assert all(library.entries[k] is entry for k, entry in before.items())
    assert library.state() == state
    with RunFolder(tmp_path / "toy-walk-s1").appending() as steps:
        steps.add(row(1, 2.0))
    assert library.state() != state
    library.refresh()
    assert library.entries["toy-walk-s0"] is before["toy-walk-s0"]
    assert len(library.entries["toy-walk-s1"].result.rows) == 2


def test_an_exhibit_is_made_again_only_when_a_run_has_ended(tmp_path):
    save(tmp_path, 0, [3, 2])
    save(tmp_path, 1, [3], status="running")
    library = Library(tmp_path)
    library.refresh()
    made = Overview(library)
    (first,) = made.as_json()["exhibits"]
    with RunFolder(tmp_path / "toy-walk-s1").appending() as steps:
        steps.add(row(1, 2.0))
    library.refresh()
    assert made.as_json()["exhibits"][0] is first
    folder = RunFolder(tmp_path / "toy-walk-s1")
    folder.write(folder.record().model_copy(update={"status": "finished"}))
    library.refresh()
    (second,) = made.as_json()["exhibits"]
    assert "n = 2" in second["legend"][0]["label"]


def test_steps_share_a_drawing_into_which_their_values_are_put(tmp_path):
    out = ran(tmp_path / "runs", "optimizer=adam", "seed=0")
    (run,) = out.iterdir()
    traces = read_traces(run)
    found = pictures(traces)
    assert len(found["drawings"]) == 1
    (svg,) = found["drawings"]
    marks = [int(k) for k in re.findall("\ue000(\\d+)\ue001", svg)]
    assert sorted(marks) == list(range(len(traces[0].boxes)))
    for k, trace in traces.items():
        assert found["steps"][k] == [0, [box.lines[2] for box in trace.boxes]]


def test_what_an_llm_wrote_cannot_leave_the_script_that_it_is_in():
    assert "</script" not in in_script(json.dumps("</script><script>alert(1)"))
    page = render({"folder": "<b>", "runs": ["</script>"]}, {'"><x': '"</script>"'})
    assert "<title>trace-bench: &lt;b&gt;</title>" in page
    assert 'data-run="&#34;&gt;&lt;x"' in page
    assert page.count("</script>") == 4
    assert "default-src 'none'" in html.unescape(page)


def test_the_page_needs_no_other_file(tmp_path):
    save(tmp_path / "runs", 0, [3, 2])
    (file,) = write(tmp_path / "runs", tmp_path / "new" / "report.html")
    page = file.read_text(encoding="utf-8")
    assert not re.findall(r"""(?:src|href)=["'](?!#|data:)""", page.split("<script>")[0])
    assert not re.findall(r"https?://(?!www\.w3\.org/2000/svg)", page)


def test_an_earlier_reports_data_are_removed(tmp_path, monkeypatch):
    save(tmp_path / "runs", 0, [3, 2])
    file = tmp_path / "report.html"
    monkeypatch.setattr("trace_bench.report.page.EMBEDDED", 1)
    _, beside = write(tmp_path / "runs", file)
    assert [path.name for path in beside.iterdir()] == ["toy-walk-s0.js"]
    save(tmp_path / "more", 1, [3, 2])
    write(tmp_path / "more", file)
    assert [path.name for path in beside.iterdir()] == ["toy-walk-s1.js"]
    (beside / "notes.txt").write_text("")
    monkeypatch.setattr("trace_bench.report.page.EMBEDDED", 10**6)
    write(tmp_path / "more", file)
    assert [path.name for path in beside.iterdir()] == ["notes.txt"]


def test_a_page_that_cannot_be_written_is_one_line(tmp_path):
    save(tmp_path / "runs", 0, [3, 2])
    (tmp_path / "taken").write_text("")
    with pytest.raises(UserError, match="Cannot write"):
        write(tmp_path / "runs", tmp_path / "taken" / "report.html")


def get(url, host=None):
    request = urllib.request.Request(url, headers={"Host": host} if host else {})
    with urllib.request.urlopen(request, timeout=20) as answer:
        return answer.status, answer.read().decode()


@pytest.fixture
def server(tmp_path):
    save(tmp_path / "runs", 0, [3, 2])
    with Server(Watched(tmp_path / "runs"), 0) as found:
        thread = Thread(target=found.serve_forever, daemon=True)
        thread.start()
        yield found
        found.shutdown()
        thread.join()


def test_view_serves_page_overview_state_and_runs(server):
    assert server.url.startswith("http://127.0.0.1:")
    assert "<!doctype html>" in get(server.url)[1]
    assert json.loads(get(f"{server.url}overview.json")[1])["runs"][0]["id"] == "toy-walk-s0"
    assert get(f"{server.url}state") == get(f"{server.url}state")
    assert get(f"{server.url}data/toy-walk-s0.js")[1].startswith('traceBench.receive("toy-walk-s0"')


@pytest.mark.parametrize("path", ["data/../../etc/passwd", "data/nothing.js", "x", "data/"])
def test_view_serves_nothing_else(server, path):
    with pytest.raises(urllib.error.HTTPError, match="404") as caught:
        get(f"{server.url}{path}")
    caught.value.close()


def test_view_answers_this_machine_alone(server):
    with pytest.raises(urllib.error.HTTPError, match="403") as caught:
        get(server.url, host="evil.example:80")
    caught.value.close()


def test_a_port_that_is_taken_is_one_line(server):
    with pytest.raises(UserError, match="Cannot listen on port .* Choose another with --port"):
        Server(server.watched, server.server_address[1])


def groups_of(out):
    return [curve.group for curve in load_curves(out)["toy"]]


def walked(out, lr, finals, optimizer="walk"):
    for seed, value in enumerate(finals):
        changes = {"optimizer": {"name": optimizer, "lr": lr}}
        one = record(
            id=f"{optimizer}-{lr}-{seed}",
            seed=seed,
            optimizer=optimizer,
            config=config(seed) | changes,
            metrics=Metrics(final=value, calibrated=1 - value),
        )
        RunFolder(out / one.id).path.mkdir(parents=True)
        RunFolder(out / one.id).write(one)


def test_methods_are_paired_with_the_papers(tmp_path):
    walked(tmp_path, 1, [3.0] * 6)
    walked(tmp_path, 2, [1.0, 1, 1, 1, 1, 4], optimizer="optoprime")
    walked(tmp_path, 3, [1.0, 1, 1, 1, 1, 4])
    table = pairings(groups_of(tmp_path))
    assert [row[0] for row in table.rows] == ["walk optimizer.lr=1", "walk optimizer.lr=3"]
    assert table.rows[0][1:5] == ("1 of 6", "5", "0", "2 [0.5, 2]")
    assert table.rows[1][1:5] == ("0 of 6", "0", "6", "0 [0, 0]")
    assert table.rows[1][-1] == "no difference shown"
    assert "against optoprime" in table.note
    assert pairings(groups_of(tmp_path)[:1]) is None


def test_of_several_settings_the_papers_is_the_reference(tmp_path):
    for memory in (0, 10):
        walked(tmp_path, memory, [1.0] * 6, optimizer="optoprime")
    papers = "optimizer=optoprime,optimizer.lr=10"
    assert "against optoprime optimizer.lr=10" in pairings(groups_of(tmp_path), papers=papers).note
    assert "against optoprime optimizer.lr=0" in pairings(groups_of(tmp_path)).note


def task_runs(task, optimizer, scores, **changes):
    return [
        record(
            id=f"{task}{optimizer}{seed}{changes}",
            seed=seed,
            task=task,
            optimizer=optimizer,
            config={
                "task": {"name": task},
                "optimizer": {"name": optimizer},
                "llm": None,
                "seed": seed,
                "iterations": 2,
            },
            metrics=Metrics(final=1.0, calibrated=score),
            **changes,
        )
        for seed, score in enumerate(scores)
    ]


def test_methods_are_compared_on_the_tasks_that_they_share():
    runs = [
        *task_runs("a", "walk", [0.1] * 6),
        *task_runs("b", "walk", [0.3] * 6),
        *task_runs("a", "swim", [0.9] * 6),
        *task_runs("b", "swim", [0.3] * 5),
        *task_runs("b", "swim", [None], status="failed"),
        *task_runs("a", "fly", [1.0] * 6),
    ]
    (found,) = across_tasks(runs)
    assert found.tasks == ("a", "b")
    walk, swim = found.methods
    assert (walk.method, walk.n, swim.method) == ("walk", 12, "swim")
    assert (walk.iqm.value, walk.iqm.low, walk.iqm.high) == pytest.approx((0.2, 0.2, 0.2))
    assert walk.better["swim"].value == pytest.approx((0 + (5 * 0.5) / 5) / 2, abs=0.1)
    assert walk.profile[0] == 1.0
    assert swim.profile[-1] == 0.0
    assert across_tasks(runs[:12]) == []


def test_view_is_ended_by_ctrl_c(shell):
    save(shell.folder / "results" / "runs", 0, [3, 2])
    with shell.start("view", "--port", "0") as process:
        url = process.stdout.readline().split()[2]
        assert "<!doctype html>" in get(url)[1]
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=120)
    assert (process.returncode, out, err) == (130, "", "")
    assert "There is no folder" in shell("view", "nothing").one_line()
    assert "port 99999999" in shell("view", "--port", "99999999").one_line()


def test_a_programs_table_has_numbers_that_can_be_read(tmp_path):
    path = tmp_path / "theorem.csv"
    path.write_text("method,seconds\nours,0.00021012499\ntheirs,\n")
    assert _cells(path) == [["method", "seconds"], ["ours", "0.00021"], ["theirs", ""]]
    assert _cells(tmp_path / "none.csv") == []


def test_an_infinite_end_of_an_interval_is_told(tmp_path):
    out = tmp_path / "runs"
    for seed in range(8):
        save(out, seed, [30.0 + seed, 20.0 + seed], worst=None)
    for seed in range(8, 11):
        save(out, seed, [30.0 + seed], status="failed", worst=None)
    page, *_ = write(out, tmp_path / "report.html")
    page = page.read_text(encoding="utf-8")
    assert '"Infinity"' in page
    assert "A band that leaves the figure goes much further" in page


def test_a_mock_or_what_has_not_ended_is_no_reference(tmp_path):
    for name, changes in (
        ("a", {"mock": True, "llm": "mock"}),
        ("b", {"status": "running"}),
        ("c", {}),
    ):
        for seed in range(6):
            optimizer = "optoprime" if name != "c" else "walk"
            settings = config(seed) | {"optimizer": {"name": optimizer, "k": name}}
            one = record(
                id=f"{name}-{seed}",
                seed=seed,
                optimizer=optimizer,
                config=settings,
                metrics=Metrics(final=1.0, calibrated=0.0),
                **changes,
            )
            RunFolder(tmp_path / one.id).path.mkdir(parents=True)
            RunFolder(tmp_path / one.id).write(one)
    table = pairings(groups_of(tmp_path))
    assert "against walk" in table.note
    assert len(table.rows) == 1


def test_runs_that_no_experiment_shows_have_a_figure_with_what_has_their_budget(tmp_path):
    ran(tmp_path, "optimizer=adam,opro", "iterations=100")
    shown = {e["name"]: e for e in overview(tmp_path)["exhibits"]}
    assert list(shown) == ["fig5a_numerical_adam_100", "numerical"]
    labels = [line["label"].split()[0] for line in shown["numerical"]["legend"]]
    assert labels == ["adam:", "opro"]


def test_methods_without_a_common_problem_are_compared_among_themselves(tmp_path):
    walked(tmp_path, 1, [3.0] * 6)
    walked(tmp_path, 2, [1.0] * 6)
    for lr in (3, 4):
        for seed in range(6):
            settings = config(seed) | {"optimizer": {"name": "walk", "lr": lr}}
            settings["task"] = {**settings["task"], "engine": "other"}
            one = record(id=f"{lr}-{seed}", seed=seed, config=settings, metrics=Metrics(final=lr))
            RunFolder(tmp_path / one.id).path.mkdir(parents=True)
            RunFolder(tmp_path / one.id).write(one)
    table = pairings(groups_of(tmp_path))
    assert len(table.rows) == 2
    assert "optimizer.lr=2" in table.rows[0][0]
    assert "optimizer.lr=4" in table.rows[1][0]
    assert table.note.count("against walk") == 2
