"""What the smoothing of several things' landmarks, in the image and in space, has in common."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from graphkit import Calculator, Options
from graphkit_calculators.util._landmark_smoother import LandmarkSmoother, check_filter
from graphkit_calculators.util._per_id import PerId
from graphkit_calculators.util.landmarks_smoothing_calculator import LandmarksSmoothingCalculatorOptions

if TYPE_CHECKING:
    from graphkit import CalculatorContext, CalculatorContract


class MultiLandmarksSmoothing(Calculator):
    """Base of calculators that smooth landmarks, each thing with a filter of its own that goes with its id."""

    for_outputs_only: ClassVar[bool] = True

    options = Options(LandmarksSmoothingCalculatorOptions)

    @classmethod
    def update_contract(cls, cc: CalculatorContract) -> None:
        """Check that there is one filter."""
        check_filter(cls.options(cc))

    def open(self, cc: CalculatorContext) -> None:
        """Read the options."""
        chosen = self.options(cc)
        self._smoothers = PerId(lambda: LandmarkSmoother(chosen))
