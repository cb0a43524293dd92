"""Programs of the published library run on trace_core: what docs/migrating.md promises."""

import importlib
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

import trace_core
from trace_core import bundle, compat, node
from trace_core.compat.optimizers import OptoPrime
from trace_core.llm import MockLLM

ROOT = Path(__file__).parents[2]
EXAMPLES = ROOT / "docs" / "examples"
# What each module of the published library offers to programs, and ours must under its name.
PUBLISHED = {
    "": "ExecutionError GRAPH Module Node NodeContainer apply_op broadcast bundle containers "
    "errors model modules node nodes operators propagators stop_tracing utils",
    "nodes": "ExceptionNode GRAPH MessageNode Node ParameterNode get_op_name node",
    "bundle": "bundle ExceptionNode ExecutionError FunModule GRAPH MessageNode Module Node "
    "ParameterNode TraceMissingInputsError contain get_op_name node to_data",
    "modules": "Module model ParameterContainer",
    "containers": "Map NodeContainer ParameterContainer Seq",
    "broadcast": "apply_op",
    "errors": "ExecutionError TraceMissingInputsError",
    "utils": "contain for_all_methods",
    "propagators": "GraphPropagator Propagator SumPropagator TraceGraph",
    "propagators.graph_propagator": "GraphPropagator TraceGraph",
    "propagators.propagators": "Propagator SumPropagator",
    "optimizers": "OptoPrime optimizer optoprime",
    "optimizers.optimizer": "Optimizer",
    "optimizers.optoprime": "OptoPrime",
    "operators": "abs add and_ call call_llm capitalize ceil chr_ clone concat cond dict_pop "
    "dict_popitem dict_update divide eq floor floor_divide format ge getitem gt identity in_ "
    "invert is_ is_not join keys le len_ list_append list_clear list_extend list_insert list_pop "
    "list_remove list_reverse list_sort lower lshift lt make_dict make_list make_set make_tuple "
    "mod multiply ne neg neq node_divmod node_getattr not_ not_in or_ ord_ pop pos power replace "
    "round rshift set_add set_clear set_discard set_intersection_update set_pop set_remove "
    "set_symmetric_difference_update set_update split strip subtract swapcase title to_dict "
    "to_list to_set to_tuple trunc upper values xor",
}


@pytest.mark.parametrize("module", PUBLISHED)
def test_published_names_are_there(module):
    found = importlib.import_module(f"trace_core.compat.{module}".rstrip("."))
    assert not [name for name in PUBLISHED[module].split() if not hasattr(found, name)]


def test_they_are_the_cores_own_objects():
    assert compat.bundle is trace_core.bundle
    assert compat.nodes.node is trace_core.node
    assert compat.operators.cond is trace_core.operators.cond
    assert compat.propagators.graph_propagator.TraceGraph is trace_core.TraceGraph


def test_helpers_do_what_their_names_say():
    x, y = node(1), node(1)
    assert compat.utils.contain([y, x], x)
    assert not compat.utils.contain([y], x)
    assert compat.nodes.get_op_name((x + y).description) == "add"
    with pytest.raises(ValueError, match="in brackets"):
        compat.nodes.get_op_name("add")


def test_a_class_decorator_may_stand_above_bundles():
    calls = []

    def noted(method):
        def wrapper(*args):
            calls.append(args[1:])
            return method(*args)

        return wrapper

    @compat.utils.for_all_methods(noted)
    class Sum:
        @bundle()
        def add(self, x, y):
            return x + y

    assert Sum().add(1, 2).data == 3
    assert calls == [(1, 2)]


def test_call_llm_asks_the_llm_of_the_environment_and_is_an_operator(chat_server, monkeypatch):
    monkeypatch.setenv("OPENAI_MODEL", "greeter")
    prompt = node("Be kind.", name="prompt", trainable=True)
    out = compat.operators.call_llm(prompt, "Hello", node("there"), max_tokens=7)
    assert out.data and isinstance(out.data, str)
    assert list(out.inputs)[:3] == ["system_prompt", "user_prompts_0", "user_prompts_1"]
    assert out.parameter_dependencies == {prompt}
    (asked,) = chat_server.requests
    assert (asked["model"], asked["max_tokens"]) == ("greeter", 7)
    assert [each["content"] for each in asked["messages"]] == ["Be kind.", "Hello", "there"]


def test_the_objective_may_be_changed_later():
    x = node(1, name="x", trainable=True)
    optimizer = OptoPrime([x], llm=script({"x0": 2}))
    optimizer.objective = "Mind the gap. " + optimizer.default_objective
    (x + 1).backward("more")
    prompt = optimizer.prompt(optimizer.problem_instance())[1].content
    assert "Mind the gap. " in prompt


def shell_blocks():
    return re.findall(r"```sh\n(.*?)```", (ROOT / "docs/migrating.md").read_text(), re.DOTALL)


@pytest.fixture
def shim(tmp_path):
    """A folder with the shim and the launcher, made by the commands of the page."""
    build, launch = shell_blocks()
    write_launcher = launch[: launch.index("python run.py")]
    subprocess.run(["sh", "-e"], input=build + write_launcher, text=True, cwd=tmp_path, check=True)
    return tmp_path


def python(folder, *arguments):
    environment = {**os.environ, "PYTHONPATH": f"{ROOT}", "PYTHONWARNINGS": "error"}
    done = subprocess.run(
        [sys.executable, *arguments], cwd=folder, env=environment, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_an_unmodified_program_runs_through_the_shim(shim):
    shutil.copy(EXAMPLES / "opto_program.py", shim)
    found = json.loads(python(shim, "run.py", "opto_program.py"))
    assert found == json.loads((Path(__file__).parent / "opto_program.json").read_text())


def test_every_import_form_works_with_the_shim(shim):
    python(
        shim,
        "-c",
        "import opto, opto.trace.bundle, opto.trace.propagators.graph_propagator\n"
        "from opto import trace\n"
        "from opto.trace.bundle import bundle, ExecutionError\n"
        "from opto.trace.utils import contain\n"
        "assert trace.bundle is bundle and opto.trace.nodes.GRAPH is trace.GRAPH\n"
        "assert bundle(lambda x: x)(1).data == 1\n",
    )


EXPECTED = {
    "remote_workers": "4 operators brought feedback",
    "draw_a_trace": "flowchart TB",
    "report_of_a_trace": "multiply0 = bar0 * add0  # -2.0 * (-1.0) = 2.0",
}


@pytest.mark.parametrize("example", EXPECTED)
def test_the_other_examples_run(example, tmp_path):
    assert EXPECTED[example] in python(tmp_path, str(EXAMPLES / f"{example}.py"))


def script(*suggestions):
    """An LLM as programs of the published library write it."""
    replies = iter(suggestions)

    def llm(messages, max_tokens):
        text = json.dumps({"reasoning": "", "answer": "", "suggestion": next(replies)})
        return SimpleNamespace(choices=[SimpleNamespace(message=SimpleNamespace(content=text))])

    return llm


def test_optoprime_takes_published_llms_and_returns_the_update():
    x = node(1, name="x", trainable=True)
    optimizer = OptoPrime([x], llm=script({"x0": 2}, {"x0": 3}), log=False, include_example=False)
    (x + 1).backward("more")
    assert optimizer.step(bypassing=True) == {x: 2}
    assert x.data == 1
    assert optimizer.step(verbose=True, mask=["#Code"]) == {x: 3}


def test_optoprime_takes_our_llms_too():
    x = node(1, name="x", trainable=True)
    optimizer = OptoPrime([x], llm=MockLLM(replies=['{"suggestion": {"x0": 7}}']))
    bundle(lambda v: v)(x).backward("more")
    assert optimizer.step() == {x: 7}
