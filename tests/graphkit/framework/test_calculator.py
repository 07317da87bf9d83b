"""Declaring calculators: ports, contracts, and what the decorator refuses."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from graphkit import (
    AnyType,
    Calculator,
    CalculatorContract,
    GraphService,
    Input,
    OneOf,
    Output,
    SameAs,
    SideInput,
    SideOutput,
    calculator,
)
from graphkit.errors import ContractError, DuplicateCalculatorError
from graphkit.framework import ANY, PacketType, TagMap
from graphkit.framework import _registry as registry
from graphkit.framework._calculator import apply_ports, ports_of
from graphkit.framework._contract import as_key
from graphkit.framework._packet_type import NONE, Kind

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(autouse=True)
def forget() -> Iterator[None]:
    """Forget the calculators that a test registers."""
    yield
    for name, cls in list(registry._calculators.items()):
        if cls.__module__ == __name__:
            del registry._calculators[name]


def contract(*entries: str, outputs: tuple[str, ...] = (), side: tuple[str, ...] = ()) -> CalculatorContract:
    ins, outs, sides = (TagMap.from_entries(e) for e in (entries, outputs, side))
    return CalculatorContract("node", ins, outs, sides, TagMap(), {})


class Base(Calculator):
    image = Input(int, "IMAGE")
    first = Input(str)
    second = Input(str, optional=True)
    many = Input(float, "MANY", repeated=True, optional=True)
    result = Output(SameAs(image), "RESULT")
    size = SideInput(int, "SIZE", optional=True)
    made = SideOutput(int, "MADE", optional=True)


def test_ports_are_found_in_declaration_order_with_untagged_ones_numbered() -> None:
    assert [(p.name, p.tag, p.index) for p in ports_of(Base)] == [
        ("image", "IMAGE", 0), ("first", "", 0), ("second", "", 1), ("many", "MANY", 0), ("result", "RESULT", 0),
        ("size", "SIZE", 0), ("made", "MADE", 0),
    ]  # fmt: skip


def test_a_subclass_may_replace_and_drop_ports() -> None:
    class Child(Base):
        image = Input(float, "IMAGE")
        second = None  # type: ignore[assignment]

    assert "second" not in [p.name for p in ports_of(Child)]
    assert next(p for p in ports_of(Child) if p.name == "image").packet_type == PacketType.of(float)


def test_a_tag_declared_twice() -> None:
    with pytest.raises(ContractError) as caught:

        @calculator
        class Twice(Calculator):
            one = Input(int, "A")
            two = Input(int, "A")

    assert str(caught.value) == "Twice.two: tag A is declared twice; use repeated=True"


def test_a_tag_may_be_on_both_sides() -> None:
    @calculator
    class Both(Calculator):
        into = Input(int, "A")
        out = Output(int, "A")

    assert registry.find_calculator("Both") is Both


@pytest.mark.parametrize("target", [pytest.param(3, id="a number"), pytest.param(int, id="another class")])
def test_what_the_decorator_refuses(target: Any) -> None:
    with pytest.raises(ContractError) as caught:
        calculator("Name")(target)
    assert str(caught.value) == f"@calculator decorates a Calculator subclass or a function, not {target!r}"


def test_a_name_of_its_own_and_a_name_taken() -> None:
    @calculator("mine.Name")
    class One(Calculator):
        """The first."""

    assert registry.find_calculator("mine.Name") is One
    assert calculator("mine.Name")(One) is One
    with pytest.raises(DuplicateCalculatorError) as caught:

        @calculator("mine.Name")
        class Two(Calculator):
            """The second."""

    message = str(caught.value)
    assert message.startswith('calculator name "mine.Name" is already taken by ')
    assert "One (" in message
    assert message.endswith(
        'cannot register it too. Rename one of them, as by @calculator("OtherName"), or take the name on purpose: '
        "@calculator(replace=True)."
    )


def test_ports_are_laid_over_the_tags_of_a_node() -> None:
    cc = contract("IMAGE:i", "a", "MANY:0:x", "MANY:1:y", outputs=("RESULT:r",), side=("SIZE:s",))
    assert apply_ports(Base, cc) == []
    assert cc.inputs["IMAGE"].type == PacketType.of(int)
    assert cc.inputs[0].type == PacketType.of(str)
    assert [cc.inputs["MANY", i].type for i in range(2)] == [PacketType.of(float)] * 2
    assert cc.inputs["MANY"].optional
    assert cc.outputs["RESULT"].type == PacketType(Kind.SAME_AS, same_as=("IMAGE", 0))
    assert cc.timestamp_offset == 0


def test_required_ports_that_are_left_out() -> None:
    assert apply_ports(Base, contract()) == [
        'input stream with tag "IMAGE" (int) is required',
        "input stream with index 0 (str) is required",
        "output stream with tag \"RESULT\" (same type as Input('IMAGE', int)) is required",
    ]


def test_a_required_side_packet_that_is_left_out() -> None:
    class NeedsSize(Calculator):
        size = SideInput(int, "SIZE")

    assert apply_ports(NeedsSize, contract()) == ['input side packet with tag "SIZE" (int) is required']


def test_class_attributes_reach_the_contract() -> None:
    class Special(Calculator):
        timestamp_offset = None
        input_stream_handler = "ImmediateInputStreamHandler"
        input_stream_handler_options = {"batch_size": 1}  # noqa: RUF012 - as authors write it
        process_timestamp_bounds = True

    cc = contract("a")
    apply_ports(Special, cc)
    assert (cc.timestamp_offset, cc.process_timestamp_bounds) == (None, True)
    assert cc.input_stream_handler == "ImmediateInputStreamHandler"
    cc.input_stream_handler_options["batch_size"] = 2
    assert Special.input_stream_handler_options == {"batch_size": 1}


def test_update_contract_refines() -> None:
    service: GraphService[int] = GraphService("numbers")

    class Refining(Calculator):
        @classmethod
        def update_contract(cls, cc: CalculatorContract) -> None:
            cc.inputs[0].set(int, str)
            cc.inputs["B"].set_any()
            cc.inputs["C"].set_none()
            cc.outputs[0].set_same_as("B")
            cc.use_service(service, optional=True)

    cc = contract("a", "B:b", "C:c", outputs=("o",))
    apply_ports(Refining, cc)
    assert [spec.type for spec in cc.inputs.specs()] == [OneOf(int, str), ANY, NONE]
    assert cc.outputs[0].type == SameAs(("B", 0))
    assert cc.services == {service: True}


def test_port_maps() -> None:
    cc = contract("a", "B:0:b", "B:1:c")
    assert list(cc.inputs) == [("", 0), ("B", 0), ("B", 1)]
    assert (len(cc.inputs), cc.inputs.count("B")) == (3, 2)
    assert "B" in cc.inputs
    assert ("B", 2) not in cc.inputs
    assert [key for key, _ in cc.inputs.items()] == list(cc.inputs)
    with pytest.raises(KeyError):
        cc.inputs["NOPE"]


@pytest.mark.parametrize(("key", "expected"), [("A", ("A", 0)), (3, ("", 3)), (("A", 2), ("A", 2))])
def test_keys(key: Any, expected: tuple[str, int]) -> None:
    assert as_key(key) == expected


def test_ports_say_what_is_connected() -> None:
    cc = contract("IMAGE:i", "MANY:0:x", "MANY:1:y", outputs=("RESULT:r",), side=("SIZE:s",))
    assert Base.image.is_connected(cc)
    assert not Base.first.is_connected(cc)
    assert Base.many.is_connected(cc, 1)
    assert (Base.many.count(cc), Base.result.count(cc), Base.size.count(cc), Base.made.count(cc)) == (2, 1, 1, 0)
    assert not Base.made.is_connected(cc)


def test_process_must_be_written() -> None:
    class Lazy(Calculator):
        """Has none."""

    with pytest.raises(NotImplementedError, match=r"Lazy has no process\(\)"):
        Lazy().process(None)  # type: ignore[arg-type]


def test_any_type_as_a_port() -> None:
    assert Input[Any](AnyType).packet_type is ANY
    assert repr(Input(int, "A")) == "Input('A', int)"


def test_a_class_that_needs_arguments_is_refused() -> None:
    with pytest.raises(ContractError, match=r"Sized.__init__\(\) takes size, edge: a calculator is made with"):

        @calculator
        class Sized(Calculator):
            def __init__(self, size: int, edge: int, *, more: int = 3) -> None:
                self.size = size + edge + more


def test_a_class_with_defaults_is_made() -> None:
    @calculator
    class Sizes(Calculator):
        def __init__(self, size: int = 3) -> None:
            self.size = size

    assert Sizes().size == 3


def test_a_misspelt_process_is_refused() -> None:
    with pytest.raises(ContractError, match=r"has the stream image and no process\(\), .* Is it 'proces'\? Name"):

        @calculator
        class Misspelt(Calculator):
            image = Input(int)

            def proces(self, cc: Any) -> None:
                """Do nothing."""
