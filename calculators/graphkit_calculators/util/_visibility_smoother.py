"""VisibilitySmoother: what the visibility smoothing calculators do to the landmarks of one thing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, TypeVar

from graphkit.errors import ContractError, FormatError
from graphkit.formats import LandmarkList, NormalizedLandmarkList
from graphkit_calculators.util._landmark_filters import LowPass

if TYPE_CHECKING:
    from graphkit_calculators.util.visibility_smoothing_calculator import VisibilitySmoothingCalculatorOptions

T = TypeVar("T", NormalizedLandmarkList, LandmarkList)
_VISIBILITY: Final = 3  # column


class VisibilitySmoother:
    """Smooths the visibility of the landmarks of one thing over time.

    Args:
        chosen: which filter, and how strong.
    """

    def __init__(self, chosen: VisibilitySmoothingCalculatorOptions) -> None:
        self._alpha = None if chosen.low_pass_filter is None else chosen.low_pass_filter.alpha
        self.forget()

    def forget(self) -> None:
        """Start afresh: the next landmarks pass as they are."""
        self._filter = LowPass()

    def apply(self, found: T) -> T:
        """Return *found* with smoothed visibility.

        Raises:
            FormatError: the lists before had another number of landmarks.
        """
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


def check_visibility_filter(chosen: VisibilitySmoothingCalculatorOptions) -> None:
    """Raise ContractError for a choice of filter that cannot work."""
    if chosen.no_filter is None and chosen.low_pass_filter is None:
        raise ContractError("no filter is chosen; set one of no_filter and low_pass_filter.")
    if chosen.low_pass_filter is not None and not 0 <= chosen.low_pass_filter.alpha <= 1:
        raise ContractError(f"alpha is {chosen.low_pass_filter.alpha:g}; it is a weight from 0 to 1.")
