"""Bundles in every form that functions have."""

import asyncio
import functools
import linecache
import threading
from concurrent.futures import ThreadPoolExecutor
from types import FunctionType

import pytest

from trace_core import (
    ExecutionError,
    Module,
    Node,
    TraceError,
    TraceMissingInputsError,
    UserError,
    bundle,
    node,
    sandbox,
    stop_tracing,
)


@pytest.fixture(autouse=True)
def rewritten_code_may_run():
    with sandbox.use("inprocess"):
        yield


def rewrite(item, code):
    item.parameter.update(code)


# Arguments


def test_positional_only_keyword_only_and_variable_arguments_have_names_of_their_own():
    @bundle()
    def f(a, /, args_0, *args, key=1, **more):
        return a, args_0, args, key, more

    out = f(1, 2, 3, 4, a=5, args_1=6, key=7)
    assert out.data == (1, 2, (3, 4), 7, {"a": 5, "args_1": 6})
    names = ["a", "args_0", "args_0_", "args_1", "key", "more_a", "more_args_1"]
    assert list(out.inputs) == names
    assert [p.data for p in out.parents] == [1, 2, 3, 4, 7, 5, 6]


def test_names_of_inputs_are_unique_whatever_the_keywords():
    @bundle(trainable=True)
    def f(*args, **more):
        return args, more

    out = f(1, args_0=2, __code=3)
    assert out.data == ((1,), {"args_0": 2, "__code": 3})
    assert len(out.inputs) == len(out.parents) == 4
    assert out.inputs["__code"] is f.parameter


@pytest.mark.parametrize(
    ("args", "keywords"),
    [((1,), {}), ((1, 2), {}), ((), {"x": 1}), ((), {"y": 3, "x": 1}), ((1,), {"y": 5})],
)
def test_defaults_and_keywords_reach_the_function_as_without_bundle(args, keywords):
    def plain(x, y=4):
        return x, y

    out = bundle(plain)(*args, **keywords)
    assert out.data == plain(*args, **keywords)
    assert list(out.inputs) == ["x", "y"]


@pytest.mark.parametrize(
    ("args", "keywords"), [((), {}), ((1, 2, 3), {}), ((1,), {"x": 2}), ((1,), {"z": 2})]
)
def test_wrong_calls_are_type_errors(args, keywords):
    with pytest.raises(TypeError):
        bundle(lambda x, y=4: x)(*args, **keywords)
    with pytest.raises(TypeError):
        bundle(lambda x, /: x)(x=1)


def test_an_argument_may_be_called_self():
    assert bundle(lambda **more: more)(self=1).data == {"self": 1}


def test_a_mutable_default_is_one_object_as_in_python():
    marker = object()

    @bundle()
    def f(x, seen=[marker]):  # noqa: B006 that is what is tested
        return seen[0]

    assert f(1).data is f(2).data


# Methods


class Counter(Module):
    rate = 2

    def __init__(self):
        self.gain = node(3, name="gain", trainable=True)

    @bundle()
    @classmethod
    def of_class(cls, x):
        return cls.rate * x

    @classmethod
    @bundle()
    def class_below(cls, x):
        return cls.rate * x

    @bundle()
    @staticmethod
    def static(x):
        return x + 1

    @staticmethod
    @bundle(trainable=True)
    def static_below(x):
        return x + 2

    @bundle(trainable=True)
    @classmethod
    def trained_class(cls, x):
        return cls.rate + x

    @bundle(trainable=True)
    def trained(self, x):
        return x

    @bundle(traceable_code=True)
    def seen_inside(self, x):
        return self.gain * x

    @property
    @bundle(trainable=True)
    def size(self):
        return self.gain.data

    @bundle(trainable=True)
    async def later(self, x):
        await asyncio.sleep(0)
        return x * self.gain.data


@pytest.mark.parametrize(
    ("name", "expected"),
    [("of_class", 8), ("class_below", 8), ("static", 5), ("static_below", 6), ("trained_class", 6)],
)
def test_class_and_static_methods_on_either_side(name, expected):
    assert getattr(Counter, name)(4).data == expected
    assert getattr(Counter(), name)(4).data == expected


def test_a_class_shares_the_code_of_its_class_and_static_methods():
    one, two = Counter(), Counter()
    assert one.static_below.parameter is two.static_below.parameter
    assert one.parameters_dict()["trained_class"] is two.parameters_dict()["trained_class"]
    assert one.trained.parameter is not two.trained.parameter


def test_a_method_called_through_its_class_is_the_instances():
    counter = Counter()
    rewrite(counter.trained, "def trained(self, x):\n    return -x")
    assert Counter.trained(counter, 3).data == -3
    assert Counter.trained(Counter(), 3).data == 3


def test_a_decorator_above_a_trainable_method_leaves_each_instance_its_code():
    counter = Counter()
    assert counter.size.data == 3
    assert counter.size.inputs["__code"] is counter.parameters_dict()["size"]
    assert counter.parameters_dict()["size"] is not Counter().parameters_dict()["size"]


def test_a_traceable_method_sees_the_nodes_of_its_object_and_keeps_the_edge():
    counter = Counter()
    out = counter.seen_inside(node(2, name="x"))
    assert out.data == 6
    assert list(out.inputs) == ["self", "x", "gain"]
    assert out.info["output"].base_name == "multiply"
    out.backward("more")
    assert counter.gain.feedback


def test_async_methods_are_trainable():
    counter = Counter()
    out = asyncio.run(counter.later(2))
    assert (out.data, out.parameter_dependencies) == (6, {counter.gain, counter.later.parameter})
    rewrite(counter.later, "async def later(self, x):\n    return x - 1")
    assert asyncio.run(counter.later(2)).data == 1
    rewrite(counter.later, "def later(self, x):\n    return x - 2")  # needs no await, and may
    assert asyncio.run(counter.later(2)).data == 0


class Careful(Counter):
    @bundle(trainable=True)
    def trained(self, x):
        return super().trained(x).data + 100


def test_a_subclass_may_override_a_trainable_method_and_call_it():
    careful = Careful()
    out = careful.trained(1)
    assert out.data == 101
    names = careful.parameters_dict()
    assert {"trained", "Counter.trained"} <= set(names)
    assert names["trained"] in out.parents
    assert names["Counter.trained"] in out.parents
    names["Counter.trained"].update("def trained(self, x):\n    return 10 * x")
    assert careful.trained(1).data == 110


def test_a_subclass_with_the_name_of_its_base_has_code_of_its_own():
    def extend(base):
        class Agent(base):
            @bundle(trainable=True)
            def act(self, x):
                return super().act(x).data + 1 if hasattr(super(), "act") else x

        return Agent

    cls = extend(extend(Module))
    assert cls().act(5).data == 6


def test_two_objects_with_nodes_of_the_same_name_stay_two_inputs():
    @bundle()
    def both(one, two, gain):
        return one.gain.data + two.gain.data + gain

    out = both(Counter(), Counter(), 1)
    assert out.data == 7
    assert list(out.inputs) == ["one", "two", "gain", "one_gain", "two_gain"]
    assert len(out.parents) == 5


def test_containers_in_collections_may_be_read():
    counters = [Counter(), Counter()]
    out = bundle(lambda items: items[0].gain.data + items[1].gain.data)(counters)
    assert out.data == 6
    assert out.parameter_dependencies == {c.gain for c in counters}


def test_an_object_without_a_dict_cannot_be_trained():
    class Slim:
        __slots__ = ()

        @bundle(trainable=True)
        def act(self):
            return 1

    with pytest.raises(TraceError, match="Slim needs a __dict__"):
        Slim().act()


# Async, generators


def test_asynchronous_functions_under_a_plain_decorator_are_awaited():
    def log(function):
        @functools.wraps(function)
        def run(*args):
            return function(*args)

        return run

    @bundle()
    @log
    async def double(x):
        return 2 * x

    assert asyncio.run(double(node(2, name="x"))).data == 4


def test_an_asynchronous_failure_is_an_exception_node():
    @bundle()
    async def fail(x):
        await asyncio.sleep(0)
        raise ValueError("must be > 0")

    x = node(1, trainable=True)
    with pytest.raises(ExecutionError, match="must be > 0") as caught:
        asyncio.run(fail(x))
    caught.value.exception_node.backward("mend it")
    assert x.feedback


def test_asynchronous_functions_without_tracing():
    @bundle()
    async def double(x):
        return [2 * x, node(x)]

    async def run():
        with stop_tracing():
            return await double(3)

    assert asyncio.run(run()).data == [6, 3]


def test_a_missing_input_is_found_in_the_right_task():
    secret = node(1, name="secret")

    @bundle()
    async def read(x):
        await asyncio.sleep(0)
        return x + (secret.data if x else 0)

    async def both():
        return await asyncio.gather(read(0), read(1), return_exceptions=True)

    fine, wrong = asyncio.run(both())
    assert fine.data == 0
    assert isinstance(wrong, TraceMissingInputsError)


def test_generator_functions_are_refused():
    def numbers():
        yield 1

    async def later():
        yield 1

    for function in (numbers, later):
        with pytest.raises(TraceError, match="Return a list"):
            bundle(function)


def test_a_generator_as_a_result_is_a_failure():
    with pytest.raises(ExecutionError, match="must return a list"):
        bundle(lambda: (i for i in range(3)))()


# Decorators


def doubled(function):
    @functools.wraps(function)
    def run(*args, **keywords):
        return 2 * function(*args, **keywords)

    return run


@doubled
@bundle(
    description=None,  # a comment with ): in it
    trainable=True,
)
# a comment before def
@doubled
def stacked(x, text="a: b", *, more=(1, {"k": 2})) -> "dict[str, int]":  # no: colon
    """Say: x.

    More: of it.
    """
    return x


def test_decorators_stay_around_new_code():
    inner = stacked.__wrapped__
    assert stacked(1).data == 4
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(inner, "parameter", inner.parameter.detach())
        rewrite(inner, "def stacked(x, text='', *, more=0):\n    return x + 10")
        assert stacked(1).data == 44


def test_the_code_is_the_function_alone_and_its_start_is_its_constraint():
    code = stacked.__wrapped__.parameter
    assert code.data.startswith('def stacked(x, text="a: b", *, more=(1, {"k": 2})) -> "dict')
    assert code.data.endswith("    return x")
    assert code.constraint.endswith('    """Say: x.\n\n    More: of it.\n    """')


def test_a_decorator_that_cannot_be_found_again_is_the_users_to_mend():
    class Inside:
        def local(function):  # noqa: N805 a decorator
            return functools.wraps(function)(lambda self: function(self))

        @bundle(trainable=True)
        @local
        def act(self):
            return 1

    item = Inside()
    assert item.act().data == 1
    rewrite(item.act, "def act(self):\n    return 2")
    with pytest.raises(UserError, match="@local of act can't be applied"):
        item.act()


@bundle(trainable=True)
def one_line(x: "a: b" = {1: 2}) -> (lambda: 0): return x  # fmt: skip  # noqa


@bundle(trainable=True)
def many_lines(
    x,  # first: one
    y=lambda z: z,
) -> int:
    return x


@bundle(trainable=True)
async def waits(x): return x  # fmt: skip  # noqa


def test_signatures_are_found_by_position():
    start = "The code should start with:\n"
    assert (
        one_line.parameter.constraint == start + 'def one_line(x: "a: b" = {1: 2}) -> (lambda: 0):'
    )
    lines = "def many_lines(\n    x,  # first: one\n    y=lambda z: z,\n) -> int:"
    assert many_lines.parameter.constraint == start + lines
    assert waits.parameter.constraint == start + "async def waits(x):"


class Texts:
    @bundle(trainable=True)
    def poem(self):
        """A poem
        that is written further left."""
        return """a
  b
c"""


def test_text_inside_strings_keeps_its_indentation():
    code = Texts.poem.parameter.data
    assert code.endswith('    return """a\n  b\nc"""')
    made = {}
    exec(code, made)
    assert made["poem"](None) == Texts().poem().data == "a\n  b\nc"


def test_a_method_that_is_rewritten_to_what_it_was_is_what_it_was():
    texts = Texts()
    texts.poem.parameter.update("".join(list(texts.poem.parameter.data)))
    with sandbox.use("none"):
        assert texts.poem().data.startswith("a")


# Sources


def test_each_lambda_has_its_own_source():
    one, two = bundle(lambda x: x + 1), bundle(lambda y: (lambda z: z * 2)(y))
    assert one.operator.source == "lambda x: x + 1"
    assert two.operator.source == "lambda y: (lambda z: z * 2)(y)"
    split = bundle(
        lambda x: (
            x
            + 3
        )
    )  # fmt: skip
    assert split.operator.source.split() == ["lambda", "x:", "(", "x", "+", "3", ")"]


@pytest.mark.parametrize("kind", ["exec", "class", "callable", "bound", "builtin", "partial"])
def test_without_a_def_of_its_own_nothing_is_trainable(kind):
    made = {}
    exec("def act(x):\n    return x", made)
    unfit = {
        "exec": made["act"],
        "class": Counter,
        "callable": Callable(),
        "bound": Callable().method,
        "builtin": len,
        "partial": functools.partial(doubled, None),
    }
    with pytest.raises(TraceError, match="can't be trainable"):
        bundle(trainable=True)(unfit[kind])


class Callable:
    operator = "mine"

    def __call__(self, x):
        return x + 1

    def method(self, x):
        return x + 2


def test_callables_of_every_kind_are_operators():
    assert bundle(Callable())(1).data == 2
    assert bundle(Callable().method)(1).data == 3
    assert bundle(functools.partial(pow, 2))(3).data == 8
    assert bundle(max)(1, 5).data == 5
    assert bundle(complex)(1, 2).data == 1 + 2j
    assert bundle(Callable())(1).base_name == "Callable"


def test_a_failure_in_a_callable_without_a_name_is_told():
    with pytest.raises(ExecutionError) as caught:
        bundle(functools.partial(pow, "a"))(2)
    assert "In partial" in caught.value.exception_node.create_feedback("full")


def test_a_changed_file_is_no_source(tmp_path):
    path = tmp_path / "changing.py"
    path.write_text("def act(x):\n    return x\n")
    made = {}
    exec(compile(path.read_text(), str(path), "exec"), made)
    path.write_text("def other(x):\n    return x\n")
    linecache.checkcache()
    with pytest.raises(TraceError, match="source was not found"):
        bundle(trainable=True)(made["act"])


def test_what_is_no_function_is_a_type_error():
    with pytest.raises(TypeError, match="takes a function or its description, not 3"):
        bundle(3)
    with pytest.raises(TraceError, match="a bundle already"):
        bundle(bundle(lambda x: x))


# What code sees


@bundle(trainable=True)
def uses_later(x):
    return helper_below(x)


def helper_below(x):
    return x * 7


def test_code_sees_what_its_module_defines_later():
    assert uses_later(2).data == 14
    twin = uses_later.twin(uses_later.parameter.detach())
    rewrite(twin, "def uses_later(x):\n    return helper_below(x) + 1")
    assert twin(2).data == 15


def test_code_sees_the_variables_around_it():
    factor, unused = 2, 50

    @bundle(trainable=True)
    def scale(x):
        return x * factor

    rewrite(scale, "def scale(x):\n    return x * factor + unused")
    assert scale(1).data == 52
    factor = 3
    assert scale(1).data == 53
    del unused


def test_a_variable_that_is_not_assigned_yet_is_no_obstacle():
    @bundle(trainable=True)
    def first(x):
        return second(x)

    rewrite(first, "def first(x):\n    return x")
    assert first(1).data == 1

    def second(x):
        return x


@bundle(trainable=True)
def sum(items):  # noqa: A001 that is what is tested
    total = 0
    for item in items:
        total += item
    return total


@bundle()
def input(x):  # noqa: A001
    return x


def test_a_bundle_may_have_the_name_of_a_builtin():
    assert sum([1, 2, node(3)]).data == 6
    assert input(2).base_name == "input"
    twin = sum.twin(sum.parameter.detach())
    rewrite(twin, "def sum(items):\n    return items[0] + sum(items[1:]) if items else 0")
    assert twin([1, 2, 3]).data == 6


def test_new_code_that_changes_from_def_to_async_def_is_a_failure():
    @bundle(trainable=True)
    def act(x):
        return x

    rewrite(act, "async def act(x):\n    return x")
    with pytest.raises(ExecutionError, match="must stay a def"):
        act(1)


@pytest.mark.parametrize(
    "code",
    ["def act(x, x):\n    return x", "def act(x):\n    return \0", "def act(x):" + "(" * 500],
)
def test_code_that_cannot_be_compiled_is_a_failure(code):
    @bundle(trainable=True)
    def act(x):
        return x

    act.parameter.update(code)
    with pytest.raises(ExecutionError, match="SyntaxError"):
        act(1)


# Recursion and nesting


@bundle(trainable=True)
def factorial(n):
    return 1 if n < 2 else n * factorial(n - 1).data


def test_a_trainable_function_may_call_itself_before_and_after_it_is_rewritten():
    out = factorial(node(5, name="n"))
    assert (out.data, [p.base_name for p in out.parents]) == (120, ["n", "__code"])
    twin = factorial.twin(factorial.parameter.detach())
    rewrite(twin, "def factorial(n):\n    return 2 if n < 2 else n * factorial(n - 1)")
    assert twin(5).data == 240


@bundle(traceable_code=True)
def fibonacci(n):
    if n < 2:
        return n
    return fibonacci(n - 1) + fibonacci(n - 2)


def test_the_inner_calls_of_a_traceable_recursion_are_in_the_inner_graph():
    n = node(5, name="n", trainable=True)
    out = fibonacci(n)
    assert (out.data, out.parents) == (5, [n])
    inner = out.info["output"]
    assert [p.base_name for p in inner.parents] == ["fibonacci", "fibonacci"]
    depth = 0
    while "output" in inner.info or inner.parents:
        inner = inner.info.get("output") or inner.parents[0]
        depth += 1
    assert depth > 5
    out.backward("larger")
    assert n.feedback


def test_a_deep_recursion_that_fails_says_each_line_once():
    @bundle()
    def down(n):
        if n == 0:
            raise ValueError("the end")
        return down(n - 1).data

    n = node(50, trainable=True)
    with pytest.raises(ExecutionError) as caught:
        down(n)
    end = caught.value.exception_node
    assert end.data == "(ValueError) the end"
    assert end.create_feedback("full").splitlines() == [
        "(ValueError) the end",
        "In down, line 4: return down(n - 1).data",
        'In down, line 3: raise ValueError("the end")',
    ]
    assert end.parents == [n]


def test_a_recursion_without_end_is_a_failure():
    @bundle()
    def forever(n):
        return forever(n + 1)

    with pytest.raises(ExecutionError, match="RecursionError"):
        forever(1)


def test_a_missing_input_is_found_through_nested_bundles():
    secret = node(1, name="secret")
    inner = bundle(allow_external_dependencies=True)(lambda x: x + secret.data)
    with pytest.raises(TraceMissingInputsError, match="<lambda> reads secret"):
        bundle(lambda x: inner(x))(1)
    outer = bundle(allow_external_dependencies=True)(lambda x: inner(x))
    assert outer(1).info["external_dependencies"] == [secret]


def test_returning_a_node_that_is_no_input_is_a_missing_input_too():
    secret = node(1, name="secret")
    for options in ({}, {"traceable_code": True}):
        with pytest.raises(TraceMissingInputsError, match="secret"):
            bundle(**options)(lambda x: secret)(1)
        with pytest.raises(TraceMissingInputsError, match="secret"):
            bundle(**options)(lambda x: [x, secret])(1)


def test_a_traceable_body_that_reads_a_strange_node_is_found():
    secret = node(1, name="secret")
    with pytest.raises(TraceMissingInputsError, match="secret"):
        bundle(traceable_code=True)(lambda x: x + secret)(1)


def test_a_trainable_bundle_may_be_an_argument_of_another():
    @bundle(trainable=True)
    def step(x):
        return x + 1

    @bundle()
    def repeat(function, x):
        return function(function(x)).data

    out = repeat(step, 1)
    assert out.data == 3
    assert out.parameter_dependencies == {step.parameter}


# Failures are feedback (App. D)


class Policy(Module):
    def __init__(self):
        self.limit = node(2, name="limit", trainable=True)

    @bundle(trainable=True)
    def act(self, x):
        """Act."""
        if x > self.limit.data:
            raise ValueError("must be <= limit")
        return [1 / (y - 1) for y in (x,)]


def failure_of(function, *args):
    with pytest.raises(ExecutionError) as caught:
        function(*args)
    return caught.value.exception_node


def test_a_violated_constraint_reaches_all_parameters_it_read():
    policy = Policy()
    end = failure_of(policy.act, 5)
    assert end.create_feedback("full") == (
        '(ValueError) must be <= limit\nIn act, line 4: raise ValueError("must be <= limit")'
    )
    end.backward(end.create_feedback("full"))
    assert policy.limit.feedback
    assert policy.act.parameter.feedback


def test_the_line_inside_a_comprehension_is_named():
    end = failure_of(Policy().act, 1)
    assert end.create_feedback("full").endswith(
        "In act, line 5: return [1 / (y - 1) for y in (x,)]"
    )


def test_a_failure_of_an_inner_bundle_is_told_with_both_lines():
    policy = Policy()

    @bundle()
    def outer(policy, x):
        return policy.act(x)

    end = failure_of(outer, policy, 5)
    assert end.data == "(ValueError) must be <= limit"
    assert end.create_feedback("full").splitlines()[1:] == [
        "In outer, line 2: return policy.act(x)",
        'In act, line 4: raise ValueError("must be <= limit")',
    ]
    end.backward("less")
    assert policy.limit.feedback


@pytest.mark.parametrize(
    ("code", "told"),
    [
        ("def act(self, x):\n    return y", ["(NameError)", "line 2: return y"]),
        ("def act(self, x:\n    return y", ["(SyntaxError)", "line 1", "In act"]),
        ("def act(self):\n    return 1", ["(TypeError)", "In act"]),
        ("def act(self, x):\n    raise KeyError", ["(KeyError)", "line 2: raise KeyError"]),
    ],
)
def test_errors_of_new_code_name_operator_line_and_error(code, told):
    policy = Policy()
    policy.act.parameter.update(code)
    end = failure_of(policy.act, 1)
    for words in told:
        assert words in end.create_feedback("full")
    assert policy.act.parameter in end.parents


def test_new_code_that_reads_a_strange_node_is_a_failure_and_no_crash():
    secret = node(1, name="secret")

    @bundle(trainable=True)
    def act(x):
        return x

    rewrite(act, "def act(x):\n    return secret.data")
    assert "TraceMissingInputsError" in failure_of(act, 1).data
    assert isinstance(secret, Node)


def test_failures_without_tracing_are_the_same_errors():
    with stop_tracing():
        end = failure_of(Policy().act, 5)
        assert end.parents == []
        assert end.data == "(ValueError) must be <= limit"
        with pytest.raises(ZeroDivisionError):
            bundle(catch_execution_error=False)(lambda: 1 / 0)()


def test_attributes_of_the_function_stay():
    def act(x):
        return x

    act.tag = "t"
    made = bundle(act)
    assert made.tag == "t"
    assert isinstance(made.__wrapped__, FunctionType)


def test_a_docstring_in_brackets_does_not_rename_the_operator():
    @bundle()
    def act(x):
        """[0, 1] is the range."""
        return x

    assert act(1).base_name == "act"


def test_threads_share_a_rewritten_bundle_and_an_objects_methods():
    counter = Counter()
    twin = factorial.twin(factorial.parameter.detach())
    rewrite(twin, "def factorial(n):\n    return n + 1")
    barrier = threading.Barrier(8)

    def run(i):
        barrier.wait(5)
        with sandbox.use("inprocess"):
            return twin(i).data, counter.trained(i).inputs["__code"]

    with ThreadPoolExecutor(8) as pool:
        values, codes = zip(*pool.map(run, range(8)), strict=True)
    assert list(values) == list(range(1, 9))
    assert {id(code) for code in codes} == {id(counter.trained.parameter)}
