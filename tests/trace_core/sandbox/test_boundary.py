"""What crosses between the host and code in a sandbox, and what does not."""

import math
import threading
from collections import Counter, OrderedDict, namedtuple
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from trace_core import ExecutionError, Module, UserError, bundle, node, sandbox
from trace_core.llm import stream
from trace_core.sandbox import on_host

SIZE = 3
WORDS = ["a", "b"]
SECRET = "not named by the function"
Pair = namedtuple("Pair", "x y")


def double(x):
    return 2 * x


@on_host
def ask(question):
    return question.upper()


@bundle(trainable=True)
def echo(x):
    """What it is given."""
    return x, SIZE, WORDS, double, ask, math, threading, Pair


@pytest.fixture(autouse=True)
def written_again():
    yield
    echo.parameter.update(echo._written)


def run(body, x=None, **options):
    echo.parameter.update(f"def echo(x):\n    {body}")
    with sandbox.use(**options):
        return echo(x)


def feedback(body, x=None, **options):
    with pytest.raises(ExecutionError) as caught:
        run(body, x, **options)
    return caught.value.exception_node


@pytest.mark.parametrize(
    "value",
    [
        None, True, 3, 10**30, 1.5, float("inf"), "ü\ud800", b"\x00\xff", (1, (2,)), [1, [2, None]],
        {"a": 1, "!": 2}, {1: "one", (2, 3): [4]}, {1, 2}, frozenset("ab"), range(2, 9, 3), 1 + 2j,
        [], {}, [(1, 2), [3]], [[{"a": (1,)}]],
    ],
    ids=lambda value: type(value).__name__,
)  # fmt: skip
def test_data_comes_back_as_it_went(value):
    out = run("return x", value).data
    assert out == value
    assert type(out) is type(value)


@pytest.mark.parametrize(
    "array",
    [
        np.arange(6.0).reshape(2, 3), np.zeros((0, 4), "int8"), np.array(3), np.array(["ab", "ü"]),
        np.array([1, 2, 3])[::-1], np.array([True]), np.array([1 + 2j], "complex64"),
        np.asfortranarray(np.eye(3)), np.array(["2024-01-01"], "datetime64[D]"),
    ],
    ids=lambda a: f"{a.dtype}{a.shape}",
)  # fmt: skip
def test_arrays_keep_type_and_shape(array):
    out = run("return [x]", array).data[0]
    assert (out.dtype, out.shape) == (array.dtype, array.shape)
    assert np.array_equal(out, array)
    out[...] = out  # it may be written to


def test_numbers_of_numpy_stay_numbers():
    out = run("return x[0] * 2, x.sum()", np.array([1.5, 2.0])).data
    assert out == (3.0, 3.5)
    assert isinstance(out[0], np.float64)


def test_derived_types_cross_as_what_they_are_derived_from():
    value = [Pair(1, 2), Counter("aab"), OrderedDict(a=1)]
    assert run("return x", value).data == [(1, 2), {"a": 2, "b": 1}, {"a": 1}]


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ("return lambda: 1", "a function is not data"),
        ("return (i for i in x)", "must return a list|generator is not data"),
        ("return np.array([None])", "array of object"),
        ("x = [1]; x.append(x); return x", "nested too deeply"),
    ],
)
def test_what_is_no_data_cannot_be_returned(body, message):
    assert __import__("re").search(message, feedback(body, []).data)


def test_arguments_are_copies():
    value = [1]
    assert run("x.append(2); return x", value).data == [1, 2]
    assert value == [1]


def test_nothing_stays_from_call_to_call():
    echo.parameter.update("seen = []\ndef echo(x):\n    seen.append(x)\n    return seen")
    assert [echo(1).data, echo(2).data] == [[1], [2]]


def test_what_code_did_to_its_process_is_not_seen_by_another_use():
    """Two runs of one process may have the same code."""
    echo.parameter.update("import math\ndef echo(x):\n    math.tau += 1\n    return math.tau")
    seen = []
    for _ in range(2):
        with sandbox.use():
            seen.append(round(echo(1).data - math.tau))
    assert seen == [1, 1]


def test_an_error_has_its_type_its_message_and_its_line():
    failed = feedback("y = 1\n    return x[7]", [1])
    assert failed.data == "(IndexError) list index out of range"
    assert failed.info["where"] == "In echo, line 3: return x[7]"


def test_an_error_can_be_caught_by_its_type_where_nothing_is_recorded():
    program = sandbox.Program("def echo(x):\n    return x[7]", "echo", echo.function)
    with sandbox.use() as box, pytest.raises(IndexError):
        box.run(program, ([],), {})


def test_printed_text_is_kept_up_to_a_limit():
    limits = sandbox.Limits(printed_characters=10)
    assert run("print('hello')", limits=limits).info["printed"] == "hello\n"
    assert run("print('0123456789' * 3)").info["printed"] == "0123456789" * 3 + "\n"
    many = run("print('0123456789' * 3)", limits=limits).info["printed"]
    assert many == "0123456789\n... and 21 more characters"
    assert feedback("print('so far'); 1 / 0").info["printed"] == "so far\n"


def test_names_that_the_original_mentions_are_seen():
    body = "return SIZE, WORDS, double(4), ask('why'), math.floor(2.5)"
    assert run(body).data == (3, ["a", "b"], 8, "WHY", 2)


def test_allowed_modules_are_seen_under_the_names_that_the_module_has_for_them():
    assert run("return int(np.sum(np.ones(x)))", 4).data == 4


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("SECRET", "which the function as a person wrote it does not mention"),
        ("threading", "not among the allowed imports"),
        ("Pair", "not marked on_host"),
    ],
)
def test_other_names_stay_on_the_host_and_that_is_said(name, message):
    data = feedback(f"return {name}").data
    assert data.startswith(f"(NameError) name '{name}' is not defined")
    assert message in data


def test_a_forbidden_import_is_feedback_and_tasks_say_what_is_allowed():
    assert "(ImportError) the import of 'os' is not allowed here; allowed are" in (
        feedback("import os").data
    )
    only = ("json",)
    assert "the import of 'math'" in feedback("import math", imports=only).data
    assert run("import json.decoder; return json.loads('1')", imports=only).data == 1


def test_random_numbers_are_those_of_the_call_whichever_worker_it_meets():
    body = "import random; return random.random(), np.random.rand(), list({'a', 'b', 'c', 'd'})"

    def draws():
        echo.parameter.update(f"def echo(x):\n    {body}")
        with sandbox.use():
            return [echo(x).data for x in (1, 1, 2)]

    first = draws()
    sandbox.close()
    assert draws() == first
    assert len({drawn[0] for drawn in first}) == 3


@pytest.mark.parametrize("expression", ["random.random()", "float(numpy.random.rand())"])
def test_random_numbers_of_streams_do_not_depend_on_which_was_faster(expression):
    echo.parameter.update(f"def echo(x):\n    import numpy, random; return {expression}")

    def draw(name):
        with sandbox.use(), stream(name):
            return echo(1).data

    with ThreadPoolExecutor(4) as pool:
        first = list(pool.map(draw, "abcd"))
        assert list(pool.map(draw, "dcba")) == first[::-1]
    assert len(set(first)) == 4


class Solver(Module):
    LIMIT = 5

    def __init__(self):
        self.history = [1, 2]
        self._key = "secret"
        self.prompt = node("Solve: ", name="prompt", trainable=True)
        self.engine = threading.Lock()
        self.asked = []

    @property
    def expensive(self):
        raise AssertionError("the code ran a property")

    @on_host
    def call_llm(self, prompt, times=1):
        self.asked.append(prompt)
        return f"<{prompt}>" * times

    @on_host
    def broken(self):
        raise ValueError("no such thing")

    @on_host
    def misconfigured(self):
        raise UserError("no key")

    @on_host
    def again(self):
        return self.solve("again").data

    def save_all(self):
        raise AssertionError("the code called a method that is not marked")

    @bundle(trainable=True)
    def solve(self, question):
        """Answer."""
        return question


class Board:
    __sandbox_data__ = ("seen",)

    def __init__(self):
        self.seen, self.ships = [0], [(1, 1)]


@pytest.fixture
def solver():
    return Solver()


def solve(solver, body, **options):
    solver.solve.parameter.update(f"def solve(self, question):\n    {body}")
    with sandbox.use(**options):
        return solver.solve("why")


def test_self_offers_its_data_and_marked_methods(solver):
    body = "return self.history, self.LIMIT, self.call_llm(question, times=2), self.call_llm('x')"
    out = solve(solver, body)
    assert out.data == ([1, 2], 5, "<why><why>", "<x>")
    assert solver.asked == ["why", "x"]


def test_a_parameter_that_the_code_reads_becomes_an_input(solver):
    out = solve(solver, "return self.prompt.data + question")
    assert out.data == "Solve: why"
    assert solver.prompt in out.parents


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ("return self._key", "(AttributeError) _key: Solver offers this code no '_key'; it offers"),
        ("return self.expensive", "offers this code no 'expensive'"),
        ("return self.save_all()", "offers this code no 'save_all'"),
        ("return self.engine", "a lock is not data and stays on the host"),
        ("return self.prompt.parents", "of a node only .data can be read"),
        ("self.LIMIT = 7", "the Solver is read-only for this code"),
        ("return self.__class__.__init__.__globals__['threading']", "KeyError"),
        ("return self.broken()", "(ValueError) broken: no such thing"),
        ("return self.call_llm(self.call_llm)", "is not data"),
        ("return [self.call_llm(str(i)) for i in range(30)]", "20 times"),
        ("return self.call_llm()", "(TypeError) call_llm: "),
        ("return self.again()", "not nested"),
    ],
)
def test_what_else_is_touched_is_feedback(solver, body, message):
    with pytest.raises(ExecutionError) as caught:
        solve(solver, body)
    assert message in caught.value.exception_node.data


def test_a_system_that_fails_under_the_code_is_no_feedback(solver):
    with pytest.raises(UserError, match="no key"):
        solve(solver, "try: self.misconfigured()\n    except Exception: return 1")


def test_changes_of_what_self_holds_end_with_the_call(solver):
    assert solve(solver, "self.history.append(3); return self.history").data == [1, 2, 3]
    assert solver.history == [1, 2]


def test_the_clock_stops_while_the_host_is_asked(solver, monkeypatch):
    pause = threading.Event()
    monkeypatch.setattr(Solver, "call_llm", on_host(lambda self, p: str(pause.wait(1.0))))
    assert solve(solver, "return self.call_llm('x')", limits=sandbox.Limits(call_s=0.9)).data


def test_a_class_says_what_of_its_objects_is_seen():
    assert run("return x.seen", Board()).data == [0]
    assert "Board offers this code no 'ships'; it offers seen" in feedback("x.ships", Board()).data


def test_an_object_may_be_given_back(solver):
    assert run("return {'it': x}", solver).data["it"] is solver


def test_threads_have_workers_of_their_own(solver):
    echo.parameter.update("def echo(x):\n    return x * 2")
    with ThreadPoolExecutor(8) as threads:
        assert list(threads.map(lambda i: echo(i).data, range(40))) == [2 * i for i in range(40)]


def test_async_functions_run_apart_and_may_await_the_host():
    import asyncio

    @on_host
    async def fetch(x):
        await asyncio.sleep(0)
        return x + 1

    @bundle(trainable=True)
    async def act(x):
        """Act."""
        return await fetch(x)

    act.parameter.update("async def act(x):\n    return 10 * await fetch(x)")
    assert asyncio.run(act(1)).data == 20


def test_code_outside_of_a_run_has_no_time_of_a_run():
    used = sandbox.current()
    echo.parameter.update("def echo(x):\n    return x + 1")
    assert echo(1).data == 2
    limits = used._choose().limits
    assert (limits.call_s, limits.run_s) == (sandbox.Limits().call_s, math.inf)
