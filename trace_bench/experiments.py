"""Experiments: named sweeps, `conf/experiment/NAME.yaml`.

Such a file has a `description` and `sweeps`, a list of lists of overrides. Every list is one sweep,
as if it had been typed after `trace-bench run -m`. `smoke` is a list of overrides, which make of it
something that takes seconds and needs no LLM: for trying out, not for results.
"""

from __future__ import annotations

from collections.abc import Sequence

from trace_core import UserError

from . import registry

KEY = "experiment"
SMOKE = "smoke"


def sweeps(overrides: Sequence[str], *, smoke: bool = False) -> list[list[str]] | None:
    """Return the sweeps that `experiment=NAME` among `overrides` stands for, None without one.

    The other overrides replace those of the experiment that have the same key.

    Raises:
        UserError: there is no such experiment, several are asked for, or it has no smoke size.
    """
    chosen = [o.partition("=")[2] for o in overrides if _key(o) == KEY]
    if not chosen:
        if smoke:
            raise UserError("--smoke is a size of experiments: add experiment=NAME.")
        return None
    if len(chosen) > 1:
        raise UserError("Give one experiment at a time.")
    others = [o for o in overrides if _key(o) != KEY]
    found = _load(chosen[0])
    if smoke:
        found = [_merged(sweep, _smoke(chosen[0])) for sweep in found]
    return [_merged(sweep, others) for sweep in found]


def _smoke(name: str) -> list[str]:
    found = registry.config(KEY, name).get(SMOKE)
    if not found:
        raise UserError(f"conf/experiment/{name}.yaml has no `smoke`, a list of KEY=VALUE texts.")
    return list(found)


def _load(name: str) -> list[list[str]]:
    registry.check_name(KEY, name)
    found = registry.config(KEY, name).get("sweeps")
    if not found or not all(isinstance(o, str) for sweep in found for o in sweep):
        raise UserError(f"conf/experiment/{name}.yaml needs `sweeps`, lists of KEY=VALUE texts.")
    return [list(sweep) for sweep in found]


def _merged(sweep: Sequence[str], others: Sequence[str]) -> list[str]:
    keys = {_key(o) for o in others}
    return [o for o in sweep if _key(o) not in keys] + list(others)


def _key(override: str) -> str:
    return override.partition("=")[0].lstrip("+~")
