"""MultiSegmentationSmoothingCalculator: masks of several things that do not flicker."""

from __future__ import annotations

from typing import TYPE_CHECKING

from graphkit import Calculator, Input, Options, Output, SideInput, calculator
from graphkit.formats import Image
from graphkit_calculators.image._mask_smoother import MaskSmoother
from graphkit_calculators.image.segmentation_smoothing_calculator import SegmentationSmoothingCalculatorOptions
from graphkit_calculators.util._per_id import want_as_many

if TYPE_CHECKING:
    from graphkit import CalculatorContext


@calculator
class MultiSegmentationSmoothingCalculator(Calculator):
    """Mixes each of several masks with the one before it of the same id, most where the new one is unsure.

    Emits at every timestamp with MASKS, as many as came in. Who is not in a frame is forgotten: its next mask
    passes as it is, as does one of another size than before. Masks are Images of float32 (VEC32F1), in memory
    or on the GPU, and are mixed where they lie.

    Inputs: MASKS, a list of Image; TRACKING_IDS, an int for each. Side packet ENABLE: false lets masks pass.
    Output: MASKS_SMOOTHED.

    Knobs: ``combine_with_previous_ratio``, as in SegmentationSmoothingCalculator. Cost: that of as many of these.

    Example::

        node {
          calculator: "MultiSegmentationSmoothingCalculator"
          input_stream: "MASKS:masks"
          input_stream: "TRACKING_IDS:pose_ids"
          output_stream: "MASKS_SMOOTHED:smoothed_masks"
          options {
            [mediapipe.SegmentationSmoothingCalculatorOptions.ext] { combine_with_previous_ratio: 0.7 }
          }
        }
    """

    blocking = True
    for_outputs_only = True

    masks = Input(list[Image], "MASKS")
    ids = Input(list[int], "TRACKING_IDS")
    enable = SideInput(bool, "ENABLE", value_optional=True)
    smoothed = Output(list[Image], "MASKS_SMOOTHED")
    options = Options(SegmentationSmoothingCalculatorOptions)

    def open(self, cc: CalculatorContext) -> None:
        """Read the option."""
        self._smoother = MaskSmoother(self.options(cc).combine_with_previous_ratio)
        self._enabled = self.enable.get(cc) is not False
        self._before: dict[int, Image] = {}

    def process(self, cc: CalculatorContext) -> None:
        """Emit the mixed masks, or forget where there are none."""
        masks, ids = self.masks.get(cc), self.ids.get(cc)
        if masks is None or ids is None:
            self._before = {}
            return
        want_as_many(ids, MASKS=masks)
        if self._enabled:
            masks = [
                self._smoother.mixed(mask, self._before.get(id_)) for id_, mask in zip(ids, masks, strict=True)
            ]
            self._before = dict(zip(ids, masks, strict=True))
        self.smoothed.send(cc, masks)

    def close(self, cc: CalculatorContext) -> None:
        """Release the shader, and let go of the masks."""
        self._smoother.release()
        self._before = {}
