"""What is exported runs in an interpreter without trace_core, and gives the same results."""

import importlib.util
import json
import subprocess
import sys
import textwrap

import numpy as np
import pytest

from trace_core import Node, UserError, export, sandbox

HEAD = """
import math
import numpy as np
import trace_core as trace
from trace_core import Map, Module, ParameterContainer, Seq, bundle, model, node
"""


@pytest.fixture
def program(tmp_path, monkeypatch):
    """Import a text as a module of its own."""
    monkeypatch.syspath_prepend(tmp_path)

    def load(text, name="program", head=HEAD):
        path = tmp_path / f"{name}.py"
        path.write_text(head + textwrap.dedent(text))
        spec = importlib.util.spec_from_file_location(name, path)
        module = importlib.util.module_from_spec(spec)
        monkeypatch.setitem(sys.modules, name, module)
        spec.loader.exec_module(module)
        return module

    return load


@pytest.fixture
def alone(tmp_path):
    """Evaluate an expression with what an exported file defines, where trace_core is missing."""

    def evaluate(item, expression):
        export(item, tmp_path / "learnt.py")
        code = f"""
import sys, json
sys.modules["trace_core"] = None
sys.path.insert(0, {str(tmp_path)!r})
from learnt import *
print(json.dumps({expression}))
"""
        done = subprocess.run([sys.executable, "-I", "-c", code], capture_output=True, text=True)
        assert done.returncode == 0, done.stderr + (tmp_path / "learnt.py").read_text()
        return json.loads(done.stdout)

    return evaluate


def raw(value):
    return value.data if isinstance(value, Node) else value


def test_values_and_code_are_the_learnt_ones(program, alone, tmp_path):
    module = program('''
        LIMIT = 10  # the highest speed

        def clip(x):
            """Keep x in bounds."""
            return max(-LIMIT, min(LIMIT, x))

        @model
        class Agent:
            """Drives."""

            def __init__(self, bias=0):
                # how strongly it reacts
                self.gain = node(2.0, trainable=True, description="gain")  # learnt
                self.bias = bias

            @bundle(trainable=True)
            def act(self, x):
                """Act."""
                return x

            @bundle()
            def scale(self, x):
                # comments survive
                return clip(x * self.gain.data)

            def forward(self, x):
                y = self.scale(self.act(x))
                if y.data > 100:
                    return node(0)
                return y + self.bias
    ''')
    agent = module.Agent()
    agent.gain.update(3.0)
    agent.act.parameter.update(
        'def act(self, x):\n    """Act."""\n    # squared\n    return math.ceil(x * self.gain.data)'
    )
    with sandbox.use("inprocess"):
        expected = [raw(agent(x)) for x in (0.5, 1.2, 30)]
    assert alone(agent, "[Agent()(x) for x in (0.5, 1.2, 30)]") == expected
    text = (tmp_path / "learnt.py").read_text()
    for kept in ("# the highest speed", "# how strongly it reacts", "# learnt", "# squared"):
        assert kept in text
    assert "# comments survive" in text
    assert "import math" in text
    assert "numpy" not in text
    for gone in ("bundle", "node(", "model", "trace_core as", "trainable"):
        assert gone not in text
    assert "self.gain = 3.0  # learnt" in text


def test_subclasses_of_module_get_their_call_and_keep_other_bases(program, alone):
    module = program("""
        class Named:
            title = "named"

        class Base(Named, Module):
            def __init__(self, size):
                self.size = size
                self.weight = node(value=1, trainable=True)

            @bundle(trainable=True)
            def rate(self, x):
                return x + self.weight.data

            def forward(self, x):
                return self.rate(x)

        class Special(Base):
            def __init__(self, size):
                super().__init__(size)
                self.more = trace.node([1, 2], trainable=True)

            @trace.bundle(trainable=True)
            def rate(self, x):
                return super().rate(x).data * self.more.data[1]
    """)
    special = module.Special(4)
    special.weight.update(5)
    special.more.update([0, 7])
    assert alone(special, "[Special(4)(2), Special.title, Special(3).size]") == [
        special(2).data, "named", 3,
    ]  # fmt: skip


def test_parameters_in_collections_and_nested_modules(program, alone):
    module = program("""
        class Head(Module):
            def __init__(self):
                self.scale = node(1.0, trainable=True)

            @bundle(trainable=True)
            def apply(self, x):
                return x * self.scale.data

            def forward(self, x):
                return self.apply(x)

        class Body(Module):
            def __init__(self):
                self.heads = [Head(), Head()]
                self.weights = [node(i, trainable=True) for i in range(3)]
                self.table = {"a": node("x", trainable=True), "b": 2}
                self.pair = (node(1, trainable=True), node(2, trainable=True))
                self.seq = Seq(node(1, trainable=True), 5)
                self.map = Map({"k": node(1, trainable=True)})

            def forward(self, x):
                total = x
                for head in self.heads:
                    total = head(total)
                for weight in [*self.weights, *self.pair, *self.seq, self.map["k"]]:
                    total = total + weight
                return total, self.table["a"]
    """)
    body = module.Body()
    for i, parameter in enumerate(body.parameters()):
        if isinstance(parameter.data, (int, float)):
            parameter.update(i + 0.5)
    body.table["a"].update("it's")
    body.heads[1].apply.parameter.update("def apply(self, x):\n    return -x * self.scale.data")
    with sandbox.use("inprocess"):
        total, text = body(2)
    assert alone(body, "Body()(2)") == [total.data, text.data]


def test_arrays_numbers_and_other_values(program, alone):
    module = program("""
        class Values(Module):
            def __init__(self):
                self.array = node(np.zeros((2, 2)), trainable=True)
                self.worst = node(0.0, trainable=True)
                self.names = node({"a"}, trainable=True)

            def forward(self):
                return (self.array * 2).data.tolist(), self.worst.data, sorted(self.names.data)
    """)
    values = module.Values()
    values.array.update(np.array([[1.5, 2], [3, 4]], dtype=np.float32))
    values.worst.update(float("-inf"))
    values.names.update({"b", "c"})
    assert alone(values, "Values()()") == [[[3, 4], [6, 8]], float("-inf"), ["b", "c"]]


def test_functions_are_exported_with_what_they_call(program, alone):
    program(
        """
        from trace_core import bundle
        STEP = 2
        @bundle()
        def add(x):
            return x + STEP
        """,
        name="helping",
    )
    module = program('''
        from functools import lru_cache, wraps
        import helping
        from helping import add as plus

        @lru_cache
        def slow(x):
            return x * x

        def twice(function):
            @wraps(function)
            def run(*args):
                return 2 * function(*args)
            return run

        @bundle(trainable=True)
        @twice
        def other(x):
            return x

        @bundle(trainable=True)
        def work(x, *, y=3):
            """Work."""
            return x
    ''')
    work = module.work
    work.parameter.update(
        "def work(x, *, y=3):\n    return slow(x) + y + plus(x).data + other(1).data"
    )
    assert alone(work, "[work(2), work(2, y=1)]") == [4 + 3 + 4 + 2, 4 + 1 + 4 + 2]


def test_a_class_may_be_local_dataclass_or_async(program, alone):
    module = program('''
        from dataclasses import dataclass, field

        def make(offset):
            @model
            @dataclass
            class Point:
                x: int
                shift: object = field(default_factory=lambda: node(1, trainable=True))

                @bundle()
                async def moved(self, by):
                    """Text
            that begins further left."""
                    return self.x + by + self.shift.data + offset

            return Point
    ''')
    point = module.make(100)(2)
    point.shift.update(10)
    assert alone(point, "__import__('asyncio').run(Point(2).moved(1))") == 113


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ("return trace.operators.cond(x, 1, 2)", "'trace' needs trace_core"),
        ("from trace_core import node; return node(x)", "import trace_core at the top"),
        ("return AGENT(x)", "'AGENT' is an object with nodes"),
    ],
)
def test_what_has_no_counterpart_is_refused_and_nothing_is_written(
    program, tmp_path, body, message
):
    module = program(f"""
    class Agent(Module):
        def __init__(self):
            self.p = node(1, trainable=True)

        def forward(self, x):
            {body}

    AGENT = Agent()
    """)
    with pytest.raises(UserError, match=message):
        module.Agent().export(tmp_path / "out.py")
    assert not (tmp_path / "out.py").exists()


def test_a_value_without_a_text_is_refused(program, tmp_path):
    module = program("""
    class Agent(Module):
        def __init__(self):
            self.p = node(object(), trainable=True)
    """)
    with pytest.raises(UserError, match="a object can't be written"):
        module.Agent().export(tmp_path / "out.py")


def test_without_a_source_or_nodes_there_is_nothing_to_export(tmp_path):
    made = {}
    exec("from trace_core import Module\nclass Agent(Module):\n    pass", made)
    with pytest.raises(UserError, match="can't be exported"):
        export(made["Agent"](), tmp_path / "out.py")
    with pytest.raises(UserError, match="not a int"):
        export(3, tmp_path / "out.py")


def test_what_only_nodes_can_is_written_in_plain_python(program, alone):
    module = program("""
        class Counts(Module):
            def __init__(self):
                self.xs = node([1, 2], trainable=True)

            def forward(self):
                ys = self.xs
                ys += [3]  # a new node, each time
                same = self.xs.eq([1] if ys.data else [1, 2])
                return ys.data, ys.len() + 1, same, self.xs.neq([1]), self.xs.getattr("count")(1)
    """)
    traced = module.Counts()
    expected = [[raw(each) for each in traced()] for _ in range(2)]
    assert alone(traced, "[(f := (c := Counts())()) and f, c()]") == expected
    assert expected[0] == [[1, 2, 3], 4, False, True, 1]


@pytest.mark.parametrize("call", ["x.len()", "self.xs.clone()", "self.xs.call('count', 1)"])
def test_methods_of_nodes_without_a_counterpart_are_refused(program, call, tmp_path):
    module = program(f"""
        class Odd(Module):
            def __init__(self):
                self.xs = node([1, 2], trainable=True)

            def forward(self, x):
                return {call}
    """)
    with pytest.raises(UserError, match="can't be exported"):
        export(module.Odd(), tmp_path / "odd.py")


def test_learnt_values_are_added_to_initialisations_of_one_line(program, alone):
    module = program("""
        class Leaf(Module):
            def __init__(self, k): self.a = node(k, trainable=True)

        class Tree(Module):
            def __init__(self): self.leaf = Leaf(2)

        class Rows(Module):
            def __init__(self):
                self.rows = [[node(1, trainable=True)]]; self.n = 3
    """)
    tree, rows = module.Tree(), module.Rows()
    tree.leaf.a.update(5)
    rows.rows[0][0].update(6)
    assert alone(tree, "Tree().leaf.a") == 5
    assert alone(rows, "[Rows().rows, Rows().n]") == [[[6]], 3]
