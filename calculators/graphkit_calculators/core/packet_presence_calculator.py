"""PacketPresenceCalculator: whether a stream has a packet."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from graphkit import AnyType, Calculator, Input, Output, calculator
from graphkit.framework import EMPTY

if TYPE_CHECKING:
    from graphkit import CalculatorContext


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
