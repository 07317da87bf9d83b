"""BeginItemLoopCalculator: several streams of one type, one after the other."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from graphkit import AnyType, Calculator, Input, Output, Packet, SameAs, Timestamp, calculator
from graphkit.errors import PacketError
from graphkit_calculators.core._streams import pair_streams

if TYPE_CHECKING:
    from graphkit import CalculatorContext, CalculatorContract


@calculator
class BeginItemLoopCalculator(Calculator):
    """Starts a loop over a fixed number of streams: ITEM:0, ITEM:1, ... come one by one on ITEM.

    Works as the BeginLoop calculators do, for any type and without a list. Where one ITEM has a packet all
    must have one. CLONE inputs are repeated for each item. EndItemLoopCalculator ends the loop.

    Example::

        node {
          calculator: "BeginItemLoopCalculator"
          input_stream: "ITEM:0:left_hand_rect"
          input_stream: "ITEM:1:right_hand_rect"
          output_stream: "ITEM:hand_rect"
          output_stream: "BATCH_END:batch_timestamp"
        }
    """

    timestamp_offset = None
    process_timestamp_bounds = True

    items = Input[Any](AnyType, "ITEM", repeated=True)
    clones = Input[Any](AnyType, "CLONE", repeated=True, optional=True)
    batch_end = Output(Timestamp, "BATCH_END")
    item = Output[Any](SameAs(items), "ITEM")
    item_clones = Output[Any](AnyType, "CLONE", repeated=True, optional=True)

    @classmethod
    def update_contract(cls, cc: CalculatorContract) -> None:
        """Pair the CLONE streams."""
        pair_streams(cc, "CLONE")

    def open(self, cc: CalculatorContext) -> None:
        """Start loop time at 0."""
        self._time = Timestamp(0)

    def process(self, cc: CalculatorContext) -> None:
        """Emit the items of one timestamp; raises PacketError where only some of them are there."""
        items = self.items.packets(cc)
        filled = sum(1 for packet in items if packet)
        if filled not in (0, len(items)):
            raise PacketError(
                f"{filled} of {len(items)} ITEM inputs have a packet at {cc.input_timestamp}; all or none must"
            )
        time, end = self._time, self._time + max(filled, 1)
        if filled:
            clones = self.clones.packets(cc)
            for packet in items:
                self.item.add(cc, packet.at(time))
                for index, clone in enumerate(clones):
                    self.item_clones.add(cc, clone.at(time), index=index)
                time = time + 1
        else:
            self.item.set_next_timestamp_bound(cc, end)
            for index in range(self.item_clones.count(cc)):
                self.item_clones.set_next_timestamp_bound(cc, end, index=index)
        self.batch_end.add(cc, Packet(cc.input_timestamp, end - 1))
        self._time = end
