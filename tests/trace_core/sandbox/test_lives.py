"""Workers start, die and are replaced; limits; what a machine without sandbox does."""

import gc
import os
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from trace_core import ExecutionError, UserError, bundle, sandbox
from trace_core.sandbox import _choice

PLAIN = ("math", "time", "enum")
WORKING = [b for b in (*sandbox.ISOLATING, "process") if sandbox.available(b).works]
EACH = pytest.mark.parametrize("backend", WORKING)


@bundle(trainable=True)
def act(x):
    """Act."""
    return x


def feedback(body, **options):
    act.parameter.update(f"def act(x):\n    {body}")
    with sandbox.use(**options), pytest.raises(ExecutionError) as caught:
        act(1)
    return caught.value.exception_node.data


def is_worker(pid):
    try:
        return b"from _worker.serve import main" in Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return False


def own_children():
    return sum(
        (task / "children").read_text().count(" ") for task in Path("/proc/self/task").iterdir()
    )


@pytest.mark.skipif(sys.platform != "linux", reason="counts in /proc")
@EACH
def test_seventy_lives_leak_nothing(backend):
    """Three backends: more than 200 lives."""
    sandbox.close()
    gc.collect()
    before = (own_children(), len(list(Path("/proc/self/fd").iterdir())))
    with sandbox.use(backend, imports=PLAIN, limits=sandbox.Limits(call_s=2)):
        for life in range(70):
            act.parameter.update(
                f"def act(x):\n    import enum\n    enum.sys.modules['os']._exit({life})"
            )
            with pytest.raises(ExecutionError, match=f"exit status {life}"):
                act(1)
    sandbox.close()
    gc.collect()
    after = (own_children(), len(list(Path("/proc/self/fd").iterdir())))
    assert after == before


def test_limits_are_said_in_the_feedback():
    short = sandbox.Limits(call_s=0.3)
    assert feedback("while True: pass", limits=short) == "(TimeoutError) it took longer than 0.3 s"
    few = sandbox.Limits(memory_mib=64, result_kib=1)
    assert feedback("bytes(1 << 28)", limits=few) == "(MemoryError) it used more than 64 MiB"
    assert "larger than 1 KiB" in feedback("return 'x' * 2000", limits=few)


def test_memory_up_to_the_limit_can_be_used():
    act.parameter.update("def act(x):\n    return len(bytearray(400 << 20))")
    with sandbox.use():
        assert act(1).data == 400 << 20


def test_a_run_has_a_limit_of_its_own():
    act.parameter.update("def act(x):\n    import time\n    time.sleep(0.2)")
    with sandbox.use(limits=sandbox.Limits(run_s=0.5)) as chosen:
        with pytest.raises(ExecutionError, match="this run has used all of its 0.5 s"):
            for _ in range(4):
                act(1)
        used = chosen._used_s
        with pytest.raises(ExecutionError, match="used all"):
            act(1)
        assert chosen._used_s == used, "it was not even begun"


def test_an_interrupted_call_ends_its_worker(monkeypatch):
    from trace_core.sandbox._process import Process

    ended = []
    close = Process.close
    monkeypatch.setattr(Process, "close", lambda self: (ended.append(self), close(self)))

    def interrupt(*args):
        raise KeyboardInterrupt

    act.parameter.update("def act(x):\n    return x")
    with sandbox.use(imports=PLAIN):
        act(1)
        with monkeypatch.context() as patch:
            patch.setattr(Process, "receive", interrupt)
            with pytest.raises(KeyboardInterrupt):
                act(1)
        assert ended
        assert act(1).data == 1


def test_a_worker_outlives_the_thread_that_asked_for_it():
    act.parameter.update("def act(x):\n    import enum\n    return enum.sys.modules['os'].getpid()")
    found = []
    with sandbox.use("kernel" if sandbox.available("kernel").works else "process", imports=PLAIN):
        context = __import__("contextvars").copy_context()
        thread = threading.Thread(target=lambda: context.run(lambda: found.append(act(1).data)))
        thread.start()
        thread.join()
        assert [act(1).data] == found


def test_a_forked_child_has_workers_of_its_own():
    act.parameter.update("def act(x):\n    return x + 1")
    code = (
        "import os, warnings\n"
        "from trace_core import sandbox\n"
        "def f(x): pass\n"
        "p = sandbox.Program('def f(x):\\n    return x', 'f', f)\n"
        "box = sandbox.current()\n"
        "box.run(p, (1,), {})\n"
        "warnings.simplefilter('ignore')\n"
        "child = os.fork()\n"
        "assert box.run(p, (2,), {}).value == 2\n"
        "os.waitpid(child, 0) if child else None\n"
        "print('ok')\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert (done.stdout, done.stderr) == ("ok\nok\n", "")


@pytest.mark.parametrize("backend", [b for b in sandbox.ISOLATING if sandbox.available(b).works])
def test_workers_end_with_their_host(backend):
    code = (
        "import os\n"
        "from pathlib import Path\n"
        "from trace_core import sandbox\n"
        "def f(x): pass\n"
        f"with sandbox.use('{backend}') as box:\n"
        "    box.run(sandbox.Program('def f(x):\\n    return x', 'f', f), (1,), {})\n"
        "found, waiting = [], [os.getpid()]\n"
        "while waiting:\n"
        "    for task in Path(f'/proc/{waiting.pop()}/task').iterdir():\n"
        "        waiting += (task / 'children').read_text().split()\n"
        "    found += waiting\n"
        "print(*found, flush=True)\n"
        "os.kill(os.getpid(), 9)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
    assert done.stdout.split()
    end = time.monotonic() + 60
    while any(map(is_worker, done.stdout.split())):
        assert time.monotonic() < end
        time.sleep(0.05)


def test_a_machine_without_a_sandbox_refuses_and_says_what_to_do(monkeypatch):
    monkeypatch.setattr(
        _choice, "available", lambda name: sandbox.Availability(name, False, f"{name} is missing")
    )
    act.parameter.update("def act(x):\n    return x + 1")
    with sandbox.use("auto"), pytest.raises(UserError) as caught:
        act(1)
    said = str(caught.value)
    assert "bwrap is missing" in said and "apt-get install bubblewrap" in said and "\n" not in said
    with pytest.raises(UserError, match="sandbox=bwrap does not work here"), sandbox.use("bwrap"):
        pass


def test_bubblewrap_that_fails_is_the_users_to_mend(monkeypatch, tmp_path):
    fake = tmp_path / "bwrap"
    fake.write_text("#!/bin/sh\necho 'bwrap: no permissions to create new namespace' >&2\nexit 1\n")
    fake.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    sandbox.close()
    found = sandbox.available("bwrap")
    assert not found.works
    assert "no permissions to create new namespace" in found.detail


def test_unknown_names_and_senseless_limits_are_refused():
    with pytest.raises(UserError, match="no sandbox 'docker'"), sandbox.use("docker"):
        pass
    with pytest.raises(ValueError, match="call_s=0"):
        sandbox.Limits(call_s=0)
    if os.geteuid() == 0:
        with (
            pytest.raises(UserError, match="root"),
            sandbox.use(limits=sandbox.Limits(processes=2)),
        ):
            pass


UNDER_A_LIMIT = """
import resource, sys
resource.setrlimit(resource.RLIMIT_AS, (int(sys.argv[2]),) * 2)
from trace_core import bundle, sandbox

@bundle(trainable=True)
def act(x):
    return x

act.parameter.update("def act(x):\\n    return x + 1")
with sandbox.use(sys.argv[1]):
    print(act(1).data)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="not every system keeps to the limit")
@EACH
def test_a_limit_that_the_machine_has_set_is_not_the_codes_failure(backend, tmp_path):
    """As schedulers of clusters set it, and `ulimit -v`."""
    script = tmp_path / "script.py"
    script.write_text(UNDER_A_LIMIT)
    words = [sys.executable, str(script), backend, str(8 << 30)]
    assert subprocess.run(words, capture_output=True, text=True).stdout == "2\n"
