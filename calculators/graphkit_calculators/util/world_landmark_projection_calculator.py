"""WorldLandmarkProjectionCalculator: landmarks in metres, turned as their region is."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from graphkit import Calculator, Input, Output, calculator
from graphkit.formats import LandmarkList, NormalizedRect

if TYPE_CHECKING:
    from graphkit import CalculatorContext


@calculator
class WorldLandmarkProjectionCalculator(Calculator):
    """Turns world landmarks found in a rotated region back upright.

    Emits at every timestamp with landmarks and, where it is connected, a NORM_RECT. They are metres
    from the middle of the thing, so only the rotation of the region counts, and only for x and y.

    Example::

        node {
          calculator: "WorldLandmarkProjectionCalculator"
          input_stream: "LANDMARKS:landmarks"
          input_stream: "NORM_RECT:rect"
          output_stream: "LANDMARKS:projected_landmarks"
        }
    """

    for_outputs_only = True

    landmarks = Input(LandmarkList, "LANDMARKS")
    rect = Input(NormalizedRect, "NORM_RECT", optional=True)
    projected = Output(LandmarkList, "LANDMARKS")

    def open(self, cc: CalculatorContext) -> None:
        """Look at what is connected."""
        self._has_rect = self.rect.is_connected(cc)

    def process(self, cc: CalculatorContext) -> None:
        """Emit the turned landmarks."""
        found = self.landmarks.get(cc)
        rect = self.rect.get(cc)
        if found is None or (self._has_rect and rect is None):
            return
        self.projected.send(cc, found if rect is None else rotated(found, rect.rotation))


def rotated(found: LandmarkList, angle: float) -> LandmarkList:
    """Return *found* with x and y turned clockwise (y points down) by *angle* radians."""
    cos, sin = math.cos(angle), math.sin(angle)
    data = found.data.copy()
    data[:, :2] = found.xy @ np.array(((cos, sin), (-sin, cos)), np.float32)
    return LandmarkList(data, found.has_visibility, found.has_presence)
