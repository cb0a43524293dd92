"""Modules: calls, saving and loading, `@model`."""

import abc
import json
from dataclasses import dataclass, field

import numpy as np
import pytest

from trace_core import Map, Module, Seq, UserError, bundle, model, node


class Head(Module):
    def __init__(self, value):
        self.weight = node(value, name="weight", trainable=True)

    @bundle(trainable=True)
    def act(self, x):
        return x * self.weight.data

    def forward(self, x):
        return self.act(x)


class Body(Module):
    def __init__(self, value):
        self.heads = Seq(Head(value), Head(value))
        self.table = Map({"k": node(value, trainable=True)})


VALUES = [
    None,
    True,
    3,
    -0.0,
    float("inf"),
    "text \ud800 é",
    b"\0\xff",
    1 + 2j,
    (1, (2.0, "x")),
    [1, [2]],
    {"a": {"$tuple": [1]}},
    {1: "one", (2, 3): None},
    {"$": 1},
    {3, 1, 2},
    frozenset({"a"}),
    (),
    {},
    np.float64(1.5),
    np.arange(6, dtype=np.int16).reshape(2, 3),
    np.array(["a", "bc"]),
    np.zeros((0, 2)),
    np.array(1 + 2j),
]


@pytest.mark.parametrize("value", VALUES, ids=repr)
def test_what_is_loaded_is_what_was_saved_types_included(tmp_path, value):
    Head(value).save(tmp_path / "new" / "head.json")
    twin = Head(0)
    twin.load(tmp_path / "new" / "head.json")
    loaded = twin.weight.data
    assert type(loaded) is type(value)
    assert repr(loaded) == repr(value)
    if isinstance(value, np.ndarray):
        assert (loaded.dtype, loaded.shape) == (value.dtype, value.shape)


def test_trainable_code_is_saved_in_readable_form(tmp_path):
    body = Body(1)
    code = "def act(self, x):\n    return 'é'"
    body.heads[1].act.parameter.update(code)
    body.save(tmp_path / "body.json")
    saved = json.loads((tmp_path / "body.json").read_text())
    assert list(saved) == [
        "heads.0.weight", "heads.0.act", "heads.1.weight", "heads.1.act", "table.k",
    ]  # fmt: skip
    assert saved["heads.1.act"] == code
    twin = Body(5)
    twin.load(tmp_path / "body.json")
    assert twin.heads[1].act.parameter.data == code
    assert twin.heads[0].weight.data == 1


@pytest.mark.parametrize("value", [object(), {1, (2, object())}, np.array([None]), [lambda: 0]])
def test_a_value_that_is_no_data_is_named_and_leaves_the_file_alone(tmp_path, value):
    path = tmp_path / "head.json"
    Head(1).save(path)
    with pytest.raises(UserError, match="the parameter 'weight' can't be saved"):
        Head(value).save(path)
    assert json.loads(path.read_text())["weight"] == 1
    assert [p.name for p in tmp_path.iterdir()] == ["head.json"]


def test_a_value_that_holds_itself_is_refused(tmp_path):
    value = []
    value.append(value)
    with pytest.raises(UserError, match="holds itself"):
        Head(value).save(tmp_path / "head.json")


@pytest.mark.parametrize(
    ("text", "message"),
    [("{", "can't be loaded"), ("[1]", "holds no parameters"), ("{}", "those of Head are"),
     ('{"weight": {"$complex": "x"}, "act": ""}', "can't be loaded")],
)  # fmt: skip
def test_a_file_of_another_kind_is_the_users_to_mend_and_changes_nothing(tmp_path, text, message):
    path = tmp_path / "head.json"
    path.write_text(text)
    head = Head(7)
    with pytest.raises(UserError, match=message):
        head.load(path)
    assert head.weight.data == 7


def test_a_copy_is_independent():
    head = Head(1)
    head.act.parameter.update("def act(self, x):\n    return 0")
    twin = head.copy()
    twin.weight.update(2)
    twin.act.parameter.update("def act(self, x):\n    return 1")
    assert head.weight.data == 1
    assert "return 0" in head.act.parameter.data


def test_a_module_without_forward_says_so():
    class Idle(Module):
        pass

    with pytest.raises(TypeError, match=r"Idle has no forward\(\)"):
        Idle()()


# model


class Base:
    def __init__(self, value):
        self.weight = node(value, trainable=True)

    def forward(self, x):
        return self.weight * x


@model
class Sub(Base):
    """A doc."""

    kind = "sub"

    def __init__(self, value):
        super().__init__(value + 1)

    @bundle(trainable=True)
    def act(self, x):
        return x


def test_a_model_keeps_its_face_and_is_a_module():
    assert (Sub.__name__, Sub.__qualname__, Sub.__module__, Sub.__doc__) == (
        "Sub", "Sub", __name__, "A doc.",
    )  # fmt: skip
    sub = Sub(1)
    assert isinstance(sub, (Sub, Base, Module))
    assert isinstance(sub, Module)
    assert sub(3).data == 6
    assert list(sub.parameters_dict()) == ["weight", "act"]
    assert Sub.kind == "sub"


def test_a_models_own_methods_come_first():
    @model
    class Caller:
        def __call__(self, x):
            return ("called", x)

        def save(self):
            return "saved"

    assert Caller()(1) == ("called", 1)
    assert Caller().save() == "saved"


def test_models_may_be_dataclasses_abstract_or_modules_already():
    @model
    @dataclass
    class Point:
        x: int
        y: object = None

    class Shape(abc.ABC):
        @abc.abstractmethod
        def area(self): ...

    @model
    class Square(Shape):
        def area(self):
            return 1

    assert Point(1, node(2, trainable=True)).parameters()[0].data == 2
    assert Square().area() == 1
    assert model(Head) is Head
    with pytest.raises(TypeError):
        model(Shape)()
    with pytest.raises(TypeError, match="decorates a class"):
        model(3)


def test_a_subclass_of_a_model_may_use_super():
    class Further(Sub):
        def __init__(self):
            super().__init__(10)

    assert Further().weight.data == 11


def test_parameters_in_slots_are_found():
    @dataclass(slots=True)
    class Fields(Module):
        weight: object = field(default_factory=lambda: node(1.0, trainable=True))

    class Plain(Module):
        __slots__ = ("__hidden", "unset")

        def __init__(self):
            self.__hidden = node(2.0, trainable=True)

    assert [p.data for p in Fields().parameters()] == [1.0]
    assert [p.data for p in Plain().copy().parameters()] == [2.0]


def test_a_dataclass_may_stand_above_model():
    @dataclass
    @model
    class Point:
        x: int
        y: int = 3

    assert (Point(1).x, Point(1).y, Point(1) == Point(1, 3)) == (1, 3, True)
