"""RecolorCalculator: a colour where a mask is."""

from __future__ import annotations

from enum import IntEnum
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from graphkit.calculator import Calculator, calculator
from graphkit.errors import ContractError, FormatError
from graphkit.formats import ImageFormat, ImageFrame
from graphkit.options import option, options
from graphkit.ports import Input, Options, Output
from graphkit.threads import opencv
from graphkit_calculators.util._colors import color_of

if TYPE_CHECKING:
    from graphkit.context import CalculatorContext
    from graphkit.contract import CalculatorContract

Pixels: TypeAlias = np.ndarray[Any, np.dtype[np.uint8]]
Floats: TypeAlias = np.ndarray[Any, np.dtype[np.float32]]

_ALPHA = 3  # channel


@options("mediapipe.RecolorCalculatorOptions", extension=252527117)
class RecolorCalculatorOptions:
    """The colour, which is needed, and where it goes."""

    class MaskChannel(IntEnum):
        """The channel of a mask of several that counts."""

        UNKNOWN = 0
        RED = 1
        ALPHA = 2

    mask_channel: MaskChannel = option(1, default=MaskChannel.RED)
    color: Any = option(2, "mediapipe.Color")
    invert_mask: bool = option(3, default=False)
    adjust_with_luminance: bool = option(4, default=True)


@calculator
class RecolorCalculator(Calculator):
    """Paints a colour over an image, as strongly as a mask says.

    Emits at every timestamp with an IMAGE in SRGB; where MASK has no packet, the image itself. The mask is
    GRAY8, SRGB, SRGBA or float32 (VEC32F1, 0 to 1), of any size: it is scaled to the image.

    Knobs: ``color``; ``mask_channel``: RED is the first, ALPHA the fourth; ``invert_mask`` paints what the mask
    leaves out; ``adjust_with_luminance`` paints dark places less, which keeps textures visible and costs more.

    Example::

        node {
          calculator: "RecolorCalculator"
          input_stream: "IMAGE:frame"
          input_stream: "MASK:segmentation_mask"
          output_stream: "IMAGE:recolored_frame"
          options {
            [mediapipe.RecolorCalculatorOptions.ext] {
              color { r: 0 g: 0 b: 255 }
              invert_mask: true
              adjust_with_luminance: false
            }
          }
        }
    """

    blocking = True

    image = Input(ImageFrame, "IMAGE")
    mask = Input(ImageFrame, "MASK", optional=True)
    recolored = Output(ImageFrame, "IMAGE")
    options = Options(RecolorCalculatorOptions)

    @classmethod
    def update_contract(cls, cc: CalculatorContract) -> None:
        """Check that there is a colour."""
        if cls.options(cc).color is None:
            raise ContractError("color is not set; give it as color { r: 0 g: 0 b: 255 }.")

    def open(self, cc: CalculatorContext) -> None:
        """Read the options."""
        chosen = self.options(cc)
        self._color = color_of(chosen.color)
        self._channel = _ALPHA if chosen.mask_channel is chosen.MaskChannel.ALPHA else 0
        self._invert, self._by_luminance = chosen.invert_mask, chosen.adjust_with_luminance

    def process(self, cc: CalculatorContext) -> None:
        """Emit the painted image."""
        image, mask = self.image.get(cc), self.mask.get(cc)
        if image is None:
            return
        if mask is None:
            self.recolored.send(cc, image)
            return
        if image.format is not ImageFormat.SRGB:
            raise FormatError(f"{image} cannot be recolored; convert it to SRGB first.")
        weights = self._weights(mask, image)
        self.recolored.send(cc, ImageFrame(paint(image.data, weights, self._color)))

    def _weights(self, mask: ImageFrame, image: ImageFrame) -> Floats:
        """Return how strongly each pixel of *image* is painted, (H, W) float32."""
        cv2 = opencv()
        values = mask.data
        if values.ndim == 3:
            if self._channel >= values.shape[2]:
                raise FormatError(f"mask_channel is ALPHA, but the mask {mask} has no alpha channel.")
            values = np.ascontiguousarray(values[:, :, self._channel])
        if values.shape != image.data.shape[:2]:
            values = cv2.resize(values, (image.width, image.height))
        weights: Floats = values if values.dtype == np.float32 else _fractions(values, mask)
        if self._invert:
            weights = np.float32(1) - weights
        if self._by_luminance:
            weights = weights * luminance(image.data)
        return weights


def _fractions(values: np.ndarray[Any, Any], mask: ImageFrame) -> Floats:
    if values.dtype != np.uint8:
        raise FormatError(f"{mask} cannot be a mask; it needs 8 bits or float32 a sample.")
    table: Floats = (np.arange(256) * (1.0 / 255.0)).astype(np.float32)
    fractions: Floats = table[values]
    return fractions


def luminance(pixels: Pixels) -> Floats:
    """Return ``0.299 R + 0.587 G + 0.114 B`` of (H, W, 3) pixels as fractions of white, (H, W) float32."""
    weights = np.array(((0.299 / 255, 0.587 / 255, 0.114 / 255),), np.float64)
    light: Floats = opencv().transform(pixels.astype(np.float32), weights)
    return light.reshape(pixels.shape[:2])


def paint(pixels: Pixels, weights: Floats, color: tuple[int, int, int]) -> Pixels:
    """Return ``pixels * (1 - weights) + color * weights``, each term rounded to 8 bits as in MediaPipe.

    Args:
        pixels: (H, W, 3) uint8.
        weights: (H, W) float32, 0 to 1.
        color: one number a channel, 0 to 255.

    Returns:
        (H, W, 3) uint8, new.
    """
    cv2 = opencv()
    rest = cv2.merge([np.float32(1) - weights] * 3)
    painted: Pixels = cv2.multiply(pixels, rest, dtype=cv2.CV_8U)
    if any(color):
        coats = {value: cv2.convertScaleAbs(weights, alpha=value) for value in set(color)}
        cv2.add(painted, cv2.merge([coats[value] for value in color]), dst=painted)
    return painted
