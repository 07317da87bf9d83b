"""AssociationNormRectCalculator: regions from several sources, each thing once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from graphkit import Input, Output, calculator
from graphkit.errors import FormatError
from graphkit.formats import NormalizedRect
from graphkit_calculators.util._association import Association
from graphkit_calculators.util._rect_math import f32

if TYPE_CHECKING:
    from graphkit_calculators.util._rect_math import Box


@calculator
class AssociationNormRectCalculator(Association[NormalizedRect]):
    """Merges lists of regions; of regions that overlap, the one from the latest stream stays.

    Emits at every timestamp at which any input has a packet, an empty list too. Elements of one stream
    suppress each other as well, and what replaces another moves to the end of the list: with new
    detections in the first stream and tracked regions in the second, tracked hands come last.

    Inputs: any number of untagged streams, the later the stronger; PREV, regions of an earlier frame,
    which are compared only and not emitted. Output: the list.

    Knobs: ``min_similarity_threshold``: the intersection over union, of the unrotated boxes in fractions
    of the image, above which two regions are one. The default of 1 keeps all.

    Example::

        node {
          calculator: "AssociationNormRectCalculator"
          input_stream: "rects_from_detections"
          input_stream: "rects_from_landmarks"
          output_stream: "rects"
          options {
            [mediapipe.AssociationCalculatorOptions.ext] { min_similarity_threshold: 0.5 }
          }
        }
    """

    elements = Input(list[NormalizedRect], repeated=True)
    previous = Input(list[NormalizedRect], "PREV", optional=True)
    associated = Output(list[NormalizedRect])

    @staticmethod
    def box(element: NormalizedRect) -> Box:
        """Return the unrotated box of a rect."""
        width, height = element.width, element.height
        if width < 0 or height < 0:
            raise FormatError(f"{element} has a negative size; regions to associate need 0 or more.")
        left, top = f32(element.x_center - width / 2), f32(element.y_center - height / 2)
        return left, top, left + width, top + height

    @staticmethod
    def id_of(element: NormalizedRect) -> int | None:
        """Return None: ids of regions are not handed on."""
        return None
