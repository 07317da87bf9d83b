"""VisibilitySmoothingCalculator: visibility that does not flicker."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from graphkit import Calculator, Input, Options, Output, calculator, option, options
from graphkit.errors import ContractError, FormatError
from graphkit.formats import LandmarkList, NormalizedLandmarkList
from graphkit_calculators.util._landmark_filters import LowPass
from graphkit_calculators.util._landmark_kind import takes_normalized

if TYPE_CHECKING:
    from graphkit import CalculatorContext, CalculatorContract

T = TypeVar("T", NormalizedLandmarkList, LandmarkList)
_VISIBILITY = 3  # column


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

    norm_landmarks = Input(NormalizedLandmarkList, "NORM_LANDMARKS", optional=True)
    landmarks = Input(LandmarkList, "LANDMARKS", optional=True)
    norm_filtered = Output(NormalizedLandmarkList, "NORM_FILTERED_LANDMARKS", optional=True)
    filtered = Output(LandmarkList, "FILTERED_LANDMARKS", optional=True)
    options = Options(VisibilitySmoothingCalculatorOptions)

    @classmethod
    def update_contract(cls, cc: CalculatorContract) -> None:
        """Check that input and output are of one kind and that there is one filter."""
        takes_normalized(cc)
        chosen = cls.options(cc)
        if chosen.no_filter is None and chosen.low_pass_filter is None:
            raise ContractError("no filter is chosen; set one of no_filter and low_pass_filter.")
        if chosen.low_pass_filter is not None and not 0 <= chosen.low_pass_filter.alpha <= 1:
            raise ContractError(f"alpha is {chosen.low_pass_filter.alpha:g}; it is a weight from 0 to 1.")

    def open(self, cc: CalculatorContext) -> None:
        """Read the options."""
        low_pass = self.options(cc).low_pass_filter
        self._alpha = None if low_pass is None else low_pass.alpha
        self._normalized = self.norm_landmarks.is_connected(cc)
        self._filter = LowPass()

    def process(self, cc: CalculatorContext) -> None:
        """Emit the landmarks with smoothed visibility, or forget where there are none."""
        found = self.norm_landmarks.get(cc) if self._normalized else self.landmarks.get(cc)
        if found is None:
            self._filter = LowPass()
        elif isinstance(found, NormalizedLandmarkList):
            self.norm_filtered.send(cc, self._smoothed(found))
        else:
            self.filtered.send(cc, self._smoothed(found))

    def _smoothed(self, found: T) -> T:
        if self._alpha is None:
            return found
        before = self._filter.raw
        if before is not None and len(before) != len(found):
            raise FormatError(
                f"{len(found)} landmarks came in after lists of {len(before)}; a filter follows each landmark, so "
                "all lists need as many."
            )
        data = found.data.copy()
        data[:, _VISIBILITY] = self._filter.apply(found.visibility, self._alpha)
        return type(found)(data, True, found.has_presence)
