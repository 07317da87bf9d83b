"""StreamToSidePacketCalculator: the only packet of a stream as a side packet."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from graphkit import AnyType, Calculator, Input, SideOutput, calculator

if TYPE_CHECKING:
    from graphkit import CalculatorContext


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
