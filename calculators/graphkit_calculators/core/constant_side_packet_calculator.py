"""ConstantSidePacketCalculator: side packets from options."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np

from graphkit import AnyType, Calculator, Options, SideOutput, Status, calculator, option, options
from graphkit.errors import ContractError
from graphkit.formats import ClassificationList, LandmarkList, matrix_from_proto
from graphkit.framework import ANY, PacketType
from graphkit.schema import message_class

if TYPE_CHECKING:
    from collections.abc import Callable

    from graphkit import CalculatorContext, CalculatorContract
    from graphkit.framework import NodeView


@options("mediapipe.ConstantSidePacketCalculatorOptions.StringVector")
class StringVector:
    """A list of strings."""

    string_value: list[str] = option(1)


@options("mediapipe.ConstantSidePacketCalculatorOptions.FloatVector")
class FloatVector:
    """A list of numbers."""

    float_value: list[float] = option(1)


@options("mediapipe.ConstantSidePacketCalculatorOptions.IntVector")
class IntVector:
    """A list of whole numbers."""

    int_value: list[int] = option(1)


@options("mediapipe.ConstantSidePacketCalculatorOptions.ConstantSidePacket")
class ConstantSidePacket:
    """One value; exactly one field is set."""

    int_value: int | None = option(1, "int32")
    float_value: float | None = option(2)
    bool_value: bool | None = option(3)
    string_value: str | None = option(4)
    uint64_value: int | None = option(5, "uint64")
    classification_list_value: Any = option(6, "mediapipe.ClassificationList")
    landmark_list_value: Any = option(7, "mediapipe.LandmarkList")
    double_value: float | None = option(9, "double")
    time_series_header_value: Any = option(10, "mediapipe.TimeSeriesHeader")
    int64_value: int | None = option(11, "int64")
    matrix_data_value: Any = option(12, "mediapipe.MatrixData")
    string_vector_value: StringVector | None = option(13)
    float_vector_value: FloatVector | None = option(14)
    int_vector_value: IntVector | None = option(15)


@options("mediapipe.ConstantSidePacketCalculatorOptions", extension=291214597)
class ConstantSidePacketCalculatorOptions:
    """Options of ConstantSidePacketCalculator.

    Attributes:
        packet: the value of PACKET:0, PACKET:1, ...
    """

    packet: list[ConstantSidePacket] = option(1)


class _Kind(NamedTuple):
    packet_type: Any
    convert: Callable[[Any], Any]


def _same(value: Any) -> Any:
    return value


_KINDS: Final[dict[str, _Kind]] = {
    "int_value": _Kind(int, _same),
    "float_value": _Kind(float, _same),
    "bool_value": _Kind(bool, _same),
    "string_value": _Kind(str, _same),
    "uint64_value": _Kind(int, _same),
    "int64_value": _Kind(int, _same),
    "double_value": _Kind(float, _same),
    "classification_list_value": _Kind(ClassificationList, ClassificationList.from_proto),
    "landmark_list_value": _Kind(LandmarkList, LandmarkList.from_proto),
    "matrix_data_value": _Kind(np.ndarray, matrix_from_proto),
    "string_vector_value": _Kind(list[str], lambda vector: list(vector.string_value)),
    "float_vector_value": _Kind(list[float], lambda vector: list(vector.float_value)),
    "int_vector_value": _Kind(list[int], lambda vector: list(vector.int_value)),
    "time_series_header_value": _Kind(None, _same),
}


@calculator
class ConstantSidePacketCalculator(Calculator):
    """Makes side packets whose values stand in the options.

    The n-th `packet` is the value of PACKET:n. Lists of landmarks and classes and matrices become payload
    types, a time series header stays a message. The side packets are there when the run starts. Side packets
    under other tags may be named, as in MediaPipe, and are never set.

    Example::

        node {
          calculator: "ConstantSidePacketCalculator"
          output_side_packet: "PACKET:0:num_hands"
          output_side_packet: "PACKET:1:use_gpu"
          options {
            [mediapipe.ConstantSidePacketCalculatorOptions.ext] {
              packet { int_value: 2 }
              packet { bool_value: false }
            }
          }
        }
    """

    packets = SideOutput[Any](AnyType, "PACKET", repeated=True)
    options = Options(ConstantSidePacketCalculatorOptions)

    @classmethod
    def update_contract(cls, cc: CalculatorContract) -> None:
        """Type the side packets; raises ContractError where options and outputs do not match."""
        constants = cls.options(cc).packet
        count = cc.output_side_packets.count("PACKET")
        if len(constants) != count:
            raise ContractError(
                f'node "{cc.node_name}" has {count} output side packets but {len(constants)} packets in its '
                "options; each output needs one"
            )
        for index, constant in enumerate(constants):
            fields = _fields(constant)
            if len(fields) != 1:
                found = " and ".join(fields) or "no value"
                raise ContractError(f'node "{cc.node_name}": packet {index} of the options has {found}, not one')
            packet_type = _KINDS[fields[0]].packet_type or message_class("mediapipe.TimeSeriesHeader")
            cc.output_side_packets["PACKET", index].type = PacketType.of(packet_type)
        for (tag, _), spec in cc.output_side_packets.items():
            if tag != "PACKET":
                spec.type = ANY

    @classmethod
    def known_side_packets(cls, node: NodeView) -> dict[str, Any]:
        """Return all values: they stand in the options."""
        constants = node.options[ConstantSidePacketCalculatorOptions].packet
        return dict(zip(node.output_side_packets.names, map(_value, constants), strict=True))

    def open(self, cc: CalculatorContext) -> None:
        """Set the side packets."""
        for index, constant in enumerate(self.options(cc).packet):
            self.packets.set(cc, _value(constant), index=index)

    def process(self, cc: CalculatorContext) -> Status:
        """There are no streams."""
        return Status.STOP


def _fields(constant: ConstantSidePacket) -> list[str]:
    return [name for name in _KINDS if getattr(constant, name) is not None]


def _value(constant: ConstantSidePacket) -> Any:
    (field,) = _fields(constant)
    return _KINDS[field].convert(getattr(constant, field))
