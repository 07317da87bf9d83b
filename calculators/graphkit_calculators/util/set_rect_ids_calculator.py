"""SetRectIdsCalculator: whose region a region is."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from graphkit import Calculator, Input, Output, calculator
from graphkit.formats import NormalizedRect
from graphkit_calculators.util._per_id import want_as_many

if TYPE_CHECKING:
    from graphkit import CalculatorContext


@calculator
class SetRectIdsCalculator(Calculator):
    """Writes an id into each of several regions.

    Emits at every timestamp at which both inputs have a packet.

    Inputs: NORM_RECTS, a list of NormalizedRect; TRACKING_IDS, an int for each. Output: NORM_RECTS, with these as
    ``rect_id``. Cost: next to none.

    Example::

        node {
          calculator: "SetRectIdsCalculator"
          input_stream: "NORM_RECTS:rects"
          input_stream: "TRACKING_IDS:pose_ids"
          output_stream: "NORM_RECTS:pose_rects"
        }
    """

    pure = True

    rects = Input(list[NormalizedRect], "NORM_RECTS")
    ids = Input(list[int], "TRACKING_IDS")
    marked = Output(list[NormalizedRect], "NORM_RECTS")

    def process(self, cc: CalculatorContext) -> None:
        """Mark one list."""
        rects, ids = self.rects.get(cc), self.ids.get(cc)
        if rects is not None and ids is not None:
            want_as_many(ids, NORM_RECTS=rects)
            self.marked.send(cc, [replace(rect, rect_id=id_) for rect, id_ in zip(rects, ids, strict=True)])
