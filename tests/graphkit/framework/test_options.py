"""Options classes: Python faces of protobuf messages."""

from __future__ import annotations

import enum
import sys
from typing import TYPE_CHECKING, Any

import pytest

from graphkit import Options, option, options
from graphkit.errors import ContractError
from graphkit.framework._options import declared_options, options_named, schema_of

if TYPE_CHECKING:
    from collections.abc import Iterator


class Mode(enum.IntEnum):
    OFF = 0
    ON = 3


@options("opttest.Inner")
class Inner:
    value: float | None = option(1)


@options("opttest.Outer", extension=510100101)
class Outer:
    count: int = option(1, default=7)
    ratio: float = option(2, "double", default=0.5)
    name: str | None = option(3)
    mode: Mode = option(4, default=Mode.ON)
    inner: Inner | None = option(5)
    inners: list[Inner] = option(6)
    color: Any = option(7, "mediapipe.Color")
    colors: list[Any] = option(8, "mediapipe.Color")
    big: int = option(9, "uint64", default=2**63)


def test_the_schema_of_a_class() -> None:
    schema = schema_of(Outer)
    assert (schema.full_name, schema.extension, schema.cls) == ("opttest.Outer", 510100101, Outer)
    assert [(f.name, f.number, f.kind, f.repeated, f.default) for f in schema.fields] == [
        ("count", 1, "int32", False, 7),
        ("ratio", 2, "double", False, 0.5),
        ("name", 3, "string", False, None),
        ("mode", 4, "enum", False, Mode.ON),
        ("inner", 5, "message", False, None),
        ("inners", 6, "message", True, None),
        ("color", 7, "message", False, None),
        ("colors", 8, "message", True, None),
        ("big", 9, "uint64", False, 2**63),
    ]
    assert [f.message for f in schema.fields if f.message] == ["mediapipe.Color"] * 2


def test_instances_have_defaults_and_lists_of_their_own() -> None:
    one, two = Outer(), Outer(count=3)
    assert (one.count, two.count, one.name, one.mode) == (7, 3, None, Mode.ON)
    one.inners.append(Inner())
    assert two.inners == []


def test_declared_classes_are_found_by_message_name() -> None:
    assert options_named("opttest.Outer") == [Outer]
    assert options_named("opttest.Nope") == []
    declared_options()["opttest.Outer"].clear()
    assert options_named("opttest.Outer") == [Outer]


def test_a_class_without_the_decorator() -> None:
    with pytest.raises(ContractError) as caught:
        schema_of(Mode)
    assert str(caught.value) == "Mode is not an options class; decorate it with @options(...)"


def test_a_subclass_does_not_inherit_the_message() -> None:
    class Child(Inner):
        """Not decorated."""

    with pytest.raises(ContractError, match="Child is not an options class"):
        schema_of(Child)


def no_option() -> type[Any]:
    class Bad:
        size: int = 3

    return Bad


def no_number() -> type[Any]:
    class Bad:
        size: int

    return Bad


def same_number() -> type[Any]:
    class Bad:
        one: int = option(1)
        two: int = option(1)

    return Bad


def zero() -> type[Any]:
    class Bad:
        one: int = option(0)

    return Bad


def bad_kind() -> type[Any]:
    class Bad:
        one: int = option(1, "int128")

    return Bad


def bad_annotation() -> type[Any]:
    class Bad:
        one: complex = option(1)

    return Bad


@pytest.mark.parametrize(
    ("make", "message"),
    [
        pytest.param(no_option, "Bad.size: declare it as `size: type = option(number)`", id="no option"),
        pytest.param(no_number, "Bad.size: declare it as `size: type = option(number)`", id="no value"),
        pytest.param(same_number, "Bad.two: field number 1 is not free, already used by one", id="same number"),
        pytest.param(zero, "Bad.one: field number 0 is not free", id="number 0"),
        pytest.param(bad_kind, 'Bad.one: "int128" is no protobuf kind; one of double, float, int32', id="kind"),
        pytest.param(bad_annotation, "Bad.one: <class 'complex'> cannot be an option; use bool", id="annotation"),
    ],
)
def test_declarations_that_contradict_themselves(make: Any, message: str) -> None:
    with pytest.raises(ContractError) as caught:
        options("opttest.Bad")(make())
    assert str(caught.value).startswith(message)
    assert options_named("opttest.Bad") == []


def test_classes_may_be_declared_while_they_are_listed(monkeypatch):
    """As happens where another thread imports a calculator at that moment."""

    class Classes(list[type[Any]]):
        def __iter__(self) -> Iterator[type[Any]]:
            declared["opttest.Later"] = [Outer]
            return super().__iter__()

    declared: dict[str, list[type[Any]]] = {"opttest.Inner": Classes([Inner]), "opttest.Outer": [Outer]}
    monkeypatch.setattr(sys.modules["graphkit.framework._options"], "_declared", declared)
    assert declared_options() == {"opttest.Inner": [Inner], "opttest.Outer": [Outer]}


@pytest.mark.parametrize(
    ("annotation", "default", "message"),
    [
        pytest.param("int", "abc", "Bad.field: its default 'abc' is no int. Give one, or change the", id="text"),
        pytest.param("int", 1.5, "Bad.field: its default 1.5 is no int", id="float for int"),
        pytest.param("int", True, "Bad.field: its default True is no int", id="bool for int"),
        pytest.param("str", 3, "Bad.field: its default 3 is no str", id="number for text"),
        pytest.param("list[int]", [3], "Bad.field is a list, which starts empty: it takes no default", id="list"),
    ],
)
def test_defaults_of_another_type(annotation: str, default: object, message: str) -> None:
    body = {"__annotations__": {"field": annotation}, "field": option(1, default=default), "__module__": __name__}
    with pytest.raises(ContractError) as caught:
        options("optiontest.Bad")(type("Bad", (), body))
    assert str(caught.value).startswith(message)


def test_an_int_is_a_default_of_a_float() -> None:
    body = {"__annotations__": {"field": "float"}, "field": option(1, default=3), "__module__": __name__}
    assert options("optiontest.Good")(type("Good", (), body))().field == 3  # type: ignore[attr-defined]


def test_options_of_a_class_that_is_none() -> None:
    with pytest.raises(ContractError, match="Plain is not an options class; decorate it with @options"):
        Options(type("Plain", (), {}))
