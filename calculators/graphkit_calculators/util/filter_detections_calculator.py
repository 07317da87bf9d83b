"""FilterDetectionsCalculator: only the detections that are sure and large enough."""

from __future__ import annotations

from typing import TYPE_CHECKING

from graphkit import Calculator, Input, Options, Output, calculator, option, options
from graphkit.errors import ContractError, FormatError
from graphkit.formats import Detection, ImageSize

if TYPE_CHECKING:
    from graphkit import CalculatorContext, CalculatorContract


@options("mediapipe.FilterDetectionsCalculatorOptions", extension=395478132)
class FilterDetectionsCalculatorOptions:
    """The limits; those that are not set let everything through."""

    min_score: float | None = option(1)
    min_pixel_size: float | None = option(2)
    max_pixel_size: float | None = option(3)


@calculator
class FilterDetectionsCalculator(Calculator):
    """Drops the detections that do not meet all the limits that are set.

    Emits at every timestamp with detections, an empty list too.

    Inputs: INPUT_DETECTIONS; IMAGE_SIZE, which limits of size need. Output: OUTPUT_DETECTIONS.

    Knobs: ``min_score``, for the first score of a detection; ``min_pixel_size`` and ``max_pixel_size``,
    for the longer side of its relative box, in pixels of the image. Values at a limit pass.

    Example::

        node {
          calculator: "FilterDetectionsCalculator"
          input_stream: "INPUT_DETECTIONS:detections"
          output_stream: "OUTPUT_DETECTIONS:sure_detections"
          options {
            [mediapipe.FilterDetectionsCalculatorOptions.ext] { min_score: 0.6 }
          }
        }
    """

    detections = Input(list[Detection], "INPUT_DETECTIONS")
    image_size = Input(ImageSize, "IMAGE_SIZE", optional=True)
    kept = Output(list[Detection], "OUTPUT_DETECTIONS")
    options = Options(FilterDetectionsCalculatorOptions)

    @classmethod
    def update_contract(cls, cc: CalculatorContract) -> None:
        """Check that sizes can be measured where they are limited."""
        chosen = cls.options(cc)
        limited = chosen.min_pixel_size is not None or chosen.max_pixel_size is not None
        if limited and "IMAGE_SIZE" not in cc.inputs:
            raise ContractError("min_pixel_size and max_pixel_size need the image's size: connect IMAGE_SIZE.")

    def open(self, cc: CalculatorContext) -> None:
        """Read the options."""
        chosen = self.options(cc)
        self._min_score = chosen.min_score
        self._min_size, self._max_size = chosen.min_pixel_size, chosen.max_pixel_size

    def process(self, cc: CalculatorContext) -> None:
        """Emit what is left."""
        detections = self.detections.get(cc)
        if detections is None:
            return
        if self._min_score is not None:
            detections = [one for one in detections if _first_score(one) >= self._min_score]
        if self._min_size is not None or self._max_size is not None:
            size = self.image_size.expect(cc)
            detections = [one for one in detections if self._fits(one, size)]
        self.kept.send(cc, detections)

    def _fits(self, detection: Detection, image_size: ImageSize) -> bool:
        _, _, width, height = detection.box
        longer = max(width * image_size.width, height * image_size.height)
        return not (
            (self._min_size is not None and longer < self._min_size)
            or (self._max_size is not None and longer > self._max_size)
        )


def _first_score(detection: Detection) -> float:
    if not detection.score:
        raise FormatError("a detection without a score cannot be held against min_score; every one needs a score.")
    return detection.score[0]
