import math
import warnings

import pytest
import yaml

from tests.fresh_process import ROOT, in_fresh_process
from trace_bench.baselines.scats import Scats
from trace_bench.tasks.traffic import Traffic, simulation
from trace_bench.tasks.traffic.crossing import Crossing
from trace_bench.tasks.traffic.demand import Demand
from trace_bench.tasks.traffic.problem import TrafficProblem
from trace_bench.tasks.traffic.score import analyse
from trace_bench.tasks.traffic.simulation import Traffic as Observed
from trace_bench.tasks.traffic.simulation import Trips, simulate
from trace_core import UserError
from trace_core.optimizers import OptoPrime
from trace_core.opto import Problem

from .contract import TaskContract

CONFIG = yaml.safe_load((ROOT / "conf/task/traffic.yaml").read_text())
SETTINGS = {k: v for k, v in CONFIG.items() if k not in ("name", "kind", "description")}


def fast(**changes: str) -> Traffic:
    return Traffic(**(SETTINGS | {"engine": "cpp"} | changes))


def set_greens(problem: Problem, *greens: object) -> None:
    for parameter, green in zip(problem.parameters, greens, strict=True):
        parameter.update(green)


class TestTraffic(TaskContract):
    beyond = None

    @classmethod
    def task(cls) -> Traffic:
        return fast()

    def sabotage(self, problem: Problem) -> None:
        problem.parameters[0].update(91)


class TestUnderScats(TestTraffic):
    """A reference policy is evaluated under the same protocol as parameters."""

    @classmethod
    def task(cls) -> Traffic:
        return _UnderScats(engine="cpp")


class _UnderScats(Traffic):
    def problem(self, seed: int) -> TrafficProblem:
        return super().problem(seed).under_policy("scats")


def test_the_configuration_states_the_defaults() -> None:
    assert vars(Traffic()) == vars(Traffic(**SETTINGS))


# Reference values


def score(seed: int, ew: int, ns: int, engine: str = "python") -> float:
    return analyse(simulate(Crossing(ew, ns, Demand(seed), engine)), "paper").score


PUBLISHED = [
    (42, 15, 15, 77.3),
    (42, 25, 15, 36.9),
    (42, 30, 15, 45.2),
    (42, 30, 20, 45.1),
    (42, 60, 60, 135.0),
    (42, 90, 15, 766.6),
    *((seed, 15, 15, s) for seed, s in enumerate((90.0, 109.6, 77.2, 95.7, 127.9, 95.8))),
    *((seed, 25, 15, s) for seed, s in enumerate((35.1, 35.5, 33.4, 36.7, 42.8, 38.1))),
]
QUICK = (PUBLISHED[0],)


@pytest.mark.parametrize(
    ("seed", "ew", "ns", "expected"),
    [
        pytest.param(*row, marks=() if row in QUICK else (pytest.mark.slow,), id=str(row))
        for row in PUBLISHED
    ],
)
def test_published_points_are_reproduced(seed: int, ew: int, ns: int, expected: float) -> None:
    assert round(score(seed, ew, ns), 1) == expected


def test_the_fast_engine_is_close_but_not_the_same() -> None:
    assert score(42, 15, 15, "cpp") == pytest.approx(77.18, abs=0.01)


def test_trials_have_demands_of_their_own_and_the_first_is_the_published_one() -> None:
    assert [Demand.of_trial(i).seed for i in range(4)] == [42, 0, 1, 2]
    flows = Demand(42).flows()
    assert len(flows) == 12 * 300
    assert sum(6 * flow.rate for flow in flows) == pytest.approx(2995, abs=0.5)


# The score


def observed(**times: tuple[int, list[float]]) -> Observed:
    """Trips between W1 and the others: name of the pair → (vehicles, travel times)."""
    return Observed(
        tuple(Trips(p[:2], p[2:], wanted, tuple(done)) for p, (wanted, done) in times.items())
    )


def test_the_corrected_score_counts_an_unfinished_trip_once() -> None:
    traffic = observed(W1E1=(4, [110.0, 120.0, 150.0]))
    # 10 + 20 + 50 s by those that arrived, 51 s imputed to the one that did not
    assert analyse(traffic, "corrected").score == pytest.approx((10 + 20 + 50 + 51) / 4)


def test_the_papers_score_subtracts_the_number_of_pairs() -> None:
    traffic = observed(W1E1=(4, [110.0, 120.0, 150.0]))
    assert analyse(traffic, "paper").score == pytest.approx((10 + 20 + 50 + 3 * 51) / 4)


def test_the_spread_is_weighted_by_vehicles() -> None:
    traffic = observed(W1E1=(3, [100.0] * 3), E1W1=(1, [140.0]))
    found = analyse(traffic, "corrected")
    assert found.mean_delay == pytest.approx(10)
    assert found.spread == pytest.approx(math.sqrt((3 * 10**2 + 30**2) / 4))
    assert found.by_approach == {"W1": 0, "E1": 40, "N1": 0, "S1": 0}


@pytest.mark.parametrize("rule", ["paper", "corrected"])
def test_gridlock_has_a_finite_bad_score(rule: str) -> None:
    gridlock = analyse(observed(W1E1=(100, []), E1W1=(50, []), N1S1=(0, [])), rule)
    assert gridlock.score == pytest.approx(1701)
    assert gridlock.unfinished["W1"] == 100
    assert analyse(observed(W1E1=(0, [])), rule).score == 0


def test_a_light_that_never_changes_is_finite_and_bad(monkeypatch) -> None:
    # 1900 s of green for NS before EW gets any: no vehicle of W1 and E1 arrives.
    monkeypatch.setattr("trace_bench.tasks.traffic.crossing.PHASE", dict.fromkeys(PHASES, 1))
    traffic = simulation.observe(simulation.run(Crossing(1900, 15, Demand(42), "cpp")))
    assert not any(pair.times_s for pair in traffic.pairs)
    assert analyse(traffic, "paper").score > 1000


PHASES = ("W1", "E1", "N1", "S1")


# Bad input


BAD = [14, 91, -1, 10**5000, 20.0, math.nan, math.inf, "20", True, None, [20], "x" * 10_000]


@pytest.mark.parametrize("value", BAD, ids=range(len(BAD)))  # pytest can't print 10**5000
def test_what_is_not_allowed_is_fed_back_with_the_bounds_and_not_simulated(
    value: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("trace_bench.tasks.traffic.problem.simulate", pytest.fail)
    for place in (0, 1):
        problem = fast().problem(0)
        problem.parameters[place].update(value)
        outcome = problem.oracle()
        assert outcome.error and "from 15 to 90" in outcome.error
        assert outcome.score is None
        assert outcome.error == outcome.feedback
        assert ("EW", "NS")[place] in outcome.error
        assert len(outcome.error) < 200
        assert problem.parameters[place] in outcome.output.parameter_dependencies


def test_a_missing_package_is_one_line_with_the_command(monkeypatch: pytest.MonkeyPatch) -> None:
    from trace_bench.tasks.traffic.crossing import uxsim

    simulation.forget()
    uxsim.cache_clear()
    monkeypatch.setitem(__import__("sys").modules, "uxsim", None)
    with pytest.raises(UserError, match=r"^traffic needs uxsim: pip install 'trace-bench\[traffic"):
        fast().problem(0).oracle()
    uxsim.cache_clear()


# What the optimizer reads


def test_the_trace_shows_construction_simulation_and_analysis() -> None:
    problem = fast().problem(0)
    optimizer = OptoPrime(problem.parameters, llm=object(), context=problem.context)
    optimizer.backward(problem.oracle())
    text = optimizer.problem_instance().text()
    for line in (
        "create_world0 = create_world(EW_green=EW_green0, NS_green=NS_green0, demand=demand0, "
        "engine=engine0)",
        "simulate0 = simulate(crossing=create_world0)",
        "analyze0 = analyze(traffic=simulate0, rule=rule0)",
        "crossing with 15 s green for EW, then 15 s for NS",
        "1456 vehicles, of which",
        "'from E1 (EW green)': 88.4",
        "EW_green0: a whole number of seconds from 15 to 90",
        "The overall score is 77.1826",
    ):
        assert line in text


# Reference policy


def test_scats_is_flat_and_the_same_for_every_start() -> None:
    problem = fast().problem(0)
    steps = list(Scats.for_problem(problem, seed=0, llm=None).fit(problem, 3))
    assert [step.iteration for step in steps] == [0, 1, 2, 3]
    assert len({step.outcome.score for step in steps}) == 1
    assert steps[0].outcome.score < problem.oracle().score


def test_a_policy_that_is_not_offered_is_an_error() -> None:
    with pytest.raises(NotImplementedError, match="offers no policy 'scoot'"):
        fast().problem(0).under_policy("scoot")


# Manners


def side_effects() -> list[object]:
    import sys

    before = list(warnings.filters)
    modules = "uxsim" in sys.modules
    fast().problem(1).oracle()
    return [modules, "uxsim" in sys.modules, before == list(warnings.filters)]


def test_warning_filters_are_left_alone_also_by_the_import() -> None:
    assert in_fresh_process(side_effects) == [False, True, True]


def test_nothing_is_printed(capfd: pytest.CaptureFixture[str]) -> None:
    simulation.forget()
    problem = fast().problem(0)
    problem.oracle()
    problem.under_policy("scats").oracle()
    assert capfd.readouterr() == ("", "")


def test_a_simulation_is_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    problem = fast().problem(0)
    first = problem.oracle()
    monkeypatch.setattr(simulation, "run", pytest.fail)
    again = fast().problem(0).oracle()
    assert again.score == first.score and again.output is not first.output
