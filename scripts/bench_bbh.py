"""How long an evaluation of the BBH workflow takes against a server that answers after a second.

230 test examples, as most subsets have, with 1 to 64 of them under way at once; the workflow as a
person wrote it, and one whose code an optimizer wrote, which runs in the sandbox.
"""

from __future__ import annotations

import os
import sys
import time
from contextlib import closing
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from tests.chat_server import ChatServer, text
from trace_bench.tasks.bbh import BBH
from trace_core import sandbox
from trace_core.llm import OpenAIClient, Recorder

LATENCY_S = 1.0
REWRITTEN = """\
def extract_answer(self, template, question, response):
    import re
    return re.sub("^Answer:", "", response).strip()"""


def main() -> None:
    """Print a line for each number of connections."""
    with ChatServer(otherwise=text("Answer: 5"), latency_s=LATENCY_S) as server:
        os.environ["OPENAI_BASE_URL"], os.environ["OPENAI_API_KEY"] = server.url, server.key or ""
        print(f"230 examples, {LATENCY_S:g} s latency")
        for connections in (64, 32, 16):
            for rewritten in (False, True):
                seconds, calls = measure(connections, rewritten=rewritten)
                code = "rewritten code" if rewritten else "first code"
                print(f"max_connections={connections}, {code}: {seconds:.2f} s, {calls} calls")


def measure(connections: int, *, rewritten: bool) -> tuple[float, int]:
    """Seconds of the test alone, and how many calls it took."""
    task = BBH(subset="generated/object_counting", examples=250, max_connections=connections)
    problem = task.problem(0)
    with sandbox.use(imports=task.imports), closing(Recorder(OpenAIClient())) as recorder:
        problem.llm, problem.budget = recorder, 1
        if rewritten:
            problem.parameters[2].update(REWRITTEN)
        problem.oracle()
        problem.evaluate()
        problem.oracle()
        recorder.take()
        started = time.perf_counter()
        metrics = problem.evaluate()
        assert metrics["test_examples"] == 230 and not metrics["test_failed"]
        return time.perf_counter() - started, len(recorder.take())


if __name__ == "__main__":
    main()
