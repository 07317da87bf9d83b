"""The Get*VectorItem family: one item of a list."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from graphkit import Calculator, Input, Options, Output, option, options
from graphkit.errors import ContractError, FormatError
from graphkit.formats import (
    ClassificationList,
    Detection,
    LandmarkList,
    NormalizedLandmarkList,
    NormalizedRect,
    Rect,
)
from graphkit_calculators.core._family import list_of, register_family

if TYPE_CHECKING:
    from graphkit import CalculatorContext, CalculatorContract


@options("mediapipe.GetVectorItemCalculatorOptions", extension=463538543)
class GetVectorItemCalculatorOptions:
    """Options of the Get*VectorItem calculators.

    Attributes:
        item_index: which item, from 0, where INDEX does not say.
        output_empty_on_oob: emit nothing where the list has no such item, instead of failing.
    """

    item_index: int | None = option(1, "int32")
    output_empty_on_oob: bool = option(2, default=False)


class GetVectorItemCalculator(Calculator):
    """Emits one item of each list on VECTOR: the one that INDEX names, or else option `item_index`.

    Where neither names one, nothing is emitted. An index beyond the list is an error, or with
    `output_empty_on_oob` a timestamp without a packet.

    Example::

        node {
          calculator: "GetVectorItemCalculator"
          input_stream: "VECTOR:items"
          output_stream: "ITEM:first_item"
          options { [mediapipe.GetVectorItemCalculatorOptions.ext] { item_index: 0 } }
        }
    """

    vector: Input[Any]
    index = Input(int, "INDEX", optional=True)
    item: Output[Any]
    options = Options(GetVectorItemCalculatorOptions)

    @classmethod
    def update_contract(cls, cc: CalculatorContract) -> None:
        """Want an index; raises ContractError."""
        if not cls.index.is_connected(cc) and cls.options(cc).item_index is None:
            raise ContractError(f'node "{cc.node_name}" needs an INDEX stream or option item_index')

    def open(self, cc: CalculatorContext) -> None:
        """Read the options."""
        settings = self.options(cc)
        self._default, self._skip = settings.item_index, settings.output_empty_on_oob

    def process(self, cc: CalculatorContext) -> None:
        """Emit one item; raises FormatError where the list has no such item."""
        items = self.vector.get(cc)
        index = self.index.get(cc)
        index = self._default if index is None else index
        if items is None or index is None:
            return
        if 0 <= index < len(items):
            self.item.send(cc, items[index])
        elif not self._skip:
            raise FormatError(f"item {index} was asked for, but the list has {len(items)}")


_ELEMENTS: Final[dict[str, Any]] = {
    "ClassificationList": ClassificationList,
    "Detection": Detection,
    "LandmarkList": LandmarkList,
    "NormalizedLandmarkList": NormalizedLandmarkList,
    "NormalizedRect": NormalizedRect,
    "Rect": Rect,
}

register_family(
    GetVectorItemCalculator,
    {
        f"Get{name}VectorItemCalculator": {
            "vector": Input(list_of(item), "VECTOR"),
            "item": Output(item, "ITEM"),
        }
        for name, item in _ELEMENTS.items()
    },
)
