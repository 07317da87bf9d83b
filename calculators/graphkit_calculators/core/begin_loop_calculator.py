"""The BeginLoop family: the items of a list, one after the other, in a time of their own (S46)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from graphkit import AnyType, Calculator, Input, Output, Packet, Timestamp
from graphkit.formats import Detection, Image, ImageFrame, NormalizedLandmarkList, NormalizedRect, Tensor
from graphkit_calculators.core._family import list_of, register_family
from graphkit_calculators.core._streams import pair_streams, stream_id

if TYPE_CHECKING:
    from collections.abc import Sequence

    from graphkit import CalculatorContext, CalculatorContract


class BeginLoopCalculator(Calculator):
    """Starts a loop: takes a list from ITERABLE and emits its items one by one on ITEM.

    Items come at loop timestamps (0, 1, 2, ...) that have nothing to do with the time of the list; the
    nodes of the loop body see only these. CLONE inputs are repeated for each item. With the last item,
    BATCH_END carries the timestamp of the list, which the EndLoop calculator of the loop gives its result.

    A list without items, and a timestamp where ITERABLE has only a bound, use up one loop timestamp and
    emit BATCH_END alone, so that the result's bound moves. TICK is accepted and has no effect.

    Example::

        node {
          calculator: "BeginLoopCalculator"
          input_stream: "ITERABLE:list"
          input_stream: "CLONE:image"
          output_stream: "ITEM:single_item"
          output_stream: "CLONE:image_for_item"
          output_stream: "BATCH_END:batch_timestamp"
        }
    """

    for_outputs_only = True
    timestamp_offset = None
    process_timestamp_bounds = True

    clones = Input[Any](AnyType, "CLONE", repeated=True, optional=True)
    tick = Input[Any](AnyType, "TICK", optional=True)
    batch_end = Output(Timestamp, "BATCH_END")
    item_clones = Output[Any](AnyType, "CLONE", repeated=True, optional=True)
    iterable: Input[Any]
    item: Output[Any]

    @classmethod
    def update_contract(cls, cc: CalculatorContract) -> None:
        """Pair the CLONE streams."""
        pair_streams(cc, "CLONE")

    def open(self, cc: CalculatorContext) -> None:
        """Start loop time at 0."""
        inputs, outputs = cc.inputs.tag_map, cc.outputs.tag_map
        self._iterable = stream_id(inputs, "ITERABLE")
        self._item = stream_id(outputs, "ITEM")
        self._batch_end = stream_id(outputs, "BATCH_END")
        self._clones = list(zip(inputs.ids_of("CLONE"), outputs.ids_of("CLONE"), strict=True))
        self._time = Timestamp(0)

    def process(self, cc: CalculatorContext) -> None:
        """Emit the items of one list."""
        packets, shards = cc.inputs.packets, cc.outputs.shards
        items: Sequence[Any] = packets[self._iterable].get_or(())
        clones = [(packets[source], shards[target]) for source, target in self._clones]
        count = len(items)
        time, end = self._time, self._time + max(count, 1)
        for item in items:
            shards[self._item].add(Packet(item, time))
            for packet, shard in clones:
                shard.add(packet.at(time))
            time = time + 1
        if not count:
            shards[self._item].set_next_timestamp_bound(end)
            for _, shard in clones:
                shard.set_next_timestamp_bound(end)
        shards[self._batch_end].add(Packet(cc.input_timestamp, end - 1))
        self._time = end


_ITEMS: Final[dict[str, Any]] = {
    "Detection": Detection,
    "Float": float,
    "Image": Image,
    "ImageFrame": ImageFrame,
    "Int": int,
    "Matrix": np.ndarray,
    "MatrixVector": list_of(np.ndarray),
    "NormalizedLandmarkListVector": NormalizedLandmarkList,
    "NormalizedRect": NormalizedRect,
    "String": str,
    "Tensor": Tensor,
    "Uint64t": int,
}

register_family(
    BeginLoopCalculator,
    {
        f"BeginLoop{name}Calculator": {"iterable": Input(list_of(item), "ITERABLE"), "item": Output(item, "ITEM")}
        for name, item in _ITEMS.items()
    },
)
