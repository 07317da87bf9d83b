"""The *HasMinSize family: whether a list has enough elements."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from graphkit import Calculator, Input, Options, Output, SideInput, option, options
from graphkit.errors import ContractError
from graphkit.formats import ClassificationList, NormalizedLandmarkList, NormalizedRect
from graphkit_calculators.core._family import list_of, register_family

if TYPE_CHECKING:
    from graphkit import CalculatorContext, CalculatorContract


@options("mediapipe.CollectionHasMinSizeCalculatorOptions", extension=259397840)
class CollectionHasMinSizeCalculatorOptions:
    """Options of the HasMinSize calculators.

    Attributes:
        min_size: how many elements are enough, 0 or more.
    """

    min_size: int = option(1, "int32", default=0)


class CollectionHasMinSizeCalculator(Calculator):
    """Tells for each list on ITERABLE whether it has `min_size` elements or more.

    An untagged int side packet overrides the option. Emits one bool for each list.

    Example::

        node {
          calculator: "CollectionHasMinSizeCalculator"
          input_stream: "ITERABLE:items"
          input_side_packet: "num_hands"
          output_stream: "have_enough_hands"
        }
    """

    iterable: Input[Any]
    min_size = SideInput(int, optional=True)
    enough = Output(bool)
    options = Options(CollectionHasMinSizeCalculatorOptions)

    @classmethod
    def update_contract(cls, cc: CalculatorContract) -> None:
        """Check the option; raises ContractError."""
        size = cls.options(cc).min_size
        if size < 0:
            raise ContractError(f'node "{cc.node_name}": min_size is {size}, it must be 0 or more')

    def open(self, cc: CalculatorContext) -> None:
        """Read the size."""
        size = self.min_size.get(cc)
        self._size = self.options(cc).min_size if size is None else size

    def process(self, cc: CalculatorContext) -> None:
        """Compare one list."""
        packet = cc.inputs.packets[0]
        if packet:
            cc.outputs.shards[0].send(len(packet.payload) >= self._size, packet.timestamp)


_ELEMENTS: Final[dict[str, Any]] = {
    "ClassificationListVector": ClassificationList,
    "NormalizedLandmarkListVector": NormalizedLandmarkList,
    "NormalizedRectVector": NormalizedRect,
}

register_family(
    CollectionHasMinSizeCalculator,
    {
        f"{name}HasMinSizeCalculator": {"iterable": Input(list_of(item), "ITERABLE")}
        for name, item in _ELEMENTS.items()
    },
)
