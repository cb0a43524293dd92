"""What can be seen of a run: curves, paths in two projections, and films where GL works."""

import os

import numpy as np
import pytest
from matplotlib.figure import Figure

from trace_bench.tasks.metaworld import film
from trace_bench.tasks.metaworld.waypoints import START
from trace_core import UserError
from trace_core.opto import Visit

from .test_metaworld_task import TO_THE_GOAL, small

ZEROS = "def act(obs):\n    return [0.0, 0.0, 0.0, 0.0]"
FAILS = "def act(obs):\n    return obs['goal']"
CODE = [Visit(0, {"act_code": ZEROS}, 0.0), Visit(1, {"act_code": TO_THE_GOAL}, 1.0)]


def drawn(draw) -> Figure:
    figure = Figure()
    draw(figure)
    figure.canvas.draw()
    return figure


def titles(figure: Figure) -> list[str]:
    return [text for axes in figure.axes if (text := axes.get_title())]


def test_a_run_is_drawn_as_its_curve_and_the_paths_of_three_iterations():
    visits = [*CODE, Visit(2, {"act_code": FAILS}, 0.5)]
    found = small().pictures(0, visits)
    assert set(found) == {"learning", "paths"}
    curve, paths = drawn(found["learning"]), drawn(found["paths"])
    assert curve.axes[0].lines[0].get_ydata().tolist() == [0.0, 1.0, 0.5]
    assert len(paths.axes) == 6
    assert titles(paths) == [
        "first: iteration 0\nno success after 4 steps",
        "best: iteration 1\nsuccess after 3 steps",
        "last: iteration 2\nthe controller failed at step 1",
    ]


def test_one_iteration_is_drawn_from_above_and_from_the_side_with_the_goal():
    (draw,) = small().pictures(0, CODE[1:]).values()
    above, side = drawn(draw).axes
    episode = small().problem(0).visited(CODE[1]).episode()
    for axes, (i, j) in ((above, (0, 1)), (side, (1, 2))):
        hand, puck, goal = axes.lines
        assert list(hand.get_xdata()) == [seen["hand_pos"][i] for seen in episode.observations]
        assert list(hand.get_ydata()) == [seen["hand_pos"][j] for seen in episode.observations]
        assert puck.get_label() == "puck" and len(puck.get_xdata()) == len(hand.get_xdata())
        assert list(goal.get_xdata()) == [episode.observations[0]["goal_pos"][i]]
    assert above.get_xlabel().startswith("x (m)") and side.get_ylabel() == "z (m)"


@pytest.mark.parametrize(
    "visit", [Visit(3, {}, 1.0, "expert"), Visit(3, START, 0.0), Visit(0, CODE[0].parameters, 0.0)]
)
def test_whoever_was_in_charge_is_drawn(visit):
    (draw,) = small().pictures(1, [visit]).values()
    (title,) = titles(drawn(draw))
    assert title.startswith(f"iteration {visit.iteration}\n")
    assert ("no success" in title) == (visit.policy is None)


def test_environments_without_goal_or_object_are_drawn_too():
    for env in ("button-press", "box-close"):
        (draw,) = small(env=env).pictures(0, CODE[:1]).values()
        assert drawn(draw).axes


def test_nothing_is_drawn_of_a_run_without_scores():
    assert small().pictures(0, []) == {}


def test_a_film_shows_each_step_in_several_frames():
    try:
        film.backend()
    except UserError as error:
        assert "TRACE_BENCH_NEEDS_GL" not in os.environ, error
        pytest.skip(str(error))
    frames = small(horizon=1).film(0, CODE[1])
    assert len(frames) == 6
    assert {(frame.shape, frame.dtype) for frame in frames} == {((320, 320, 3), np.dtype("uint8"))}
    assert all(frame.std() > 10 for frame in frames), "they show something"
    assert any((frames[0] != frame).any() for frame in frames[1:]), "and it moves"


def test_without_gl_there_is_one_line_that_says_what_to_install(monkeypatch):
    monkeypatch.setenv("MUJOCO_GL", "off")
    with pytest.raises(UserError, match=r"none works here with MUJOCO_GL=off.*libosmesa6"):
        small().film(0, CODE[1])


def test_only_our_own_environment_is_filmed():
    with pytest.raises(UserError, match=r"Only task\.backend=own can be filmed"):
        small(backend="llfbench").settings.build(filmed=True)
