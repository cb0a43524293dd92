"""Copies and pickles: bundles go by name, learnt code goes along, nothing is shared by accident."""

import copy
import pickle
import subprocess
import sys

import pytest

from trace_core import Module, TraceError, UserError, bundle, model, node, sandbox
from trace_core.llm import MockLLM
from trace_core.optimizers import OptoPrime


@bundle()
def plain(x):
    return x + 1


@bundle(trainable=True)
def learning(x):
    return x + 1


double = bundle(lambda x: 2 * x)


class Agent(Module):
    """Acts."""

    def __init__(self):
        self.gain = node(2, name="gain", trainable=True, description="how much")
        self.tools = [plain, learning]

    @bundle(trainable=True)
    def act(self, x):
        return x * self.gain.data

    @staticmethod
    @bundle()
    def static(x):
        return x

    def forward(self, x):
        return self.act(x)


class Special(Agent):
    @bundle(trainable=True)
    def act(self, x):
        return super().act(x).data + 1


@model
class Plain:
    """Plain."""

    def __init__(self):
        self.gain = node(2, name="gain", trainable=True)

    @bundle(trainable=True)
    def act(self, x):
        return x * self.gain.data


def pickled(item):
    return pickle.loads(pickle.dumps(item))


COPIES = pytest.mark.parametrize("copied", [copy.deepcopy, pickled])


@COPIES
def test_bundles_at_the_top_of_a_module_are_themselves(copied):
    assert copied(plain) is plain
    assert copied(double) is double
    assert copied(Agent.static) is Agent.static


def test_a_trainable_bundle_is_copied_with_its_code_and_pickled_by_name():
    twin = copy.deepcopy(learning)
    assert twin.parameter is not learning.parameter
    assert pickled(learning) is learning
    assert pickled(Agent.act) is Agent.act
    twin.parameter.update("def learning(x):\n    return 7")
    assert pickled(twin).parameter.data == twin.parameter.data
    assert "7" not in learning.parameter.data
    assert copy.copy(learning) is learning


@COPIES
@pytest.mark.parametrize("cls", [Agent, Special, Plain])
def test_objects_take_their_learnt_code_along_and_share_none(copied, cls):
    agent = cls()
    agent.gain.update(5)
    agent.act.parameter.update("def act(self, x):\n    return -x * self.gain.data")
    twin = copied(agent)
    assert type(twin) is cls
    with sandbox.use("inprocess"):
        assert twin.act(2).data == -10
    own = {id(p) for p in agent.parameters()} - {id(learning.parameter)}
    assert own.isdisjoint(id(p) for p in twin.parameters())
    twin.act.parameter.update("")
    assert agent.act.parameter.data
    assert twin.gain.description == agent.gain.description
    assert twin.act.parameter.constraint == agent.act.parameter.constraint


@COPIES
def test_an_object_that_was_never_called_makes_its_code_when_needed(copied):
    twin = copied(Agent())
    assert twin.act(3).data == 6


@COPIES
def test_bound_methods_are_copied_with_their_object(copied):
    agent = Agent()
    agent.act.parameter.update("def act(self, x):\n    return x - 1")
    with sandbox.use("inprocess"):
        assert copied(agent.act)(2).data == 1


def test_another_process_reads_the_pickle(tmp_path):
    path = tmp_path / "workflow.py"
    path.write_text(
        "from trace_core import Module, bundle, node\n"
        "class Agent(Module):\n"
        "    def __init__(self):\n"
        "        self.gain = node(1, trainable=True)\n"
        "    @bundle(trainable=True)\n"
        "    def act(self, x):\n"
        "        return x * self.gain.data\n"
    )
    write = (
        "import pickle, sys, workflow; a = workflow.Agent(); a.gain.update(4)\n"
        "a.act.parameter.update('def act(self, x):\\n    return x + self.gain.data')\n"
        "sys.stdout.buffer.write(pickle.dumps(a))"
    )
    read = (
        "import pickle, sys; from trace_core import sandbox\n"
        "with sandbox.use('inprocess'):\n"
        "    print(pickle.load(sys.stdin.buffer).act(3).data)"
    )
    made = subprocess.run([sys.executable, "-c", write], cwd=tmp_path, capture_output=True)
    assert made.returncode == 0, made.stderr.decode()
    done = subprocess.run(
        [sys.executable, "-c", read], cwd=tmp_path, input=made.stdout, capture_output=True
    )
    assert done.stdout.decode().strip() == "7", done.stderr.decode()


def test_what_is_defined_inside_a_function_cannot_be_pickled_and_says_so():
    @bundle()
    def local(x):
        return x

    with pytest.raises(pickle.PicklingError, match="define it at the top of a module"):
        pickle.dumps(local)
    assert copy.deepcopy(local) is local


def test_a_pickle_of_a_bundle_that_is_gone_says_so(monkeypatch):
    data = pickle.dumps(plain)
    monkeypatch.setitem(globals(), "plain", 3)
    with pytest.raises(pickle.UnpicklingError, match="there is no bundle"):
        pickle.loads(data)


# Optimizers


def optimizer_of(p, **settings):
    llm = MockLLM(replies=['{"suggestion": {"p0": 2}}', '{"suggestion": {"p0": "many"}}'] * 3)
    return OptoPrime([p], llm, **settings)


def advance(optimizer, p):
    optimizer.zero_feedback()
    optimizer.backward(p * 2, "larger")
    optimizer.step()


def test_a_loaded_optimizer_asks_what_the_saved_one_would(tmp_path):
    p = node(1, name="p", trainable=True)
    one = optimizer_of(p, memory_size=3, objective="climb", mask=["#Code"], max_tokens=99)
    advance(one, p)
    advance(one, p)
    one.save(tmp_path / "deep" / "optimizer.json")
    two = optimizer_of(p)
    two.load(tmp_path / "deep" / "optimizer.json")
    for each in (one, two):
        each.zero_feedback()
        each.backward(p * 2, "larger")
    assert two.prompt(two.problem_instance()) == one.prompt(one.problem_instance())
    assert "climb" in str(two.prompt(two.problem_instance()))
    assert two.memory.maxlen == 3
    assert two.max_tokens == 99


@pytest.mark.parametrize("text", ["{", "[]", '{"optimizer": "Adam"}', '{"optimizer": "OptoPrime"}'])
def test_a_file_that_is_no_optimizers_is_the_users_to_mend(tmp_path, text):
    path = tmp_path / "optimizer.json"
    path.write_text(text)
    p = node(1, name="p", trainable=True)
    optimizer = optimizer_of(p, memory_size=2)
    with pytest.raises(UserError, match=r"optimizer\.json"):
        optimizer.load(path)
    assert optimizer.memory.maxlen == 2


def test_errors_are_of_the_family(tmp_path):
    assert issubclass(TraceError, Exception)
    with pytest.raises(UserError, match="can't be loaded"):
        Agent().load(tmp_path / "missing.json")
