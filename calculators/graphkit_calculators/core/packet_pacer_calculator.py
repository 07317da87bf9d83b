"""PacketPacerCalculator: recorded packets at the pace at which they were recorded."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from graphkit import AnyType, Calculator, Input, Output, calculator
from graphkit.framework import CLOCK
from graphkit_calculators.core._streams import copy_headers

if TYPE_CHECKING:
    from graphkit import CalculatorContext, CalculatorContract


@calculator
class PacketPacerCalculator(Calculator):
    """Holds each packet until as much time has passed on the graph's clock as its timestamp is behind the first.

    So a clip plays as a camera would have sent it. Emits every packet, at its own timestamp; one that comes too
    late passes at once. Which clock it is, the program decides: ``graph.set_service(CLOCK, clock)``. The node
    sleeps in ``process`` and keeps one thread for that.

    Example::

        node {
          calculator: "PacketPacerCalculator"
          input_stream: "recorded_video"
          output_stream: "live_video"
        }
    """

    blocking = True

    packets = Input[Any](AnyType)
    paced = Output[Any](AnyType)

    @classmethod
    def update_contract(cls, cc: CalculatorContract) -> None:
        """Tie the types, ask for the clock."""
        cc.outputs[0].set_same_as("", 0)
        cc.use_service(CLOCK)

    def open(self, cc: CalculatorContext) -> None:
        """Take the clock."""
        clock = cc.service(CLOCK)
        assert clock is not None  # the contract asks for it
        self._clock = clock
        self._zero_us: int | None = None
        copy_headers(cc)

    def process(self, cc: CalculatorContext) -> None:
        """Wait, then pass the packet."""
        packet = cc.inputs[0]
        if self._zero_us is None:
            self._zero_us = self._clock.now_us() - packet.timestamp
        due = self._zero_us + packet.timestamp
        if due > self._clock.now_us():
            self._clock.sleep_until(due)
        cc.outputs[0].add(packet)
