"""MasksToIdMaskCalculator: one picture that says who is where."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from graphkit import Calculator, Input, Options, Output, calculator, option, options
from graphkit.errors import ContractError, FormatError
from graphkit.formats import Image, ImageFormat, ImageFrame
from graphkit_calculators.util._per_id import want_as_many

if TYPE_CHECKING:
    from graphkit import CalculatorContext, CalculatorContract

_LARGEST_ID: Final = 65_535


@options("graphkit.MasksToIdMaskCalculatorOptions")
class MasksToIdMaskCalculatorOptions:
    """From where on a pixel is somebody's."""

    threshold: float = option(1, default=0.5)


@calculator
class MasksToIdMaskCalculator(Calculator):
    """Writes the ids of several things into one picture: at each pixel the id whose mask is the strongest, or 0.

    Emits at every timestamp with MASKS.

    Inputs: MASKS, a list of Images of one channel (VEC32F1, 0 to 1) and one size, read back if they are on the
    GPU; TRACKING_IDS, an int for each, 1 to 65535. Output: ID_MASK, an ImageFrame in GRAY16.

    Knobs: ``threshold``, the least value of a mask that counts. Cost: about 1 ms a mask of 540 x 650.

    Example::

        node {
          calculator: "MasksToIdMaskCalculator"
          input_stream: "MASKS:masks"
          input_stream: "TRACKING_IDS:pose_ids"
          output_stream: "ID_MASK:id_mask"
        }
    """

    blocking = True
    for_outputs_only = True

    masks = Input(list[Image], "MASKS")
    ids = Input(list[int], "TRACKING_IDS")
    id_mask = Output(ImageFrame, "ID_MASK")
    options = Options(MasksToIdMaskCalculatorOptions)

    @classmethod
    def update_contract(cls, cc: CalculatorContract) -> None:
        """Check the option."""
        threshold = cls.options(cc).threshold
        if not 0 <= threshold <= 1:
            raise ContractError(f"threshold is {threshold:g}; it must be from 0 to 1.")

    def process(self, cc: CalculatorContext) -> None:
        """Emit the picture of a frame."""
        masks, ids = self.masks.get(cc), self.ids.get(cc)
        if not masks or ids is None:
            return
        want_as_many(ids, MASKS=masks)
        if not 0 < min(ids) <= max(ids) <= _LARGEST_ID:
            raise FormatError(f"TRACKING_IDS are {ids}; a picture in GRAY16 holds ids from 1 to {_LARGEST_ID}.")
        strongest = np.full((masks[0].height, masks[0].width), self.options(cc).threshold, np.float32)
        whose = np.zeros(strongest.shape, np.uint16)
        for id_, mask in zip(ids, masks, strict=True):
            frame = mask.cpu()
            if frame.format is not ImageFormat.VEC32F1 or frame.data.shape != strongest.shape:
                raise FormatError(
                    f"masks of one float32 channel (VEC32F1) and one size were expected; found {frame}."
                )
            mine = frame.data >= strongest
            whose[mine] = id_
            np.copyto(strongest, frame.data, where=mine)
        self.id_mask.send(cc, ImageFrame(whose))
