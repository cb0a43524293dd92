"""Language models: one protocol, several ways to be answered, a record of every exchange."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from trace_core._streams import stream as stream

from ._exchange import Exchange as Exchange
from ._exchange import Ledger as Ledger
from ._mock import MockLLM as MockLLM
from ._protocol import LLM as LLM
from ._protocol import Message as Message
from ._protocol import Reply as Reply
from ._protocol import Request as Request
from ._protocol import Usage as Usage
from ._recorder import Recorder as Recorder

if TYPE_CHECKING:
    from ._local import LocalLLM as LocalLLM
    from ._openai import OpenAIClient as OpenAIClient

_CLASSES = {"openai": "OpenAIClient", "local": "LocalLLM", "mock": "MockLLM"}

LLM_KINDS = tuple(_CLASSES)
"""What `kind` in `conf/llm/*.yaml` may be: kind K is a class of the module `_K`."""


def llm_class(kind: str) -> type[LLM]:
    """The class whose keyword arguments are the settings of `kind`.

    Raises:
        KeyError: there is no such kind.
    """
    name = _CLASSES[kind]
    found: type[LLM] = getattr(import_module(f"._{kind}", __name__), name)
    return found


def __getattr__(name: str) -> Any:
    # Half of this package's import time, which those who only want the protocol need not pay.
    for kind, cls in _CLASSES.items():
        if name == cls:
            return llm_class(kind)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
