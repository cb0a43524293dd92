"""What code in a sandbox may use."""

from __future__ import annotations

from dataclasses import dataclass

IMPORTS = (
    "__future__",
    "abc",
    "array",
    "bisect",
    "calendar",
    "cmath",
    "collections",
    "contextlib",
    "copy",
    "dataclasses",
    "datetime",
    "decimal",
    "difflib",
    "enum",
    "fractions",
    "functools",
    "heapq",
    "itertools",
    "json",
    "math",
    "numbers",
    "numpy",
    "operator",
    "random",
    "re",
    "statistics",
    "string",
    "textwrap",
    "time",
    "types",
    "typing",
    "unicodedata",
)
"""Modules that code may import if its task says nothing else; a package's submodules included."""


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds on code in a worker. Whoever goes beyond one gets feedback that says which.

    Attributes:
        call_s: seconds of wall time a call may take, time on the host not counted.
        run_s: seconds that all calls within one `use` may take together; outside of any `use`,
            they have no such limit.
        memory_mib: what a worker may allocate beyond what Python itself needs.
        printed_characters: how much printed text is kept; the rest is counted.
        result_kib: size of what a call returns, or passes to the host.
        processes: processes and threads of a worker. More than one needs a user who is not root.
        host_calls: how often a call may call functions of the host.
    """

    call_s: float = 5.0
    run_s: float = 3600.0
    memory_mib: int = 512
    printed_characters: int = 10_000
    result_kib: int = 4096
    processes: int = 1
    host_calls: int = 20

    def __post_init__(self) -> None:
        for name in self.__slots__:
            if not getattr(self, name) > (
                -1 if name in ("host_calls", "printed_characters") else 0
            ):
                raise ValueError(f"{name}={getattr(self, name)} is too small")
