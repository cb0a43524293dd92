"""Stands for `opto.trace.operators`."""

import os
from typing import Any

from trace_core import bundle
from trace_core.llm import Message, OpenAIClient, Request
from trace_core.operators import *  # noqa: F403 whatever operators there are


@bundle()
def call_llm(
    system_prompt: str, *user_prompts: str, max_tokens: int = 4096, **settings: Any
) -> str:
    """Ask the LLM of system_prompt with user_prompts.

    It is the one behind OPENAI_BASE_URL, by the name in OPENAI_MODEL; `settings` are those of
    `trace_core.llm.OpenAIClient`.
    """
    if "OPENAI_MODEL" in os.environ:
        settings = {"model": os.environ["OPENAI_MODEL"], **settings}
    client = OpenAIClient(**settings)
    messages = Message("system", system_prompt), *(Message("user", each) for each in user_prompts)
    try:
        return client.complete(Request(messages, max_tokens=max_tokens)).text
    finally:
        client.close()
