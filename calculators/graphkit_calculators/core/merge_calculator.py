"""MergeCalculator: several streams into one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from graphkit import AnyType, Calculator, Input, Output, calculator
from graphkit.framework import EMPTY

if TYPE_CHECKING:
    from graphkit import CalculatorContext


@calculator
class MergeCalculator(Calculator):
    """Emits, at each timestamp, the packet of the first input that has one; the others are dropped.

    The inputs may carry different types.

    Example::

        node {
          calculator: "MergeCalculator"
          input_stream: "roi_from_detection"
          input_stream: "roi_from_landmarks"
          output_stream: "roi"
        }
    """

    for_outputs_only = True

    sources = Input[Any](AnyType, repeated=True)
    merged = Output[Any](AnyType)

    def process(self, cc: CalculatorContext) -> None:
        """Pass the first packet."""
        for packet in cc.inputs.packets:
            if packet._payload is not EMPTY:
                cc.outputs.shards[0].add(packet)
                return
