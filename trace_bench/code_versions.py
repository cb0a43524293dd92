"""`trace-bench show RUN --code`: each version of the code that a run learnt, with its score."""

from __future__ import annotations

import ast
import difflib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from trace_core import UserError

from .numerals import number, ranges
from .rows import Row

if TYPE_CHECKING:
    from rich.console import Console


@dataclass(frozen=True, slots=True)
class Version:
    """Code that was evaluated.

    Attributes:
        code: the source of each code parameter, by its name.
        iterations: when it was evaluated: versions may come back.
        scores: what it got then.
    """

    code: Mapping[str, str]
    iterations: tuple[int, ...]
    scores: tuple[float | None, ...]

    @property
    def title(self) -> str:
        """Iterations and scores in words."""
        scores = ", ".join(number(score) for score in dict.fromkeys(self.scores))
        many = "s" if len(self.iterations) > 1 else ""
        return f"iteration{many} {ranges(self.iterations)}: score {scores}"


def versions(rows: Sequence[Row]) -> list[Version]:
    """Return the distinct versions of a run's code, in the order of their first evaluation.

    Raises:
        UserError: none of its parameters is code.
    """
    found: dict[tuple[tuple[str, str], ...], list[Row]] = {}
    for row in rows:
        code = tuple((k, v) for k, v in row.parameters.items() if is_code(v))
        found.setdefault(code, []).append(row)
    if not any(found):
        raise UserError("This run's parameters are no code: leave --code and --diff out.")
    return [
        Version(dict(code), tuple(r.iteration for r in same), tuple(r.score for r in same))
        for code, same in found.items()
    ]


def is_code(value: Any) -> bool:
    """Whether a parameter's value is the source of one function."""
    if not isinstance(value, str):
        return False
    try:
        return any(
            isinstance(s, ast.FunctionDef | ast.AsyncFunctionDef) for s in ast.parse(value).body
        )
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        # what an optimizer wrote need not be whole, but it begins like one
        return value.lstrip().startswith(("def ", "async def ", "@"))


def as_json(found: Sequence[Version]) -> list[dict[str, Any]]:
    """Plain data."""
    return [
        {"iterations": list(v.iterations), "scores": list(v.scores), "code": dict(v.code)}
        for v in found
    ]


def show(found: Sequence[Version], console: Console, *, diff: bool) -> None:
    """Print the first version whole and then either each next one or how it differs."""
    before: Version | None = None
    for version in found:
        console.print(version.title, style="bold")
        if diff and before is not None:
            _show_text("\n".join(changes(before, version)), "diff", console)
        else:
            for name, code in version.code.items():
                console.print(f"[{name}]", markup=False)
                _show_text(code, "python", console)
        console.print()
        before = version


def _show_text(text: str, language: str, console: Console) -> None:
    """In colour on a terminal; into a file and a pipe as it is."""
    from rich.syntax import Syntax

    if console.is_terminal:
        console.print(Syntax(text, language, word_wrap=True))
    else:
        console.print(text, soft_wrap=True, markup=False, emoji=False)


def changes(old: Version, new: Version) -> Iterator[str]:
    """Yield the lines of a unified diff between two versions."""
    for name in dict.fromkeys([*old.code, *new.code]):
        before, after = (v.code.get(name, "").splitlines() for v in (old, new))
        yield from difflib.unified_diff(before, after, name, name, lineterm="", n=2)
