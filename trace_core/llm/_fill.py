"""A value that satisfies a JSON schema and means nothing."""

from __future__ import annotations

import random
from collections.abc import Mapping
from typing import Any

_RANGE = 10.0
"""Numbers without bounds lie this close to 0."""


def fill(schema: Mapping[str, Any], rng: random.Random) -> Any:
    """Draw a value. Knows what structured output allows, "pattern" and "format" apart.

    Raises:
        ValueError: the schema uses something else, for instance a "$ref".
    """
    if "const" in schema:
        return schema["const"]
    if "enum" in schema:
        return rng.choice(list(schema["enum"]))
    for choice in ("anyOf", "oneOf"):
        if choice in schema:
            return fill(rng.choice(list(schema[choice])), rng)
    kind = schema.get("type")
    kind = rng.choice(kind) if isinstance(kind, list) else kind
    if kind not in _FILLERS:
        raise ValueError(f"a mock cannot fill the schema {schema!r}")
    return _FILLERS[kind](schema, rng)


def _object(schema: Mapping[str, Any], rng: random.Random) -> dict[str, Any]:
    return {name: fill(part, rng) for name, part in schema.get("properties", {}).items()}


def _array(schema: Mapping[str, Any], rng: random.Random) -> list[Any]:
    low = schema.get("minItems", min(1, schema.get("maxItems", 1)))
    return [fill(schema["items"], rng) for _ in range(low)] if "items" in schema else []


def _string(schema: Mapping[str, Any], rng: random.Random) -> str:
    text = "mock".ljust(schema.get("minLength", 0), "k")
    return text[: schema.get("maxLength")]


def _number(schema: Mapping[str, Any], rng: random.Random) -> float:
    low, high = _bounds(schema)
    # Rounding may leave the bounds; they are met exactly at any rate.
    return min(max(round(rng.uniform(low, high), 3), low), high)


def _integer(schema: Mapping[str, Any], rng: random.Random) -> int:
    low, high = _bounds(schema)
    return rng.randint(-int(-low // 1), int(high // 1))


def _bounds(schema: Mapping[str, Any]) -> tuple[float, float]:
    low, high = schema.get("minimum"), schema.get("maximum")
    if low is None:
        low = -_RANGE if high is None else min(-_RANGE, high - _RANGE)
    return low, max(_RANGE, low + _RANGE) if high is None else high


def _boolean(schema: Mapping[str, Any], rng: random.Random) -> bool:
    return rng.random() < 0.5


def _null(schema: Mapping[str, Any], rng: random.Random) -> None:
    return None


_FILLERS = {
    "object": _object,
    "array": _array,
    "string": _string,
    "number": _number,
    "integer": _integer,
    "boolean": _boolean,
    "null": _null,
}
