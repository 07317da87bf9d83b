"""LandmarkVisibilityCalculator: the visibility of a landmark as a number."""

from __future__ import annotations

from typing import TYPE_CHECKING

from graphkit import Calculator, Input, Output, calculator
from graphkit.errors import FormatError
from graphkit.formats import NormalizedLandmarkList

if TYPE_CHECKING:
    from graphkit import CalculatorContext


@calculator
class LandmarkVisibilityCalculator(Calculator):
    """Reads the visibility of one landmark, 0 to 1.

    Emits at every timestamp with a landmark; 0 where it has no visibility. Input: NORM_LANDMARKS, a list of
    exactly one, as SplitNormalizedLandmarkListCalculator makes it. Output: VISIBILITY. It has no options.

    Example::

        node {
          calculator: "LandmarkVisibilityCalculator"
          input_stream: "NORM_LANDMARKS:wrist"
          output_stream: "VISIBILITY:wrist_visibility"
        }
    """

    landmark = Input(NormalizedLandmarkList, "NORM_LANDMARKS")
    visibility = Output(float, "VISIBILITY")

    def process(self, cc: CalculatorContext) -> None:
        """Emit the visibility."""
        found = self.landmark.get(cc)
        if found is not None:
            self.visibility.send(cc, float(only(found).visibility[0]))


def only(found: NormalizedLandmarkList) -> NormalizedLandmarkList:
    """Return a list of one landmark; raises FormatError for any other."""
    if len(found) != 1:
        raise FormatError(f"NORM_LANDMARKS has {len(found)} landmarks; split off the one that is meant.")
    return found
