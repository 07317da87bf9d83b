"""RecolorCalculator: a colour where a mask is."""

from __future__ import annotations

from enum import IntEnum
from functools import partial
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from graphkit import Calculator, Input, Options, Output, calculator, option, options
from graphkit.errors import ContractError, FormatError
from graphkit.formats import ImageFormat, ImageFrame
from graphkit.framework import opencv
from graphkit.gpu import GlCalculatorHelper, GpuBuffer
from graphkit_calculators.image._recolor_gl import GpuRecolorer
from graphkit_calculators.image._sides import choose_side
from graphkit_calculators.util._colors import color_of

if TYPE_CHECKING:
    from graphkit import CalculatorContext, CalculatorContract

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

    On the GPU the image is IMAGE_GPU, a GpuBuffer in RGBA8, on both sides, and the mask MASK_GPU, of one channel
    or four. Rounding differs by a level.

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
    for_outputs_only = True

    image = Input(ImageFrame, "IMAGE", optional=True)
    image_gpu = Input(GpuBuffer, "IMAGE_GPU", optional=True)
    mask = Input(ImageFrame, "MASK", optional=True)
    mask_gpu = Input(GpuBuffer, "MASK_GPU", optional=True)
    recolored = Output(ImageFrame, "IMAGE", optional=True)
    recolored_gpu = Output(GpuBuffer, "IMAGE_GPU", optional=True)
    options = Options(RecolorCalculatorOptions)

    @classmethod
    def update_contract(cls, cc: CalculatorContract) -> None:
        """Check that there is a colour, and that image and mask are on one side; ask for the GPU if need be."""
        choose_side(cc)
        if cls.image_gpu.is_connected(cc) and cls.mask.is_connected(cc):
            raise ContractError("IMAGE_GPU takes a mask on MASK_GPU; insert an ImageFrameToGpuBufferCalculator.")
        if cls.image.is_connected(cc) and cls.mask_gpu.is_connected(cc):
            raise ContractError("IMAGE takes a mask on MASK; insert a GpuBufferToImageFrameCalculator.")
        if cls.options(cc).color is None:
            raise ContractError("color is not set; give it as color { r: 0 g: 0 b: 255 }.")

    def open(self, cc: CalculatorContext) -> None:
        """Read the options; compile the shader where the image is on the GPU."""
        chosen = self.options(cc)
        self._color = color_of(chosen.color)
        self._channel = _ALPHA if chosen.mask_channel is chosen.MaskChannel.ALPHA else 0
        self._invert, self._by_luminance = chosen.invert_mask, chosen.adjust_with_luminance
        self._gpu: GpuRecolorer | None = None
        if self.image_gpu.is_connected(cc):
            self._helper = GlCalculatorHelper(cc)
            made = partial(
                GpuRecolorer,
                self._helper,
                self._color,
                channel=self._channel,
                invert=self._invert,
                by_luminance=self._by_luminance,
            )
            self._gpu = self._helper.run_in_gl_context(made)

    def process(self, cc: CalculatorContext) -> None:
        """Emit the painted image."""
        image, buffer = self.image.get(cc), self.image_gpu.get(cc)
        if image is not None:
            self.recolored.send(cc, self._painted(image, self.mask.get(cc)))
        if buffer is not None and self._gpu is not None:
            mask = self.mask_gpu.get(cc)
            painted = buffer if mask is None else self._helper.run_in_gl_context(self._gpu.draw, buffer, mask)
            self.recolored_gpu.send(cc, painted)

    def close(self, cc: CalculatorContext) -> None:
        """Release the shader."""
        if self._gpu is not None:
            self._helper.run_in_gl_context(self._gpu.release)

    def _painted(self, image: ImageFrame, mask: ImageFrame | None) -> ImageFrame:
        if mask is None:
            return image
        if image.format is not ImageFormat.SRGB:
            raise FormatError(f"{image} cannot be recolored; convert it to SRGB first.")
        return ImageFrame(paint(image.data, self._weights(mask, image), self._color))

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
