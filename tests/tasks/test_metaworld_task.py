"""The task: one graph an episode, what optimizers are told, and how controllers are judged."""

import sys
from collections import Counter

import pytest
import yaml

from tests.fresh_process import ROOT
from trace_bench.baselines.opro import OPRO
from trace_bench.tasks.metaworld import Metaworld, simulator
from trace_bench.tasks.metaworld.evaluation import METRIC, STOPPED_EPISODES
from trace_bench.tasks.metaworld.problem import HINTS, MetaworldProblem
from trace_bench.tasks.metaworld.waypoints import BOUNDS, START, steer
from trace_core import ExceptionNode, UserError, node, sandbox
from trace_core.llm import MockLLM
from trace_core.optimizers import OptoPrime
from trace_core.opto import NUMBERS, SCORE, Problem

from .contract import TaskContract
from .visible import visible

CONFIG = yaml.safe_load((ROOT / "conf/task/metaworld.yaml").read_text())
SETTINGS = {k: v for k, v in CONFIG.items() if k not in ("name", "kind", "description")}
TO_THE_GOAL = """\
def act(obs):
    return [g - h for g, h in zip(obs["goal_pos"], obs["hand_pos"])] + [0.0]"""
UP_UNTIL = """\
def act(obs):
    if obs["hand_pos"][2] > {height}:
        raise RuntimeError("too high")
    return [0.0, 0.0, 0.03, 0.0]"""
FROM_ABOVE = (1.0, 1.0, 0.8, 0.02, 0.05, 0.1, 0.0, -1.0, 1.0)
"""Numbers of the hand-written controller that push and pick; the first nine in order."""


def small(**changes) -> Metaworld:
    return Metaworld(**{**SETTINGS, "env": "reach", "horizon": 4, "held_out": 2, **changes})


def taught(problem: MetaworldProblem, code: str = TO_THE_GOAL) -> MetaworldProblem:
    problem.parameters[0].update(code)
    return problem


@pytest.fixture
def boxed():
    """The sandbox of a run, patient enough for a machine that has much to do."""
    limits = sandbox.Limits(call_s=30)
    with sandbox.use("auto", imports=small().imports, limits=limits) as chosen:
        yield chosen


class TestMetaworld(TaskContract):
    beyond = 2**32

    @classmethod
    def task(cls) -> Metaworld:
        return small(horizon=2)

    def sabotage(self, problem: Problem) -> None:
        problem.parameters[0].update("def act(obs):\n    return 'to the goal'")


def test_the_presets_are_the_papers():
    iterations = {"reach": 10, "pick-place": 30, "push": 30}
    for env, updates in iterations.items():
        file = ROOT / f"conf/task/metaworld_{env.replace('-', '_')}.yaml"
        own = yaml.safe_load(file.read_text())
        task = Metaworld(**{**SETTINGS, **{k: v for k, v in own.items() if k in SETTINGS}})
        assert (task.settings.env, task.iterations) == (env, updates)
        assert (task.horizon, task.held_out, task.settings.control) == (10, 10, "relative")
    with pytest.raises(UserError, match="Did you mean 'push'"):
        small(env="pusch")


# Training


def graph_of(output) -> list[str]:
    """Base names of all nodes behind an output, each node once."""
    found, stack = {}, [output]
    while stack:
        each = stack.pop()
        if id(each) not in found:
            found[id(each)] = each
            stack += each.parents
    return sorted(n.base_name for n in found.values())


def test_an_episode_is_one_graph_of_about_thirty_operators():
    outcome = small(horizon=10).problem(0).oracle()
    names = graph_of(outcome.output)
    assert Counter(names) == {"__code": 1, "reset": 1, "eval": 10, "step": 10, "observe": 10}
    assert outcome.output.base_name == "observe"
    assert [p.base_name for p in outcome.output.parents[0].parents] == ["eval"], "the action alone"


def test_the_feedback_is_success_and_return_and_nothing_more(boxed):
    problem = small().problem(0)
    failing = problem.oracle()
    assert failing.feedback.startswith("Success: false, Return: ")
    assert float(failing.feedback.rpartition(" ")[2]) == pytest.approx(
        problem.evaluate()["train_return"], abs=0.01
    )
    solving = taught(problem).oracle()
    assert solving.feedback.startswith("Success: true, Return: ")
    assert len(solving.details.splitlines()) < 4, "an episode ends with its success"
    assert not solving.solved, "the run goes on, as in the paper"


def test_scores_rise_with_rewards_and_success_is_the_best(boxed):
    problem = small().problem(0)
    start, solved = problem.oracle().score, taught(problem).oracle().score
    nearer = taught(problem, TO_THE_GOAL.replace("g - h", "0.02 * (g - h)")).oracle().score
    assert 0 <= start < nearer < solved == 1


def test_every_iteration_has_the_same_start_and_another_seed_has_another():
    problem, other = small().problem(0), small().problem(1)
    first = problem.oracle()
    problem.evaluate()
    other.oracle()
    assert visible(problem, problem.oracle()) == visible(problem, first)
    assert problem.episode().observations[0] != other.episode().observations[0]


def test_the_context_is_the_instruction_what_is_seen_and_the_papers_hint():
    for env, words in (("push", HINTS["push"]), ("pick-place", HINTS["pick-place"]), ("reach", "")):
        context = small(env=env).problem(0).context
        assert f" {env}" in context and "hand_pos, " in context and words in context
        assert "relative coordinates" in context and len(context) < 700


# What optimizers see


class Listener(MockLLM):
    """Answers with nothing usable and keeps what it was shown."""

    def __init__(self) -> None:
        super().__init__(replies=["{}"])
        self.shown: list[str] = []

    def complete(self, request):
        self.shown.append("\n".join(m.content for m in request.messages))
        return super().complete(request)


def prompt(optimizer, task: Metaworld) -> str:
    problem, llm = task.problem(0), Listener()
    chosen = optimizer.for_problem(problem, seed=0, llm=llm)
    chosen.backward(problem.oracle())
    problem.evaluate()
    chosen.step()
    (shown,) = llm.shown
    return shown


def test_optoprime_reads_each_steps_feedback_in_the_trace_and_opro_in_words():
    task = small(feedback=["r"])
    outcome = task.problem(0).oracle()
    said = [line.partition(": ")[2] for line in outcome.details.splitlines()]
    assert len(said) == 4
    traced, untraced = prompt(OptoPrime, task), prompt(OPRO, task)
    assert all(text in traced and text in untraced for text in said)
    assert f"Feedback: {outcome.feedback}\nStep 1: {said[0]}\n" in untraced
    assert f"#Feedback\n{outcome.feedback}" in traced and "Step 1" not in traced
    assert "step0 = step(action=" in traced and "step(action=" not in untraced


def test_prompts_are_short():
    assert len(prompt(OptoPrime, small(env="push", horizon=10))) < 8000
    assert len(prompt(OPRO, small(env="push", horizon=10))) < 4000


def test_how_many_starts_are_held_out_changes_nothing_that_an_optimizer_sees():
    assert prompt(OptoPrime, small(held_out=1)) == prompt(OptoPrime, small(held_out=3))
    seen = prompt(OptoPrime, small(feedback="n"))
    held_out = small().problem(0)._held_out
    goals = [small().problem(0).episode(start).observations[0]["goal_pos"] for start in held_out]
    assert not any(str(goal) in seen for goal in goals)


# Evaluation


def test_a_controller_is_judged_at_its_training_start_and_at_held_out_ones(boxed):
    problem = taught(small(held_out=3).problem(0))
    problem.oracle()
    found = problem.evaluate()
    assert (found[METRIC], found["train_success"]) == (1, 1)
    assert problem.evaluate() == found
    assert problem.is_solution() and boxed.name in sandbox.ISOLATING


def test_held_out_starts_differ_from_the_training_start_and_each_other():
    problem = small(held_out=10).problem(45)
    starts = {problem._training, *problem._held_out}
    assert len(starts) == 11 and {start.seed for start in starts} == {45}
    assert {start.goal for start in starts} == {*range(45, 50), *range(6)}


def test_the_expert_solves_and_the_zero_controller_does_not():
    problem = small(horizon=10).problem(0)
    assert problem.under_policy("expert").evaluate()[METRIC] == 1
    zero = problem.under_policy("zero_controller")
    assert zero.evaluate()[METRIC] == 0
    assert zero.oracle().feedback == problem.oracle().feedback, "the start of all optimizers"


# What a proposal does wrong

WRONG = {
    "none": ("return None", "ValueError"),
    "text": ("return 'up'", "ValueError"),
    "three numbers": ("return [0, 0, 0]", "ValueError"),
    "nan": ("return [float('nan'), 0, 0, 0]", "not nan for x"),
    "infinity": ("return [0, 0, float('inf'), 0]", "not inf for z"),
    "nested": ("return [[0, 0, 0], 0, 0, 0]", "type list for x"),
    "huge": ("return [10 ** 400, 0, 0, 0]", "ValueError"),
    "unknown key": ("return obs['puck']", "KeyError"),
    "crash": ("return [1 / 0, 0, 0, 0]", "ZeroDivisionError"),
    "exit": ("raise SystemExit", "SystemExit"),
    "peeks at the simulator": ("import metaworld; return [0, 0, 0, 0]", "metaworld"),
    "peeks at the expert": ("return robot.expert_action()", "NameError"),
    "peeks at the feedback": ("return obs['feedback']", "KeyError"),
    "peeks at frames": ("import sys; return sys._getframe(1).f_locals", "sys"),
}


@pytest.mark.parametrize("name", WRONG)
def test_what_a_controller_does_wrong_is_feedback(name, boxed, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    body, words = WRONG[name]
    problem = taught(small().problem(0), f"def act(obs):\n    {body}")
    outcome = problem.oracle()
    assert isinstance(outcome.output, ExceptionNode) and outcome.score is None
    assert words in outcome.feedback and len(outcome.feedback) < 1000
    assert problem.evaluate() == {
        METRIC: 0, "test_return": 0, "train_success": 0, "train_return": 0,
    }  # fmt: skip
    assert list(tmp_path.iterdir()) == []
    assert taught(problem).oracle().feedback.startswith("Success: true")


def test_a_crash_at_step_seven_ends_the_episode_with_all_six_before_it_in_the_trace(boxed):
    problem = taught(small(horizon=10).problem(0), UP_UNTIL.format(height=9))
    heights = [seen["hand_pos"][2] for seen in problem.episode().observations]
    outcome = taught(problem, UP_UNTIL.format(height=heights[6] - 0.001)).oracle()
    assert "too high" in outcome.feedback
    assert len(outcome.details.splitlines()) == 6
    names = graph_of(outcome.output)
    assert [names.count(k) for k in ("eval", "step", "exception_eval")] == [6, 6, 1]


def test_a_far_target_is_clipped_and_the_feedback_says_so(boxed):
    outcome = taught(small().problem(0), "def act(obs):\n    return [0, 99, 0, -7]").oracle()
    assert outcome.error is None
    assert "clipped: y 99.6 to 1; gripper -7 to -1." in outcome.details


def test_a_controller_that_loops_for_ever_costs_a_few_time_outs_only(monkeypatch):
    problem = taught(small(held_out=20).problem(0), "def act(obs):\n    while True: pass")
    stopped = []
    was_stopped = sandbox.was_stopped
    monkeypatch.setattr(sandbox, "was_stopped", lambda e: stopped.append(e) or was_stopped(e))
    with sandbox.use("auto", imports=small().imports, limits=sandbox.Limits(call_s=0.5)):
        assert "it took longer than 0.5 s" in problem.oracle().feedback
        assert problem.evaluate()[METRIC] == 0
    assert len(stopped) == STOPPED_EPISODES


# Numbers instead of code


def test_the_form_in_numbers_starts_where_the_code_does_and_its_bounds_fit():
    problem = small(env="push").problem(0)
    numbers = problem.in_numbers()
    assert numbers is problem.in_numbers() and numbers.in_numbers() is numbers
    assert {NUMBERS, SCORE} <= Metaworld.provides
    assert {p.base_name for p in numbers.parameters} == set(numbers.bounds)
    for name, interval in numbers.bounds.items():
        assert interval.low <= START[name] <= interval.high
    assert numbers.oracle().feedback == problem.oracle().feedback
    assert set(numbers.evaluate()) == set(problem.evaluate())


@pytest.mark.parametrize("env", ["push", "pick-place"])
def test_some_numbers_solve_the_task(env):
    numbers = small(env=env, horizon=10).problem(0).in_numbers()
    for parameter, value in zip(numbers.parameters, FROM_ABOVE, strict=True):
        interval = BOUNDS[parameter.base_name]
        assert interval.low <= value <= interval.high
        parameter.update(value)
    assert numbers.evaluate()[METRIC] == 1


def test_the_hand_written_controller_goes_over_then_down_then_to_the_goal():
    here = {"hand_pos": [0.0, 0.6, 0.2], "puck_pos": [0.1, 0.6, 0.02], "goal_pos": [0.0, 0.8, 0.0]}
    given = dict(zip(BOUNDS, (1.0, 0.5, 2.0, 0.05, 0.05, 0.1, 0.03, -1.0, 0.9), strict=True))

    def way(**changes):
        return steer(node({**here, **changes}), **given).data

    assert way() == pytest.approx([0.1, 0.0, -0.08, -1.0])
    assert way(hand_pos=[0.1, 0.6, 0.15]) == pytest.approx([0.0, 0.0, -0.05, 0.9])
    assert way(hand_pos=[0.1, 0.6, 0.05]) == pytest.approx([-0.2, 0.4, -0.1, 0.9])


# What is missing


def test_a_missing_package_is_one_line_that_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "metaworld", None)
    simulator.metaworld.cache_clear()
    with pytest.raises(UserError, match=r"pip install 'trace-bench\[metaworld\]'"):
        simulator.metaworld()
    with pytest.raises(UserError, match="llfbench, which is not on PyPI"):
        monkeypatch.setitem(sys.modules, "llfbench", None)
        small(backend="llfbench").problem(0)
