"""Task `constraints`: a feasible set that nothing but exceptions enforces (the paper's App. D)."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Annotated, Any, ClassVar

from annotated_types import Ge, Le

from trace_core import Bundle, ExecutionError, UserError, bundle, node
from trace_core.opto import BOUNDS, FEEDBACK, SCORE, Interval, Outcome, Problem, Task

from ._quoted import quoted

if TYPE_CHECKING:
    import numpy as np

STREAM = 0xC057
"""Sets the task's random stream apart from others that are seeded with the trial's number."""
CONTEXT = (
    "A workshop makes `tables` and `chairs` and sells them. Find the whole numbers of both that "
    "bring the highest profit. A plan that the workshop cannot carry out stops where it fails."
)
Pair = tuple[int, int]
"""Tables and chairs, or what one table and one chair take or bring."""


STAGES = {
    "planks": ("saw", "Saw the planks for so many tables and chairs, two whole numbers."),
    "hours": ("assemble", "Assemble the furniture."),
    "square metres": ("store", "Put the furniture into the store."),
}
"""What each stage uses up, with its name and what the trace says of it."""


@dataclass(frozen=True)
class Workshop:
    """What the numbers of a trial are: needs and profit of a table and a chair, and what is there.

    Attributes:
        needs: planks, hours and square metres of each.
        available: planks, hours and square metres.
    """

    needs: tuple[Pair, Pair, Pair]
    available: tuple[int, int, int]
    profit: Pair

    def allows(self, plan: Pair) -> bool:
        """Whether no constraint is violated."""
        pairs = zip(self.needs, self.available, strict=True)
        return all(_dot(plan, each) <= available for each, available in pairs)

    @cached_property
    def best(self) -> Pair:
        """The plan of the highest profit of all that no constraint forbids."""
        tables = range(1 + min(self._most(0)))
        plans = ((a, min(self._most(1, besides=a))) for a in tables)  # one more chair is better
        return max(plans, key=lambda plan: _dot(plan, self.profit))

    def _most(self, kind: int, besides: int = 0) -> list[int]:
        """How many of a kind each constraint allows, besides so many of the first."""
        pairs = zip(self.needs, self.available, strict=True)
        return [(available - besides * each[0]) // each[kind] for each, available in pairs]

    @classmethod
    def draw(cls, rng: np.random.Generator, most: int) -> Workshop:
        """Draw numbers until the best plan is neither at an end of the bounds nor everything."""
        while True:
            needs, profit = rng.integers(1, 6, size=(3, 2)), rng.integers(2, 10, size=2)
            available = rng.integers(3 * most, 5 * most, size=3)
            found = cls(
                tuple((int(a), int(b)) for a, b in needs),  # type: ignore[arg-type]
                tuple(map(int, available)),  # type: ignore[arg-type]
                (int(profit[0]), int(profit[1])),
            )
            if all(0 < number < most for number in found.best):
                return found


@bundle()
def plan(tables: object, chairs: object) -> Pair:
    """What is to be made: two whole numbers that are not negative."""
    if not all(type(number) is int and number >= 0 for number in (tables, chairs)):
        told = f"{quoted(tables)}, {quoted(chairs)}"
        raise ValueError(f"the numbers must be whole and not negative, not {told}")
    return tables, chairs  # type: ignore[return-value]


@bundle()
def sell(furniture: Pair, profit_each: Pair) -> int:
    """The profit."""
    return _dot(furniture, profit_each)


def _stage(what: str, each: Pair, available: int) -> Bundle:
    """A stage that lets a plan pass if there is enough; its limit is in no node."""
    name, text = STAGES[what]

    @bundle(description=f"[{name}] {text}")
    def stage(furniture: Pair) -> Pair:
        if (taken := _dot(furniture, each)) > available:
            raise ValueError(f"this takes {taken} {what}: at most {available} are there")
        return furniture

    return stage


def _dot(one: Pair, other: Pair) -> int:
    return one[0] * other[0] + one[1] * other[1]


class ConstraintsProblem(Problem):
    """Maximise a profit over two whole numbers, within limits that are met by running into them."""

    context = CONTEXT
    lower_is_better = False

    def __init__(self, workshop: Workshop, most: int) -> None:
        self.parameters = tuple(node(0, name=n, trainable=True) for n in ("tables", "chairs"))
        self.bounds = {p.base_name: Interval(0, most, integer=True) for p in self.parameters}
        self.workshop = workshop
        self.optimum = workshop.best
        limits = zip(STAGES, workshop.needs, workshop.available, strict=True)
        self._stages = [_stage(what, each, available) for what, each, available in limits]
        # Made once: an input keeps its name from one iteration to the next.
        self._profit = node(workshop.profit, name="profit_each")

    def oracle(self) -> Outcome:
        """Carry the plan out, stage by stage; the first limit that it runs into ends the trace."""
        try:
            furniture: Any = plan(*self.parameters)
            for stage in self._stages:
                furniture = stage(furniture)
            profit: Any = sell(furniture, self._profit)
        except ExecutionError as error:
            return Outcome(error.exception_node, str(error.exception_node.data))
        solved = profit.data == self.best_profit
        feedback = f"The profit is {profit.data}. {'It is the highest.' if solved else 'Raise it.'}"
        return Outcome(profit, feedback, float(profit.data), solved=solved)

    @property
    def best_profit(self) -> int:
        """The documented optimum."""
        return _dot(self.optimum, self.workshop.profit)


class Constraints(Task):
    """Plan a workshop's production within constraints that are exceptions (App. D).

    Args:
        most: the largest number of tables, and of chairs, that black boxes try.
    """

    version: ClassVar[int] = 2
    metric: ClassVar[str] = "profit"
    lower_is_better: ClassVar[bool] = False
    worst_score: ClassVar[float | None] = 0.0
    provides: ClassVar[frozenset[str]] = frozenset({FEEDBACK, SCORE, BOUNDS})
    iterations: ClassVar[int] = 30
    cpu_bound: ClassVar[bool] = False

    def __init__(self, *, most: Annotated[int, Ge(5), Le(100)] = 20) -> None:
        self.most = most

    def problem(self, seed: int) -> ConstraintsProblem:
        """Trial `seed`: its own workshop.

        Raises:
            UserError: there is no such trial.
        """
        import numpy as np

        if seed < 0:
            raise UserError(f"seed={seed} is no trial: they are numbered from 0.")
        rng = np.random.default_rng((seed, STREAM))
        return ConstraintsProblem(Workshop.draw(rng, self.most), self.most)

    def calibrate(self, problem: Problem, score: float) -> float:
        """0 = nothing is made, as at the start, 1 = the highest profit."""
        assert isinstance(problem, ConstraintsProblem)
        return score / problem.best_profit
