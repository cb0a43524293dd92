"""The recordings of a real model that come with the project still give the recorded scores."""

import json
import os
from pathlib import Path

import pytest

from tests.fresh_process import ROOT
from trace_bench import recordings
from trace_bench.recordings import Recording
from trace_bench.tasks.bbh.data import VARIABLE

from .conftest import rows_of

KINDS = recordings.by_kind(recordings.recordings(ROOT / "results" / "replays"))
FIRST = [found[0] for found in KINDS.values()]


def overrides(recording: Recording) -> list[str]:
    """The words that plan a recorded run."""
    words = [f"seed={recording.config['seed']}", f"iterations={recording.config['iterations']}"]
    for group in ("task", "optimizer"):
        settings = dict(recording.config[group])
        words.append(f"{group}={settings.pop('name')}")
        for key in ("kind", "version", "prompt_version"):
            settings.pop(key, None)
        words += [f"{group}.{key}={json.dumps(value)}" for key, value in settings.items()]
    return words


@pytest.mark.parametrize("recording", FIRST, ids=[str(r.description["id"]) for r in FIRST])
def test_a_recorded_run_is_made_again_offline_with_the_same_scores(recording, shell):
    if recording.config["task"]["name"].startswith("metaworld"):
        pytest.importorskip("metaworld")
    if recording.config["task"]["name"] == "bbh" and not os.environ.get(VARIABLE):
        pytest.skip(f"{VARIABLE} names no folder with the data")
    words = overrides(recording)
    ended = shell("run", *words, "llm=replay", f"llm.path={Path(recording.path)}", "--offline")
    assert ended.code == 0, ended
    (run,) = shell.runs()
    made = json.loads((run / "run.json").read_text())["config"]
    if made.get("sandbox") == recording.config.get("sandbox"):  # machines isolate code differently
        assert run.name == recording.description["id"]
    rows = rows_of([run])[run.name]
    assert [row["score"] for row in rows] == recording.description["scores"]
