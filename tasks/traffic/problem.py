"""One traffic problem: two green times, one simulated half hour."""

from __future__ import annotations

from typing import Any

from trace_core import Bundle, ExecutionError, bundle, node
from trace_core.opto import Outcome, Problem

from . import scats
from .crossing import Crossing, Engine
from .demand import Demand
from .limits import BOUNDS, START_S, require_allowed
from .score import Rule, analyse
from .simulation import Traffic, simulate

CONTEXT = (
    "Two roads cross at a traffic light: one runs east-west (EW), the other north-south (NS). In "
    "turn, the light is green for EW during `EW_green` seconds and for NS during `NS_green` "
    "seconds. If a direction's green time is too short, its vehicles queue up and lose time; if it "
    "is too long, the other direction's do. Traffic varies over time and differs by direction. A "
    "simulated half hour is summed up in an overall score, the delay of the vehicles and how "
    "unevenly it is spread. Find the two green times with the lowest score, in as few simulations "
    "as possible."
)


class TrafficProblem(Problem):
    """Minimise the score of a crossing over two green times.

    Args:
        demand: who drives where and when.
        engine: UXsim's Python or C++ engine.
        rule: how trips are scored.
        policy: a controller that sets the green times instead of the parameters; None: none does.
    """

    context = CONTEXT

    def __init__(
        self, demand: Demand, *, engine: Engine, rule: Rule, policy: str | None = None
    ) -> None:
        self.parameters = tuple(
            node(START_S, name=name, trainable=True, description=description, constraint=BOUNDS)
            for name, description in (
                ("EW_green", "Seconds of green for east-west."),
                ("NS_green", "Seconds of green for north-south."),
            )
        )
        self.bounds = {p.base_name: BOUNDS for p in self.parameters}
        self._demand, self._engine, self._rule, self._policy = demand, engine, rule, policy
        self._simulate = SIMULATIONS[policy]
        # Made once: an input keeps its name from one iteration to the next.
        self._demand_node = node(demand, name="demand")
        self._engine_node = node(engine, name="engine")
        self._rule_node = node(rule, name="rule")

    def oracle(self) -> Outcome:
        """Simulate with the current green times; those that are not allowed are not simulated."""
        try:
            crossing = create_world(*self.parameters, self._demand_node, self._engine_node)
            analysis = analyze(self._simulate(crossing), self._rule_node)
        except ExecutionError as error:
            return Outcome(error.exception_node, str(error.exception_node.data))
        score = float(analysis.data["overall_score"])
        return Outcome(analysis, _feedback(score), score)

    def under_policy(self, name: str) -> TrafficProblem:
        """The same demand with the light under `scats`."""
        if name not in SIMULATIONS:
            return super().under_policy(name)  # type: ignore[return-value]  # it raises
        return TrafficProblem(self._demand, engine=self._engine, rule=self._rule, policy=name)

    def start_score(self) -> float:
        """The score of the common start."""
        start = Crossing(START_S, START_S, self._demand, self._engine)
        return analyse(simulate(start), self._rule).score


@bundle()
def create_world(EW_green: Any, NS_green: Any, demand: Demand, engine: Engine) -> Crossing:
    """Build the crossing, a light with these green times in seconds, and half an hour of demand."""
    ew, ns = require_allowed("EW", EW_green), require_allowed("NS", NS_green)
    return Crossing(ew, ns, demand, engine)


@bundle(description="[simulate] Let the vehicles drive for half an hour.")
def simulate_fixed(crossing: Crossing) -> Traffic:
    """Let the vehicles drive for half an hour."""
    return simulate(crossing)


@bundle(description="[simulate_scats] The same, with SCATS setting the green times each cycle.")
def simulate_scats(crossing: Crossing) -> Traffic:
    """Let the vehicles drive for half an hour under SCATS."""
    return simulate(crossing, scats.NAME)


@bundle()
def analyze(traffic: Traffic, rule: Rule) -> dict[str, object]:
    """Delay per vehicle, by approach and overall; the score is the mean delay plus its spread."""
    return analyse(traffic, rule).as_dict()


SIMULATIONS: dict[str | None, Bundle] = {None: simulate_fixed, scats.NAME: simulate_scats}


def _feedback(score: float) -> str:
    return (
        f"The overall score is {score:.6g}; lower is better. Unless you are certain that it cannot "
        "be lowered any further, keep looking for better green times."
    )
