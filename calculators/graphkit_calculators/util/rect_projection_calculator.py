"""RectProjectionCalculator: a region found within a region, as a region of the image."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from graphkit import Calculator, Input, Output, calculator
from graphkit.formats import NormalizedRect
from graphkit_calculators.util._rect_math import f32

if TYPE_CHECKING:
    from graphkit import CalculatorContext


@calculator
class RectProjectionCalculator(Calculator):
    """Moves a rect out of the region it was found in, back into the image.

    Emits at every timestamp with a rect; the region must be there then.

    Inputs: NORM_RECT, in fractions of the region; NORM_REFERENCE_RECT, the region, in fractions of the
    image. Output: NORM_RECT, in fractions of the image. It has no options.

    Example::

        node {
          calculator: "RectProjectionCalculator"
          input_stream: "NORM_RECT:face_rect"
          input_stream: "NORM_REFERENCE_RECT:face_region"
          output_stream: "NORM_RECT:projected_face_rect"
        }
    """

    for_outputs_only = True

    rect = Input(NormalizedRect, "NORM_RECT")
    region = Input(NormalizedRect, "NORM_REFERENCE_RECT")
    projected = Output(NormalizedRect, "NORM_RECT")

    def process(self, cc: CalculatorContext) -> None:
        """Emit the projected rect."""
        rect = self.rect.get(cc)
        if rect is not None:
            self.projected.send(cc, project_rect(rect, self.region(cc)))


def project_rect(rect: NormalizedRect, region: NormalizedRect) -> NormalizedRect:
    """Return *rect*, in fractions of *region*, in the unit of *region*.

    The centre turns in fractions, not in pixels: as in MediaPipe, only a region that is as wide as it
    is high in those units keeps its shape.
    """
    x, y = rect.x_center - 0.5, rect.y_center - 0.5
    cos, sin = math.cos(region.rotation), math.sin(region.rotation)
    return NormalizedRect(
        f32((cos * x - sin * y) * region.width + region.x_center),
        f32((sin * x + cos * y) * region.height + region.y_center),
        f32(rect.width * region.width),
        f32(rect.height * region.height),
        f32(rect.rotation + region.rotation),
    )
