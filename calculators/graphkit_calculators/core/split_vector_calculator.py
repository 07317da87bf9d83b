"""The Split*Vector family, and splitting landmark lists: parts of a list on streams of their own."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from graphkit import Calculator, Input, Options, Output, option, options
from graphkit.errors import ContractError, FormatError
from graphkit.formats import (
    ClassificationList,
    Detection,
    Image,
    ImageFrame,
    Landmark,
    LandmarkList,
    NormalizedLandmarkList,
    NormalizedRect,
    Tensor,
)
from graphkit.framework import EMPTY, Demand, PacketType
from graphkit_calculators.core._family import list_of, register_family

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from graphkit import CalculatorContext, CalculatorContract, Packet
    from graphkit.framework import NodeView, PayloadType


@options("mediapipe.Range")
class Range:
    """The elements from index *begin* up to and without *end*."""

    begin: int = option(1, "int32", default=0)
    end: int = option(2, "int32", default=0)


@options("mediapipe.SplitVectorCalculatorOptions", extension=259438222)
class SplitVectorCalculatorOptions:
    """Options of the Split calculators.

    Attributes:
        ranges: what goes to which output, in order.
        element_only: outputs carry elements, not lists; each range must hold one.
        combine_outputs: all ranges, one after the other, go to the only output; they must not overlap.
    """

    ranges: list[Range] = option(1)
    element_only: bool = option(2, default=False)
    combine_outputs: bool = option(3, default=False)


class SplitVectorCalculator(Calculator):
    """Sends ranges of a list to one output each.

    Option `ranges` gives [begin, end) for each output. With `element_only` an output carries the element
    itself; with `combine_outputs` all ranges make one list. Elements are not copied. A list shorter than
    the highest `end` is an error.

    Emits on every output for each list.

    Example::

        node {
          calculator: "SplitVectorCalculator"
          input_stream: "items"
          output_stream: "first"
          output_stream: "rest"
          options {
            [mediapipe.SplitVectorCalculatorOptions.ext] {
              ranges { begin: 0 end: 1 }
              ranges { begin: 1 end: 4 }
            }
          }
        }
    """

    vector: Input[Any]
    parts: Output[Any]
    options = Options(SplitVectorCalculatorOptions)
    list_type: PayloadType
    element_type: PayloadType

    @classmethod
    def update_contract(cls, cc: CalculatorContract) -> None:
        """Type the outputs; raises ContractError for ranges that do not fit them."""
        settings = cls.options(cc)
        fault = _fault(settings, len(cc.outputs))
        if fault:
            raise ContractError(f'node "{cc.node_name}": {fault}')
        single = settings.element_only and not settings.combine_outputs
        for spec in cc.outputs.specs():
            spec.type = PacketType.of(cls.element_type if single else cls.list_type)

    @classmethod
    def demanded_inputs(
        cls, node: NodeView, demanded: Sequence[Demand], side_packets: Mapping[str, Packet[Any]]
    ) -> list[Demand]:
        """Read the elements of the ranges whose outputs are read."""
        settings = node.options.get(SplitVectorCalculatorOptions) or SplitVectorCalculatorOptions(ranges=[])
        by_range = list(demanded) * len(settings.ranges) if settings.combine_outputs else demanded
        whole = settings.combine_outputs or settings.element_only
        elements = [
            index
            for r, read in zip(settings.ranges, by_range, strict=True)
            for index in range(r.begin, r.end)
            if read and (whole or read.elements is None or index - r.begin in read.elements)
        ]
        length = max((r.end for r in settings.ranges), default=0)
        return [Demand(frozenset(elements), length)]

    def open(self, cc: CalculatorContext) -> None:
        """Read the ranges."""
        settings = self.options(cc)
        self._slices = [slice(r.begin, r.end) for r in settings.ranges]
        self._needed = max((r.end for r in settings.ranges), default=0)
        self._combine = settings.combine_outputs
        self._element_only = settings.element_only

    def process(self, cc: CalculatorContext) -> None:
        """Split one list; raises FormatError where it is too short."""
        items = cc.inputs.packets[0]._payload
        if items is EMPTY:
            return
        if len(items) < self._needed:
            raise FormatError(f"ranges need {self._needed} elements, but the list has {len(items)}")
        time, shards = cc.input_timestamp, cc.outputs.shards
        if self._combine:
            shards[0].send(self.join([self.part(items, s) for s in self._slices]), time)
            return
        for shard, part in zip(shards, self._slices, strict=True):
            shard.send(items[part.start] if self._element_only else self.part(items, part), time)

    @staticmethod
    def part(items: Any, part: slice) -> Any:
        """Return the range *part* of *items*, as a list of the same kind."""
        return list(items[part])

    @staticmethod
    def join(parts: list[Any]) -> Any:
        """Return the lists *parts* as one."""
        return [item for part in parts for item in part]


class SplitLandmarks(SplitVectorCalculator):
    """Sends ranges of a list of landmarks to one output each.

    Option `ranges` gives [begin, end) for each output. With `element_only` an output carries the landmark
    itself; with `combine_outputs` all ranges make one list. A list shorter than the highest `end` is an
    error.

    Emits on every output for each list.

    Example::

        node {
          calculator: "SplitLandmarks"
          input_stream: "landmarks"
          output_stream: "auxiliary_landmarks"
          output_stream: "pose_landmarks"
          options {
            [mediapipe.SplitVectorCalculatorOptions.ext] {
              ranges { begin: 33 end: 35 }
              ranges { begin: 0 end: 33 }
            }
          }
        }
    """

    @staticmethod
    def part(items: Any, part: slice) -> Any:
        """Return the landmarks of range *part*; shares the array."""
        return type(items)(items.data[part], items.has_visibility, items.has_presence)

    @staticmethod
    def join(parts: list[Any]) -> Any:
        """Return the lists *parts* as one."""
        first = parts[0]
        data = np.concatenate([part.data for part in parts])
        return type(first)(data, first.has_visibility, first.has_presence)


def _fault(settings: SplitVectorCalculatorOptions, outputs: int) -> str:
    """Return what is wrong with the options of a node of so many outputs, "" for nothing."""
    ranges = settings.ranges
    if settings.combine_outputs and outputs != 1:
        return f"combine_outputs needs one output stream, found {outputs}"
    if not settings.combine_outputs and outputs != len(ranges):
        return f"{len(ranges)} ranges for {outputs} output streams; each output needs its range"
    for r in ranges:
        if not 0 <= r.begin < r.end:
            return f"range begin: {r.begin} end: {r.end} is empty or negative; begin must be 0 or more, below end"
        if settings.element_only and r.end - r.begin != 1:
            return f"range begin: {r.begin} end: {r.end} holds {r.end - r.begin} elements, element_only needs one"
    if settings.combine_outputs:
        in_order = sorted(ranges, key=lambda r: r.begin)
        for a, b in pairwise(in_order):
            if b.begin < a.end:
                return (
                    f"ranges {a.begin} to {a.end} and {b.begin} to {b.end} overlap; combine_outputs does not "
                    "allow it"
                )
    return ""


_ELEMENTS: Final[dict[str, Any]] = {
    "MovableSplitImageFrameVector": ImageFrame,
    "SplitAffineMatrixVector": np.ndarray,
    "SplitClassificationListVector": ClassificationList,
    "SplitDetectionVector": Detection,
    "SplitFloatVector": float,
    "SplitImageVector": Image,
    "SplitLandmarkVector": Landmark,
    "SplitMatrixVector": np.ndarray,
    "SplitNormalizedLandmarkListVector": NormalizedLandmarkList,
    "SplitNormalizedRectVector": NormalizedRect,
    "SplitTensorVector": Tensor,
    "SplitTfLiteTensorVector": Tensor,
    "SplitUint64tVector": int,
}


def _member(list_type: Any, element_type: Any) -> dict[str, Any]:
    return {
        "vector": Input(list_type),
        "parts": Output(list_type, repeated=True),
        "list_type": list_type,
        "element_type": element_type,
    }


register_family(
    SplitVectorCalculator,
    {f"{name}Calculator": _member(list_of(item), item) for name, item in _ELEMENTS.items()},
)
register_family(
    SplitLandmarks,
    {
        "SplitLandmarkListCalculator": _member(LandmarkList, Landmark),
        "SplitNormalizedLandmarkListCalculator": _member(NormalizedLandmarkList, Landmark),
    },
)
