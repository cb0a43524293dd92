"""What is learnt: the code of two functions. Nothing here knows a board or a rule of the game."""

from __future__ import annotations

from typing import Any, ClassVar

from trace_core import Module, Node, bundle


class Policy(Module):
    """From the map to the next shot, in two steps. Both are stubs until an optimizer writes them.

    The code sees its arguments and nothing of the host's: this object has no data to offer.
    """

    __sandbox_data__: ClassVar[tuple[str, ...]] = ()

    def __repr__(self) -> str:
        return "Policy()"  # no address: what an LLM is shown must be the same in every process

    def forward(self, map: Node[list[str]]) -> Any:
        """The square to fire at."""
        return self.act(map, self.reason(map))

    @bundle(trainable=True)
    def reason(self, map):
        """Make a plan for the next shot, of any form, from the map, a list of strings:
        map[row][col] is '.' where nothing is known, 'X' for a hit, 'O' for a miss."""
        return None

    @bundle(trainable=True)
    def act(self, map, plan):
        """Choose by the map and the plan where to fire next: [row, col], counted from 0."""
        return None
