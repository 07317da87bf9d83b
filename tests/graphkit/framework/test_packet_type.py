"""Packet types: what ports accept, and which types go together."""

from __future__ import annotations

import typing
from typing import Any

import pytest

from graphkit import AnyType, OneOf, SameAs
from graphkit.errors import ContractError
from graphkit.framework import ANY, PacketType
from graphkit.framework._packet_type import NONE, Kind, compatible, element_classes, type_label


class Base:
    """A payload."""


class Derived(Base):
    """A more special payload."""


@pytest.mark.parametrize(
    ("spec", "payload", "accepted"),
    [
        pytest.param(int, 3, True, id="exact"),
        pytest.param(int, "3", False, id="other"),
        pytest.param(Base, Derived(), True, id="derived"),
        pytest.param(Derived, Base(), False, id="base for derived"),
        pytest.param(float, 3, True, id="int for float"),
        pytest.param(int, 3.0, False, id="float for int"),
        pytest.param(list[int], [1], True, id="list"),
        pytest.param(list[int], (1,), False, id="tuple for list"),
        pytest.param(OneOf(int, str), "x", True, id="one of"),
        pytest.param(OneOf(int, str), 1.5, False, id="none of"),
        pytest.param(AnyType, object(), True, id="any"),
        pytest.param(NONE, 1, False, id="nothing"),
        pytest.param(SameAs("IN"), 1, True, id="unresolved"),
    ],
)
def test_accepts(spec: Any, payload: object, accepted: bool) -> None:
    assert PacketType.of(spec).accepts(payload) is accepted


@pytest.mark.parametrize(
    ("produced", "consumed", "fits"),
    [
        pytest.param(int, int, True, id="same"),
        pytest.param(int, str, False, id="different"),
        pytest.param(Derived, Base, True, id="derived to base"),
        pytest.param(Base, Derived, False, id="base to derived"),
        pytest.param(bool, int, False, id="bool is no number here"),
        pytest.param(list[int], list[int], True, id="same list"),
        pytest.param(list[int], list[str], False, id="other list"),
        pytest.param(list[int], list, False, id="list and bare list"),
        pytest.param(OneOf(int, str), str, True, id="one of the produced"),
        pytest.param(str, OneOf(int, str), True, id="one of the consumed"),
        pytest.param(ANY, str, True, id="from any"),
        pytest.param(str, ANY, True, id="to any"),
        pytest.param(NONE, str, False, id="from nothing"),
        pytest.param(str, NONE, False, id="to nothing"),
    ],
)
def test_compatible(produced: Any, consumed: Any, fits: bool) -> None:
    assert compatible(PacketType.of(produced), PacketType.of(consumed)) is fits


@pytest.mark.parametrize(
    ("spec", "label"),
    [
        pytest.param(int, "int", id="class"),
        pytest.param(list[list[int]], "list[list[int]]", id="lists"),
        pytest.param(OneOf(int, list[str]), "int or list[str]", id="one of"),
        pytest.param(AnyType, "any type", id="any"),
        pytest.param(Any, "any type", id="typing.Any"),
        pytest.param(object, "any type", id="object"),
        pytest.param(NONE, "no packets", id="none"),
        pytest.param(SameAs("IN"), "same type as ('IN', 0)", id="same as"),
    ],
)
def test_labels(spec: Any, label: str) -> None:
    assert str(PacketType.of(spec)) == label


def test_of_keeps_a_packet_type() -> None:
    one_of = OneOf(int)
    assert PacketType.of(one_of) is one_of
    assert SameAs(("IN", 2)) == PacketType(Kind.SAME_AS, same_as=("IN", 2))
    assert type_label(dict[str, int]) == "dict[str, int]"  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "spec",
    [pytest.param(None, id="None"), pytest.param(3, id="number"), pytest.param("ImageFrame", id="text")],
)
def test_what_is_no_type_is_refused(spec: Any) -> None:
    with pytest.raises(ContractError) as caught:
        PacketType.of(spec)
    assert str(caught.value).startswith(f"{spec!r} is no type of packets. Write a class such as ImageFrame, ")


def test_unions_and_typing_lists_are_types() -> None:
    assert PacketType.of(int | str) == OneOf(int, str)
    assert PacketType.of(typing.List[int]) == PacketType.of(list[int])  # noqa: UP006


@pytest.mark.parametrize(
    ("types", "classes"),
    [
        pytest.param((list[int],), (int,), id="list"),
        pytest.param((list[int], list[str]), (int, str), id="two lists"),
        pytest.param((list[list[int]],), (list,), id="list of lists"),
        pytest.param((int,), None, id="no list"),
        pytest.param((list,), None, id="any list"),
        pytest.param((list[int], list), None, id="a list or any"),
        pytest.param((list[AnyType],), None, id="list of anything"),
    ],
)
def test_classes_of_elements(types: tuple[Any, ...], classes: tuple[type, ...] | None) -> None:
    assert element_classes(types) == classes
