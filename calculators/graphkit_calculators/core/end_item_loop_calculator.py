"""EndItemLoopCalculator: the results of a loop, each on its own stream."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from graphkit import AnyType, Calculator, Input, Output, Timestamp, calculator
from graphkit.errors import PacketError

if TYPE_CHECKING:
    from graphkit import CalculatorContext, CalculatorContract, Packet


@calculator
class EndItemLoopCalculator(Calculator):
    """Ends a loop that BeginItemLoopCalculator started: the n-th result comes on ITEM:n.

    The results come at the timestamp that BATCH_END carries. A pass without items emits bounds only;
    another number of items than outputs is an error.

    Example::

        node {
          calculator: "EndItemLoopCalculator"
          input_stream: "ITEM:hand_landmarks"
          input_stream: "BATCH_END:batch_timestamp"
          output_stream: "ITEM:0:left_hand_landmarks"
          output_stream: "ITEM:1:right_hand_landmarks"
        }
    """

    timestamp_offset = None

    item = Input[Any](AnyType, "ITEM")
    batch_end = Input(Timestamp, "BATCH_END")
    items = Output[Any](AnyType, "ITEM", repeated=True)

    @classmethod
    def update_contract(cls, cc: CalculatorContract) -> None:
        """Give all outputs the type of the input."""
        for index in range(cc.outputs.count("ITEM")):
            cc.outputs["ITEM", index].set_same_as("ITEM")

    def open(self, cc: CalculatorContext) -> None:
        """Start with nothing collected."""
        self._collected: list[Packet[Any]] = []

    def process(self, cc: CalculatorContext) -> None:
        """Take one item, and emit all where the pass is complete; raises PacketError for a wrong number."""
        packet = self.item.packet(cc)
        if packet:
            self._collected.append(packet)
        time = self.batch_end.get(cc)
        if time is None:
            return
        count = self.items.count(cc)
        if self._collected and len(self._collected) != count:
            raise PacketError(f"the loop at {time} made {len(self._collected)} items for {count} ITEM outputs")
        for index, result in enumerate(self._collected):
            self.items.add(cc, result.at(time), index=index)
        if not self._collected:
            for index in range(count):
                self.items.set_next_timestamp_bound(cc, time.next_allowed_in_stream(), index=index)
        self._collected = []
