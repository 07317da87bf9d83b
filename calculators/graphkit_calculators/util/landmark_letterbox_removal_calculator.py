"""LandmarkLetterboxRemovalCalculator: landmarks of a padded picture as those of the picture."""

from __future__ import annotations

from typing import TYPE_CHECKING

from graphkit import Calculator, Input, Output, calculator
from graphkit.errors import ContractError
from graphkit.formats import LetterboxPadding, NormalizedLandmarkList
from graphkit_calculators.util._letterbox import Unpadding

if TYPE_CHECKING:
    from graphkit import CalculatorContext, CalculatorContract


@calculator
class LandmarkLetterboxRemovalCalculator(Calculator):
    """Maps landmarks found in a letterboxed image back to the image without the borders.

    Emits each list of landmarks at its timestamp, as long as there is a padding there. z takes the
    scale of x, since it is measured in widths. Several lists may be given as LANDMARKS:0, LANDMARKS:1, ...

    Example::

        node {
          calculator: "LandmarkLetterboxRemovalCalculator"
          input_stream: "LANDMARKS:landmarks"
          input_stream: "LETTERBOX_PADDING:letterbox_padding"
          output_stream: "LANDMARKS:adjusted_landmarks"
        }
    """

    for_outputs_only = True

    landmarks = Input(NormalizedLandmarkList, "LANDMARKS", repeated=True)
    padding = Input(LetterboxPadding, "LETTERBOX_PADDING")
    adjusted = Output(NormalizedLandmarkList, "LANDMARKS", repeated=True)

    @classmethod
    def update_contract(cls, cc: CalculatorContract) -> None:
        """Check that each input has its output."""
        inputs, outputs = cls.landmarks.count(cc), cls.adjusted.count(cc)
        if inputs != outputs:
            raise ContractError(
                f"LANDMARKS has {inputs} inputs and {outputs} outputs; as many of both are needed."
            )

    def open(self, cc: CalculatorContext) -> None:
        """Count the streams."""
        self._streams = range(self.landmarks.count(cc))

    def process(self, cc: CalculatorContext) -> None:
        """Emit the landmarks without the letterbox."""
        padding = self.padding.get(cc)
        if padding is None:
            return
        unpadding = Unpadding.of(padding) if any(padding) else None
        for index in self._streams:
            found = self.landmarks.get(cc, index)
            if found is not None:
                self.adjusted.send(cc, without_letterbox(found, unpadding), index=index)


def without_letterbox(found: NormalizedLandmarkList, unpadding: Unpadding | None) -> NormalizedLandmarkList:
    """Return the landmarks in fractions of the picture; *unpadding* is None where there was no padding."""
    if unpadding is None:
        return found
    data = found.data.copy()
    data[:, :2] = unpadding.positions(found.xy)
    data[:, 2] /= unpadding.scale[0]
    return NormalizedLandmarkList(data, found.has_visibility, found.has_presence)
