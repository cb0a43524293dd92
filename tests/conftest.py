"""Fixtures for all tests."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest
from hypothesis import settings

from tests.chat_server import ChatServer
from trace_core import UserError, check_inputs

# The same examples every time, and no deadline: a busy machine must not fail a test.
settings.register_profile("steady", deadline=None, derandomize=True)
settings.load_profile("steady")


@pytest.fixture(autouse=True)
def inputs_stay_as_they_are() -> Iterator[None]:
    """A bundle that changes its inputs in place fails the test."""
    with check_inputs():
        yield


@pytest.fixture
def chat_server(monkeypatch: pytest.MonkeyPatch) -> Iterator[ChatServer]:
    """A running chat server that `llm=openai` finds through the environment."""
    with ChatServer() as server:
        monkeypatch.setenv("OPENAI_BASE_URL", server.url)
        monkeypatch.setenv("OPENAI_API_KEY", server.key or "none")
        yield server


@pytest.fixture(scope="session")
def small_model() -> str:
    """The name of a real model whose weights are here, fetched by the first test that asks."""
    pytest.importorskip("xllamacpp")
    from trace_core.llm.local_models import model_file

    try:
        model_file("smollm2-135m")
    except UserError as error:
        if os.environ.get("TRACE_BENCH_NEEDS_MODEL"):
            raise
        pytest.skip(str(error))
    return "smollm2-135m"
