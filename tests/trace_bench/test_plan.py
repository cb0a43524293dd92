import json
import time
from collections import Counter

import pytest

from tests.fresh_process import in_fresh_process
from trace_bench import experiments, registry
from trace_bench.plan import plan
from trace_core import UserError


def ids(*overrides: str, **options) -> list[str]:
    return [run.id for run in plan(overrides, **options)]


def test_equal_configs_have_equal_names_in_every_process():
    overrides = ["task=numerical", "optimizer=random_search", "seed=3"]
    (run,) = plan(overrides)
    assert run.id.startswith("numerical-random_search-s3-")
    assert ids(*reversed(overrides)) == [run.id]
    assert in_fresh_process(ids, *overrides) == [run.id]


def test_whatever_changes_the_numbers_changes_the_name():
    base = ["optimizer=optoprime", "llm=mock"]
    changes = [
        "seed=1",
        "iterations=11",
        "task.chain_length=8",
        "llm.seed=1",
        "optimizer.memory_size=5",
    ]
    names = [ids(*base), *(ids(*base, change) for change in changes)]
    assert len({name[0] for name in names}) == len(names)


def test_a_tasks_own_number_of_iterations_is_resolved():
    assert ids("optimizer=adam") == ids("optimizer=adam", "iterations=10")


def test_a_changed_version_changes_the_name(monkeypatch):
    before = ids("optimizer=adam")
    monkeypatch.setattr(registry.load("task", "numerical"), "version", 99)
    assert ids("optimizer=adam") != before


def test_the_llm_does_not_matter_to_an_optimizer_that_uses_none():
    (run,) = plan(["optimizer=adam", "llm=mock,openai"], multirun=True)
    assert run.llm is None
    assert run.config["llm"] is None


def test_more_patience_with_a_server_is_no_other_run():
    base = ["optimizer=optoprime", "llm=openai"]
    assert ids(*base) == ids(*base, "llm.max_retries=99", "llm.timeout_s=1")


def test_an_int_for_a_float_is_the_same_setting():
    assert ids("optimizer=adam", "optimizer.lr=1") == ids("optimizer=adam", "optimizer.lr=1.0")


def test_no_run_is_planned_twice():
    names = ids("optimizer=adam,adam", "seed=0,0,1", multirun=True)
    assert len(names) == len(set(names)) == 2


def test_a_pair_that_does_not_fit_is_refused_with_those_that_do(plugin):
    with pytest.raises(UserError, match="needs score, which task=toy_words does not") as caught:
        plan(["task=toy_words", "optimizer=toy_walk"])
    fitting = str(caught.value).partition("These fit: ")[2]
    assert "toy_reader" in fitting
    assert "optoprime" in fitting
    assert "toy_walk" not in fitting
    assert "adam" not in fitting


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ("seed=-1", "seed=-1 is not allowed"),
        ("seed=abc", 'seed="abc" is not allowed'),
        ("seed=1.5", "seed=1.5"),
        ("seed=", 'seed=""'),
        ("iterations=-1", "iterations=-1"),
        ("iterations=many", "iterations"),
        ("optimizer.lr=-1", "optimizer.lr=-1 is not allowed"),
        ("optimizer.lr=fast", "optimizer.lr="),
        ("+optimizer.lrr=1", "no key 'optimizer.lrr'. Did you mean 'lr'?"),
        ("+foo=1", "The config has no key 'foo'"),
        ("~seed", "needs a value for 'seed'"),
        ("task.chain_length=0", "task.chain_length=0"),
    ],
)
def test_a_wrong_value_is_one_line(override, message):
    with pytest.raises(UserError) as caught:
        plan(["optimizer=adam", override])
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


def test_settings_that_a_constructor_refuses_are_a_user_error(plugin):
    with pytest.raises(UserError, match="toy cannot be made .*: 13 is not allowed"):
        plan(["task=toy", "optimizer=toy_walk", "task.tolerance=13"])


def test_limit_keeps_the_first_seeds_of_everything():
    runs = plan(["optimizer=adam,random_search", "seed=range(5,9)"], multirun=True, limit=2)
    assert Counter((r.optimizer.name, r.seed) for r in runs) == Counter(
        (o, s) for o in ("adam", "random_search") for s in (5, 6)
    )


def test_an_experiment_is_its_sweeps():
    runs = plan(["experiment=demo"])
    assert Counter((r.optimizer.name, r.llm and r.llm.name) for r in runs) == {
        ("adam", None): 30,
        ("random_search", None): 30,
        ("optoprime", "local"): 5,
    }


def test_overrides_replace_those_of_an_experiment():
    assert experiments.sweeps(["experiment=demo", "seed=7", "optimizer=adam"]) == [
        ["task=numerical", "seed=7", "optimizer=adam"],
        ["task=numerical", "llm=local", "iterations=5", "seed=7", "optimizer=adam"],
    ]
    found = plan(["experiment=demo", "seed=7", "optimizer=adam"])
    assert [(r.seed, r.iterations) for r in found] == [(7, 10), (7, 5)]


def test_an_unknown_experiment_gets_a_suggestion():
    with pytest.raises(UserError, match="no experiment 'dmo'. Did you mean 'demo'"):
        plan(["experiment=dmo"])


@pytest.mark.parametrize("name", registry.names("experiment"))
def test_every_experiment_with_runs_can_be_planned(name):
    if experiments.load(name).sweeps:
        assert plan([f"experiment={name}"])
    else:
        with pytest.raises(UserError, match=f"trace-bench reproduce {name}"):
            plan([f"experiment={name}"])


@pytest.mark.parametrize("task", registry.names("task"))
@pytest.mark.parametrize("optimizer", registry.names("optimizer"))
def test_every_pair_is_planned_or_refused_in_words(task, optimizer):
    try:
        (run,) = plan([f"task={task}", f"optimizer={optimizer}", "llm=mock"])
    except UserError as refusal:
        assert "These fit: " in str(refusal)
    else:
        assert json.loads(json.dumps(run.config)) == run.config


def test_a_plan_of_a_thousand_runs_is_made_in_seconds():
    started = time.process_time()
    assert (
        len(plan(["optimizer=adam", "task.seeds=null", "seed=range(1000)"], multirun=True)) == 1000
    )
    assert time.process_time() - started < 5
