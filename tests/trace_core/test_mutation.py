"""A bundle that changes an input in place is found, where somebody has asked for it."""

import array
import asyncio
import collections
import os
import subprocess
import sys
import threading

import numpy as np
import pytest

from trace_core import (
    ExecutionError,
    InputChangedError,
    Module,
    bundle,
    check_inputs,
    node,
    sandbox,
)


def changes(function, *args, **options):
    with check_inputs(), pytest.raises(InputChangedError) as caught:
        bundle(**options)(function)(*args)
    return str(caught.value)


@pytest.mark.parametrize(
    ("value", "change"),
    [
        ([1], lambda x: x.append(2)),
        ([1, 2], lambda x: x.reverse()),
        ([[1]], lambda x: x[0].append(2)),
        (([1],), lambda x: x[0].clear()),
        ({"a": 1}, lambda x: x.update(a=2)),
        ({"a": {"b": [1]}}, lambda x: x["a"]["b"].pop()),
        ({1}, lambda x: x.add(2)),
        (collections.deque([1]), lambda x: x.popleft()),
        (collections.defaultdict(list), lambda x: x["new"]),
        (bytearray(b"a"), lambda x: x.extend(b"b")),
        (np.zeros(3), lambda x: x.__setitem__(0, 1)),
        ([np.zeros((2, 2))], lambda x: x[0].sort() or x[0].fill(2)),
        (np.arange(4), lambda x: x.resize(2, 2, refcheck=False)),
    ],
)
@pytest.mark.parametrize("wrapped", [node, lambda x: x])
def test_changes_are_found_at_any_depth(value, change, wrapped):
    import copy

    message = changes(change, wrapped(copy.deepcopy(value)))
    assert "changed its input 'x' in place" in message
    assert "Change a copy, and return that" in message


def test_the_bundle_and_the_argument_are_named():
    def grow(first, *rest, most=()):
        rest[1].append(1)

    assert changes(grow, [1], [2], [3]).startswith("grow changed its input 'rest_1' in place")


def test_lists_of_nodes_are_looked_at_too():
    changes(lambda items: items.append(0), [node(1), 2])


def test_traceable_and_asynchronous_bodies_are_looked_at():
    changes(lambda x: x.data.append(1), [1], traceable_code=True)

    async def later(x):
        await asyncio.sleep(0)
        x.append(1)

    with check_inputs(), pytest.raises(InputChangedError, match="later"):
        asyncio.run(bundle(later)([1]))


def test_what_stays_the_same_or_belongs_to_an_object_passes():
    class Agent(Module):
        def __init__(self):
            self.history = []

        @bundle()
        def act(self, x):
            self.history.append(x)
            x = sorted(x)
            x.append(1)
            return x

    nan = [float("nan"), np.array([np.nan]), array.array("i", [1])]
    cycle = [1]
    cycle.append(cycle)
    with check_inputs():
        assert Agent().act([2, 1]).data == [1, 2, 1]
        assert bundle(lambda x: x)(nan).data is nan
        assert bundle(lambda x: len(x))(cycle).data == 2


def test_an_optimizers_code_that_changes_its_input_is_a_failure_and_no_crash():
    @bundle(trainable=True)
    def act(items):
        return items

    act.parameter.update("def act(items):\n    items.append(1)\n    return items")
    failure = pytest.raises(ExecutionError, match="changed its input 'items'")
    with check_inputs(), sandbox.use("inprocess"), failure as caught:
        act([1])
    assert act.parameter in caught.value.exception_node.parents


def test_it_can_be_switched_off_inside_and_other_threads_are_left_alone():
    grow = bundle(lambda x: x.append(1))
    with check_inputs():
        with check_inputs(False):
            grow([1])
        errors = []
        thread = threading.Thread(target=lambda: errors.append(grow([1]).data))
        thread.start()
        thread.join()
        assert errors == [None]
        with pytest.raises(InputChangedError):
            grow([1])


CODE = """
from trace_core import bundle, _mutation
try:
    bundle(lambda x: x.append(1))([1])
except Exception as error:
    print(type(error).__name__)
print(_mutation.armed)
"""


@pytest.mark.parametrize(
    ("setting", "printed"), [("1", "InputChangedError\nTrue"), ("0", "False"), ("", "False")]
)
def test_the_environment_switches_it_on_everywhere(setting, printed):
    environment = {**os.environ, "TRACE_CORE_CHECK_INPUTS": setting}
    done = subprocess.run(
        [sys.executable, "-c", CODE], env=environment, capture_output=True, text=True
    )
    assert done.stdout.strip() == printed, done.stderr


def test_another_value_in_the_environment_is_refused():
    environment = {**os.environ, "TRACE_CORE_CHECK_INPUTS": "yes"}
    done = subprocess.run(
        [sys.executable, "-c", CODE], env=environment, capture_output=True, text=True
    )
    assert "TRACE_CORE_CHECK_INPUTS='yes'; it takes 0 or 1" in done.stderr
