"""PacketPresenceCalculator: whether a stream has a packet."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from graphkit.calculator import Calculator, Input, Output, calculator
from graphkit.packet import EMPTY
from graphkit.packet_type import AnyType

if TYPE_CHECKING:
    from graphkit.context import CalculatorContext


@calculator
class PacketPresenceCalculator(Calculator):
    """Emits True for each packet, and False for each timestamp that is settled without one.

    Example::

        node {
          calculator: "PacketPresenceCalculator"
          input_stream: "PACKET:prev_landmarks_rect"
          output_stream: "PRESENCE:prev_landmarks_rect_is_present"
        }
    """

    process_timestamp_bounds = True

    packet = Input[Any](AnyType, "PACKET")
    presence = Output(bool, "PRESENCE")

    def process(self, cc: CalculatorContext) -> None:
        """Tell one timestamp."""
        cc.outputs.shards[0].send(cc.inputs.packets[0]._payload is not EMPTY, cc.input_timestamp)
