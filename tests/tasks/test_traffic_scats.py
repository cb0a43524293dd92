"""SCATS as a controller: what it decides, what it sees."""

import pytest

from trace_bench.tasks.traffic import scats, simulation
from trace_bench.tasks.traffic.crossing import Crossing, approach
from trace_bench.tasks.traffic.demand import Demand


def test_saturation_lengthens_the_cycle_by_six_seconds_at_most() -> None:
    ew, ns = scats.adapt((30, 30), [1.2, 1.2])
    assert (ew, ns) == (33, 33)


def test_at_the_target_nothing_changes() -> None:
    assert scats.adapt((40, 30), [0.9, 0.9]) == (40, 30)


def test_the_split_moves_towards_equal_saturation_by_four_per_cent_at_most() -> None:
    assert scats.adapt((50, 50), [0.9, 0.45]) == (54, 46)


def test_green_times_keep_to_the_bounds_of_all_optimizers() -> None:
    assert scats.adapt((15, 15), [0.0, 0.0]) == (15, 15)
    assert scats.adapt((90, 90), [2.0, 2.0]) == (90, 90)


@pytest.mark.parametrize("engine", ["cpp", pytest.param("python", marks=pytest.mark.slow)])
def test_running_in_pieces_changes_nothing(engine: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scats, "adapt", lambda greens, saturation: greens)
    crossing = Crossing(25, 15, Demand(42), engine)
    whole, pieces = simulation.run(crossing), simulation.run(crossing, "scats")
    assert simulation.observe(pieces) == simulation.observe(whole)


def test_it_counts_what_leaves_the_approaches(monkeypatch: pytest.MonkeyPatch) -> None:
    counted = dict.fromkeys(scats.PHASE, 0)
    count = scats._Counter.count

    def listen(counter):
        found = count(counter)
        for end, number in found.items():
            counted[end] += number
        return found

    monkeypatch.setattr(scats._Counter, "count", listen)
    world = simulation.run(Crossing(15, 15, Demand(42), "cpp"), "scats")
    for end, number in counted.items():
        left = int(approach(world, end).cum_departure[-1])
        assert left - 60 <= number <= left  # the last cycle is not counted
        assert number > 200


def test_green_times_change_during_the_simulation() -> None:
    world = simulation.run(Crossing(15, 15, Demand(42), "cpp"), "scats")
    log = list(world.get_node("I1").signal_log)
    changes = [i for i, (a, b) in enumerate(zip(log, log[1:], strict=False)) if a != b]
    lengths = {b - a for a, b in zip(changes, changes[1:], strict=False)}
    assert len(lengths) > 3 and min(lengths) >= 16 and max(lengths) <= 91
