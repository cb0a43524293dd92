from collections.abc import Sequence
from typing import Annotated, Any, ClassVar, Literal

import pytest
from annotated_types import Ge

from trace_bench.settings import defaults, parameters, validate
from trace_core import UserError
from trace_core.optimizers import Optimizer


class Task:
    def __init__(
        self,
        size: Annotated[int, Ge(1)],
        *,
        rate: float = 0.1,
        loud: bool = False,
        mode: Literal["a", "b"] = "a",
        seeds: Sequence[int] | None = None,
        pair: tuple[int, int] = (1, 2),
    ) -> None:
        self.size = size


class Black(Optimizer):
    uses_llm: ClassVar[bool] = True

    def __init__(
        self, parameters: Any, text: str = "", *, llm: Any, seed: int, bounds: Any, rate: float = 1
    ) -> None: ...

    def step(self) -> dict[str, Any]:
        return {}


def check(**values: Any) -> dict[str, Any]:
    return validate("task", "toy", Task, {"size": 3, **values}).model_dump(mode="json")


def test_every_argument_of_a_task_is_a_setting():
    assert list(parameters(Task)) == ["size", "rate", "loud", "mode", "seeds", "pair"]


def test_an_optimizers_settings_are_keyword_only_and_not_what_the_problem_supplies():
    assert list(parameters(Black)) == ["rate"]


def test_defaults_are_config_data():
    assert defaults(Task)["pair"] == [1, 2]
    assert "size" not in defaults(Task)


def test_valid_settings_pass_and_missing_ones_take_their_defaults():
    assert check(rate=1, pair=[3, 4]) == {
        "size": 3,
        "rate": 1.0,
        "loud": False,
        "mode": "a",
        "seeds": None,
        "pair": [3, 4],
    }


def test_reserved_keys_are_no_settings():
    assert check(name="toy", kind="toy", description="a toy") == check()


@pytest.mark.parametrize(
    "wrong",
    [
        {"size": "3"},
        {"size": 3.5},
        {"size": True},
        {"size": 0},
        {"size": None},
        {"rate": "fast"},
        {"rate": True},
        {"loud": 1},
        {"loud": "yes"},
        {"mode": "c"},
        {"seeds": [1, "2"]},
        {"pair": [1]},
    ],
)
def test_a_wrong_value_is_refused_by_its_key(wrong):
    with pytest.raises(UserError, match=rf"^task\.{next(iter(wrong))}=") as caught:
        check(**wrong)
    assert "\n" not in str(caught.value)


def test_an_unknown_key_is_refused_with_a_suggestion():
    with pytest.raises(UserError, match=r"no key 'task.raet'\. Did you mean 'rate'\? It has"):
        check(raet=1)


def test_a_setting_without_default_is_asked_for():
    with pytest.raises(UserError, match="needs a value for 'task.size'"):
        validate("task", "toy", Task, {})
