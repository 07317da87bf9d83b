"""VisibilityCopyCalculator: the visibility of one list of landmarks, given to another."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from graphkit import Calculator, Input, Options, Output, calculator, option, options
from graphkit.errors import ContractError, FormatError
from graphkit.formats import LandmarkList, NormalizedLandmarkList

if TYPE_CHECKING:
    from graphkit import CalculatorContext, CalculatorContract

T = TypeVar("T", NormalizedLandmarkList, LandmarkList)
_VISIBILITY, _PRESENCE = 3, 4  # columns


@options("mediapipe.VisibilityCopyCalculatorOptions", extension=363728421)
class VisibilityCopyCalculatorOptions:
    """What is copied."""

    copy_visibility: bool = option(1, default=True)
    copy_presence: bool = option(2, default=True)


@calculator
class VisibilityCopyCalculator(Calculator):
    """Gives landmarks the visibility and presence that the same landmarks have in another list.

    Emits at every timestamp with both lists. What is missing in the list that is copied from becomes 0.

    Inputs: LANDMARKS_FROM or NORM_LANDMARKS_FROM; LANDMARKS_TO or NORM_LANDMARKS_TO, at least as long. Output:
    the tag of the latter, as long as the former.

    Knobs: ``copy_visibility``, ``copy_presence``.

    Example::

        node {
          calculator: "VisibilityCopyCalculator"
          input_stream: "NORM_LANDMARKS_FROM:pose_landmarks"
          input_stream: "LANDMARKS_TO:world_landmarks"
          output_stream: "LANDMARKS_TO:world_landmarks_with_visibility"
        }
    """

    for_outputs_only = True

    landmarks_from = Input(LandmarkList, "LANDMARKS_FROM", optional=True)
    norm_landmarks_from = Input(NormalizedLandmarkList, "NORM_LANDMARKS_FROM", optional=True)
    landmarks_to = Input(LandmarkList, "LANDMARKS_TO", optional=True)
    norm_landmarks_to = Input(NormalizedLandmarkList, "NORM_LANDMARKS_TO", optional=True)
    landmarks = Output(LandmarkList, "LANDMARKS_TO", optional=True)
    norm_landmarks = Output(NormalizedLandmarkList, "NORM_LANDMARKS_TO", optional=True)
    options = Options(VisibilityCopyCalculatorOptions)

    @classmethod
    def update_contract(cls, cc: CalculatorContract) -> None:
        """Check that there is one list of each kind, and the output of the second."""
        for one, other in (
            (cls.landmarks_from, cls.norm_landmarks_from), (cls.landmarks_to, cls.norm_landmarks_to),
        ):  # fmt: skip
            if one.is_connected(cc) == other.is_connected(cc):
                raise ContractError(f"exactly one of {one.tag} and {other.tag} must be connected.")
        to = "LANDMARKS_TO" if cls.landmarks_to.is_connected(cc) else "NORM_LANDMARKS_TO"
        if cc.outputs.tag_map.keys != ((to, 0),):
            raise ContractError(f"{to} comes out at {to}; connect that output and no other.")

    def open(self, cc: CalculatorContext) -> None:
        """Read the options."""
        chosen = self.options(cc)
        self._visibility, self._presence = chosen.copy_visibility, chosen.copy_presence

    def process(self, cc: CalculatorContext) -> None:
        """Emit the second list with the probabilities of the first."""
        source: LandmarkList | NormalizedLandmarkList | None = self.landmarks_from.get(cc)
        if source is None:
            source = self.norm_landmarks_from.get(cc)
        if source is None:
            return
        absolute, normalized = self.landmarks_to.get(cc), self.norm_landmarks_to.get(cc)
        if absolute is not None:
            self.landmarks.send(cc, self._copied(source, absolute))
        elif normalized is not None:
            self.norm_landmarks.send(cc, self._copied(source, normalized))

    def _copied(self, source: LandmarkList | NormalizedLandmarkList, target: T) -> T:
        if len(target) < len(source):
            raise FormatError(
                f"there are {len(source)} landmarks to copy from and only {len(target)} to copy to; both lists "
                "must hold the same landmarks."
            )
        data = target.data[: len(source)].copy()
        if self._visibility:
            data[:, _VISIBILITY] = source.visibility
        if self._presence:
            data[:, _PRESENCE] = source.presence
        return type(target)(data, target.has_visibility or self._visibility, target.has_presence or self._presence)
