from importlib import metadata

import pytest

from trace_bench import doctor, provenance


def checks(tmp_path, **environment) -> dict[str, doctor.Check]:
    return {check.what: check for check in doctor.examine(tmp_path / "runs")}


def test_everything_that_is_here_is_found(tmp_path):
    found = checks(tmp_path)
    assert found["python"].ok
    assert found["packages"].ok
    assert "hydra-core" in found["packages"].found
    assert found["tasks"].ok
    assert "numerical" in found["tasks"].found
    assert found["results"].ok
    assert not (tmp_path / "runs").exists()


def test_a_missing_package_is_named_with_the_command(tmp_path, monkeypatch):
    monkeypatch.setattr(provenance, "versions", lambda: {"python": "3", "trace-bench": "0"})
    found = checks(tmp_path)["packages"]
    assert not found.ok
    assert "hydra-core missing" in found.found
    assert found.meaning == "pip install 'trace-bench'"


def test_no_secret_is_shown(tmp_path, monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", "sk-secret-1")
    monkeypatch.setenv("OPENAI_BASE_URL", "https://me:sk-secret-2@host:8/v1?key=sk-secret-3")
    found = checks(tmp_path)
    assert "sk-secret" not in repr(found)
    assert found["OPENAI_API_KEY"].found == "set"
    assert found["OPENAI_BASE_URL"].found == "https://host:8/v1"


def test_models_of_this_machine_and_recordings_are_told(tmp_path, monkeypatch):
    found = checks(tmp_path)
    assert "qwen2.5-coder-1.5b" in found["llm local"].found + found["llm local"].meaning
    assert "recorded runs" in found["llm replay"].found
    monkeypatch.setattr("trace_core.llm.local_models.can_serve", lambda: False)
    missing = checks(tmp_path)["llm local"]
    assert not missing.ok and "pip install 'trace-bench[local]'" in missing.meaning


def test_a_damaged_recording_is_told(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "results" / "replays").mkdir(parents=True)
    (tmp_path / "results" / "replays" / "x.jsonl.gz").write_text("no")
    found = checks(tmp_path)["llm replay"]
    assert not found.ok and "x.jsonl.gz is no recording" in found.meaning


def test_a_folder_that_cannot_be_written_is_told(tmp_path):
    (tmp_path / "runs").write_text("a file")
    assert not checks(tmp_path)["results"].ok


def test_a_plugin_that_cannot_be_loaded_is_told(tmp_path, plugin, monkeypatch):
    monkeypatch.delattr("toy_plugin.ToyWords")
    found = checks(tmp_path)
    broken = [check for what, check in found.items() if "toy_words" in what]
    assert broken and not broken[0].ok
    assert "numerical" in found["tasks"].found


def test_the_source_is_that_of_the_package_not_of_the_folder(tmp_path, monkeypatch):
    provenance.git.cache_clear()
    here = provenance.git()
    provenance.git.cache_clear()
    monkeypatch.chdir(tmp_path)
    assert provenance.git() == here


@pytest.mark.parametrize("name", ["numpy", "torch", "trace-bench"])
def test_versions_are_known_without_importing(name):
    assert provenance.versions()[name]
    assert "pytest" not in provenance.versions()
    assert provenance.versions()["trace-bench"] == metadata.version("trace-bench")
