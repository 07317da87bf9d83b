"""SetLandmarkVisibilityCalculator: a landmark with another visibility."""

from __future__ import annotations

from typing import TYPE_CHECKING

from graphkit import Calculator, Input, Output, calculator
from graphkit.formats import NormalizedLandmarkList
from graphkit_calculators.util.landmark_visibility_calculator import only

if TYPE_CHECKING:
    from graphkit import CalculatorContext


@calculator
class SetLandmarkVisibilityCalculator(Calculator):
    """Gives one landmark another visibility.

    Emits at every timestamp with both. Inputs: NORM_LANDMARKS, a list of exactly one; VISIBILITY, 0 to 1.
    Output: NORM_LANDMARKS, that landmark. It has no options.

    Example::

        node {
          calculator: "SetLandmarkVisibilityCalculator"
          input_stream: "NORM_LANDMARKS:wrist"
          input_stream: "VISIBILITY:hand_visibility"
          output_stream: "NORM_LANDMARKS:wrist_as_visible_as_the_hand"
        }
    """

    for_outputs_only = True

    landmark = Input(NormalizedLandmarkList, "NORM_LANDMARKS")
    visibility = Input(float, "VISIBILITY")
    changed = Output(NormalizedLandmarkList, "NORM_LANDMARKS")

    def process(self, cc: CalculatorContext) -> None:
        """Emit the landmark."""
        found, visibility = self.landmark.get(cc), self.visibility.get(cc)
        if found is None or visibility is None:
            return
        data = only(found).data.copy()
        data[0, 3] = visibility
        self.changed.send(cc, NormalizedLandmarkList(data, True, found.has_presence))
