"""The Clip*VectorSize family: at most so many elements of a list."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from graphkit import Calculator, Input, Options, Output, SideInput, option, options
from graphkit.errors import ContractError
from graphkit.formats import Detection, NormalizedRect
from graphkit_calculators.core._family import list_of, register_family

if TYPE_CHECKING:
    from graphkit import CalculatorContext, CalculatorContract


@options("mediapipe.ClipVectorSizeCalculatorOptions", extension=274674998)
class ClipVectorSizeCalculatorOptions:
    """Options of the Clip calculators.

    Attributes:
        max_vec_size: how many elements to keep, 1 or more.
    """

    max_vec_size: int = option(1, "int32", default=1)


class ClipVectorSizeCalculator(Calculator):
    """Keeps the first `max_vec_size` elements of a list.

    An untagged int side packet overrides the option. Emits one list for each list, a short one as it is.

    Example::

        node {
          calculator: "ClipVectorSizeCalculator"
          input_stream: "items"
          output_stream: "clipped_items"
          input_side_packet: "num_hands"
        }
    """

    vector: Input[Any]
    clipped: Output[Any]
    max_size = SideInput(int, optional=True)
    options = Options(ClipVectorSizeCalculatorOptions)

    @classmethod
    def update_contract(cls, cc: CalculatorContract) -> None:
        """Check the option; raises ContractError."""
        size = cls.options(cc).max_vec_size
        if size < 1:
            raise ContractError(f'node "{cc.node_name}": max_vec_size is {size}, it must be 1 or more')

    def open(self, cc: CalculatorContext) -> None:
        """Read the size; raises ContractError for a side packet below 1."""
        size = self.max_size.get(cc)
        self._size = self.options(cc).max_vec_size if size is None else size
        if self._size < 1:
            raise ContractError(f"the side packet with the maximum size is {self._size}, it must be 1 or more")

    def process(self, cc: CalculatorContext) -> None:
        """Clip one list."""
        packet = cc.inputs.packets[0]
        if not packet:
            return
        if len(packet.payload) <= self._size:
            cc.outputs.shards[0].add(packet)
        else:
            cc.outputs.shards[0].send(packet.payload[: self._size], packet.timestamp)


_ELEMENTS: Final[dict[str, Any]] = {"Detection": Detection, "NormalizedRect": NormalizedRect}

register_family(
    ClipVectorSizeCalculator,
    {
        f"Clip{name}VectorSizeCalculator": {"vector": Input(list_of(item)), "clipped": Output(list_of(item))}
        for name, item in _ELEMENTS.items()
    },
)
