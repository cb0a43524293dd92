"""The names of Meta-World's environments, known without importing it."""

from __future__ import annotations

import difflib

from trace_core import UserError

SUFFIX = "-v3"
ENVS = (
    "assembly", "basketball", "bin-picking", "box-close", "button-press", "button-press-topdown",
    "button-press-topdown-wall", "button-press-wall", "coffee-button", "coffee-pull", "coffee-push",
    "dial-turn", "disassemble", "door-close", "door-lock", "door-open", "door-unlock",
    "drawer-close", "drawer-open", "faucet-close", "faucet-open", "hammer", "hand-insert",
    "handle-press", "handle-press-side", "handle-pull", "handle-pull-side", "lever-pull",
    "peg-insert-side", "peg-unplug-side", "pick-out-of-hole", "pick-place", "pick-place-wall",
    "plate-slide", "plate-slide-back", "plate-slide-back-side", "plate-slide-side", "push",
    "push-back", "push-wall", "reach", "reach-wall", "shelf-place", "soccer", "stick-pull",
    "stick-push", "sweep", "sweep-into", "window-close", "window-open",
)  # fmt: skip


def known(name: str) -> str:
    """Return the name without its version: "push" for "push" and "push-v3".

    Raises:
        UserError: Meta-World has no such environment.
    """
    bare = name.removesuffix(SUFFIX)
    if bare in ENVS:
        return bare
    near = difflib.get_close_matches(bare, ENVS, n=1)
    hint = f" Did you mean {near[0]!r}?" if near else ""
    raise UserError(
        f"Meta-World has no environment {name!r}.{hint} It has: {', '.join(ENVS)}, version 3 each."
    )
