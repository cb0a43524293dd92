import inspect
from types import ModuleType

import pytest

from trace_bench import registry, settings
from trace_bench.llms import CACHE, CHOOSERS
from trace_core import UserError
from trace_core.llm import LLM_KINDS
from trace_core.opto import CAPABILITIES

GROUPS = ("task", "optimizer", "llm")
EVERYTHING = [(group, name) for group in GROUPS for name in registry.names(group)]


@pytest.mark.parametrize(("group", "name"), EVERYTHING)
def test_every_config_lists_every_setting_of_its_class(group, name):
    config = registry.config(group, name)
    cls = registry.load(group, config["kind"])
    own = {CACHE} if group == "llm" else set()  # a key of the harness's, not of the class
    assert set(config) - registry.RESERVED - own == set(settings.parameters(cls))


@pytest.mark.parametrize(("group", "name"), EVERYTHING)
def test_every_config_says_what_it_is(group, name):
    config = registry.config(group, name)
    assert config["name"] == name
    assert config["description"].strip()
    assert "\n" not in config["description"]


def modules(package: str) -> set[str]:
    from importlib import resources

    found = [p.name for p in resources.files(package).iterdir()]
    return {name.removesuffix(".py") for name in found if not name.startswith("_")}


def test_every_task_and_every_baseline_has_a_config():
    for group, package in [("task", "trace_bench.tasks"), ("optimizer", "trace_bench.baselines")]:
        kinds = {registry.config(group, name)["kind"] for name in registry.names(group)}
        assert modules(package) <= kinds
    kinds = {registry.config("llm", n)["kind"] for n in registry.names("llm")}
    assert {*LLM_KINDS, *CHOOSERS} == kinds


def test_every_class_speaks_of_known_things(plugin):
    for name in registry.names("optimizer"):
        cls = registry.load("optimizer", registry.config("optimizer", name)["kind"])
        assert cls.needs and not inspect.isabstract(cls)
    for name in registry.names("task"):
        cls = registry.load("task", registry.config("task", name)["kind"])
        assert cls.metric
        assert cls.provides & set(CAPABILITIES)


def test_an_unknown_name_gets_a_suggestion():
    with pytest.raises(
        UserError,
        match=r"^There is no task 'numericl'. Did you mean 'numerical'\? `trace-bench list tasks`",
    ):
        registry.check_name("task", "numericl")


def test_a_third_party_class_needs_no_config_file(plugin):
    assert "toy" in registry.names("task")
    assert registry.config("optimizer", "toy_walk") == {
        "name": "toy_walk",
        "kind": "toy_walk",
        "description": "Steps down by `rate`.",
        "rate": 1.0,
    }
    assert registry.load("task", "toy").__name__ == "ToySlope"


def test_a_config_may_build_on_another():
    masked = registry.config("optimizer", "optoprime_masked")
    assert masked["kind"] == "optoprime"
    assert masked["mask"]
    assert "defaults" not in masked


def test_an_unknown_kind_is_a_user_error():
    for group in GROUPS:
        with pytest.raises(UserError, match="nope"):
            registry.load(group, "nope")


def test_a_module_with_two_public_tasks_is_a_mistake_of_its_author(plugin):
    import toy_plugin

    assert isinstance(toy_plugin, ModuleType)
    with pytest.raises(TypeError, match="must define one public task"):
        registry._public_class("task", toy_plugin)


def test_a_missing_package_is_a_user_error(monkeypatch):
    def fail(name: str) -> None:
        raise ModuleNotFoundError("No module named 'torch'")

    monkeypatch.setattr(registry.importlib, "import_module", fail)
    with pytest.raises(UserError, match=r"'adam' needs a package .*pip install"):
        registry.load("optimizer", "adam")
