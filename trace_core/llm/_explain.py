"""A failure as one line that says what to do."""

from __future__ import annotations

import re

from ._fault import Fault
from ._retry import LONGEST_RETRY_AFTER_S, retry_after

TOO_LONG = re.compile(r"context[ _](length|window|size)|maximum context|too many tokens", re.I)
UNKNOWN_MODEL = re.compile(r"model\b.*(not (exist|found)|unknown)|(unknown|no such) model", re.I)


def explain(
    fault: Fault, *, server: str, model: str, timeout_s: float, attempts: int, proven: bool
) -> str:
    """What happened to `attempts` attempts at `server`, and the way out.

    `proven` means that the server has answered properly before.
    """
    times = "once" if attempts == 1 else f"{attempts} times"
    if fault.kind == "unreachable":
        return (
            f"No LLM server answers at {server}: check OPENAI_BASE_URL and that the server runs, "
            "or use llm=mock."
        )
    if fault.kind == "timeout":
        return (
            f"The LLM server at {server} gave no answer within {timeout_s:g} s, tried {times}: "
            "raise llm.timeout_s, or try again when it is less busy."
        )
    if fault.kind == "dropped":
        return (
            f"The LLM server at {server} closed the connection, tried {times}: "
            "check that it is still running, then try again."
        )
    if fault.kind == "malformed" and proven:
        return (
            f"The LLM server at {server} sent no proper answer ({fault.message}), tried {times}: "
            "try again later."
        )
    if fault.kind == "malformed":
        return (
            f"The server at {server} does not speak the OpenAI chat protocol ({fault.message}), "
            f"tried {times}: check OPENAI_BASE_URL, which usually ends in /v1."
        )
    return _explain_status(fault, server, model, times)


def refuses_this_one(fault: Fault, *, proven: bool) -> bool:
    """Whether another request may be answered, with no setting changed."""
    if fault.kind != "status" or fault.status not in (400, 413, 422):
        return False
    return proven or _is_too_long(fault)


def _is_too_long(fault: Fault) -> bool:
    return bool(TOO_LONG.search(f"{fault.code} {fault.message}"))


def _explain_status(fault: Fault, server: str, model: str, times: str) -> str:
    said = f"HTTP {fault.status}" + (f": {fault.message}" if fault.message else "")
    if fault.status == 401:
        # Without the server's words, which tend to repeat the key.
        return f"{server} refused the key in OPENAI_API_KEY (HTTP 401): set the key of that server."
    if fault.status == 402:
        return f"{server} wants to be paid ({said}): add credit there."
    if fault.status == 403:
        return (
            f"{server} does not allow this ({said}): check what the key in OPENAI_API_KEY may use."
        )
    if fault.status == 429:
        return (
            f"{server} refuses further requests, tried {times} ({said}): check your quota, "
            f"or try again {_later(fault)}."
        )
    if fault.status is not None and fault.status >= 500:
        return f"The LLM server at {server} fails, tried {times} ({said}): try again later."
    if _is_too_long(fault):
        return (
            f"The prompt is too long for {model} ({said}): lower llm.max_tokens, "
            "or choose another with llm.model=NAME."
        )
    if fault.status == 404 or UNKNOWN_MODEL.search(f"{fault.code} {fault.message}"):
        return (
            f"{server} has no model {model!r} ({said}): choose another with llm.model=NAME, "
            "or check OPENAI_BASE_URL."
        )
    return (
        f"{server} refused the request ({said}): change the setting that it names "
        "(llm.temperature, llm.max_tokens, llm.seed=null), or choose another llm.model."
    )


def _later(fault: Fault) -> str:
    asked = retry_after(fault.headers)
    long = asked is not None and asked > LONGEST_RETRY_AFTER_S
    return f"in {asked:.0f} s" if long else "later"
