"""Python data in JSON files: what is read is what was written, types included; never pickle.

Numbers, text, lists and dicts with text as keys are what they are in JSON. Tuples, sets, bytes,
complex numbers, other dicts and NumPy arrays are objects of one key, "$" and the type.
"""

from __future__ import annotations

import base64
import json
import os
import sys
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

from ._errors import UserError

_PLAIN = (type(None), bool, int, float, str)


def encode(value: Any) -> Any:
    """The value as JSON data.

    Raises:
        TypeError: it holds an object of a type that has no form here, or itself.
    """
    try:
        return _encode(value)
    except RecursionError as error:
        raise TypeError("a container that holds itself can't be written as JSON") from error


def decode(data: Any) -> Any:
    """The value that `encode` made the data from."""
    if isinstance(data, list):
        return [decode(each) for each in data]
    if not isinstance(data, dict):
        return data
    if len(data) == 1:
        tag, inner = next(iter(data.items()))
        if tag in _DECODERS:
            return _DECODERS[tag](inner)
    return {key: decode(each) for key, each in data.items()}


def write(file: str | os.PathLike[str], data: Any) -> None:
    """Write JSON data, whole or not at all, and make the folder if it is missing."""
    target = Path(file)
    target.parent.mkdir(parents=True, exist_ok=True)
    draft = target.with_name(f".{target.name}.{os.getpid()}")
    draft.write_text(json.dumps(data, indent=1), encoding="utf-8")
    draft.replace(target)


def read(file: str | os.PathLike[str]) -> Any:
    """Read JSON data.

    Raises:
        UserError: there is no such file, or it is damaged.
    """
    try:
        return json.loads(Path(file).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise UserError(f"{file} can't be loaded: {error}") from error


def _encode(value: Any) -> Any:
    kind = type(value)
    if kind in _PLAIN:
        return value
    if kind is list:
        return [_encode(each) for each in value]
    if kind is dict:
        if all(type(key) is str and not key.startswith("$") for key in value):
            return {key: _encode(each) for key, each in value.items()}
        return {"$dict": [[_encode(key), _encode(each)] for key, each in value.items()]}
    if kind in (tuple, set, frozenset):
        items = sorted(value, key=repr) if kind is not tuple else value
        return {f"${kind.__name__}": [_encode(each) for each in items]}
    if kind is bytes:
        return {"$bytes": base64.b64encode(value).decode("ascii")}
    if kind is complex:
        return {"$complex": [value.real, value.imag]}
    return _encode_array(value)


def _encode_array(value: Any) -> Any:
    numpy = sys.modules.get("numpy")
    if numpy is None or not isinstance(value, (numpy.ndarray, numpy.generic)):
        raise TypeError(f"a {type(value).__name__} can't be written as JSON")
    if value.dtype.kind not in "biufcUS":
        raise TypeError(f"an array of {value.dtype} can't be written as JSON")
    scalar = isinstance(value, numpy.generic)
    return {"$numpy": [value.dtype.str, scalar, list(value.shape), _encode(value.ravel().tolist())]}


def _decode_array(parts: Any) -> Any:
    numpy = import_module("numpy")
    kind, scalar, shape, items = parts
    array = numpy.array(decode(items), dtype=kind).reshape(shape)
    return array[()] if scalar else array


_DECODERS: dict[str, Callable[[Any], Any]] = {
    "$tuple": lambda items: tuple(decode(items)),
    "$set": lambda items: set(decode(items)),
    "$frozenset": lambda items: frozenset(decode(items)),
    "$dict": lambda pairs: {decode(key): decode(each) for key, each in pairs},
    "$bytes": base64.b64decode,
    "$complex": lambda parts: complex(*parts),
    "$numpy": _decode_array,
}
