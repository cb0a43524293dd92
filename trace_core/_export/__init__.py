"""What was learnt, as plain Python that runs without this library."""

from __future__ import annotations

import ast
import os
from pathlib import Path
from typing import Any

from trace_core._bundle import Bundle
from trace_core._containers import NodeContainer
from trace_core._errors import UserError

from ._collect import Collection


def write(item: Any, file: str | os.PathLike[str]) -> None:
    """See `trace_core.export`."""
    if not isinstance(item, NodeContainer):
        raise UserError(f"a module or bundle can be exported, not a {type(item).__name__}")
    collection = Collection(None if isinstance(item, Bundle) else item)
    if isinstance(item, Bundle):
        collection.take(item.__name__, item)
    else:
        collection.take(type(item).__name__, type(item))
    imports = "\n".join(sorted(collection.imports))
    parts = [
        f'"""{_title(item)}, as it was learnt: written by trace_core."""',
        "from __future__ import annotations" + f"\n\n{imports}" * bool(imports),
        "\n" + collection.text(),
    ]
    text = "\n\n".join(parts) + "\n"
    _check(text)
    Path(file).write_text(text, encoding="utf-8")


def _title(item: Any) -> str:
    return item.__name__ if isinstance(item, Bundle) else type(item).__name__


def _check(text: str) -> None:
    """Raise a UserError if tracing is still in the text."""
    for item in ast.walk(ast.parse(text)):
        names = [each.name for each in item.names] if isinstance(item, ast.Import) else []
        names += [item.module or ""] if isinstance(item, ast.ImportFrom) else []
        if any(name.split(".")[0] == "trace_core" for name in names):
            raise UserError(
                f"{ast.unparse(item)!r} is inside of what is to be exported: import trace_core at "
                "the top of the module"
            )
