"""HTTP clients of the openai package, shared by all who ask the same server at the same time."""

from __future__ import annotations

import os
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:
    import openai

_CONNECT_TIMEOUT_S = 10.0
HERE = ("127.0.0.1", "localhost", "::1")


@dataclass(frozen=True, slots=True)
class Address:
    """What a client is made of; equal ones share it."""

    url: str
    key: str
    timeout_s: float

    def __repr__(self) -> str:
        return "Address()"  # the key must not reach a log


@dataclass(slots=True)
class _Shared:
    client: openai.OpenAI
    users: int = 0


_open: dict[tuple[int, Address], _Shared] = {}
_lock = threading.Lock()


def borrow(address: Address) -> openai.OpenAI:
    """A client, made if nobody has one (40 ms, of which 64 runs would make 2.6 s)."""
    with _lock:
        place = (os.getpid(), address)  # a connection cannot be shared with a fork
        if place not in _open:
            _open[place] = _Shared(_made(address))
        _open[place].users += 1
        return _open[place].client


def give_back(address: Address) -> None:
    """Say that a borrowed client is no longer needed: the last one closes it."""
    with _lock:
        place = (os.getpid(), address)
        shared = _open.get(place)
        if shared is None:
            return
        shared.users -= 1
        if shared.users == 0:
            _open.pop(place).client.close()


def connect_timeout_s(timeout_s: float) -> float:
    """How long a server may take to accept a connection."""
    return min(_CONNECT_TIMEOUT_S, timeout_s)


def _made(address: Address) -> openai.OpenAI:
    import openai  # takes a second, which only those who ask should pay

    return openai.OpenAI(
        api_key=address.key,
        base_url=address.url,
        # We retry ourselves: the client cannot tell a wrong address from a busy one.
        max_retries=0,
        timeout=openai.Timeout(address.timeout_s, connect=connect_timeout_s(address.timeout_s)),
        # No proxy leads to this machine, whatever the environment says of others.
        http_client=openai.DefaultHttpxClient(trust_env=urlsplit(address.url).hostname not in HERE),
    )
