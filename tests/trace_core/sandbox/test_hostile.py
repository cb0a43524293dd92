"""Nothing on the host is touched, whatever the code does, and the run goes on."""

import json
import os
import socket
import threading
import uuid

import pytest

from tests.trace_core.sandbox.hostile import SNIPPETS, source
from trace_core import ExecutionError, bundle, sandbox
from trace_core.sandbox._worker.wire import HEAD, Malformed, Unpacker, pack

SECRET = "canary-5ec12e7"
CANARY_GLOBAL = SECRET
EVERYWHERE = """
def f(target):
    import enum
    os = enum.sys.modules["builtins"].__import__("os")
    found = []
    for folder, _, _ in os.walk("/"):
        try:
            os.close(os.open(folder + "/new", os.O_CREAT | os.O_WRONLY))
            found.append(folder)
        except OSError:
            pass
    return found
"""
LIMITS = sandbox.Limits(call_s=1, memory_mib=128)
PLAIN = tuple(name for name in sandbox.IMPORTS if name != "numpy")
REASONS = {
    "time": "took longer than 1 s|maximum recursion depth|4300|GeneratorExit",
    "memory and output": "128 MiB|took longer|larger than|nested too deeply|Errno|MemoryError",
}
"""What the feedback says, where it can be foreseen for a whole family."""


def works(backend):
    return pytest.param(
        backend,
        marks=pytest.mark.skipif(
            not sandbox.available(backend).works, reason=sandbox.available(backend).detail
        ),
    )


class Canaries:
    """A file, a folder, a variable and servers that nobody may touch."""

    def __init__(self, folder, monkeypatch):
        monkeypatch.setenv("CANARY_VARIABLE", SECRET)
        self.folder = folder / "folder"
        self.folder.mkdir()
        self.file = self.folder / "file"
        self.file.write_text(SECRET)
        self.visits = []
        self.abstract = f"canary-{uuid.uuid4()}"  # the last test's may live a moment longer
        self.servers = [socket.create_server(("127.0.0.1", 0)), self.unix(f"{self.folder}/socket")]
        self.servers.append(self.unix(f"\0{self.abstract}"))
        self.servers.append(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
        self.port = self.servers[0].getsockname()[1]
        self.servers[-1].bind(("127.0.0.1", 0))
        for server in self.servers:
            threading.Thread(target=self.listen, args=(server,), daemon=True).start()
        self.before = self.state()

    @staticmethod
    def unix(address):
        server = socket.socket(socket.AF_UNIX)
        server.bind(address)
        server.listen()
        return server

    def listen(self, server):
        try:
            if server.type == socket.SOCK_DGRAM:
                self.visits.append(server.recv(10))
            else:
                self.visits.append(server.accept()[0].close())
        except OSError:  # closed at the end of the test
            pass

    def state(self):
        status = self.file.stat()
        kept = (status.st_mode, status.st_mtime, status.st_nlink, self.file.read_text())
        return kept, sorted(self.folder.iterdir()), os.environ["CANARY_VARIABLE"]

    def target(self):
        return {
            "file": str(self.file),
            "folder": str(self.folder),
            "pid": os.getpid(),
            "port": self.port,
            "udp": self.servers[-1].getsockname()[1],
            "abstract": self.abstract,
        }

    def close(self):
        for server in self.servers:
            server.shutdown(socket.SHUT_RDWR) if server.type != socket.SOCK_DGRAM else None
            server.close()


@pytest.fixture
def canaries(tmp_path, monkeypatch):
    found = Canaries(tmp_path, monkeypatch)
    yield found
    found.close()


def outcome(f, target):
    """What the optimizer would see."""
    try:
        node = f(target)
    except ExecutionError as error:
        node = error.exception_node
        assert len(node.data) > 5
    return f"{node.data!r} {node.info.get('printed', '')}"


@pytest.mark.skipif(
    "TRACE_BENCH_NEEDS_SANDBOX" not in os.environ, reason="only where it is promised"
)
def test_the_gate_tries_both_backends():
    assert [b for b in sandbox.ISOLATING if not sandbox.available(b).works] == []


@pytest.mark.parametrize("backend", [works("bwrap"), works("kernel")])
@pytest.mark.parametrize("family", SNIPPETS)
def test_hostile_code_is_harmless(backend, family, canaries):
    @bundle(trainable=True)
    def f(target):
        """Do something."""

    assert len(SNIPPETS[family]) >= 5
    for snippet in SNIPPETS[family]:
        imports = sandbox.IMPORTS if "numpy" in snippet else PLAIN
        with sandbox.use(backend, limits=LIMITS, imports=imports):
            f.parameter.update(source(snippet))
            said = outcome(f, canaries.target())
            assert SECRET not in said, snippet
            assert not any(word in said for word in ("'killed'", "owned", "'opened'")), said
            if family in REASONS:
                assert any(word in said for word in REASONS[family].split("|")), (snippet, said)
            if family == "staying behind":
                assert "'started'" not in said, snippet
            f.parameter.update("def f(target):\n    return len(target)")
            assert f({"a": 1}).data == 1, snippet  # the run goes on
    assert canaries.state() == canaries.before
    assert canaries.visits == []


@pytest.mark.parametrize("backend", [works("bwrap")])
def test_no_folder_takes_a_file(backend):
    """Not even a private one: enough of them would take the machine's memory."""

    @bundle(trainable=True)
    def f(target):
        """Do something."""

    f.parameter.update(EVERYWHERE)
    with sandbox.use(backend, limits=sandbox.Limits(call_s=60)):
        assert f(1).data == []


def array(kind="|u1", shape=(1,), at=0):
    return {"!": "array", "t": kind, "s": shape, "at": at}


ENDLESS = {"!": "range", "v": [0, 10**12, 1]}


@pytest.mark.parametrize(
    "value",
    [
        {"!": "tuple", "v": ENDLESS},
        {"!": "range", "v": ENDLESS},
        {"!": "dict", "v": [ENDLESS]},
        {"!": "complex", "v": "1"},
        array("<U1", ENDLESS),
        array("<U0", [10**12]),
        array("|u1", [-1, -1]),
        array(shape=[9]),
        [array(shape=[4]), array(shape=[4])],  # the same bytes twice
        {"!": "set", "v": [i * (2**61 - 1) for i in range(60_000)]},  # all of one hash
    ],
)
def test_a_forged_frame_takes_neither_memory_nor_time_of_the_host(value):
    with pytest.raises(Malformed):
        Unpacker()(json.dumps(value).encode(), bytes(8), Malformed)


def test_large_sets_and_dicts_are_no_forgeries():
    for value in (set(range(5000)), frozenset(map(str, range(5000))), {i: i for i in range(5000)}):
        frame = pack(value, repr)
        text, _, _ = HEAD.unpack_from(frame)
        assert Unpacker()(frame[HEAD.size :][:text], b"", Malformed) == value


@pytest.mark.parametrize("op", ["error", "return"])
@pytest.mark.parametrize("backend", [works("bwrap"), works("kernel")])
def test_texts_that_the_code_forges_are_cut(backend, op):
    said = {"op": op, "type": "ValueError", "message": "A" * 10**6, "line": 1, "value": 1}
    snippet = f"channel().send({said!r} | {{'printed': 'B' * 10**6}})\n    while True: pass"

    @bundle(trainable=True)
    def f(target):
        return target

    f.parameter._data = source(snippet)
    with sandbox.use(backend, limits=LIMITS):
        try:
            text = f(1).info["printed"] if op == "return" else ""
        except ExecutionError as error:
            text = error.exception_node.create_feedback("full")
    assert len(text) < 20_000
