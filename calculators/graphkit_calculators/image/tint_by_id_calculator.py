"""TintByIdCalculator: each of several things under a veil in the colour of its id."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from graphkit import Calculator, Input, Options, Output, calculator, option, options
from graphkit.errors import ContractError, FormatError
from graphkit.formats import Image, ImageFormat, ImageFrame
from graphkit.framework import opencv
from graphkit.gpu import GlCalculatorHelper, GpuBuffer, GpuBufferFormat
from graphkit_calculators.gpu._picture_shader import PictureShader
from graphkit_calculators.image._sides import choose_side
from graphkit_calculators.image.recolor_calculator import paint
from graphkit_calculators.util._id_colors import color_of_id
from graphkit_calculators.util._per_id import want_as_many

if TYPE_CHECKING:
    from collections.abc import Sequence

    from graphkit import CalculatorContext, CalculatorContract
    from graphkit.gpu import GlContext

_SHADER: Final = """
    uniform sampler2D frame, mask;
    uniform vec3 paint;
    uniform float strength;
    in vec2 sample_coordinate;
    out vec4 color;

    void main() {
        vec4 below = texelFetch(frame, ivec2(gl_FragCoord.xy), 0);
        color = mix(below, vec4(paint, 1.0), texture(mask, sample_coordinate).r * strength);
    }
"""


@options("graphkit.TintByIdCalculatorOptions")
class TintByIdCalculatorOptions:
    """How thick the veil is."""

    strength: float = option(1, default=0.45)


@calculator
class TintByIdCalculator(Calculator):
    """Lays a veil over each of several things, where its mask is, in the colour of its id.

    Emits at every timestamp with a picture; where there are no masks, the picture itself.

    Inputs: IMAGE, an ImageFrame in SRGB, or IMAGE_GPU, a GpuBuffer in RGBA8, and the output is of the same tag;
    MASKS, a list of Images of one channel (VEC32F1, 0 to 1), of any size and on either side; TRACKING_IDS, an
    int for each mask.

    Knobs: ``strength``, 0 (nothing) to 1 (the colour alone). Cost: some 3 ms a mask of 540 x 650 in memory.

    Example::

        node {
          calculator: "TintByIdCalculator"
          input_stream: "IMAGE:frame"
          input_stream: "MASKS:masks"
          input_stream: "TRACKING_IDS:pose_ids"
          output_stream: "IMAGE:tinted_frame"
        }
    """

    blocking = True
    for_outputs_only = True

    image = Input(ImageFrame, "IMAGE", optional=True)
    image_gpu = Input(GpuBuffer, "IMAGE_GPU", optional=True)
    masks = Input(list[Image], "MASKS")
    ids = Input(list[int], "TRACKING_IDS")
    tinted = Output(ImageFrame, "IMAGE", optional=True)
    tinted_gpu = Output(GpuBuffer, "IMAGE_GPU", optional=True)
    options = Options(TintByIdCalculatorOptions)

    @classmethod
    def update_contract(cls, cc: CalculatorContract) -> None:
        """Check the side and the option."""
        choose_side(cc)
        strength = cls.options(cc).strength
        if not 0 <= strength <= 1:
            raise ContractError(f"strength is {strength:g}; it must be from 0 to 1.")

    def open(self, cc: CalculatorContext) -> None:
        """Read the option; compile the shader where the picture is on the GPU."""
        self._strength = self.options(cc).strength
        self._shader: PictureShader | None = None
        if self.image_gpu.is_connected(cc):
            self._shader = PictureShader("TintByIdCalculator", _source, GlCalculatorHelper(cc).context)

    def process(self, cc: CalculatorContext) -> None:
        """Emit the picture with its veils."""
        masks, ids = self.masks.get(cc) or [], self.ids.get(cc) or []
        want_as_many(ids, MASKS=masks or None)
        image, buffer = self.image.get(cc), self.image_gpu.get(cc)
        if image is not None:
            self.tinted.send(cc, self._in_memory(image, masks, ids))
        if buffer is not None:
            self.tinted_gpu.send(cc, self._on_gpu(buffer, masks, ids))

    def close(self, cc: CalculatorContext) -> None:
        """Release the shader."""
        if self._shader is not None:
            self._shader.release()

    def _in_memory(self, image: ImageFrame, masks: Sequence[Image], ids: Sequence[int]) -> ImageFrame:
        if not masks:
            return image
        if image.format is not ImageFormat.SRGB:
            raise FormatError(f"{image} cannot be tinted; convert it to SRGB first.")
        pixels, strength = image.data, np.float32(self._strength)
        for mask, id_ in zip(masks, ids, strict=True):
            frame = mask.cpu()
            if frame.format is not ImageFormat.VEC32F1:
                raise FormatError(f"a mask of one float32 channel (VEC32F1) was expected; found {frame}.")
            weights = frame.data
            if weights.shape != pixels.shape[:2]:
                weights = opencv().resize(weights, (image.width, image.height))
            pixels = paint(pixels, weights * strength, color_of_id(id_))
        return ImageFrame(pixels)

    def _on_gpu(self, buffer: GpuBuffer, masks: Sequence[Image], ids: Sequence[int]) -> GpuBuffer:
        if not masks:
            return buffer
        if buffer.format is not GpuBufferFormat.RGBA8:
            raise FormatError(f"{buffer} cannot be tinted; it needs RGBA8.")
        assert self._shader is not None
        for mask, id_ in zip(masks, ids, strict=True):
            source = mask.source
            if not isinstance(source, GpuBuffer):
                source = GpuBuffer.from_image_frame(buffer.group, mask.cpu())
            buffer = self._shader.draw(
                {"frame": buffer, "mask": source},
                (buffer.width, buffer.height),
                buffer.format,
                paint=tuple(level / 255.0 for level in color_of_id(id_)),
                strength=self._strength,
            )
        return buffer


def _source(_: GlContext) -> str:
    return _SHADER
