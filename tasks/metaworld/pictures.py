"""Pictures of a run: how its controller learnt, and the paths of hand and object."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from trace_bench.tasks._learning_curve import draw_learning_curve
from trace_core import sandbox, stop_tracing
from trace_core.opto import Visit

from .evaluation import METRIC
from .problem import EXPERT, MetaworldProblem
from .robot import Observation
from .rollout import Episode
from .waypoints import GOAL, HAND

VIEWS = (("from above", "x", 0, "y", 1), ("from the side", "y", 1, "z", 2))
COLOURS = ("#0072B2", "#D55E00", "#CC79A7", "#E69F00")
GOAL_COLOUR = "#009E73"
APART_M = 0.02
"""Steps of the hand that are nearer to each other are not all numbered."""


def drawers(
    problem: MetaworldProblem, visits: Sequence[Visit], imports: tuple[str, ...]
) -> Mapping[str, Callable[[Any], None]]:
    """What can be drawn: of a single iteration, its paths only."""
    scored = [visit for visit in visits if visit.score is not None]
    if not scored:
        return {}
    found = {"paths": lambda figure: draw_paths(figure, problem, chosen(scored), imports)}
    if len(visits) > 1:
        found["learning"] = lambda figure: draw_learning(figure, problem, scored)
    return found


def chosen(scored: Sequence[Visit]) -> Mapping[str, Visit]:
    """The first, the best and the last iteration; each is there once."""
    best = max(scored, key=lambda visit: visit.score or 0.0)
    named = {"first": scored[0], "best": best, "last": scored[-1]}
    once = {visit.iteration: name for name, visit in reversed(named.items())}
    return {name: named[name] for name in named if name in once.values()}


def draw_learning(figure: Any, problem: MetaworldProblem, scored: Sequence[Visit]) -> None:
    """Held-out success after each update, beside the scripted expert's."""
    axes = figure.subplots()
    expert = problem.under_policy(EXPERT).evaluate()[METRIC]
    draw_learning_curve(axes, scored, {"scripted expert": expert})
    axes.set(ylabel="success at held-out starts (share)", ylim=(-0.03, 1.1))


def draw_paths(
    figure: Any, problem: MetaworldProblem, visits: Mapping[str, Visit], imports: tuple[str, ...]
) -> None:
    """The training episode of some iterations, a column each, in two projections.

    Of a single iteration the projections stand side by side.
    """
    shape = (len(VIEWS), len(visits)) if len(visits) > 1 else (1, len(VIEWS))
    panels = figure.subplots(*shape, squeeze=False)
    with sandbox.use("auto", imports=imports), stop_tracing():
        episodes = [problem.visited(visit).episode() for visit in visits.values()]
    columns = panels.T if len(visits) > 1 else panels
    for (name, visit), episode, column in zip(visits.items(), episodes, columns, strict=True):
        which = f"{name}: " if len(visits) > 1 else ""
        column[0].set_title(f"{which}iteration {visit.iteration}\n{_ending(episode)}", fontsize=10)
        for axes, view in zip(column, VIEWS, strict=True):
            draw_view(axes, episode.observations, *view)
    handles, names = panels[0][0].get_legend_handles_labels()
    figure.legend(handles, names, loc="outside lower center", ncols=len(names), fontsize=9)


def draw_view(
    axes: Any, seen: Sequence[Observation], view: str, across: str, i: int, up: str, j: int
) -> None:
    """Everything that has a place, projected on two coordinates; steps of the hand are numbered."""
    places = [name for name, value in seen[0].items() if len(value) == 3]
    for name, colour in zip([n for n in places if n != GOAL], COLOURS, strict=False):
        x, y = [o[name][i] for o in seen], [o[name][j] for o in seen]
        label = name.removesuffix("_pos").replace("_", " ")
        axes.plot(x, y, "o-", color=colour, markersize=4, label=label, zorder=3)
        if name == HAND:
            _number(axes, x, y, colour)
    if GOAL in places:
        end = seen[-1][GOAL]
        star = {"marker": "*", "color": GOAL_COLOUR, "markersize": 14, "clip_on": False}
        axes.plot(end[i], end[j], linestyle="", label="goal", zorder=2, **star)
    axes.set(xlabel=f"{across} (m), {view}", ylabel=f"{up} (m)")
    axes.margins(0.12)
    axes.set_aspect("equal", adjustable="datalim")
    axes.tick_params(labelsize=8)


def _number(axes: Any, x: Sequence[float], y: Sequence[float], colour: str) -> None:
    """Write the step beside its point, unless the point before has the place."""
    last: tuple[float, float] | None = None
    for k, point in enumerate(zip(x, y, strict=True)):
        if last is None or max(abs(point[0] - last[0]), abs(point[1] - last[1])) > APART_M:
            axes.annotate(
                str(k), point, xytext=(4, 4), textcoords="offset points", fontsize=7, color=colour
            )
            last = point


def _ending(episode: Episode) -> str:
    if episode.error:
        return f"the controller failed at step {len(episode.steps) + 1}"
    how = "success" if episode.success else "no success"
    return f"{how} after {len(episode.steps)} steps"
