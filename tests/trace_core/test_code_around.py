"""Code parameters with imports and helper functions around their function."""

import copy
import json
import pickle

import pytest

from trace_core import ExecutionError, Module, bundle, export, node, sandbox
from trace_core._code import check, gathered
from trace_core._labels import label
from trace_core.optimizers._suggestion import parse

AROUND = """import math

def twice(x):
    return 2 * x

def act(x):
    "Act."
    return math.sqrt(half(twice(x)))

def half(x):
    return x / 2
"""
HAS_PROCESSES = sandbox.available("process").works
NEEDS_PROCESSES = pytest.mark.skipif(not HAS_PROCESSES, reason="no worker processes")
BACKENDS = ["inprocess", pytest.param("process", marks=NEEDS_PROCESSES)]


@bundle(trainable=True)
def act(x):
    "Act."
    return x


class Agent(Module):
    @bundle(trainable=True)
    def act(self, x):
        return x


@pytest.mark.parametrize("backend", BACKENDS)
def test_helpers_and_imports_may_stand_around_the_function(backend):
    twin = copy.deepcopy(act)
    twin.parameter.update(AROUND)
    with sandbox.use(backend):
        assert twin(16).data == 4.0
        twin.parameter.update(AROUND.replace("x / 2", "x / 0"))
        with pytest.raises(ExecutionError) as caught:
            twin(16)
    where = caught.value.exception_node.create_feedback("full").splitlines()[1]
    assert where == "In act, line 11: return x / 0"


def test_an_optimizer_may_write_such_code():
    known = {"act_code0": act.parameter}
    found = parse(json.dumps({"suggestion": {"act_code0": AROUND.split("\n")}}), known)
    assert (found.values, found.rejected) == ({"act_code0": AROUND}, {})
    wrong = parse(json.dumps({"suggestion": {"act_code0": "def twice(x):\n    return x"}}), known)
    assert "must define the function 'act', not 'twice'" in wrong.rejected["act_code0"]


@pytest.mark.parametrize("copied", [copy.deepcopy, lambda item: pickle.loads(pickle.dumps(item))])
def test_a_parameter_knows_whose_code_it_is(copied):
    twin = copied(act.parameter)
    twin.update(AROUND)
    assert (label(act.parameter), label(twin)) == ("act_code", "act_code")
    assert label(node("nothing", name="__code", trainable=True)) == "code"


def test_the_last_definition_of_the_name_is_the_function():
    assert check("def act(x):\n    return 1\n\ndef act(x):\n    return 2", "act") is None
    assert check("class act:\n    pass", "act") == "the code must define the function 'act'"


def test_gathered_code_is_one_function_with_the_rest_inside():
    scope = {}
    exec(gathered(AROUND, "act"), scope)
    assert set(scope) - {"__builtins__"} == {"act"}
    assert (scope["act"](9), scope["act"].__doc__) == (3.0, "Act.")
    assert gathered("def act(x):\n    return x  # as it is", "act").endswith("# as it is")


def test_exported_methods_take_their_helpers_along(tmp_path):
    agent = Agent()
    agent.act.parameter.update(AROUND.replace("act(x)", "act(self, x)"))
    export(agent, tmp_path / "learnt.py")
    scope = {"__name__": "learnt"}
    exec((tmp_path / "learnt.py").read_text(), scope)
    assert scope["Agent"]().act(25) == 5.0
