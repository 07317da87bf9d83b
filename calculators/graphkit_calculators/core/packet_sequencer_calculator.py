"""PacketSequencerCalculator: packets of any time into the time of another stream."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from graphkit import AnyType, Calculator, Input, Output, Timestamp, calculator
from graphkit_calculators.core._streams import pair_streams

if TYPE_CHECKING:
    from graphkit import CalculatorContext, CalculatorContract


@calculator
class PacketSequencerCalculator(Calculator):
    """Gives each INPUT packet the first timestamp after the latest TICK.

    TICK timestamps settle OUTPUT at once, so nodes that join OUTPUT with a TICK stream never wait for an
    INPUT. A packet that comes together with a TICK gets a timestamp before it, so it covers the TICK.
    The result depends on the order of arrival. Without a TICK so far, packets start at the smallest
    timestamp.

    SwitchContainer puts one ahead of SELECT or ENABLE streams.

    Example::

        node {
          calculator: "PacketSequencerCalculator"
          input_stream: "INPUT:selection"
          input_stream: "TICK:image"
          output_stream: "OUTPUT:selection_timed"
        }
    """

    timestamp_offset = None
    input_stream_handler = "ImmediateInputStreamHandler"

    inputs = Input[Any](AnyType, "INPUT", repeated=True)
    ticks = Input[Any](AnyType, "TICK", repeated=True, optional=True)
    outputs = Output[Any](AnyType, "OUTPUT", repeated=True)

    @classmethod
    def update_contract(cls, cc: CalculatorContract) -> None:
        """Pair INPUT with OUTPUT; raises ContractError where their numbers differ."""
        pair_streams(cc, "INPUT", "OUTPUT")

    def open(self, cc: CalculatorContext) -> None:
        """Start before the first timestamp."""
        self._bounds = [Timestamp.PRE_STREAM] * self.inputs.count(cc)

    def process(self, cc: CalculatorContext) -> None:
        """Send the inputs at the outputs' bounds, then move the bounds past the tick."""
        for index, packet in enumerate(self.inputs.packets(cc)):
            if packet:
                timestamp = max(Timestamp.MIN, self._bounds[index])
                self.outputs.add(cc, packet.at(timestamp), index=index)
                self._bounds[index] = timestamp.next_allowed_in_stream()
        now = cc.input_timestamp
        tick = now if any(packet.timestamp == now for packet in self.ticks.packets(cc)) else Timestamp.MIN
        for index, bound in enumerate(self._bounds):
            if tick >= bound:
                self._bounds[index] = tick.next_allowed_in_stream()
                self.outputs.set_next_timestamp_bound(cc, self._bounds[index], index=index)
