"""Changes to a text by the positions of its syntax tree, so that all else stays as it was."""

from __future__ import annotations

import ast
import io
import tokenize

Positioned = ast.expr | ast.stmt | ast.arg | ast.keyword


class Edits:
    """Replacements to make in one text.

    Args:
        text: Python source; its lines begin without indentation.
    """

    def __init__(self, text: str) -> None:
        self.text = text
        self.tree = ast.parse(text)
        self._lines = [f"{line}\n" for line in text.split("\n")]
        self._starts: list[int] = [0]
        for line in self._lines:
            self._starts.append(self._starts[-1] + len(line))
        self._changes: list[tuple[int, int, str]] = []
        self._comments = [
            (self._starts[t.start[0] - 1] + t.start[1], t.string)
            for t in tokenize.generate_tokens(io.StringIO(text).readline)
            if t.type == tokenize.COMMENT
        ]

    def start(self, item: Positioned) -> int:
        """Where a node begins, in characters from the beginning of the text."""
        return self._offset(item.lineno, item.col_offset)

    def end(self, item: Positioned) -> int:
        """Where it ends."""
        return self._offset(item.end_lineno or item.lineno, item.end_col_offset or 0)

    def line(self, number: int) -> int:
        """Where the line of that number, counted from 1, begins."""
        return self._starts[number - 1]

    def segment(self, item: Positioned) -> str:
        """A node's text."""
        return self.text[self.start(item) : self.end(item)]

    def insert(self, place: int, text: str) -> None:
        """Put `text` there."""
        self._changes.append((place, place, text))

    def replace(self, start: int, end: int, text: str, statement: ast.stmt | None) -> None:
        """Put `text` in the place of what is between; comments there go above the statement."""
        self._changes.append((start, end, text))
        if statement is None:
            return
        above = self.line(_first_line(statement))
        indent = " " * statement.col_offset
        for place, comment in self._comments:
            if start <= place < end:
                self.insert(above, f"{indent}{comment}\n")

    def done(self) -> str:
        """The changed text."""
        text, position = [], 0
        for start, end, new in sorted(self._changes, key=lambda change: change[:2]):
            text += [self.text[position:start], new]
            position = max(position, end)
        return "".join([*text, self.text[position:]])

    def _offset(self, line: int, column: int) -> int:
        before = self._lines[line - 1].encode()[:column]  # `ast` counts bytes
        return self._starts[line - 1] + len(before.decode())


def _first_line(statement: ast.stmt) -> int:
    decorators: list[ast.expr] = getattr(statement, "decorator_list", [])
    return min([statement.lineno, *(each.lineno for each in decorators)])
