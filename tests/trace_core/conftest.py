"""Fixtures for the tests of trace_core."""

from collections.abc import Iterator

import pytest

from trace_core import sandbox


@pytest.fixture
def in_process() -> Iterator[None]:
    """New versions of code run in this process: for tests that look at how, not where."""
    with sandbox.use("inprocess"):
        yield
