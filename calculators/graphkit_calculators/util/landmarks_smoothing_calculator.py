"""LandmarksSmoothingCalculator: landmarks with less jitter."""

from __future__ import annotations

from enum import IntEnum
from typing import TYPE_CHECKING, cast

from graphkit import Calculator, Input, OneOf, Options, Output, calculator, option, options
from graphkit.errors import ContractError
from graphkit.formats import ImageSize, LandmarkList, NormalizedLandmarkList, NormalizedRect, Rect
from graphkit.framework import PacketType
from graphkit_calculators.util._landmark_kind import takes_normalized
from graphkit_calculators.util._landmark_smoother import LandmarkSmoother, check_filter

if TYPE_CHECKING:
    from graphkit import CalculatorContext, CalculatorContract


@options("mediapipe.LandmarksSmoothingCalculatorOptions", extension=325671429)
class LandmarksSmoothingCalculatorOptions:
    """The filter; set one of the three."""

    @options("mediapipe.LandmarksSmoothingCalculatorOptions.NoFilter")
    class NoFilter:
        """Landmarks as they are."""

    @options("mediapipe.LandmarksSmoothingCalculatorOptions.VelocityFilter")
    class VelocityFilter:
        """A low pass that follows what moves fast relative to the object's size."""

        window_size: int = option(1, default=5)
        velocity_scale: float = option(2, default=10.0)
        min_allowed_object_scale: float = option(3, default=1e-6)
        disable_value_scaling: bool = option(4, default=False)

    @options("mediapipe.LandmarksSmoothingCalculatorOptions.OneEuroFilter")
    class OneEuroFilter:
        """A low pass whose cutoff rises with speed."""

        frequency: float = option(1, default=30.0)
        min_cutoff: float = option(2, default=1.0)
        beta: float = option(3, default=0.0)
        derivate_cutoff: float = option(4, default=1.0)
        min_allowed_object_scale: float = option(5, default=1e-6)
        disable_value_scaling: bool = option(6, default=False)

    class EmptyLandmarksPolicy(IntEnum):
        """What a list without landmarks does; where nothing is said, it passes."""

        EMPTY_LANDMARKS_POLICY_UNSPECIFIED = 0
        EMPTY_LANDMARKS_POLICY_RESET = 1
        EMPTY_LANDMARKS_POLICY_FAIL = 2

    no_filter: NoFilter | None = option(1)
    velocity_filter: VelocityFilter | None = option(2)
    one_euro_filter: OneEuroFilter | None = option(3)
    empty_landmarks_policy: EmptyLandmarksPolicy | None = option(4)


@calculator
class LandmarksSmoothingCalculator(Calculator):
    """Smooths x, y and z of each landmark over time; visibility and presence pass as they are.

    Emits at every timestamp with landmarks. A timestamp with other inputs and no landmarks makes the filter
    forget: whoever comes next starts unsmoothed.

    Inputs: NORM_LANDMARKS with IMAGE_SIZE, smoothed in pixels, or LANDMARKS; OBJECT_SCALE_ROI, a NormalizedRect
    or with LANDMARKS a Rect: speed counts in its sides, or in those of the box around the landmarks where it is
    not there. Outputs: NORM_FILTERED_LANDMARKS or FILTERED_LANDMARKS.

    Knobs: ``one_euro_filter``: lower ``min_cutoff`` (Hz) takes more jitter out of what rests, higher ``beta``
    takes lag off what moves. ``velocity_filter``: higher ``window_size`` and lower ``velocity_scale`` are
    smoother and later. ``disable_value_scaling`` counts speed in the landmarks' own unit; an object smaller
    than ``min_allowed_object_scale`` is not smoothed. ``no_filter`` for none. ``empty_landmarks_policy``: what
    a list without landmarks does: it passes, EMPTY_LANDMARKS_POLICY_RESET lets the filter forget,
    EMPTY_LANDMARKS_POLICY_FAIL is an error.

    Example::

        node {
          calculator: "LandmarksSmoothingCalculator"
          input_stream: "NORM_LANDMARKS:pose_landmarks"
          input_stream: "IMAGE_SIZE:image_size"
          input_stream: "OBJECT_SCALE_ROI:roi"
          output_stream: "NORM_FILTERED_LANDMARKS:filtered_pose_landmarks"
          options {
            [mediapipe.LandmarksSmoothingCalculatorOptions.ext] {
              one_euro_filter { min_cutoff: 0.05 beta: 80.0 derivate_cutoff: 1.0 }
            }
          }
        }
    """

    for_outputs_only = True

    norm_landmarks = Input(NormalizedLandmarkList, "NORM_LANDMARKS", optional=True)
    landmarks = Input(LandmarkList, "LANDMARKS", optional=True)
    image_size = Input(ImageSize, "IMAGE_SIZE", optional=True)
    roi = Input[Rect | NormalizedRect](OneOf(NormalizedRect, Rect), "OBJECT_SCALE_ROI", optional=True)
    norm_filtered = Output(NormalizedLandmarkList, "NORM_FILTERED_LANDMARKS", optional=True)
    filtered = Output(LandmarkList, "FILTERED_LANDMARKS", optional=True)
    options = Options(LandmarksSmoothingCalculatorOptions)

    @classmethod
    def update_contract(cls, cc: CalculatorContract) -> None:
        """Check that input and output are of one kind and that there is one filter."""
        normalized = takes_normalized(cc)
        if normalized and not cls.image_size.is_connected(cc):
            raise ContractError("NORM_LANDMARKS are smoothed in pixels: connect IMAGE_SIZE.")
        if cls.roi.is_connected(cc):
            cc.inputs["OBJECT_SCALE_ROI"].type = PacketType.of(NormalizedRect if normalized else Rect)
        check_filter(cls.options(cc))

    def open(self, cc: CalculatorContext) -> None:
        """Read the options."""
        self._smoother = LandmarkSmoother(self.options(cc))
        self._normalized = self.norm_landmarks.is_connected(cc)

    def process(self, cc: CalculatorContext) -> None:
        """Emit the smoothed landmarks, or forget where there are none."""
        found = self.norm_landmarks.get(cc) if self._normalized else self.landmarks.get(cc)
        time, roi = cc.input_timestamp, self.roi.get(cc)
        if found is None:
            self._smoother.forget()
        elif isinstance(found, LandmarkList):
            self.filtered.send(cc, self._smoother.in_space(found, cast("Rect | None", roi), time))
        else:
            size = cast("NormalizedRect | None", roi)
            self.norm_filtered.send(cc, self._smoother.in_image(found, self.image_size.expect(cc), size, time))
