"""PickVectorItemsCalculator: some elements of a list, in another order."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from graphkit import AnyType, Calculator, Input, Output, SameAs, calculator
from graphkit.errors import FormatError

if TYPE_CHECKING:
    from graphkit import CalculatorContext


@calculator
class PickVectorItemsCalculator(Calculator):
    """Emits the elements of a list whose indexes another list holds, in the order of these.

    Emits at every timestamp at which both have a packet.

    Inputs: ITERABLE, a list; INDICES, a list of int, from 0. Output: ITERABLE, of the same type. Cost: next to
    none.

    Example::

        node {
          calculator: "PickVectorItemsCalculator"
          input_stream: "ITERABLE:poses"
          input_stream: "INDICES:pose_indices"
          output_stream: "ITERABLE:poses_by_id"
        }
    """

    pure = True

    iterable = Input[Any](AnyType, "ITERABLE")
    indices = Input(list[int], "INDICES")
    picked = Output[Any](SameAs(iterable), "ITERABLE")

    def process(self, cc: CalculatorContext) -> None:
        """Pick from one list."""
        items, indices = self.iterable.get(cc), self.indices.get(cc)
        if items is None or indices is None:
            return
        if indices and not 0 <= min(indices) <= max(indices) < len(items):
            raise FormatError(f"INDICES are {indices}, and ITERABLE has {len(items)} elements, counted from 0.")
        self.picked.send(cc, [items[index] for index in indices])
