"""ImmediateMuxCalculator: several streams into one, as they come."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any, Final

from graphkit import AnyType, Calculator, Input, Output, SameAs, Timestamp, calculator

if TYPE_CHECKING:
    from graphkit import CalculatorContext

_LOG: Final = logging.getLogger("graphkit.calculators.immediate_mux")


@calculator
class ImmediateMuxCalculator(Calculator):
    """Passes packets of all inputs on; one that is older than what went before is dropped.

    Of two packets with one timestamp the input with the lower index wins. The second output, where there is
    one, emits True for each packet received, dropped or not, for a FlowLimiterCalculator. With the
    ImmediateInputStreamHandler nothing is waited for, and what is dropped depends on the order of arrival;
    counter ``dropped`` tells how many were.

    Example::

        node {
          calculator: "ImmediateMuxCalculator"
          input_stream: "result_0"
          input_stream: "result_1"
          output_stream: "result"
          output_stream: "finished"
        }
    """

    sources = Input[Any](AnyType, repeated=True)
    output = Output[Any](SameAs(sources))
    finished = Output(bool, optional=True)

    def open(self, cc: CalculatorContext) -> None:
        """Start before the first timestamp."""
        self._bound = self._finished_bound = Timestamp.PRE_STREAM

    def process(self, cc: CalculatorContext) -> None:
        """Pass what is new enough."""
        for packet in cc.inputs.packets:
            if not packet:
                continue
            if packet.timestamp >= self._bound:
                self.output.add(cc, packet)
                self._bound = packet.timestamp.next_allowed_in_stream()
            else:
                _LOG.debug("node %s drops a packet at %s", cc.node_name, packet.timestamp)
                cc.counter("dropped").increment()
            timestamp = max(cc.input_timestamp, self._finished_bound)
            self.finished.send(cc, True, timestamp)
            self._finished_bound = timestamp.next_allowed_in_stream()
