"""How long to wait before the next attempt, and when to give up."""

from __future__ import annotations

import contextlib
import math
import random
import time
from collections.abc import Mapping

from ._fault import Fault

FIRST_PAUSE_S = 0.5
LONGEST_PAUSE_S = 8.0
LONGEST_RETRY_AFTER_S = 120.0
BELIEVED = 3
UNPROVEN_RETRIES = 3
"""For an address that has never answered: a wrong one should be told in seconds, not a minute."""
BILLED_RETRIES = 2
"""After answers of no use that were paid for, whatever `max_retries` allows."""

_jitter = random.Random()


def pause(fault: Fault, attempt: int, max_retries: int, *, proven: bool) -> float | None:
    """Seconds to wait before attempt number `attempt` + 2, or None to give up.

    `proven` means that the server has answered properly before.
    """
    hopeless = fault.kind in ("unreachable", "malformed") and not proven
    if attempt >= (min(max_retries, UNPROVEN_RETRIES) if hopeless else max_retries):
        return None
    if fault.kind == "status" and not fault.may_pass:
        return None
    if fault.usage and fault.usage.completion_tokens and attempt >= BILLED_RETRIES:
        return None
    # Runs that were refused together should not come back together.
    own = min(FIRST_PAUSE_S * 2.0**attempt, LONGEST_PAUSE_S) * _jitter.uniform(0.75, 1.0)
    asked = retry_after(fault.headers)
    if asked is None:
        return own
    if asked > LONGEST_RETRY_AFTER_S:
        return None
    asked *= _jitter.uniform(1.0, 1.1)
    # "At once" is believed a few times: a clock that runs ahead takes every date for the past.
    return asked if attempt < BELIEVED else max(asked, own)


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds that the server asks to wait: milliseconds, seconds or a date."""
    for name, unit in (("retry-after-ms", 1e-3), ("retry-after", 1.0)):
        with contextlib.suppress(ValueError):
            seconds = float(headers.get(name, "")) * unit
            return max(seconds, 0.0) if math.isfinite(seconds) else None
    from email.utils import parsedate_to_datetime  # slow to import, seldom needed

    try:
        date = parsedate_to_datetime(headers.get("retry-after", ""))
        return max(date.timestamp() - time.time(), 0.0)
    except (ValueError, OverflowError):
        return None
