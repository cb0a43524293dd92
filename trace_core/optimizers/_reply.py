"""The JSON object in an LLM's reply: whole, or what can be saved of it."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

PLAIN, REPAIRED, TRUNCATED = "plain", "repaired", "truncated"
"""How an object was found: as JSON; as something near to it; as the first part of one."""
_TOKEN = re.compile(
    r"""(?P<text>"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')|(?P<comment>//[^\n]*|\#[^\n]*)"""
    r"""|(?P<fence>```[a-zA-Z]*\n?)"""
    r"""|(?P<comma>,(?=\s*[}\]]))|(?P<word>\b(?:true|false|null|NaN|Infinity)\b)""",
    re.DOTALL,
)
_ESCAPE = re.compile(
    r"\\(u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|.)",  # two that are one, or one
    re.DOTALL,
)
_WORDS = {"true": "True", "false": "False", "null": "None"}


@dataclass(frozen=True, slots=True)
class Found:
    """The object, and how it was found."""

    object: dict[str, Any]
    how: str = PLAIN


def find(text: str, key: str = "suggestion") -> Found | None:
    """The JSON object in a text, of several the last one with this key; None: no object.

    Fences and words around it do not matter; single quotes, trailing commas, comments, raw line
    breaks and Python's True, False and None are read; of a truncated reply what is whole is kept.
    """
    for how, items in ((PLAIN, _strict(text)), (REPAIRED, _loose(text))):
        found = list(items)
        for item in reversed(found):  # drafts come first
            if key in item:
                return Found(item, how)
        if found and not _names_suggestion(text):
            return Found(found[0], how)
    pairs = _first_part(text)
    return Found({"suggestion": pairs}, TRUNCATED) if pairs else None


def _names_suggestion(text: str) -> bool:
    return bool(_SUGGESTION.search(text))


def _strict(text: str) -> Iterator[dict[str, Any]]:
    """All outermost objects, raw line breaks in texts allowed."""
    decoder = json.JSONDecoder(strict=False)
    start = text.find("{")
    while start >= 0:
        try:
            item, end = decoder.raw_decode(text, start)
        except (ValueError, RecursionError):
            end = start + 1
        else:
            if isinstance(item, dict):
                yield item
        start = text.find("{", end)


def _loose(text: str) -> Iterator[dict[str, Any]]:
    """The outermost braces read as a Python literal, after JSON's words were put into Python's."""
    start, end = text.find("{"), text.rfind("}")
    if start < 0 or end < start:
        return
    literal = _TOKEN.sub(_in_python, text[start : end + 1])
    try:
        item = ast.literal_eval(literal)
    except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError):
        return
    if isinstance(item, dict):
        yield item


def _in_python(match: re.Match[str]) -> str:
    kind, text = match.lastgroup, match[0]
    if kind == "text":
        return _ESCAPE.sub(_escape, text).replace("\n", "\\n")
    if kind == "word":
        return _WORDS.get(text, "None")
    return ""  # a comment, a fence, or a comma that nothing follows


def _escape(match: re.Match[str]) -> str:
    """JSON's escapes as Python has them; a backslash that begins none is itself."""
    if match[1] == "/":
        return "/"
    if len(match[1]) > 1:  # Python would read two halves of a character
        return str(json.loads(f'"{match[0]}"'))
    return match[0] if match[1] in "\"'\\nrtbfu" else f"\\\\{match[1]}"


_SUGGESTION = re.compile(r"""["']suggestion["']\s*:\s*\{""")
_KEY = re.compile(r'\s*("(?:[^"\\]|\\.)*")\s*:\s*')


def _first_part(text: str) -> dict[str, Any]:
    """The pairs of "suggestion" that a comma or brace ends: the next may lack digits."""
    decoder = json.JSONDecoder(strict=False)
    begin = _SUGGESTION.search(text)
    place, pairs = begin.end() if begin else len(text), {}
    while key := _KEY.match(text, place):
        try:
            name = json.loads(key[1], strict=False)
            value, end = decoder.raw_decode(text, key.end())
        except (ValueError, RecursionError):
            break
        follows = re.compile(r"\s*[,}]").match(text, end)
        if not follows:
            break
        pairs[str(name)] = value
        place = follows.end()
    return pairs
