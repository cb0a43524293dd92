"""A class's constructor is the schema of its settings.

The settings of a task or an LLM are the arguments of its `__init__`; those of an optimizer are the
keyword-only ones, except `SUPPLIED`, which `Optimizer.for_problem` takes from the problem. Where it
takes any keywords (`**settings`), those of the class above it are meant.
"""

from __future__ import annotations

import inspect
import json
from collections.abc import Mapping
from typing import Any, get_type_hints

from pydantic import BaseModel, ConfigDict, ValidationError, create_model

from trace_core import UserError
from trace_core.optimizers import Optimizer

from .registry import RESERVED
from .suggestions import did_you_mean, listed

SUPPLIED = frozenset({"llm", "seed", "bounds", "context"})
"""Arguments of an optimizer that come from the problem and the run, not from a config."""


def parameters(cls: type[Any]) -> dict[str, inspect.Parameter]:
    """Return the settings of a class by name."""
    signatures = [inspect.signature(function) for function in reversed(_constructors(cls))]
    arguments = {name: p for s in signatures for name, p in s.parameters.items()}.items()
    if issubclass(cls, Optimizer):
        return {k: p for k, p in arguments if p.kind is p.KEYWORD_ONLY and k not in SUPPLIED}
    by_name = (inspect.Parameter.KEYWORD_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    return {k: p for k, p in arguments if p.kind in by_name and k != "self"}


def _constructors(cls: type[Any]) -> list[Any]:
    """Return `__init__`, and those above it as far as `**` passes settings on."""
    found = []
    for owner in cls.__mro__:
        if function := vars(owner).get("__init__"):
            found.append(function)
            kinds = [p.kind for p in inspect.signature(function).parameters.values()]
            if inspect.Parameter.VAR_KEYWORD not in kinds:
                break
    return found


def defaults(cls: type[Any]) -> dict[str, Any]:
    """Return the settings that have a default, as config data."""
    from .plain import plain

    found = parameters(cls).items()
    return {name: plain(p.default) for name, p in found if p.default is not inspect.Parameter.empty}


def schema(cls: type[Any]) -> type[BaseModel]:
    """Return a pydantic model of a class's settings: no other keys, no lax conversions."""
    hints: dict[str, Any] = {}
    for function in reversed(_constructors(cls)):
        hints |= get_type_hints(function, include_extras=True)
    fields: dict[str, Any] = {
        name: (hints.get(name, Any), ... if p.default is p.empty else p.default)
        for name, p in parameters(cls).items()
    }
    config = ConfigDict(extra="forbid", strict=True, protected_namespaces=())
    return create_model(cls.__name__, __config__=config, **fields)


def validate(group: str, name: str, cls: type[Any], values: Mapping[str, Any]) -> BaseModel:
    """Check the settings of a config against the class.

    Args:
        group: the config group, for the message.
        name: the chosen file of that group, for the message.
        cls: the implementation.
        values: JSON data; the reserved keys are left out of account.

    Raises:
        UserError: a key is unknown or missing, or a value is of the wrong type or out of bounds.
    """
    settings = {key: value for key, value in values.items() if key not in RESERVED}
    try:
        # Strict JSON mode takes a list for a tuple but neither "3" nor True for 3.
        return schema(cls).model_validate_json(json.dumps(settings))
    except ValidationError as error:
        raise UserError(explain(error, f"{group}.", f"{group}={name}", parameters(cls))) from None


def explain(error: ValidationError, prefix: str, owner: str, allowed: Mapping[str, Any]) -> str:
    """Return the first complaint of pydantic as one line that says what to do."""
    first = error.errors(include_url=False)[0]
    key = str(first["loc"][0])
    path = f"{prefix}{key}"
    if first["type"] == "extra_forbidden":
        keys = listed(f"{prefix}{name}" for name in allowed)
        return f"{owner} has no key {path!r}.{did_you_mean(key, allowed)} It has {keys}."
    if first["type"] == "missing" and len(first["loc"]) == 1:
        return f"{owner} needs a value for {path!r}."
    return f"{path}={json.dumps(first['input'])} is not allowed: {first['msg']}."
