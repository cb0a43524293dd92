"""What crosses between host and worker: data as JSON, arrays as buffers, in frames with a length.

A frame is the length of its JSON, the length of its buffers, a seed for the code's random numbers,
the JSON, the buffers. What JSON has no word for is an object with the key "!", for instance
{"!": "tuple", "v": [1, 2]}.
"""

from __future__ import annotations

import json
import math
import re
import struct
import sys
import time
from collections.abc import Callable
from typing import Any

HEAD = struct.Struct("<III")
TAG = "!"
MESSAGE_CHARACTERS = 2000
"""Of an exception's message, which the worker keeps to, and the host too: code may forge one."""
Other = Callable[[Any], Any]

_SCALARS = {type(None), bool, int, float, str}
_are_scalars, _are_text = _SCALARS.issuperset, {str}.issuperset
_to_json = json.JSONEncoder(check_circular=False, separators=(",", ":")).encode
_DTYPE = re.compile(r"[<>|=][biufcSUMm]\d{1,6}(\[\w{1,8}\])?")
_BROKEN = (ValueError, TypeError, KeyError, IndexError, AttributeError, RecursionError)
_BROKEN += (OverflowError, MemoryError)  # type: ignore[assignment]


HASHED_AT_ONCE = 512
"""Members of a set or dict between two looks at the clock."""
HASHING_S = 1.0
"""Processor time that large sets and dicts of one frame may take: keys can be made to collide."""


class Malformed(Exception):
    """Bytes that are no frame of ours."""


def pack(message: Any, other: Other) -> bytes:
    """Turn a message into a frame.

    Args:
        message: lists, dicts and values.
        other: returns the JSON data of a value that is not data, or raises TypeError.

    Raises:
        TypeError, ValueError, RecursionError: something in it cannot cross.
    """
    buffers: list[bytes] = []
    text = _to_json(_Encoder(buffers, other)(message)).encode()
    tail = b"".join(buffers)
    return HEAD.pack(len(text), len(tail), 0) + text + tail


def with_seed(frame: bytes, seed: int) -> bytes:
    """The frame with a seed of 32 bits."""
    text, tail, _ = HEAD.unpack_from(frame)
    return HEAD.pack(text, tail, seed) + frame[HEAD.size :]


class Unpacker:
    """Turns frames into messages, one after the other; made once, since making it takes long."""

    def __init__(self) -> None:
        self._decoder = json.JSONDecoder(object_hook=self._hook)
        self._tail = b""
        self._taken = 0
        self._hashing_s = 0.0
        self._other: Other = _no_tag

    def __call__(self, text: bytes, tail: bytes, other: Other) -> Any:
        """Turn a frame's two parts into the message.

        Args:
            text: the JSON.
            tail: the buffers.
            other: returns the value of a tagged object that this module does not know.

        Raises:
            Malformed: they are not what `pack` makes.
        """
        self._tail, self._other = tail, other
        self._taken, self._hashing_s = 0, 0.0
        try:
            return self._decoder.decode(text.decode())
        except _BROKEN as error:
            raise Malformed(f"{type(error).__name__}: {error}") from None
        finally:
            self._tail, self._other = b"", _no_tag

    def _hook(self, found: dict[str, Any]) -> Any:
        """Inner objects have been through this before outer ones."""
        if TAG not in found:
            return found
        name = found[TAG]
        if name in ("array", "number"):
            array = self._array(found)
            return array if name == "array" else array[()]
        if name == "bytes":
            return found["v"].encode("latin-1")
        if name not in _MAKERS and name not in _HASHED:
            return self._other(found)
        parts = found["v"]
        if type(parts) is not list:  # a range may stand for more than there is memory
            raise ValueError(f"no content of a {name}")
        made = self._hashed(_HASHED[name], parts) if name in _HASHED else _MAKERS[name](parts)
        return frozenset(made) if name == "frozenset" else made

    def _hashed(self, make: Callable[[list[Any]], Any], parts: list[Any]) -> Any:
        """A set or a dict, a part after the other, unless that takes too long."""
        if len(parts) <= HASHED_AT_ONCE:
            return make(parts)
        begun = time.thread_time()
        found = make([])
        for start in range(0, len(parts), HASHED_AT_ONCE):
            found.update(make(parts[start : start + HASHED_AT_ONCE]))
            if self._hashing_s + time.thread_time() - begun > HASHING_S:
                raise ValueError("keys that collide")
        self._hashing_s += time.thread_time() - begun
        return found

    def _array(self, found: dict[str, Any]) -> Any:
        """The next one in the tail: each byte of it belongs to one array."""
        import numpy

        if not _DTYPE.fullmatch(found["t"]) or type(found["s"]) is not list:
            raise ValueError("no type for an array")
        dtype = numpy.dtype(found["t"])
        shape = [int(size) for size in found["s"]]
        count = math.prod(shape)
        end = self._taken + count * dtype.itemsize
        if min([*shape, count]) < 0 or found["at"] != self._taken or end > len(self._tail):
            raise ValueError("an array reaches beyond its bytes")
        flat = numpy.frombuffer(self._tail, dtype, count, self._taken)
        if dtype.kind == "U":
            flat.tolist()  # raises if it holds what is no character
        self._taken = end
        return flat.reshape(shape).copy()


def _no_tag(found: dict[str, Any]) -> Any:
    raise ValueError("no such tag")


class _Encoder:
    def __init__(self, buffers: list[bytes], other: Other) -> None:
        self.buffers = buffers
        self.size = 0
        self.other = other

    def __call__(self, value: Any) -> Any:
        kind = type(value)
        if kind in _SCALARS:
            return value
        if kind is list:
            return self._list(value)
        if kind is dict:
            return self._dict(value)
        if kind is tuple:
            return {TAG: "tuple", "v": self._list(value)}
        return self._rare(value)

    def _list(self, value: Any) -> Any:
        if _are_scalars(map(type, value)):
            return value
        # Flat lists are told from others here, without a call for each: boards are made of them.
        return [
            item if type(item) is list and _are_scalars(map(type, item)) else self(item)
            for item in value
        ]

    def _dict(self, value: Any) -> Any:
        if _are_text(map(type, value)) and TAG not in value:
            if _are_scalars(map(type, value.values())):
                return value
            return {key: self(item) for key, item in value.items()}
        return {TAG: "dict", "v": [[self(key), self(item)] for key, item in value.items()]}

    def _rare(self, value: Any) -> Any:
        if isinstance(value, (set, frozenset)):
            name = "set" if isinstance(value, set) else "frozenset"
            return {TAG: name, "v": self._list(list(value))}
        if isinstance(value, (bytes, bytearray)):
            return {TAG: "bytes", "v": bytes(value).decode("latin-1")}
        if isinstance(value, range):
            return {TAG: "range", "v": [value.start, value.stop, value.step]}
        numpy = sys.modules.get("numpy")
        if numpy is not None and isinstance(value, (numpy.ndarray, numpy.generic)):
            return self._array(numpy, value)
        if isinstance(value, complex):
            return {TAG: "complex", "v": [value.real, value.imag]}
        return self._derived(value)

    def _derived(self, value: Any) -> Any:
        """A named tuple crosses as a tuple, a defaultdict as a dict, an IntEnum as a number."""
        for base in (bool, int, float, str):
            if isinstance(value, base):
                return base(value)
        if isinstance(value, list):
            return self._list(value)
        if isinstance(value, tuple):
            return {TAG: "tuple", "v": self._list(value)}
        return self._dict(dict(value)) if isinstance(value, dict) else self.other(value)

    def _array(self, numpy: Any, value: Any) -> Any:
        array = numpy.ascontiguousarray(value)
        if not _DTYPE.fullmatch(array.dtype.str):
            raise TypeError(f"an array of {array.dtype} is not data: use numbers or text")
        data = array.tobytes()
        place, self.size = self.size, self.size + len(data)
        self.buffers.append(data)
        name = "array" if isinstance(value, numpy.ndarray) else "number"
        return {TAG: name, "t": array.dtype.str, "s": list(value.shape), "at": place}


_MAKERS: dict[Any, Callable[[list[Any]], Any]] = {
    "tuple": tuple,
    "range": lambda ends: range(*ends),
    "complex": lambda parts: complex(*parts),
}
_HASHED: dict[Any, Callable[[list[Any]], Any]] = {
    "set": set,
    "frozenset": set,
    # By unpacking: `dict` would make a list of a pair that is a range.
    "dict": lambda pairs: {key: value for key, value in pairs},
}
