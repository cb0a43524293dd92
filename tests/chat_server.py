"""A real HTTP server on loopback that speaks the OpenAI chat protocol, well or badly on demand.

    with ChatServer([rate_limited(), text("hello")]) as server:
        ...  # server.url, server.requests, server.prompt_tokens

    python tests/chat_server.py --port 8123 [--key KEY] [--latency 0.1]

Every answer that the script does not prescribe is a JSON object that fills the request's schema,
the same for the same request. Knows nothing of the program under test and uses the standard
library only, so that it can serve as an independent count of calls and tokens.
"""

from __future__ import annotations

import argparse
import contextlib
import hashlib
import json
import random
import socket
import threading
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self

KEY = "sk-loopback-3f9c17d2a4"
Body = dict[str, Any]


@dataclass(frozen=True)
class Answer:
    """What goes over the wire.

    `drop` breaks the connection, before the end of any content; `drip_s` is the time between two
    bytes of it.
    """

    status: int = 200
    content: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    delay_s: float = 0.0
    drop: bool = False
    drip_s: float = 0.0


Behaviour = Answer | Callable[[Body], Answer]


def completion(body: Body, content: str | None, finish_reason: str = "stop", **message) -> Answer:
    """A well-formed answer. Tokens are words."""
    choice = {
        "index": 0,
        "message": {"role": "assistant", "content": content, **message},
        "finish_reason": finish_reason,
    }
    prompt = sum(len(turn["content"].split()) for turn in body["messages"])
    written = len((content or "").split())
    usage = {
        "prompt_tokens": prompt,
        "completion_tokens": written,
        "total_tokens": prompt + written,
    }
    return json_answer(
        200,
        {
            "id": "chatcmpl-1",
            "object": "chat.completion",
            "created": 0,
            "model": body["model"],
            "choices": [choice],
            "usage": usage,
        },
    )


def json_answer(status: int, data: Any, headers: Mapping[str, str] | None = None) -> Answer:
    """Any JSON with any status."""
    return Answer(status, json.dumps(data).encode(), headers or {})


def error(status: int, message: str, headers: Mapping[str, str] | None = None, **more) -> Answer:
    """An error in OpenAI's form."""
    described = {"message": message, "type": "error", "param": None, "code": None} | more
    return json_answer(status, {"error": described}, headers)


def text(content: str, finish_reason: str = "stop", **message) -> Behaviour:
    """Answer with this text."""
    return lambda body: completion(body, content, finish_reason, **message)


def truncated(content: str = '{"reasoning": "it was cut in the mid') -> Behaviour:
    """A reply that met the length limit."""
    return text(content, "length")


def rate_limited(retry_after: str = "0") -> Answer:
    return error(429, "Rate limit reached for requests", {"Retry-After": retry_after})


def server_error(status: int = 500, retry_after: str = "0") -> Answer:
    return error(status, "The server had an error", {"Retry-After": retry_after})


def malformed(content: bytes = b'{"id": "chatcmpl-1", "choices": [{"mess') -> Answer:
    return Answer(content=content)


def no_choices() -> Answer:
    return json_answer(200, {"id": "chatcmpl-1", "choices": []})


def dropped() -> Answer:
    return Answer(drop=True)


def cut_short() -> Answer:
    return Answer(content=b'{"id": "chatcmpl-1", "cho', drop=True)


def stalled(seconds: float) -> Behaviour:
    """Answer, but late."""
    return lambda body: replace(filled(body), delay_s=seconds)


def unknown_model(body: Body) -> Answer:
    message = f"The model `{body['model']}` does not exist or you do not have access to it."
    return error(404, message, code="model_not_found")


def too_long(body: Body) -> Answer:
    message = (
        "This model's maximum context length is 8192 tokens. However, your messages resulted in "
        "9001 tokens (8900 in the messages, 101 in the response_format schemas)."
    )
    return error(400, message, param="messages", code="context_length_exceeded")


def refusing(*formats: str) -> Callable[[Body], Answer]:
    """A server that knows none of `formats`, as servers word it."""

    def behave(body: Body) -> Answer:
        wanted = body.get("response_format", {}).get("type")
        if wanted not in formats:
            return filled(body)
        message = (
            f"Invalid parameter: 'response_format' of type '{wanted}' is not supported with this "
            "model."
        )
        return error(400, message, param="response_format")

    return behave


def filled(body: Body) -> Answer:
    """Fill the schema, wherever the request has it; without one, a sentence."""
    schema = body.get("response_format", {}).get("json_schema", {}).get("schema")
    schema = schema or _schema_in_words(body["messages"][-1]["content"])
    asked = json.dumps([body["messages"], body.get("seed")], sort_keys=True)
    rng = random.Random(int(hashlib.sha256(asked.encode()).hexdigest(), 16))
    return completion(body, json.dumps(_fill(schema, rng)) if schema else "It is as you say.")


def _schema_in_words(prompt: str) -> Any:
    _, found, written = prompt.partition("JSON schema: ")
    with contextlib.suppress(ValueError):
        return json.JSONDecoder().raw_decode(written)[0] if found else None
    return None


def _fill(schema: Mapping[str, Any], rng: random.Random) -> Any:
    options = schema.get("enum") or schema.get("anyOf")
    if options:
        chosen = rng.choice(options)
        return chosen if "enum" in schema else _fill(chosen, rng)
    low = schema.get("minimum", -10)
    high = schema.get("maximum", max(10, low + 1))
    match schema["type"]:
        case "object":
            return {name: _fill(part, rng) for name, part in schema.get("properties", {}).items()}
        case "array":
            return [_fill(schema["items"], rng) for _ in range(schema.get("minItems", 1))]
        case "number":
            return round(rng.uniform(low, high), 3)
        case "integer":
            return rng.randint(low, high)
        case "boolean":
            return rng.random() < 0.5
        case "null":
            return None
        case _:
            return "from the test server"


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: _Server

    def do_GET(self) -> None:
        chat = self.server.chat
        models = {"object": "list", "data": [{"id": "any", "object": "model"}]}
        self._send(chat.refusal_of(self.headers) or json_answer(200, models))

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        chat = self.server.chat
        answer = chat.refusal_of(self.headers)
        if answer is None and not self.path.endswith("/chat/completions"):
            answer = error(404, f"Unknown address {self.path}")
        self._send(answer or chat.answer(body))

    def _send(self, answer: Answer) -> None:
        self.server.chat.stopping.wait(answer.delay_s)
        self.close_connection = self.close_connection or answer.drop
        if answer.drop and not answer.content:
            return
        self.send_response(answer.status)
        promised = len(answer.content) + (100 if answer.drop else 0)
        headers = {"Content-Type": "application/json", "Content-Length": str(promised)}
        for name, value in (headers | dict(answer.headers)).items():
            self.send_header(name, value)
        self.end_headers()
        if not answer.drip_s:
            self.wfile.write(answer.content)
            return
        for byte in answer.content:
            if not self.server.chat.stopping.wait(answer.drip_s):
                self.wfile.write(bytes([byte]))

    def log_message(self, format: str, *args: Any) -> None:
        pass


class _Server(ThreadingHTTPServer):
    # Joined at the end, so that no test leaves threads or sockets to the next.
    daemon_threads = False
    request_queue_size = 128

    def __init__(self, chat: ChatServer, port: int) -> None:
        self.chat = chat
        self.connections: set[socket.socket] = set()
        super().__init__(("127.0.0.1", port), _Handler)

    def process_request(self, request: Any, client_address: Any) -> None:
        self.connections.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        self.connections.discard(request)
        super().shutdown_request(request)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Clients that lose their patience are part of the game."""


class ChatServer:
    """The server, running while the context is open.

    Attributes:
        url: for OPENAI_BASE_URL.
        key: the only one accepted, for OPENAI_API_KEY.
        requests: the bodies of all chat requests, in order of arrival.
        prompt_tokens, completion_tokens: of all well-formed answers.
    """

    def __init__(
        self,
        script: Iterable[Behaviour] = (),
        *,
        otherwise: Behaviour = filled,
        key: str | None = KEY,
        latency_s: float = 0.0,
        port: int = 0,
    ) -> None:
        self.script, self.otherwise = list(script), otherwise
        self.key, self.latency_s = key, latency_s
        self.requests: list[Body] = []
        self.prompt_tokens = self.completion_tokens = 0
        self.stopping = threading.Event()
        self._lock = threading.Lock()
        self._server = _Server(self, port)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,))

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}/v1"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.stop()

    def stop(self) -> None:
        """Close the port and every connection. May be called twice."""
        self.stopping.set()
        self._server.shutdown()
        self._thread.join()
        for connection in list(self._server.connections):
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        self._server.server_close()

    def refusal_of(self, headers: Mapping[str, str]) -> Answer | None:
        """A 401 that repeats the key, as careless servers do."""
        given = headers.get("Authorization", "").removeprefix("Bearer ")
        if self.key in (None, given):
            return None
        return error(401, f"Incorrect API key provided: {given}.", code="invalid_api_key")

    def answer(self, body: Body) -> Answer:
        with self._lock:
            self.requests.append(body)
            behaviour = self.script.pop(0) if self.script else self.otherwise
            answer = behaviour if isinstance(behaviour, Answer) else behaviour(body)
            self._count(answer)
        return replace(answer, delay_s=answer.delay_s + self.latency_s)

    def _count(self, answer: Answer) -> None:
        if answer.status != 200:
            return
        with contextlib.suppress(ValueError):
            usage = json.loads(answer.content).get("usage", {})
            self.prompt_tokens += usage.get("prompt_tokens", 0)
            self.completion_tokens += usage.get("completion_tokens", 0)


def main() -> None:
    parser = argparse.ArgumentParser(description="an OpenAI-compatible server without a model")
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--key", help="refuse every other key")
    parser.add_argument("--latency", type=float, default=0.0, metavar="SECONDS")
    args = parser.parse_args()
    with ChatServer(key=args.key, latency_s=args.latency, port=args.port) as server:
        print(server.url, flush=True)
        with contextlib.suppress(KeyboardInterrupt):
            threading.Event().wait()


if __name__ == "__main__":
    main()
