"""What the environment says after a step, in the kinds and modes of language feedback."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from . import phrases

if TYPE_CHECKING:
    import numpy as np

KINDS = ("r", "hp", "hn", "fp")
"""Reward, what was right, what was wrong, what to do next: said in this order."""
ALL, ONE_OF_THEM, NONE = "a", "m", "n"
HALF_CLOSED = 0.5


@dataclass(frozen=True, slots=True)
class Step:
    """What there is to say something about.

    Attributes:
        reward: of the simulator's last step.
        before, after: the hand's place in metres.
        grip: the action's gripper, 0 open, 1 closed.
        target: the expert's pose for the state after the step: x, y, z, gripper.
        clipped: parts of the action that the simulator can't follow, in words.
    """

    reward: float
    before: np.ndarray
    after: np.ndarray
    grip: float
    target: np.ndarray
    clipped: Sequence[str] = ()

    @property
    def moving_away(self) -> bool:
        """The hand was nearer to the target before."""
        place = self.target[:3]
        return bool(_distance(place, self.before) < _distance(place, self.after))

    @property
    def gripper_notes(self) -> Sequence[str]:
        """Paraphrases of what is wrong with the gripper, none if nothing is."""
        if self.target[3] > HALF_CLOSED > self.grip:
            return phrases.CLOSE
        if self.target[3] < HALF_CLOSED < self.grip:
            return phrases.OPEN
        return ()


def require_kinds(kinds: str | Collection[str]) -> str | tuple[str, ...]:
    """Return a mode, or the kinds in the order in which they are said.

    Raises:
        ValueError: there is no such mode or kind.
    """
    if kinds in (ALL, ONE_OF_THEM, NONE):
        return str(kinds)
    chosen = {kinds} if isinstance(kinds, str) else set(kinds)
    if not chosen <= set(KINDS):
        raise ValueError(
            f"feedback={kinds!r} must be 'a' (all kinds), 'm' (one at random), 'n' (none), "
            f"or some of {', '.join(KINDS)}"
        )
    return tuple(kind for kind in KINDS if kind in chosen)


def say(step: Step, kinds: str | Sequence[str], rng: np.random.Generator) -> str:
    """Return the feedback to a step.

    Args:
        step: what happened.
        kinds: what `require_kinds` returns.
        rng: draws the kind in mode "m", and the paraphrases.
    """
    if kinds == NONE:
        return ""
    wanted = KINDS if kinds == ALL else (_any(KINDS, rng),) if kinds == ONE_OF_THEM else kinds
    said = [_SAYINGS[kind](step, rng) for kind in wanted]
    if step.clipped:
        said.append(phrases.CLIPPED.format(parts="; ".join(step.clipped)))
    return " ".join(filter(None, said))


def _reward(step: Step, rng: np.random.Generator) -> str:
    return _any(phrases.REWARD, rng).format(reward=f"{step.reward:.2f}")


def _praise(step: Step, rng: np.random.Generator) -> str:
    praise = "" if step.moving_away else _any(phrases.PRAISE, rng)
    return _with_gripper(praise, phrases.BUT, step, rng)


def _blame(step: Step, rng: np.random.Generator) -> str:
    blame = _any(phrases.BLAME, rng) if step.moving_away else ""
    return _with_gripper(blame, phrases.ALSO, step, rng)


def _advice(step: Step, rng: np.random.Generator) -> str:
    numbers = ", ".join(f"{value + 0.0:.2f}" for value in step.target.round(2))
    return _any(phrases.ADVICE, rng).format(target=f"[{numbers}]")


_SAYINGS = {"r": _reward, "hp": _praise, "hn": _blame, "fp": _advice}


def _with_gripper(said: str, form: str, step: Step, rng: np.random.Generator) -> str:
    if not step.gripper_notes:
        return said
    note = _any(step.gripper_notes, rng)
    return f"{said} {form.format(note=note[0].lower() + note[1:])}" if said else note


def _any(among: Sequence[str], rng: np.random.Generator) -> str:
    return among[int(rng.integers(len(among)))]


def _distance(a: Any, b: Any) -> float:
    import numpy as np

    return float(np.linalg.norm(a - b))
