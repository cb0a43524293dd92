"""Bundles of asynchronous functions and generators."""

import asyncio
import contextlib
import contextvars
import functools

import pytest

from trace_core import (
    ExecutionError,
    TraceError,
    TraceMissingInputsError,
    bundle,
    node,
    stop_tracing,
)


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


def test_what_another_task_made_meanwhile_is_no_node_of_the_body():
    p = node(1.0, name="p", trainable=True)

    @bundle()
    async def add_next(queue, n):
        return await queue.get() + n

    @bundle()
    async def read_next(queue, n):
        return (await queue.get()).data + n

    async def sent_while_it_waits(consume):
        queue = asyncio.Queue()
        waiting = asyncio.ensure_future(consume(queue, 1))
        await asyncio.sleep(0)
        await queue.put(p * 2)
        return await waiting

    out = asyncio.run(sent_while_it_waits(add_next))
    assert out.data == 3.0
    assert out.parameter_dependencies == {p}
    assert [each.base_name for each in out.parents] == ["queue", "n", "multiply"]
    with pytest.raises(TraceMissingInputsError, match="multiply"):
        asyncio.run(sent_while_it_waits(read_next))


def test_a_task_that_outlives_the_body_that_started_it_is_not_part_of_it():
    outside, seen, tasks = node(5), [], []

    async def consumer(queue):
        while (item := await queue.get()) is not None:
            seen.append((item + 1).parents[0] is item and item.data)

    async def main():
        queue = asyncio.Queue()

        @bundle()
        async def start(x):
            tasks.append(asyncio.create_task(consumer(queue)))
            return x

        out = await start(1)
        for item in (outside, None):
            queue.put_nowait(item)
        await tasks[0]
        return out

    out = asyncio.run(main())
    assert seen == [5]
    assert [p.data for p in out.parents] == [1]


@pytest.mark.parametrize("stopped", [False, True])
def test_a_coroutine_may_be_closed_in_another_context(stopped):
    @bundle()
    async def wait(x):
        await asyncio.sleep(0)
        return x

    def begun():
        coroutine = wait(1)
        coroutine.send(None)
        return coroutine

    with stop_tracing() if stopped else contextlib.nullcontext():
        coroutine = contextvars.copy_context().run(begun)
    coroutine.close()
    assert node(1).data == 1
