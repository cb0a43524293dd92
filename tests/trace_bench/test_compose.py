"""Hydra's private loader is used: these tests say what of it must keep working."""

import subprocess
import sys
import time

import pytest

from trace_bench.compose import Composer
from trace_core import UserError


def configs(*overrides: str, multirun: bool = False) -> list[dict]:
    return list(Composer().configs(overrides, multirun=multirun))


def test_without_overrides_the_defaults_make_one_config():
    (config,) = configs()
    groups = {"task", "optimizer", "llm", "sandbox", "executor"}
    assert set(config) == groups | {"seed", "iterations", "limits", "offline", "sweep"}
    assert config["task"]["name"] == "numerical"


def test_overrides_choose_files_and_set_values():
    (config,) = configs("optimizer=adam", "optimizer.lr=1e-3", "seed=4", "iterations=100")
    assert config["optimizer"]["name"] == "adam"
    assert config["optimizer"]["lr"] == 0.001
    assert (config["seed"], config["iterations"]) == (4, 100)


def test_a_sweep_is_every_combination():
    found = configs("optimizer=adam,random_search", "seed=range(3)", multirun=True)
    pairs = [(c["optimizer"]["name"], c["seed"]) for c in found]
    assert sorted(pairs) == [(o, s) for o in ("adam", "random_search") for s in range(3)]


def test_a_glob_takes_all_that_match():
    found = configs("optimizer=glob(optoprime_ma*)", "task=glob(battleship*)", multirun=True)
    assert {c["optimizer"]["name"] for c in found} == {"optoprime_masked"}
    tasks = [c["task"]["name"] for c in found]
    assert tasks == ["battleship", "battleship_8x8", "battleship_demo"]


def test_a_plugin_is_composed_like_a_file(plugin):
    (config,) = configs("task=toy", "task.tolerance=0.25", "optimizer=toy_walk")
    assert config["task"]["tolerance"] == 0.25
    assert config["optimizer"]["rate"] == 1.0


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ("task=numericl", "There is no task 'numericl'. Did you mean 'numerical'?"),
        ("task=", "There is no task ''."),
        ("task=null", "There is no task 'None'."),
        ("sed=3", "has no key 'sed'. Did you mean 'seed'?"),
        ("optimizer.lrr=1", "optimizer=optoprime has no key 'optimizer.lrr'"),
        ("task.chain_lenght=1", "Did you mean 'task.chain_length'?"),
        ("taks=numerical", "Did you mean 'task'?"),
        ("seed", "Cannot read the override 'seed'"),
        ("seed=[1", "Cannot read the override 'seed=[1'"),
        ("seed=${nothing}", "nothing"),
        ("hydra.verbose=true", "The config has no key 'hydra'"),
        ("task.kind=adam", "'task.kind' cannot be set"),
        ("optimizer.name=../../evil", "cannot be set"),
        ("seed=1,2", "'seed=1,2' is a sweep: add -m"),
        ("seed=range(3)", "is a sweep: add -m"),
        ("+task=numerical", "task"),
    ],
)
def test_a_mistake_is_one_line_that_says_what_to_do(override, message):
    with pytest.raises(UserError) as caught:
        configs(override)
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_mistake_within_a_sweep_is_met_before_any_run(plugin):
    with pytest.raises(UserError, match="There is no optimizer 'adm'"):
        configs("optimizer=adam,adm", "seed=range(3)", multirun=True)


def test_90_runs_are_expanded_within_1500_ms():
    started = time.process_time()
    overrides = ["optimizer=adam,random_search,optoprime", "seed=range(30)"]
    assert len(configs(*overrides, multirun=True)) == 90
    assert time.process_time() - started < 1.5


def test_hydra_leaves_no_global_state_and_warns_of_nothing():
    program = (
        "from trace_bench.compose import Composer\n"
        "from hydra.core.global_hydra import GlobalHydra\n"
        "list(Composer().configs(['seed=1'], multirun=False))\n"
        "assert not GlobalHydra.instance().is_initialized()\n"
    )
    subprocess.run([sys.executable, "-W", "error", "-c", program], check=True, timeout=60)
