"""The worker's loop: say hello, give up rights, then answer calls until the host hangs up.

Code that is run here may do what it likes to this process. So nothing here protects the host: that
is the kernel's part, and the host's, which believes no frame.
"""

from __future__ import annotations

import gc
import os
import sys
from io import BufferedReader
from typing import Any

from . import lockdown, packages
from .program import Program, reseed
from .stand_ins import HOST, AsyncHostFunction, HostFunction, Printed, StandIn, raised
from .wire import HEAD, TAG, Unpacker, pack


class Channel:
    """Frames from and to the host."""

    def __init__(self) -> None:
        self.seed = 0
        self._unpack = Unpacker()
        self._out = os.dup(1)
        self._in: BufferedReader = os.fdopen(os.dup(0), "rb")
        nothing = os.open(os.devnull, os.O_RDWR)
        os.dup2(nothing, 0)
        os.dup2(nothing, 1)
        os.close(nothing)

    def receive(self) -> Any:
        """The next message; the end of the process if there will be none."""
        head = self._in.read(HEAD.size)
        if len(head) < HEAD.size:
            os._exit(0)
        text, tail, self.seed = HEAD.unpack(head)
        return self._unpack(self._in.read(text), self._in.read(tail) if tail else b"", self.here)

    def send(self, message: dict[str, Any], most: int = 1 << 30) -> None:
        """Send a message.

        Raises:
            TypeError, ValueError, RecursionError: it is not data, or takes more than `most` bytes.
        """
        frame = pack(message, _there)
        if len(frame) > most:
            raise ValueError(f"it is larger than {most >> 10} KiB")
        view = memoryview(frame)
        while view:
            view = view[os.write(self._out, view) :]

    def here(self, found: dict[str, Any]) -> Any:
        """What stands here for a thing on the host."""
        if found[TAG] == "host":
            return StandIn(self.ask, found["id"], found["kind"])
        kind = AsyncHostFunction if found["async"] else HostFunction
        return kind(self.ask, found["on"], found["name"])

    def ask(self, question: dict[str, Any]) -> Any:
        """Ask the host something in the middle of a call."""
        self.send(question)
        answer = self.receive()
        if answer["op"] == "raise":
            raise raised(answer)
        return answer["value"]


def _there(value: Any) -> Any:
    if isinstance(value, StandIn):
        return {TAG: "host", "id": vars(value)[HOST][1]}
    raise TypeError(
        f"a {type(value).__name__} is not data: use numbers, text, lists, dicts, arrays"
    )


class Worker:
    """Serves the calls of one program."""

    def __init__(self) -> None:
        self.channel = Channel()
        hello = self.channel.receive()
        try:
            done = lockdown.lock(hello)
        except OSError as error:
            self.channel.send({"op": "failed", "why": str(error)})
            os._exit(1)
        # Python sees no variable; C libraries still see how many threads they may start.
        vars(os.environ)["_data"].clear()
        self.hello = hello
        self.printed = Printed(hello["printed"])
        packages.install(hello["places"])
        for name in hello["preload"]:
            __import__(name)
        gc.freeze()
        lockdown.limit_memory(hello["memory"])
        # What went wrong until here is told on stderr, and is the machine's fault, not the code's.
        self.channel.send({"op": "ready", "done": done})
        os.dup2(0, 2)
        sys.stdout = sys.stderr = self.printed

    def serve(self) -> None:
        """Answer until the end."""
        program: Program | None = None
        while True:
            message = self.channel.receive()
            if message["op"] == "load":
                # What goes wrong in here is no code's: the worker dies, and the host says so.
                program = Program(message, self.hello["imports"])
            else:
                assert program is not None
                self.answer(program, message)

    def answer(self, program: Program, call: dict[str, Any]) -> None:
        """Run one call and send how it ended."""
        self.printed.start()
        if program.draws:
            reseed(self.channel.seed)
        try:
            value = program(call["scope"], call["args"], call["keywords"])
        except BaseException as error:
            reply = program.explain(error)
            del error
            self.channel.send({"op": "error", **reply, "printed": self.printed.text()})
            return
        printed = self.printed.text()
        try:
            self.channel.send(
                {"op": "return", "value": value, "printed": printed}, self.hello["result"]
            )
        except BaseException as error:
            reply = program.explain(error) | {"line": None}
            if not isinstance(error, MemoryError):
                why = reply["message"]
                if isinstance(error, RecursionError):
                    why = "it is nested too deeply"
                message = f"what the code returned cannot be used: {why}"
                reply |= {"type": "TypeError", "message": message}
            self.channel.send({"op": "error", **reply, "printed": printed})


def main() -> None:
    """Serve."""
    sys.path.pop(0)
    Worker().serve()
