"""Recording runs and making them again without their LLM, as a user does."""

import gzip
import json
from pathlib import Path

import pytest

from tests.chat_server import ChatServer
from trace_bench import recordings
from trace_bench.cli import app
from trace_bench.plan import plan
from trace_core import UserError

from .conftest import open_shell, rows_of

RUN = ["run", "-m", "optimizer=optoprime", "seed=0,1", "iterations=3"]
FILE = "results/replays/numerical.jsonl.gz"


@pytest.fixture(scope="module")
def recorded(tmp_path_factory, toys):
    """A folder with two runs that a server answered, and the recording of them."""
    shell = open_shell(tmp_path_factory.mktemp("recorded"), toys)
    with ChatServer() as server:
        where = {"OPENAI_BASE_URL": server.url, "OPENAI_API_KEY": server.key}
        assert shell(*RUN, "llm=openai", "llm.model=big", **where).code == 0
    packed = shell("replays", "pack", "results/runs", FILE)
    assert (packed.code, packed.out.split(",")[0]) == (0, f"{FILE}: 2 runs")
    return shell


@pytest.fixture
def here(recorded, monkeypatch):
    """This process is in that folder, which holds the only recordings, and no key is set."""
    monkeypatch.chdir(recorded.folder)
    monkeypatch.setattr(recordings, "packaged", lambda: recorded.folder / "none")
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    monkeypatch.delenv("OPENAI_BASE_URL", raising=False)


def record_of(run):
    return json.loads((run / "run.json").read_text())


@pytest.mark.parametrize("chosen", [["llm=replay"], [], ["llm=replay", f"llm.path={FILE}"]])
def test_a_replay_is_the_recorded_run_under_its_name(recorded, chosen):
    ended = recorded(*RUN, *chosen, "--offline", "--out", "again")
    assert ended.code == 0, ended
    assert ended.err.startswith("llm=auto: " if not chosen else "answers of openai/big are replay")
    assert f"replayed from {FILE}" in ended.err
    assert rows_of(recorded.runs("again")) == rows_of(recorded.runs())
    for run, original in zip(recorded.runs("again"), recorded.runs(), strict=True):
        assert run.name == original.name
        found, then = record_of(run), record_of(original)
        assert (found["llm"], found["replayed"]) == ("openai/big", True)
        assert then["replayed"] is False
        assert found["config"] == then["config"]
        assert found["metrics"] == then["metrics"]
        assert found["ledger"]["prompt_tokens"] == then["ledger"]["prompt_tokens"]
    assert "(openai/big, replayed)" in ended.out or "2 of 2 runs had been" in ended.err


def test_a_replay_with_other_scores_than_recorded_says_so(recorded, tmp_path):
    lines = gzip.decompress((recorded.folder / FILE).read_bytes()).decode().splitlines()
    head = json.loads(lines[0])
    was = head["runs"][1]["scores"][2]
    head["runs"][1]["scores"][2] = 7.5
    path = tmp_path / "changed.jsonl.gz"
    path.write_bytes(gzip.compress("\n".join([json.dumps(head), *lines[1:], ""]).encode()))
    ended = recorded(*RUN, "llm=replay", f"llm.path={path}", "--out", "changed")
    assert ended.code == 0, ended
    told = f"iteration 2 scored {was:.9g}, and 7.5 when recorded"
    assert ended.err.count(f"(budget); NOT AS RECORDED: {told}") == 1
    found = [record_of(run)["unlike_recording"] for run in recorded.runs("changed")]
    assert sorted(found, key=str) == [None, told]
    page = tmp_path / "report.html"
    assert recorded("report", "changed", "--out", str(page)).code == 0
    assert "1 have other scores than recorded" in page.read_text()


def test_fewer_steps_are_a_replay_too(recorded):
    ended = recorded("run", "optimizer=optoprime", "iterations=1", "llm=replay", "--out", "fewer")
    assert ended.code == 0, ended


def test_a_dry_run_and_show_say_that_it_is_a_replay(recorded):
    assert "openai, replayed" in recorded(*RUN, "llm=replay", "--dry-run").out
    recorded(*RUN, "llm=replay", "--out", "shown")
    shown = recorded("show", "s0", "--out", "shown").out
    assert "openai/big, replayed from a recording" in shown


@pytest.mark.parametrize(
    "other", ["seed=2", "iterations=4", "optimizer.memory_size=3", "llm.model=small"]
)
def test_what_was_not_recorded_is_told_when_planning(here, other):
    fits = "No recording in results/replays and in the package fits numerical optoprime"
    with pytest.raises(UserError, match=f"{fits}.*trace-bench replays pack"):
        plan(["optimizer=optoprime", "iterations=3", "llm=replay", other])


@pytest.mark.parametrize(
    ("other", "told"),
    [
        ("optimizer.memory_size=3", "Recorded is a run with optimizer.memory_size=0."),
        ("iterations=9", "Recorded is a run with iterations=3."),
        ("task=binary_digits", "with these settings. `trace-bench"),
    ],
)
def test_with_which_settings_there_is_a_recording_is_told(here, other, told):
    with pytest.raises(UserError) as caught:
        plan(["optimizer=optoprime", "iterations=3", "llm=replay", other])
    assert told in str(caught.value)


def test_a_file_that_is_not_there_is_told(here):
    with pytest.raises(UserError, match="There is no recording none.gz"):
        plan(["optimizer=optoprime", "llm=replay", "llm.path=none.gz"])


def test_a_recording_that_says_too_little_is_told(recorded):
    run, _ = recordings.recordings(recorded.folder / FILE)
    told = {k: v for k, v in run.description.items() if k not in ("llm", "mock")}
    recordings.write_recording(recorded.folder / "vague.jsonl.gz", [(told, [])])
    ended = recorded("replays", "list", "vague.jsonl.gz")
    assert ended.code == 2 and "Traceback" not in ended.err
    assert "vague.jsonl.gz does not say of its run 0: llm, mock" in ended.err


def test_a_miss_says_which_run_and_step(recorded):
    spoilt = recorded.folder / "spoilt.jsonl.gz"
    run, _ = recordings.recordings(recorded.folder / FILE)
    first = recordings.recorded_exchanges(run.path, 0)
    recordings.write_recording(spoilt, [(run.description, first[:2])])
    command = ["run", "optimizer=optoprime", "iterations=3", "llm=replay", "--out", "miss"]
    ended = recorded(*command, "llm.path=spoilt.jsonl.gz")
    assert ended.code == 2 and "Traceback" not in ended.err
    line = ended.err.splitlines()[-1]
    assert line.startswith("trace-bench: Step 2 of numerical-optoprime-openai-s0")
    assert "spoilt.jsonl.gz has no answer to this prompt" in line
    assert "trace-bench replays pack" in line


def test_recordings_are_listed_and_checked(recorded):
    (listed,) = recorded("replays", "list", FILE, "--json").data
    assert listed["llm"] == "openai/big"
    assert (listed["seeds"], listed["updates"], listed["answers"]) == ("0-1", "3", 6)
    assert "openai/big" in recorded("replays", "list", FILE).out
    checked = recorded("replays", "check", FILE)
    assert (checked.code, checked.out.strip()) == (0, "2 recorded runs, 6 answers, 0 stale.")


def test_runs_of_changed_code_are_stale(here, monkeypatch):
    from trace_bench import registry

    recording, _ = recordings.recordings(Path(FILE))
    assert recordings.stale(recording) is None
    monkeypatch.setattr(registry.load("task", "numerical"), "version", 99)
    assert recordings.stale(recording) == "task.version is another now"


def test_equal_runs_are_packed_into_equal_bytes(recorded):
    recorded("replays", "pack", "results/runs", "again.jsonl.gz")
    again = (recorded.folder / "again.jsonl.gz").read_bytes()
    assert again == (recorded.folder / FILE).read_bytes()
    assert str(recorded.folder).encode() not in gzip.decompress(again)


def test_only_the_chosen_and_finished_runs_are_packed(recorded):
    recorded(*RUN, "llm=mock", "--out", "mixed")
    words = ["replays", "pack", "mixed", "mock.jsonl.gz", "--replace"]
    packed = recorded(*words, "--select", "seed=1", "--json").data
    assert (packed["runs"], packed["answers"], packed["unfinished"]) == (1, 3, 0)
    line = recorded(*words, "--select", "seed=7").one_line()
    assert "No finished run in mixed asked an LLM with seed=7" in line
    assert "must end in .jsonl.gz" in recorded("replays", "pack", "mixed", "x.json").one_line()


def test_a_recording_is_written_over_only_if_that_is_said(recorded):
    recorded(*RUN, "llm=mock", "--out", "mixed")
    file = recorded.folder / "kept.jsonl.gz"
    file.write_bytes((recorded.folder / FILE).read_bytes())
    words = ["replays", "pack", "mixed", file.name]
    line = recorded(*words).one_line()
    assert "is there already: choose another name, or --replace it" in line
    assert file.read_bytes() == (recorded.folder / FILE).read_bytes()
    assert recorded(*words, "--replace").code == 0
    assert file.read_bytes() != (recorded.folder / FILE).read_bytes()
    file.unlink()


def test_a_mocks_answers_are_only_replayed_by_name(recorded):
    recorded(*RUN, "llm=mock", "--out", "mixed")
    recorded("replays", "pack", "mixed", "mock.jsonl.gz", "--replace")
    command = [*RUN, "llm=replay", "llm.path=mock.jsonl.gz", "--out", "mock"]
    assert "No recording" in recorded(*command).one_line()
    assert recorded(*command, "llm.model=mock").code == 0
    assert all(record_of(run)["mock"] for run in recorded.runs("mock"))


def test_of_several_recordings_the_first_file_and_its_longest_run_answer(here, tmp_path):
    source = recordings.files(None)[0]
    (only, _) = recordings.recordings(source)
    longer = {**only.description, "config": {**only.config, "iterations": 9}}
    for name, descriptions in {"b": [only.description, longer], "c": [longer]}.items():
        runs = [(description, []) for description in descriptions]
        recordings.write_recording(tmp_path / f"{name}.jsonl.gz", runs)
    found = recordings.fitting(only.config, tmp_path)
    assert (found.path.name, found.place) == ("b.jsonl.gz", 1)


def test_auto_prefers_a_key_to_a_recording_unless_offline(here, monkeypatch):
    words = ["optimizer=optoprime", "iterations=3"]
    assert plan(words)[0].is_replayed
    monkeypatch.setenv("OPENAI_API_KEY", "sk-some-key-1")
    (asked,) = plan(words)
    assert not asked.is_replayed
    assert asked.banner == (
        "llm=auto: OpenAI, with the key in OPENAI_API_KEY, is asked for gpt-4-0125-preview "
        "(10 and 30 USD a million tokens); llm.model=… changes it"
    )
    assert plan([*words, "offline=true"])[0].is_replayed
    assert plan([*words, "llm=auto", "llm.order=[replay]"])[0].is_replayed


def test_reproduce_replays_what_is_recorded_and_leaves_out_the_rest(here, tmp_path):
    import io

    from rich.console import Console

    from trace_bench.reproduce import reproduce

    words = ["optimizer=optoprime,opro", "seed=0", "iterations=3"]
    console = Console(file=io.StringIO())
    out, figures = tmp_path / "runs", tmp_path / "figures"
    (found,) = reproduce(["fig5a_numerical"], "small", None, words, out, figures, console)
    assert (found.ran, list(found.left_out)) == (1, ["numerical opro"])
    assert "no recording fits" in found.left_out["numerical opro"][0]
    (run,) = out.iterdir()
    assert record_of(run)["replayed"]


def test_without_any_llm_the_ways_to_get_one_are_told(here, monkeypatch):
    monkeypatch.setattr("trace_core.llm.local_models.ready", lambda name: False)
    (run,) = plan(["optimizer=optoprime", "seed=5"])
    assert (run.llm.name, run.banner) == ("openai", "")
    with pytest.raises(UserError, match="OPENAI_API_KEY.*llm=local.*llm=mock"):
        run.llm.build()


def test_the_local_model_is_the_last_resort_and_called_weak(here):
    pytest.importorskip("xllamacpp")
    (run,) = plan(["optimizer=optoprime", "seed=5"])
    assert run.llm.config["model"] == "smollm2-135m"
    assert run.llm.config["sha256"].startswith("b179c952")
    assert "smollm2-135m on this machine is asked" in run.banner
    assert "very small" in run.banner
    assert run.id == plan(["optimizer=optoprime", "seed=5", "llm=local"])[0].id
    for other in ("qwen2.5-coder-7b", "gpt-4o"):  # not here, and not fetched for who names no LLM
        words = ["optimizer=optoprime", "seed=5", "llm=auto", f"llm.model={other}"]
        assert plan(words)[0].llm.name == "openai"


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["llm=auto", "llm.order=[opnai]"], "llm.order"),
        (["llm=auto", "llm.temperature=1"], "llm=auto has no key 'llm.temperature'"),
        (["llm=replay", "llm.drift=some"], 'llm.drift="some" is not allowed'),
        (["llm=local", "llm.model=gpt-4"], "There is no local model 'gpt-4'"),
        (["llm=local", "llm.path=/nowhere.gguf"], "Cannot read the model /nowhere.gguf"),
        (["llm=local", "llm.context=1"], "llm.context=1 is not allowed"),
    ],
)
def test_wrong_settings_are_told_when_planning(here, words, told):
    with pytest.raises(UserError) as caught:
        plan(["optimizer=optoprime", *words])
    assert told in str(caught.value)


def test_replays_without_a_word_is_help(capsys):
    with pytest.raises(SystemExit):
        app(["replays"])
    assert "pack" in "".join(capsys.readouterr())
