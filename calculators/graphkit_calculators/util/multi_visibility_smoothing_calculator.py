"""MultiVisibilitySmoothingCalculator: the visibility of several things that does not flicker."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from graphkit import Calculator, Input, Options, Output, calculator
from graphkit.formats import LandmarkList, NormalizedLandmarkList
from graphkit_calculators.util._landmark_kind import takes_normalized
from graphkit_calculators.util._per_id import PerId, want_as_many
from graphkit_calculators.util._visibility_smoother import VisibilitySmoother, check_visibility_filter
from graphkit_calculators.util.visibility_smoothing_calculator import VisibilitySmoothingCalculatorOptions

if TYPE_CHECKING:
    from graphkit import CalculatorContext, CalculatorContract


@calculator
class MultiVisibilitySmoothingCalculator(Calculator):
    """Smooths the visibility of the landmarks of several things, each with a filter that goes with its id.

    Emits at every timestamp with landmarks, as many lists as came in: NORM_LANDMARKS at NORM_FILTERED_LANDMARKS,
    LANDMARKS at FILTERED_LANDMARKS. Who is not in a frame is forgotten, and starts unsmoothed when it comes back.

    Inputs: NORM_LANDMARKS or LANDMARKS, lists of landmark lists; TRACKING_IDS, an int for each.

    Knobs: those of VisibilitySmoothingCalculator.

    Example::

        node {
          calculator: "MultiVisibilitySmoothingCalculator"
          input_stream: "NORM_LANDMARKS:poses"
          input_stream: "TRACKING_IDS:pose_ids"
          output_stream: "NORM_FILTERED_LANDMARKS:smoothed_poses"
          options {
            [mediapipe.VisibilitySmoothingCalculatorOptions.ext] { low_pass_filter { alpha: 0.1 } }
          }
        }
    """

    for_outputs_only = True

    norm_landmarks = Input(list[NormalizedLandmarkList], "NORM_LANDMARKS", optional=True)
    landmarks = Input(list[LandmarkList], "LANDMARKS", optional=True)
    ids = Input(list[int], "TRACKING_IDS")
    norm_filtered = Output(list[NormalizedLandmarkList], "NORM_FILTERED_LANDMARKS", optional=True)
    filtered = Output(list[LandmarkList], "FILTERED_LANDMARKS", optional=True)
    options = Options(VisibilitySmoothingCalculatorOptions)

    @classmethod
    def update_contract(cls, cc: CalculatorContract) -> None:
        """Check that input and output are of one kind and that there is one filter."""
        takes_normalized(cc)
        check_visibility_filter(cls.options(cc))

    def open(self, cc: CalculatorContext) -> None:
        """Read the options."""
        chosen = self.options(cc)
        self._smoothers = PerId(lambda: VisibilitySmoother(chosen))
        self._normalized = self.norm_landmarks.is_connected(cc)

    def process(self, cc: CalculatorContext) -> None:
        """Emit the lists with smoothed visibility, or forget where there are none."""
        source: Input[Any] = self.norm_landmarks if self._normalized else self.landmarks
        target: Output[Any] = self.norm_filtered if self._normalized else self.filtered
        found, ids = source.get(cc), self.ids.get(cc)
        if found is None or ids is None:
            self._smoothers.forget()
            return
        want_as_many(ids, **{source.tag: found})
        target.send(cc, [s.apply(each) for s, each in zip(self._smoothers.of(ids), found, strict=True)])
