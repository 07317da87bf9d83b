"""RoiTrackingCalculator: the region of the frame before while it is good enough, else a new one."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, ClassVar, TypeAlias

import numpy as np

from graphkit import Calculator, Input, Options, Output, calculator, option, options
from graphkit.formats import ImageSize, NormalizedLandmarkList, NormalizedRect
from graphkit_calculators.util._rect_math import Box, intersection_over_union

if TYPE_CHECKING:
    from graphkit import CalculatorContext

Floats: TypeAlias = np.ndarray[Any, np.dtype[np.float64]]


@options("mediapipe.RoiTrackingCalculatorOptions", extension=329994630)
class RoiTrackingCalculatorOptions:
    """What the region of the frame before has to fulfil; what is not set is not asked for."""

    @options("mediapipe.RoiTrackingCalculatorOptions.IouRequirements")
    class IouRequirements:
        """How much of both regions both share."""

        min_iou: float = option(1, default=0.5)

    @options("mediapipe.RoiTrackingCalculatorOptions.RectRequirements")
    class RectRequirements:
        """How far both may be apart: degrees, and shares of the new region's sides."""

        rotation_degrees: float = option(1, default=10.0)
        translation: float = option(2, default=0.1)
        scale: float = option(3, default=0.1)

    @options("mediapipe.RoiTrackingCalculatorOptions.LandmarksRequirements")
    class LandmarksRequirements:
        """How much larger than the new region that may be which holds all landmarks of the frame before."""

        recrop_rect_margin: float = option(1, default=0.0)

    iou_requirements: IouRequirements | None = option(1)
    rect_requirements: RectRequirements | None = option(2)
    landmarks_requirements: LandmarksRequirements | None = option(3)


@calculator
class RoiTrackingCalculator(Calculator):
    """Decides between the region that the last landmarks give and the one that is found anew.

    Emits at every timestamp with RECROP_RECT: PREV_LANDMARKS_RECT while it meets every requirement, else
    RECROP_RECT. Nothing where nothing was found anew: the hand or the face is gone.

    Inputs: PREV_LANDMARKS and PREV_LANDMARKS_RECT of the frame before, RECROP_RECT and IMAGE_SIZE of this one.
    Output: TRACKING_RECT.

    Knobs: ``iou_requirements`` (the rotation does not count), ``rect_requirements``, ``landmarks_requirements``.
    Tighter ones take the new region more often: it jumps more and is lost less.

    Example::

        node {
          calculator: "RoiTrackingCalculator"
          input_stream: "PREV_LANDMARKS:prev_hand_landmarks"
          input_stream: "PREV_LANDMARKS_RECT:prev_hand_landmarks_rect"
          input_stream: "RECROP_RECT:hand_recrop_rect"
          input_stream: "IMAGE_SIZE:image_size"
          output_stream: "TRACKING_RECT:hand_tracking_rect"
          options {
            [mediapipe.RoiTrackingCalculatorOptions.ext] {
              rect_requirements { rotation_degrees: 40.0 translation: 0.2 scale: 0.4 }
              landmarks_requirements { recrop_rect_margin: -0.1 }
            }
          }
        }
    """

    landmarks = Input(NormalizedLandmarkList, "PREV_LANDMARKS")
    before = Input(NormalizedRect, "PREV_LANDMARKS_RECT")
    anew = Input(NormalizedRect, "RECROP_RECT")
    image_size = Input(ImageSize, "IMAGE_SIZE")
    tracked = Output(NormalizedRect, "TRACKING_RECT")
    options = Options(RoiTrackingCalculatorOptions)

    # What is looked for in it can then be looked for before the region is found anew (S36).
    passes_on: ClassVar[dict[str, str]] = {"PREV_LANDMARKS_RECT": "TRACKING_RECT"}

    def open(self, cc: CalculatorContext) -> None:
        """Read the options."""
        self._chosen = self.options(cc)

    def process(self, cc: CalculatorContext) -> None:
        """Emit one of the two regions."""
        anew, before = self.anew.get(cc), self.before.get(cc)
        if anew is None:
            return
        if before is None or not self._keeps(cc, before, anew):
            self.tracked.send(cc, anew)
        else:
            self.tracked.send(cc, before)

    def _keeps(self, cc: CalculatorContext, before: NormalizedRect, anew: NormalizedRect) -> bool:
        size = np.array(self.image_size(cc), np.float64)
        overlap, place, points = (
            self._chosen.iou_requirements, self._chosen.rect_requirements, self._chosen.landmarks_requirements,
        )  # fmt: skip
        if overlap is not None and intersection_over_union(_box(before, size), _box(anew, size)) < overlap.min_iou:
            return False
        if place is not None and not _is_near(before, anew, size, place):
            return False
        if points is None:
            return True
        return _holds(anew, size * (1.0 + points.recrop_rect_margin), self.landmarks(cc).xy * size, size)


def _box(rect: NormalizedRect, size: Floats) -> Box:
    """Return the sides of a rect in pixels, its rotation left out."""
    (x, y), (width, height) = _middle(rect) * size, _sides(rect) * size
    return (x - width / 2, y - height / 2, x + width / 2, y + height / 2)


def _is_near(
    before: NormalizedRect, anew: NormalizedRect, size: Floats, most: RoiTrackingCalculatorOptions.RectRequirements
) -> bool:
    turned = math.degrees(before.rotation - anew.rotation)
    if turned > 180.0:
        turned -= 360.0
    elif turned < -180.0:
        turned += 360.0
    along = _along(anew.rotation)
    moved = np.abs(along @ (_middle(before) * size) - along @ (_middle(anew) * size))
    sides = _sides(anew) * size
    grown = np.abs(_sides(before) * size - sides)
    near = (moved <= sides * most.translation) & (grown <= sides * most.scale)
    return abs(turned) <= most.rotation_degrees and bool(near.all())


def _holds(rect: NormalizedRect, scaled: Floats, points: Floats, size: Floats) -> bool:
    """Return whether *points*, (N, 2) pixels, all lie inside a rect whose sides are fractions of *scaled*."""
    along = _along(rect.rotation)
    apart = np.abs(points @ along.T - along @ (_middle(rect) * size))
    return bool((apart < _sides(rect) * scaled / 2).all())


def _along(rotation: float) -> Floats:
    """Return the (2, 2) matrix that turns the sides of a rect with *rotation* (radians) upright."""
    cos, sin = math.cos(-rotation), math.sin(-rotation)
    return np.array(((cos, -sin), (sin, cos)))


def _middle(rect: NormalizedRect) -> Floats:
    return np.array((rect.x_center, rect.y_center))


def _sides(rect: NormalizedRect) -> Floats:
    return np.array((rect.width, rect.height))
