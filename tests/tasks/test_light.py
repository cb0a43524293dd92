"""`trace-bench list` imports every task and optimizer: none may pull in a heavy library."""

import sys
from importlib import import_module
from pkgutil import iter_modules

from tests.fresh_process import in_fresh_process

HEAVY = {"numpy", "torch", "scipy", "pandas", "openai", "pydantic", "matplotlib"}


def heavy_imports() -> list[str]:
    for package in ("trace_bench.tasks", "trace_bench.baselines"):
        for module in iter_modules(import_module(package).__path__, package + "."):
            import_module(module.name)
    return sorted(HEAVY & set(sys.modules))


def test_importing_all_tasks_and_optimizers_is_light() -> None:
    assert in_fresh_process(heavy_imports) == []
