"""The text that a DSPy program starts from."""

from __future__ import annotations

from typing import Any

GUIDE = """\
{instructions}

Keep to this form:

{form}

Your turn.

Question: {{question}}
{first}"""
SLOTS = {
    "question": "the question",
    "reasoning": "a chain of thought, step by step, that leads to the answer",
    "answer": "the answer",
}


def template_of(signature: Any) -> str:
    """A signature of DSPy's as one text: its instructions, the form of its fields, a question.

    Args:
        signature: a `dspy.Signature` with the input `question`; the LLM fills in the others.
    """
    form = [f"{name.capitalize()}: {SLOTS[name]}" for name in signature.fields]
    first = next(iter(signature.output_fields)).capitalize()
    return GUIDE.format(
        instructions=signature.instructions, form="\n".join(form), first=f"{first}:"
    )
