"""ClockTimestampCalculator: when packets arrive."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from graphkit import AnyType, Calculator, Input, OneOf, Output, SideInput, calculator
from graphkit.framework import CLOCK, Clock

if TYPE_CHECKING:
    from graphkit import CalculatorContext, CalculatorContract

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


@calculator
class ClockTimestampCalculator(Calculator):
    """Tells the time of day at which each packet arrives.

    Emits at every packet of its input. Use a node for each stream.

    Input: untagged, the stream. Output: untagged, ``datetime`` objects in UTC. Input side packet: CLOCK;
    the graph's clock without it. It has no options.

    Example::

        node {
          calculator: "ClockTimestampCalculator"
          input_stream: "frames"
          output_stream: "frame_times"
        }
    """

    packets = Input[Any](AnyType)
    clock = SideInput[Clock](OneOf(Clock), "CLOCK", optional=True)
    times = Output(datetime)

    @classmethod
    def update_contract(cls, cc: CalculatorContract) -> None:
        """Ask for the graph's clock."""
        cc.use_service(CLOCK)

    def open(self, cc: CalculatorContext) -> None:
        """Take the clock."""
        clock = self.clock.get(cc) or cc.service(CLOCK)
        assert clock is not None  # the contract asks for the service
        self._clock = clock

    def process(self, cc: CalculatorContext) -> None:
        """Emit the time."""
        if self.packets.packet(cc):
            self.times.send(cc, _EPOCH + timedelta(microseconds=self._clock.now_us()))
