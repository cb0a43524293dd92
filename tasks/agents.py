"""Task `agents`: the prompts of two agents who must understand each other (the paper's Example 9).

Both follow their prompts to the letter, so that the feedback can be computed and repeated exactly.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING, Annotated, Any, ClassVar

from annotated_types import Ge, Le

from trace_core import Bundle, ExecutionError, UserError, bundle, node
from trace_core.opto import FEEDBACK, SCORE, Outcome, Problem, Task

if TYPE_CHECKING:
    import numpy as np

STREAM = 0xA9E7
"""Sets the task's random stream apart from others that are seeded with the trial's number."""
PHRASES = "phrases"
"""Capability: `problem.phrases` says which phrases have an effect in each parameter, a text."""
CONTEXT = (
    "Two agents play several rounds. The guide sees which object is meant and says some words; the "
    "seeker hears them, sees the objects, and chooses one. `guide_prompt` and `seeker_prompt` tell "
    "them what to do. Write prompts with which the seeker chooses the object that is meant."
)
KINDS = {
    "colour": ("red", "blue"),
    "size": ("big", "small"),
    "shape": ("round", "square"),
    "place": ("left", "right"),
}
WORDS = 2
"""How many words the guide may say in a round."""
OBJECTS = 4
"""Of a round."""
MOST_DRAWS = 20_000
"""Games that are tried for one that a single pair of words can tell."""
Thing = dict[str, str]
"""An object: its colour, size, shape and place."""


@dataclass(frozen=True, slots=True)
class Round:
    """Some objects, and which one is meant."""

    objects: tuple[Thing, ...]
    meant: int


@bundle()
def speak(guide_prompt: object, thing: Thing) -> list[str]:
    """What the guide says of the object that is meant, two words at most. The guide does what its
    prompt tells it and knows these phrases: tell the colour, tell the size, tell the shape, tell
    the place."""  # noqa: D205, D209 an LLM reads it
    words = [thing[kind] for kind in KINDS if f"tell the {kind}" in _text(guide_prompt)]
    if len(words) > WORDS:
        raise ValueError(f"the guide may say {WORDS} words, and wanted to say: {', '.join(words)}")
    return words


@bundle()
def choose(seeker_prompt: object, words: list[str], objects: tuple[Thing, ...]) -> Thing:
    """The object that the seeker chooses: the first one that fits all words it minds. The seeker
    does what its prompt tells it and knows these phrases: mind the colour, mind the size, mind the
    shape, mind the place."""  # noqa: D205, D209 an LLM reads it
    minded = [kind for kind in KINDS if f"mind the {kind}" in _text(seeker_prompt)]
    heard = {kind: word for kind in minded for word in words if word in KINDS[kind]}
    fitting = [t for t in objects if all(t[kind] == word for kind, word in heard.items())]
    return (fitting or list(objects))[0]


def _text(prompt: object) -> str:
    if not isinstance(prompt, str):
        raise TypeError(f"a prompt must be a text, not a {type(prompt).__name__}")
    return " ".join(prompt.lower().split())


class AgentsProblem(Problem):
    """Make two agents agree on what to say and what to mind, from rounds that went wrong."""

    context = CONTEXT

    def __init__(self, rounds: Sequence[Round]) -> None:
        self.parameters = (
            node("Describe the object.", name="guide_prompt", trainable=True),
            node("Choose an object.", name="seeker_prompt", trainable=True),
        )
        self.phrases = {
            f"{agent}_prompt": tuple(f"{verb} the {kind}" for kind in KINDS)
            for agent, verb in (("guide", "tell"), ("seeker", "mind"))
        }
        self._rounds = rounds
        self._compare = _comparing([r.objects[r.meant] for r in rounds])
        # Made once: an input keeps its name from one iteration to the next.
        self._seen = [
            (node(r.objects[r.meant], name="meant"), node(r.objects, name="objects"))
            for r in rounds
        ]

    def oracle(self) -> Outcome:
        """Play all rounds; the feedback tells of the first that went wrong."""
        guide, seeker = self.parameters
        try:
            chosen = [choose(seeker, speak(guide, meant), things) for meant, things in self._seen]
            right: Any = self._compare(*chosen)
        except ExecutionError as error:
            return Outcome(error.exception_node, str(error.exception_node.data))
        wrong = [k for k, is_right in enumerate(right.data) if not is_right]
        feedback = self._feedback(wrong, [c.data for c in chosen])
        return Outcome(right, feedback, float(len(wrong)), solved=not wrong)

    def _feedback(self, wrong: list[int], chosen: list[Thing]) -> str:
        if not wrong:
            return "The seeker chose the right object in all rounds."
        first, rounds = wrong[0], self._rounds
        meant = rounds[first].objects[rounds[first].meant]
        return (
            f"{len(wrong)} of {len(rounds)} rounds went wrong. In round {first + 1} the seeker "
            f"chose {_named(chosen[first])} instead of {_named(meant)}."
        )


def _comparing(meant: Sequence[Thing]) -> Bundle:
    @bundle(description="[compare] Whether the seeker chose what was meant, round by round.")
    def compare(*chosen: Thing) -> list[bool]:
        return [c == m for c, m in zip(chosen, meant, strict=True)]

    return compare


def _named(thing: Thing) -> str:
    return f"the {thing['size']} {thing['colour']} {thing['shape']} one on the {thing['place']}"


class Agents(Task):
    """Optimize the prompts of two rule-following agents who play together (Example 9).

    Args:
        rounds: of a game.
    """

    metric: ClassVar[str] = "rounds that went wrong"
    provides: ClassVar[frozenset[str]] = frozenset({FEEDBACK, SCORE, PHRASES})
    iterations: ClassVar[int] = 50
    cpu_bound: ClassVar[bool] = False

    def __init__(self, *, rounds: Annotated[int, Ge(4), Le(50)] = 8) -> None:
        self.rounds = rounds
        self.worst_score = float(rounds)  # type: ignore[misc]

    def problem(self, seed: int) -> AgentsProblem:
        """Trial `seed`: its own rounds, in which one pair of words, and no other, always suffices.

        Raises:
            UserError: there is no such trial.
        """
        import numpy as np

        if seed < 0:
            raise UserError(f"seed={seed} is no trial: they are numbered from 0.")
        rng = np.random.default_rng((seed, STREAM))
        for _ in range(MOST_DRAWS):
            rounds = [_draw(rng) for _ in range(self.rounds)]
            if len(sufficient(rounds)) == 1:
                return AgentsProblem(rounds)
        raise UserError(
            f"Of {MOST_DRAWS} games of task.rounds={self.rounds} rounds none could be told by one "
            "pair of words only: take fewer rounds."
        )

    def calibrate(self, problem: Problem, score: float) -> float:
        """0 = every round went wrong, 1 = solved."""
        return 1 - score / self.rounds


def sufficient(rounds: Sequence[Round]) -> list[tuple[str, ...]]:
    """The pairs of kinds of words that tell what is meant in every round."""
    return [pair for pair in combinations(KINDS, WORDS) if all(_tells(pair, r) for r in rounds)]


def _tells(kinds: Sequence[str], given: Round) -> bool:
    meant = given.objects[given.meant]
    fitting = [t for t in given.objects if all(t[kind] == meant[kind] for kind in kinds)]
    return fitting[0] == meant


def _draw(rng: np.random.Generator) -> Round:
    objects = tuple(
        {kind: words[int(rng.integers(2))] for kind, words in KINDS.items()} for _ in range(OBJECTS)
    )
    return Round(objects, int(rng.integers(OBJECTS)))
