"""VisibilitySmoothingCalculator: visibility that does not flicker."""

from __future__ import annotations

from typing import TYPE_CHECKING

from graphkit import Calculator, Input, Options, Output, calculator, option, options
from graphkit.formats import LandmarkList, NormalizedLandmarkList
from graphkit_calculators.util._landmark_kind import takes_normalized
from graphkit_calculators.util._visibility_smoother import VisibilitySmoother, check_visibility_filter

if TYPE_CHECKING:
    from graphkit import CalculatorContext, CalculatorContract


@options("mediapipe.VisibilitySmoothingCalculatorOptions", extension=360207350)
class VisibilitySmoothingCalculatorOptions:
    """The filter; set one of the two."""

    @options("mediapipe.VisibilitySmoothingCalculatorOptions.NoFilter")
    class NoFilter:
        """Visibility as it is."""

    @options("mediapipe.VisibilitySmoothingCalculatorOptions.LowPassFilter")
    class LowPassFilter:
        """A weighted mean with what came out before."""

        alpha: float = option(1, default=0.1)

    no_filter: NoFilter | None = option(1)
    low_pass_filter: LowPassFilter | None = option(2)


@calculator
class VisibilitySmoothingCalculator(Calculator):
    """Smooths the visibility of each landmark over time; all else passes as it is.

    Emits at every timestamp with landmarks: NORM_LANDMARKS at NORM_FILTERED_LANDMARKS, LANDMARKS at
    FILTERED_LANDMARKS.

    Knobs: ``low_pass_filter { alpha }`` is the weight of the new value, 0 to 1: lower is smoother and later.
    ``no_filter`` for none.

    Example::

        node {
          calculator: "VisibilitySmoothingCalculator"
          input_stream: "NORM_LANDMARKS:pose_landmarks"
          output_stream: "NORM_FILTERED_LANDMARKS:smoothed_pose_landmarks"
          options {
            [mediapipe.VisibilitySmoothingCalculatorOptions.ext] { low_pass_filter { alpha: 0.1 } }
          }
        }
    """

    for_outputs_only = True

    norm_landmarks = Input(NormalizedLandmarkList, "NORM_LANDMARKS", optional=True)
    landmarks = Input(LandmarkList, "LANDMARKS", optional=True)
    norm_filtered = Output(NormalizedLandmarkList, "NORM_FILTERED_LANDMARKS", optional=True)
    filtered = Output(LandmarkList, "FILTERED_LANDMARKS", optional=True)
    options = Options(VisibilitySmoothingCalculatorOptions)

    @classmethod
    def update_contract(cls, cc: CalculatorContract) -> None:
        """Check that input and output are of one kind and that there is one filter."""
        takes_normalized(cc)
        check_visibility_filter(cls.options(cc))

    def open(self, cc: CalculatorContext) -> None:
        """Read the options."""
        self._normalized = self.norm_landmarks.is_connected(cc)
        self._smoother = VisibilitySmoother(self.options(cc))

    def process(self, cc: CalculatorContext) -> None:
        """Emit the landmarks with smoothed visibility, or forget where there are none."""
        found = self.norm_landmarks.get(cc) if self._normalized else self.landmarks.get(cc)
        if found is None:
            self._smoother.forget()
        elif isinstance(found, NormalizedLandmarkList):
            self.norm_filtered.send(cc, self._smoother.apply(found))
        else:
            self.filtered.send(cc, self._smoother.apply(found))
