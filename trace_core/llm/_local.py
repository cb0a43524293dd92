"""A language model on this machine: a GGUF file, served by llama.cpp."""

from __future__ import annotations

import os
import threading
from pathlib import Path
from typing import Annotated, Any

from annotated_types import Ge, Gt, Le

from trace_core._errors import UserError

from ._chat_client import ChatClient
from ._endpoint import Endpoint
from ._explain import TOO_LONG
from ._fault import Fault
from ._local_server import LocalServer, Serving, server_for, version
from ._prices import FREE, Price
from ._throttle import Rates
from .local_models import checksum, identity, model_file


class LocalLLM(ChatClient):
    """A GGUF model, served by llama.cpp on loopback while this process lives.

    The server is started with the first request and shared by all runs of the process.

    Args:
        model: a name of `MODELS`; fetched once into the user's cache if no package brings it.
        path: any GGUF file instead.
        sha256: what the file must have; None takes what is known of `model`, or the file's own.
        temperature: 0 takes the likeliest word each time.
        seed: mixed with the run's seed and the draw.
        max_tokens: no reply is longer, whatever a request allows.
        context: tokens of prompt and reply together, in each slot.
        slots: requests that are answered at the same time; more than one make answers depend on
            which come together.
        threads: processor threads; None takes all processors but one. Another number may give
            other answers.
        reuse_prompts: read only what differs from the prompt before. That is several times as
            fast, but the last digits of the model's numbers then depend on what was asked before,
            and with them now and then an answer.
        max_retries: further attempts.
        timeout_s: how long one attempt may take.
        server: the user's own `llama-server`, such as one built for a GPU or with all instructions
            of this processor, instead of the package xllamacpp.
    """

    def __init__(
        self,
        *,
        model: str = "smollm2-135m",
        path: str | None = None,
        sha256: str | None = None,
        temperature: Annotated[float, Ge(0), Le(2)] = 0.0,
        seed: Annotated[int, Ge(0)] = 0,
        max_tokens: Annotated[int, Ge(1)] = 1024,
        context: Annotated[int, Ge(256)] = 8192,
        slots: Annotated[int, Ge(1)] = 1,
        threads: Annotated[int, Ge(1)] | None = None,
        reuse_prompts: bool = True,
        max_retries: Annotated[int, Ge(0)] = 2,
        timeout_s: Annotated[float, Gt(0)] = 1200.0,
        server: str | None = None,
    ) -> None:
        self._path = Path(path) if path else None
        known_name, known_sha256 = identity(model, path)
        super().__init__(
            model=known_name,
            temperature=temperature,
            seed=seed,
            max_tokens=max_tokens,
            max_retries=max_retries,
            timeout_s=timeout_s,
            rates=Rates(concurrency=slots),  # time in a queue is no time-out
            price=FREE,
        )
        self._sha256 = sha256 or known_sha256
        self._computing = {"slots": slots, "threads": threads, "reuse_prompts": reuse_prompts}
        self._size = (context, slots, threads or _spare_processors(), reuse_prompts)
        self._server = server
        self._reached: tuple[LocalServer, Endpoint] | None = None
        self._lock = threading.Lock()

    @classmethod
    def price(cls, **settings: Any) -> Price:
        """Nothing."""
        return FREE

    @property
    def name(self) -> str:
        """The model's name."""
        return f"local/{self._model}"

    @property
    def context_tokens(self) -> int:
        """Those of a slot."""
        return self._size[0]

    def settings(self) -> dict[str, Any]:
        """The file by its content, the version of llama.cpp, and all that its numbers depend on."""
        return {
            **super().settings(),
            **self._computing,
            "sha256": self._sha256,
            "llama-server" if self._server else "xllamacpp": version(self._server),
        }

    def check(self) -> None:
        """Raise now if the package or the file is missing; a model known by name is fetched."""
        version(self._server)  # raises if there is nobody to answer
        self._file()

    def close(self) -> None:
        """Close the connections; the server goes on for other runs."""
        with self._lock:
            self._leave()

    def _endpoint(self) -> Endpoint:
        # Asked for anew each time: a server that died is started again by the next attempt.
        server = server_for(Serving(self._file(), *self._size, self._server))
        with self._lock:
            if self._reached is None or self._reached[0] is not server:
                self._leave()
                endpoint = Endpoint(server.url, server.key, timeout_s=self._timeout_s)
                self._reached = (server, endpoint)
            return self._reached[1]

    def _leave(self) -> None:
        if self._reached is not None:
            self._reached[1].close()
            self._reached = None

    def _file(self) -> Path:
        path = self._path or model_file(self._model)
        if (found := checksum(path)) != self._sha256:
            raise UserError(
                f"{path} is not the model that was meant: its SHA-256 is {found}, not "
                f"{self._sha256}. Set llm.sha256 to it, or get the right file."
            )
        return path

    def _user_error(self, fault: Fault, attempts: int) -> UserError:
        said = fault.message or fault.kind
        if TOO_LONG.search(said):
            return UserError(f"The prompt is too long for {self.name} ({said}): raise llm.context.")
        if fault.kind == "timeout":
            return UserError(
                f"{self.name} gave no answer within {self._timeout_s:g} s, tried {attempts} times: "
                "raise llm.timeout_s, lower llm.max_tokens, or choose a smaller model."
            )
        return UserError(
            f"The server of {self.name} fails, tried {attempts} times ({said}): the machine may "
            "lack memory; lower llm.context or llm.slots, or choose a smaller model."
        )


def _spare_processors() -> int:
    """All but one: threads that wait for one that has no processor waste theirs.

    Measured on two busy processors: 37 s with two threads for what takes one thread 0.6 s.
    """
    has_affinity = hasattr(os, "sched_getaffinity")
    usable = len(os.sched_getaffinity(0)) if has_affinity else os.cpu_count() or 1
    return max(usable - 1, 1)
