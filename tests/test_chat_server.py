from __future__ import annotations

import json
import subprocess
import sys
import urllib.request
from pathlib import Path

SERVER = Path(__file__).with_name("chat_server.py")


def test_the_server_runs_as_a_program():
    command = [sys.executable, SERVER, "--key", "none"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            url = process.stdout.readline().strip()
            body = {"model": "m", "messages": [{"role": "user", "content": "hi"}]}
            request = urllib.request.Request(
                f"{url}/chat/completions",
                json.dumps(body).encode(),
                {"Authorization": "Bearer none"},
            )
            with urllib.request.urlopen(request) as response:
                answer = json.load(response)
        finally:
            process.terminate()
    assert answer["choices"][0]["message"]["content"]
    assert answer["usage"]["prompt_tokens"] == 1
