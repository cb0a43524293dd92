from __future__ import annotations

import time
from email.utils import formatdate

import pytest

from trace_core.llm._fault import Fault
from trace_core.llm._retry import LONGEST_PAUSE_S, pause, retry_after


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, None),
        ({"retry-after": "3"}, 3.0),
        ({"retry-after": "0.5"}, 0.5),
        ({"retry-after": "-3"}, 0.0),
        ({"retry-after": "soon"}, None),
        ({"retry-after": "nan"}, None),
        ({"retry-after": "inf"}, None),
        ({"retry-after": "Mon, 01 Jan 99999 00:00:00 GMT"}, None),
        ({"retry-after-ms": "250", "retry-after": "3"}, 0.25),
    ],
)
def test_retry_after_is_read_in_all_its_forms(headers, seconds):
    assert retry_after(headers) == seconds


def test_retry_after_may_be_a_date():
    asked = retry_after({"retry-after": formatdate(time.time() + 60, usegmt=True)})
    assert asked == pytest.approx(60, abs=2)


def test_pauses_grow_to_a_limit():
    pauses = [pause(Fault("dropped"), attempt, 99, proven=True) for attempt in range(40)]
    assert all(p is not None and 0 < p <= LONGEST_PAUSE_S for p in pauses)
    assert pauses[0] < pauses[5] < pauses[39]


def test_at_once_is_not_believed_for_ever():
    """A clock that runs ahead takes every date for the past."""
    past = {"retry-after": formatdate(time.time() - 30, usegmt=True)}
    fault = Fault("status", status=429, headers=past)
    pauses = [pause(fault, attempt, 8, proven=True) for attempt in range(9)]
    assert pauses[0] == 0 and None not in pauses[:8] and pauses[8] is None
    assert all(a < b for a, b in zip(pauses[2:6], pauses[3:7], strict=True))


def test_runs_that_were_told_the_same_do_not_come_back_together():
    fault = Fault("status", status=429, headers={"retry-after": "10"})
    pauses = {pause(fault, 0, 8, proven=True) for _ in range(10)}
    assert len(pauses) > 1 and all(10 <= p <= 11 for p in pauses)


@pytest.mark.parametrize("status", [400, 401, 403, 404, 422])
def test_a_refusal_is_final(status):
    assert pause(Fault("status", status=status), 0, 8, proven=True) is None
