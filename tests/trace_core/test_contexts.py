"""Recording state belongs to a context: a thread, an asyncio task, a `with` block."""

import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context

import pytest

from trace_core import TraceMissingInputsError, bundle, node, stop_tracing


def test_an_inner_stop_does_not_restart_tracing():
    with stop_tracing():
        with stop_tracing():
            pass
        assert (node(1) + 1).is_root
    assert not (node(1) + 1).is_root


def test_stopping_one_thread_leaves_the_others_alone():
    stopped, go_on = threading.Event(), threading.Event()

    def silent():
        with stop_tracing():
            stopped.set()
            go_on.wait(5)

    thread = threading.Thread(target=silent)
    thread.start()
    stopped.wait(5)
    traced = not (node(1) + 1).is_root
    go_on.set()
    thread.join()
    assert traced


def test_threads_share_a_graph_when_a_context_is_handed_over():
    with stop_tracing():
        context = copy_context()
    assert not ThreadPoolExecutor(1).submit(lambda: (node(1) + 1).is_root).result()
    with ThreadPoolExecutor(1) as pool:
        assert pool.submit(context.run, lambda: (node(1) + 1).is_root).result()


def test_names_are_unique_across_threads():
    def make(_):
        return [node(1, name="shared").name for _ in range(500)]

    with ThreadPoolExecutor(8) as pool:
        names = [name for some in pool.map(make, range(8)) for name in some]
    assert len(set(names)) == len(names)


def test_bodies_in_parallel_threads_raise_no_false_missing_inputs():
    barrier = threading.Barrier(4)

    @bundle()
    def body(x):
        barrier.wait(5)
        return x + 1

    def run(i):
        return body(node(i, name="i")).parents[0].data

    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(run, range(4))) == [0, 1, 2, 3]


def test_tasks_stop_tracing_on_their_own():
    async def silent():
        with stop_tracing():
            await asyncio.sleep(0.01)
            return (node(1) + 1).is_root

    async def loud():
        await asyncio.sleep(0.005)
        return (node(1) + 1).is_root

    async def both():
        return await asyncio.gather(silent(), loud())

    assert asyncio.run(both()) == [True, False]


def test_a_body_watches_the_threads_that_it_hands_its_context():
    secret = node(1, name="secret")

    @bundle()
    def body(x):
        with ThreadPoolExecutor(1) as pool:
            return pool.submit(copy_context().run, lambda: secret.data + x).result()

    with pytest.raises(TraceMissingInputsError, match="secret"):
        body(1)
