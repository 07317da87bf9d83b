"""Typed ports: what reading one gives, and how it is typed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, assert_type

import pytest

from graphkit import AnyType, Calculator, CalculatorContext, Input, OneOf, Output, SideInput, calculator
from graphkit.errors import CalculatorError, ContractError, EmptyPacketError, PacketTypeError
from graphkit.testing import CalculatorRunner

if TYPE_CHECKING:
    from collections.abc import Callable


@calculator
class PortsReader(Calculator):
    """Reads all kinds of ports."""

    left = Input(int, "LEFT")
    right = Input(str, "RIGHT", optional=True)
    either = Input(OneOf(int, str), "EITHER", optional=True)
    many = Input(int, "MANY", optional=True, repeated=True)
    size = SideInput(int, "SIZE", optional=True)
    name = SideInput(str, "NAME", value_optional=True)
    seen = Output(AnyType, "SEEN")

    def process(self, cc: CalculatorContext) -> None:
        assert_type(self.left.get(cc), int | None)
        right, size, name = self.right(cc), self.size(cc), self.name(cc)
        assert_type(right, str | None)
        assert_type(self.either(cc), Any)
        assert_type(size, int | None)
        assert_type(name, str | None)
        self.seen.send(cc, (self.left(cc), right, size, name))


@calculator
class PortsExpecting(Calculator):
    """Expects what is optional."""

    left = Input(int, "LEFT", optional=True)
    size = SideInput(int, "SIZE", optional=True)
    many = Input(int, "MANY", optional=True, repeated=True)
    seen = Output(int, "SEEN")

    def process(self, cc: CalculatorContext) -> None:
        if self.many.count(cc):
            assert_type(self.many(cc), int)
            self.seen.send(cc, self.many(cc))
        assert_type(self.left.expect(cc), int)
        assert_type(self.size.expect(cc), int)
        self.seen.send(cc, self.left.expect(cc) + self.size.expect(cc))


def run(calculator_name: str, inputs: dict[str, tuple[object, int]], side: dict[str, object]) -> list[Any]:
    streams = " ".join(f'input_stream: "{tag}:{tag.lower()}"' for tag in inputs)
    packets = " ".join(f'input_side_packet: "{tag}:{tag.lower()}_side"' for tag in side)
    runner = CalculatorRunner(f'calculator: "{calculator_name}" {streams} {packets} output_stream: "SEEN:seen"')
    for tag, (value, timestamp) in inputs.items():
        runner.add(tag, value, timestamp)
    for tag, value in side.items():
        runner.side_packets[tag] = value
    return [packet.payload for packet in runner.run().outputs["SEEN"]]


def test_an_optional_port_reads_as_none_where_nothing_is() -> None:
    assert run("PortsReader", {"LEFT": (3, 5)}, {}) == [(3, None, None, None)]
    assert run("PortsReader", {"LEFT": (3, 5), "RIGHT": ("a", 5)}, {"SIZE": 4}) == [(3, "a", 4, None)]


@pytest.mark.parametrize(
    ("inputs", "side", "message"),
    [
        pytest.param({"LEFT": (3, 5)}, {}, 'node "PortsExpecting": side packet SIZE is not connected', id="side"),
        pytest.param(
            {"MANY": (3, 9), "LEFT": (3, 5)}, {"SIZE": 1},
            'node "PortsExpecting": input MANY has no packet at 5; use .get(cc) where it may be empty', id="many",
        ),
    ],
)  # fmt: skip
def test_what_is_expected_and_not_there(
    inputs: dict[str, tuple[object, int]], side: dict[str, object], message: str
) -> None:
    with pytest.raises(CalculatorError) as caught:
        run("PortsExpecting", inputs, side)
    assert isinstance(caught.value.cause, EmptyPacketError)
    assert str(caught.value.cause) == message


def test_what_is_expected_and_there() -> None:
    assert run("PortsExpecting", {"LEFT": (3, 5)}, {"SIZE": 4}) == [7]


@pytest.mark.parametrize(
    ("make", "message"),
    [
        pytest.param(
            Input,  # type: ignore[call-overload]
            'Input() names no type of its packets: write Input(ImageFrame, "IMAGE"), or Input(AnyType) for any',
            id="nothing",
        ),
        pytest.param(
            lambda: Output("IMAGE"),  # type: ignore[call-overload]
            "Output('IMAGE') names no type of its packets: write Output(ImageFrame, \"IMAGE\"), or "
            "Output(AnyType) for any",
            id="only a tag",
        ),
        pytest.param(
            lambda: SideInput(3),  # type: ignore[call-overload]
            "3 is no type of packets. Write a class such as ImageFrame, list[Detection], X | Y, AnyType, "
            "OneOf(...) or SameAs(...).",
            id="a number",
        ),
    ],
)
def test_a_port_without_a_type(make: Callable[[], object], message: str) -> None:
    with pytest.raises(ContractError) as caught:
        make()
    assert str(caught.value) == message


@calculator("PortsLists")
def lists(numbers: list[int]) -> int:
    """Adds."""
    return sum(numbers)


@pytest.mark.parametrize(
    ("payload", "found"),
    [
        pytest.param([1, "a"], "a list whose element 1 is str", id="a strange element"),
        pytest.param(3, "int; put it into a list: [value]", id="no list"),
    ],
)
def test_a_program_is_told_of_a_list_of_something_else(payload: object, found: str) -> None:
    runner = CalculatorRunner('calculator: "PortsLists" input_stream: "a" output_stream: "b"')
    runner.add(0, payload, timestamp=5)
    with pytest.raises(PacketTypeError) as caught:
        runner.run()
    assert str(caught.value) == f'graph input stream "a" carries list[int], but was given {found}'


def test_a_list_of_what_is_declared_passes() -> None:
    runner = CalculatorRunner('calculator: "PortsLists" input_stream: "a" output_stream: "b"')
    runner.add(0, [1, 2], timestamp=5)
    assert [packet.payload for packet in runner.run().outputs[0]] == [3]
