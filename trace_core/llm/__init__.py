"""Language models: one protocol, several ways to be answered, a record of every exchange."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from trace_core._streams import stream as stream

from ._cache import AnswerCache as AnswerCache
from ._exchange import Exchange as Exchange
from ._exchange import Ledger as Ledger
from ._limits import UNLIMITED as UNLIMITED
from ._limits import LimitReached as LimitReached
from ._limits import Limits as Limits
from ._mock import MockLLM as MockLLM
from ._protocol import LLM as LLM
from ._protocol import LLMUnavailable as LLMUnavailable
from ._protocol import Message as Message
from ._protocol import Reply as Reply
from ._protocol import Request as Request
from ._protocol import RequestRefused as RequestRefused
from ._protocol import Usage as Usage
from ._record_file import RecordFile as RecordFile
from ._recorder import Recorder as Recorder
from ._replay import ReplayLLM as ReplayLLM
from ._replay import ReplayMiss as ReplayMiss
from ._replay_file import RECORDING_SUFFIX as RECORDING_SUFFIX
from ._replay_file import recorded_exchanges as recorded_exchanges
from ._replay_file import recorded_runs as recorded_runs
from ._replay_file import write_recording as write_recording
from ._waiting import cancellable as cancellable

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
