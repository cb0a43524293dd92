"""What the workflow is told about its answers."""

from __future__ import annotations


def right() -> str:
    """Nothing is to be changed."""
    return "The answer is right. Nothing needs to be changed."


def wrong(target: str) -> str:
    """What was expected."""
    return f'The answer is wrong: "{target}" was expected, exactly so.'


PLEA = (
    "Change the template, the code of create_prompt, the code of extract_answer, or several of "
    "them, so that the workflow answers this question and others of its kind rightly and in that "
    "form."
)
"""What a traced workflow's optimizer is asked for."""


def failed(error: str) -> str:
    """The failure, and what follows from it."""
    return (
        f"The workflow failed: {error}\nIts template and code have been set back to the best that "
        "are known. Change them so that this does not happen."
    )
