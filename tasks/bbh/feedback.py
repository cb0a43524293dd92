"""What the workflow is told about its answers."""

from __future__ import annotations

from collections.abc import Mapping

from trace_core.optimizers._values import shorten


def right() -> str:
    """Nothing is to be changed."""
    return "The answer is right. Nothing needs to be changed."


def wrong(target: str) -> str:
    """What was expected."""
    return f'The answer is wrong: "{target}" was expected, exactly so.'


LONGEST = 1000
"""Characters of a value that was tried: it stands in a prompt beside the present one."""
PLEA = (
    "Change the template, the code of create_prompt, the code of extract_answer, or several of "
    "them, so that the workflow answers this question and others of its kind rightly and in that "
    "form."
)
"""What a traced workflow's optimizer is asked for."""


def failed(error: str, tried: Mapping[str, str]) -> str:
    """The failure, and what follows from it.

    Args:
        error: in the program's words.
        tried: what failed and is set back, by name: the optimizer sees the best values again.
    """
    lines = [f"The workflow failed: {error}"]
    if tried:
        lines += [
            "It was tried with:",
            *(f"{name}: {shorten(tried[name], LONGEST)!r}" for name in tried),
        ]
    lines.append(
        "The template and the code are now the best that are known. Change them so that this does "
        "not happen."
    )
    return "\n".join(lines)
