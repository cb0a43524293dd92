"""Pictures of a run: its scores, its path over the score's surface, the queues it leaves."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

from trace_core.opto import Visit

from .crossing import PHASE, Crossing, approach, build, quiet
from .demand import DURATION_S, Demand
from .limits import LONGEST_S, SHORTEST_S
from .score import Rule, analyse
from .simulation import simulate

GRID_STEP_S = 5
QUEUE_STEP_S = 10
AXIS = range(SHORTEST_S, LONGEST_S + 1, GRID_STEP_S)


def draw_scores(figure: Any, visits: Sequence[Visit]) -> None:
    """Score at each iteration, and the best so far."""
    axes = figure.subplots()
    scored = _scored(visits)
    iterations, scores = [v.iteration for v in scored], [_cost(v) for v in scored]
    best = [min(scores[: k + 1]) for k in range(len(scores))]
    axes.plot(iterations, scores, "o-", color="#0072B2", markersize=3.5, label="score")
    axes.step(iterations, best, where="post", color="#D55E00", label="best so far")
    axes.set(xlabel="iteration (number of updates)", ylabel="delay score (s per vehicle)")
    axes.set_ylim(bottom=0)
    axes.legend()


def draw_path(figure: Any, visits: Sequence[Visit], demand: Demand, rule: Rule) -> None:
    """The green times visited, over the score's surface by the fast engine."""
    axes = figure.subplots()
    heights = surface(demand, rule)
    levels = [30, 40, 50, 70, 100, 150, 200, 300, 500, 800, 1200]
    from matplotlib.colors import LogNorm

    norm = LogNorm(levels[0], levels[-1])
    hills = axes.contourf(
        AXIS, AXIS, heights, levels=levels, norm=norm, cmap="viridis_r", extend="both"
    )
    bar = figure.colorbar(hills, ax=axes, label="delay score (s per vehicle), cpp engine")
    bar.ax.yaxis.set_major_formatter(lambda value, _: f"{value:g}")
    inside = _scored(visits)
    ew = [v.parameters["EW_green"] for v in inside]
    ns = [v.parameters["NS_green"] for v in inside]
    axes.plot(ew, ns, "-", color="white", linewidth=0.7, alpha=0.8)
    axes.scatter(ew, ns, c=[v.iteration for v in inside], cmap="Greys", edgecolors="black", s=26)
    if inside:
        best = min(inside, key=_cost)
        for visit, mark, label in ((inside[0], "s", "start"), (best, "*", "best")):
            axes.plot(
                visit.parameters["EW_green"],
                visit.parameters["NS_green"],
                mark,
                color="#D55E00",
                markeredgecolor="white",
                markersize=15 if mark == "*" else 9,
                linestyle="",
                label=f"{label}, {visit.score:.1f}",
                clip_on=False,
                zorder=5,
            )
        axes.legend(loc="upper right", facecolor="white", frameon=True)
    axes.set(xlabel="EW green (s)", ylabel="NS green (s)", aspect="equal")
    axes.grid(visible=False)


def draw_queues(figure: Any, visits: Sequence[Visit], demand: Demand) -> None:
    """Vehicles waiting on each approach over time, at the start's and the best green times."""
    scored = _scored(visits)
    chosen = [scored[0], min(scored, key=_cost)] if scored else []
    panels = figure.subplots(1, max(len(chosen), 1), sharey=True, squeeze=False)[0]
    for axes, visit, name in zip(panels, chosen, ("start", "best"), strict=False):
        greens = visit.parameters["EW_green"], visit.parameters["NS_green"]
        times, waiting = queues(Crossing(*greens, demand, "cpp"))
        for end, colour in zip(PHASE, ("#0072B2", "#D55E00", "#009E73", "#CC79A7"), strict=True):
            axes.plot(times, waiting[end], color=colour, linewidth=1.3, label=f"from {end}")
        axes.set_title(f"{name}: EW {greens[0]} s, NS {greens[1]} s")
        axes.set_xlabel("time (s)")
    panels[0].set_ylabel("vehicles waiting (cpp engine)")
    panels[0].legend(loc="upper left")


def queues(crossing: Crossing) -> tuple[list[int], dict[str, list[int]]]:
    """Times in seconds, and how many vehicles wait on each approach then."""
    times = list(range(QUEUE_STEP_S, DURATION_S, QUEUE_STEP_S))
    waiting: dict[str, list[int]] = {end: [] for end in PHASE}
    with quiet():
        world = build(crossing)
        world.finalize_scenario()
        for _ in times:
            world.exec_simulation(duration_t2=QUEUE_STEP_S)
            for end, seen in waiting.items():
                seen.append(int(approach(world, end).num_vehicles_queue))
    return times, waiting


def surface(demand: Demand, rule: Rule) -> list[list[float]]:
    """Scores on a grid, a row for each NS green; computed once, then kept in the user's cache."""
    path = _cache() / f"traffic-surface-{version('uxsim')}-{demand.seed}-{rule}-{GRID_STEP_S}.json"
    if path.exists():
        kept: list[list[float]] = json.loads(path.read_text(encoding="utf-8"))
        return kept
    found = [
        [analyse(simulate(Crossing(ew, ns, demand, "cpp")), rule).score for ew in AXIS]
        for ns in AXIS
    ]
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_suffix(f".{os.getpid()}")
    draft.write_text(json.dumps(found), encoding="utf-8")
    draft.replace(path)
    return found


def _scored(visits: Sequence[Visit]) -> list[Visit]:
    return [visit for visit in visits if visit.score is not None]


def _cost(visit: Visit) -> float:
    assert visit.score is not None
    return visit.score


def _cache() -> Path:
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "trace-bench"
