"""Run a function in another Python process, to catch results that hang on hash order or history."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
PROGRAM = """
import json, sys
from functools import reduce
from importlib import import_module
module, name, arguments = sys.argv[1:]
function = reduce(getattr, name.split("."), import_module(module))
print("\\n" + json.dumps(function(*json.loads(arguments))))
"""


def in_fresh_process(function: Any, *arguments: Any) -> Any:
    """Call a module's function or a class's classmethod; arguments and result are JSON data."""
    owner = getattr(function, "__self__", None)
    name = f"{owner.__qualname__}.{function.__name__}" if owner else function.__qualname__
    module = (owner or function).__module__
    command = [sys.executable, "-c", PROGRAM, module, name, json.dumps(arguments)]
    paths = os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")])
    environment = os.environ | {"PYTHONPATH": paths, "PYTHONHASHSEED": "271828"}
    done = subprocess.run(command, capture_output=True, text=True, env=environment, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])
