"""The Merge*ToVector family: packets of several streams into one list."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from graphkit import Calculator, Input, Output
from graphkit.formats import Detection, Image
from graphkit_calculators.core._family import list_of, register_family

if TYPE_CHECKING:
    from graphkit import CalculatorContext


class MergeToVectorCalculator(Calculator):
    """Emits the packets that the inputs have at a timestamp as one list, in the order of the inputs.

    Example::

        node {
          calculator: "MergeToVectorCalculator"
          input_stream: "first"
          input_stream: "second"
          output_stream: "both"
        }
    """

    sources: Input[Any]
    merged: Output[Any]

    def process(self, cc: CalculatorContext) -> None:
        """Gather one list."""
        items = [packet.payload for packet in cc.inputs.packets if packet]
        cc.outputs.shards[0].send(items, cc.input_timestamp)


_ELEMENTS: Final[dict[str, Any]] = {"Detections": Detection, "Images": Image}

register_family(
    MergeToVectorCalculator,
    {
        f"Merge{name}ToVectorCalculator": {"sources": Input(item, repeated=True), "merged": Output(list_of(item))}
        for name, item in _ELEMENTS.items()
    },
)
