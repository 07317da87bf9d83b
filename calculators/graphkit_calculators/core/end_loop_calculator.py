"""The EndLoop family: the results of a loop, gathered into a list again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from graphkit import Calculator, Input, Output, Timestamp
from graphkit.formats import (
    ClassificationList,
    Detection,
    Image,
    ImageFrame,
    ImageSize,
    LandmarkList,
    NormalizedLandmarkList,
    NormalizedRect,
    RenderData,
    Tensor,
)
from graphkit.framework import EMPTY
from graphkit_calculators.core._family import list_of, register_family
from graphkit_calculators.core._streams import stream_id

if TYPE_CHECKING:
    from graphkit import CalculatorContext


class EndLoopCalculator(Calculator):
    """Ends a loop: collects ITEM until BATCH_END and emits the list on ITERABLE.

    The list comes at the timestamp that BATCH_END carries, which is the one of the list the loop began
    with. A loop pass without any item emits no packet, only the bound. The loop body may leave items out.

    Example::

        node {
          calculator: "EndLoopCalculator"
          input_stream: "ITEM:single_result"
          input_stream: "BATCH_END:batch_timestamp"
          output_stream: "ITERABLE:results"
        }
    """

    timestamp_offset = None
    for_outputs_only = True

    batch_end = Input(Timestamp, "BATCH_END")
    item: Input[Any]
    iterable: Output[Any]

    def open(self, cc: CalculatorContext) -> None:
        """Start with an empty list."""
        self._item = stream_id(cc.inputs.tag_map, "ITEM")
        self._batch_end = stream_id(cc.inputs.tag_map, "BATCH_END")
        self._items: list[Any] = []

    def process(self, cc: CalculatorContext) -> None:
        """Take one item, and emit the list where it is complete."""
        packets = cc.inputs.packets
        item = packets[self._item]._payload
        if item is not EMPTY:
            self._items.append(item)
        time = packets[self._batch_end]._payload
        if time is EMPTY:
            return
        shard = cc.outputs.shards[0]
        if self._items:
            shard.send(self._items, time)
            self._items = []
        else:
            shard.set_next_timestamp_bound(time.next_allowed_in_stream())


_ITEMS: Final[dict[str, Any]] = {
    "AffineMatrix": np.ndarray,
    "Boolean": bool,
    "ClassificationList": ClassificationList,
    "Detection": Detection,
    "Float": float,
    "Image": Image,
    "ImageFrame": ImageFrame,
    "ImageSize": ImageSize,
    "LandmarkListVector": LandmarkList,
    "Matrix": np.ndarray,
    "NormalizedLandmarkListVector": NormalizedLandmarkList,
    "NormalizedRect": NormalizedRect,
    "RenderData": RenderData,
    "Tensor": Tensor,
    "TfLiteTensor": Tensor,
}

register_family(
    EndLoopCalculator,
    {
        f"EndLoop{name}Calculator": {"item": Input(item, "ITEM"), "iterable": Output(list_of(item), "ITERABLE")}
        for name, item in _ITEMS.items()
    },
)
