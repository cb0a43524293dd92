"""A grid world as a tabular Markov decision process, and its optimum."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from trace_core import UserError

if TYPE_CHECKING:
    import numpy as np

ACTIONS = ("up", "right", "down", "left")
STEPS = ((-1, 0), (0, 1), (1, 0), (0, -1))
REWARD = -1.0
"""Of every move, until the goal is reached."""


MOST_DRAWS = 20_000
"""Boards that are tried for one with a way to the goal."""


@dataclass(frozen=True)
class World:
    """Squares, numbered row by row; from the first to the last one, around walls.

    Attributes:
        size: rows, and columns.
        walls: squares that cannot be entered.
        slip: probability that a move goes in a random direction instead.
        discount: what a reward is worth one move later.
    """

    size: int
    walls: frozenset[int]
    slip: float
    discount: float

    @property
    def goal(self) -> int:
        """Where an episode ends."""
        return self.size**2 - 1

    def move(self, square: int, direction: int) -> int:
        """Where a move leads; against the edge or a wall one stays."""
        row, column = divmod(square, self.size)
        row, column = row + STEPS[direction][0], column + STEPS[direction][1]
        there = row * self.size + column
        inside = 0 <= row < self.size and 0 <= column < self.size
        return there if inside and there not in self.walls else square

    @cached_property
    def transitions(self) -> np.ndarray:
        """Probabilities, (action, square, next square); nothing leaves the goal."""
        import numpy as np

        certain = np.zeros((len(ACTIONS), self.size**2, self.size**2))
        for direction in range(len(ACTIONS)):
            for square in range(self.goal):
                certain[direction, square, self.move(square, direction)] = 1
        mixed: np.ndarray = (1 - self.slip) * certain + self.slip * certain.mean(axis=0)
        return mixed

    def value(self, policy: Sequence[int]) -> float:
        """The exact expected discounted return of a table of actions, from the first square."""
        return float(self._values(policy)[0])

    @cached_property
    def optimal_policy(self) -> list[int]:
        """A table of actions that no other is better than: policy iteration (Howard, 1960)."""
        import numpy as np

        policy = [0] * self.size**2
        while True:
            ahead = self.transitions @ self._values(policy)
            better = ahead.max(axis=0) > ahead[policy, range(len(policy))] + 1e-12
            if not better.any():
                return policy
            policy = np.where(better, ahead.argmax(axis=0), policy).tolist()

    def _values(self, policy: Sequence[int]) -> np.ndarray:
        """The value of every square: the solution of Bellman's linear equations."""
        import numpy as np

        squares = range(self.size**2)
        following = self.transitions[list(policy), squares]
        rewards = np.full(self.size**2, REWARD)
        rewards[self.goal] = 0
        return np.linalg.solve(np.eye(self.size**2) - self.discount * following, rewards)

    @classmethod
    def draw(cls, rng: np.random.Generator, size: int, walls: int, slip: float) -> World:
        """Draw walls until there is a way to the goal.

        Raises:
            UserError: there never was.
        """
        for _ in range(MOST_DRAWS):
            squares = rng.choice(size**2 - 2, size=walls, replace=False) + 1
            found = cls(size, frozenset(map(int, squares)), slip, discount=0.95)
            if found.is_passable():
                return found
        raise UserError(
            f"Of {MOST_DRAWS} boards of {size} x {size} squares with task.walls={walls} none had a "
            "way to the goal: take fewer walls."
        )

    def is_passable(self) -> bool:
        """Whether a way leads from the first square to the goal."""
        seen, stack = {0}, [0]
        while stack:
            square = stack.pop()
            reached = {self.move(square, direction) for direction in range(len(ACTIONS))} - seen
            seen |= reached
            stack += reached
        return self.goal in seen
