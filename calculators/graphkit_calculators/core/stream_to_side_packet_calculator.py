"""StreamToSidePacketCalculator: the only packet of a stream as a side packet."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from graphkit.calculator import Calculator, Input, SideOutput, calculator
from graphkit.packet_type import AnyType

if TYPE_CHECKING:
    from graphkit.context import CalculatorContext


@calculator
class StreamToSidePacketCalculator(Calculator):
    """Makes a side packet of the packet that comes on the stream; a second packet is an error.

    Example::

        node {
          calculator: "StreamToSidePacketCalculator"
          input_stream: "stream"
          output_side_packet: "side_packet"
        }
    """

    packet = Input[Any](AnyType)
    side_packet = SideOutput[Any](AnyType)

    def process(self, cc: CalculatorContext) -> None:
        """Set the side packet; raises SidePacketError the second time."""
        packet = cc.inputs.packets[0]
        if packet:
            self.side_packet.set(cc, packet.payload)
