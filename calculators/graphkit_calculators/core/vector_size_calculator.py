"""The *VectorSize family: how many items a list has."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from graphkit import Calculator, Input, Output
from graphkit.formats import ClassificationList, LandmarkList
from graphkit_calculators.core._family import list_of, register_family

if TYPE_CHECKING:
    from graphkit import CalculatorContext


class VectorSizeCalculator(Calculator):
    """Emits the number of items of each list on VECTOR.

    Example::

        node {
          calculator: "VectorSizeCalculator"
          input_stream: "VECTOR:items"
          output_stream: "SIZE:count"
        }
    """

    vector: Input[Any]
    size = Output(int, "SIZE")

    def process(self, cc: CalculatorContext) -> None:
        """Count one list."""
        packet = cc.inputs.packets[0]
        if packet:
            cc.outputs.shards[0].send(len(packet.payload), packet.timestamp)


_ELEMENTS: Final[dict[str, Any]] = {"ClassificationList": ClassificationList, "LandmarkList": LandmarkList}

register_family(
    VectorSizeCalculator,
    {f"{name}VectorSizeCalculator": {"vector": Input(list_of(i), "VECTOR")} for name, i in _ELEMENTS.items()},
)
