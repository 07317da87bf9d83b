"""The *VectorIndices family: the numbers of the items of a list."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from graphkit import Calculator, Input, Output
from graphkit.formats import NormalizedLandmarkList
from graphkit_calculators.core._family import list_of, register_family

if TYPE_CHECKING:
    from graphkit import CalculatorContext


class VectorIndicesCalculator(Calculator):
    """Emits [0, 1, ..., n - 1] for each list of n items on VECTOR.

    Example::

        node {
          calculator: "VectorIndicesCalculator"
          input_stream: "VECTOR:items"
          output_stream: "INDICES:indices"
        }
    """

    vector: Input[Any]
    indices = Output(list[int], "INDICES")

    def process(self, cc: CalculatorContext) -> None:
        """Number one list."""
        packet = cc.inputs.packets[0]
        if packet:
            cc.outputs.shards[0].send(list(range(len(packet.payload))), packet.timestamp)


_ELEMENTS: Final[dict[str, Any]] = {
    "IntVector": int,
    "NormalizedLandmarkListVector": NormalizedLandmarkList,
    "Uint64tVector": int,
}

register_family(
    VectorIndicesCalculator,
    {f"{name}IndicesCalculator": {"vector": Input(list_of(i), "VECTOR")} for name, i in _ELEMENTS.items()},
)
