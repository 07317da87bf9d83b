"""SetAlphaCalculator: how opaque a picture is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from graphkit import Calculator, Input, Options, Output, calculator, option, options
from graphkit.errors import ContractError, FormatError
from graphkit.formats import ImageFormat, ImageFrame
from graphkit.gpu import GlCalculatorHelper, GpuBuffer, GpuBufferFormat
from graphkit_calculators.gpu._picture_shader import PictureShader
from graphkit_calculators.image._sides import choose_side

if TYPE_CHECKING:
    from graphkit import CalculatorContext, CalculatorContract
    from graphkit.gpu import GlContext

_READABLE = (ImageFormat.SRGB, ImageFormat.SRGBA)
_OPAQUE = 255


@options("mediapipe.SetAlphaCalculatorOptions", extension=250949799)
class SetAlphaCalculatorOptions:
    """One alpha for all pixels."""

    alpha_value: int = option(1, "sint32", default=-1)


@calculator
class SetAlphaCalculator(Calculator):
    """Gives a picture an alpha channel, or another one: the same everywhere, or that of a mask.

    Emits at every timestamp with a picture, in SRGBA or RGBA8. Where the mask has no packet, a picture becomes
    transparent, as in MediaPipe: there is no mask yet.

    Inputs: IMAGE with ALPHA, in memory and of one size; or IMAGE_GPU with ALPHA_GPU, of any size. The first
    channel of the mask counts. Output: IMAGE or IMAGE_GPU, as the input.

    Knobs: ``alpha_value``, 0 to 255, in place of a mask; one of both is needed.

    Example::

        node {
          calculator: "SetAlphaCalculator"
          input_stream: "IMAGE:frame"
          input_stream: "ALPHA:mask"
          output_stream: "IMAGE:frame_with_alpha"
        }
    """

    image = Input(ImageFrame, "IMAGE", optional=True)
    image_gpu = Input(GpuBuffer, "IMAGE_GPU", optional=True)
    alpha = Input(ImageFrame, "ALPHA", optional=True)
    alpha_gpu = Input(GpuBuffer, "ALPHA_GPU", optional=True)
    changed = Output(ImageFrame, "IMAGE", optional=True)
    changed_gpu = Output(GpuBuffer, "IMAGE_GPU", optional=True)
    options = Options(SetAlphaCalculatorOptions)

    @classmethod
    def update_contract(cls, cc: CalculatorContract) -> None:
        """Check that alpha has one source, on the side of the picture; ask for the GPU if need be."""
        choose_side(cc)
        masks = [port.tag for port in (cls.alpha, cls.alpha_gpu) if port.is_connected(cc)]
        constant = cls.options(cc).alpha_value >= 0
        if constant + len(masks) != 1:
            raise ContractError("alpha comes from the option alpha_value or from one mask; use one of both.")
        if masks and (masks == ["ALPHA_GPU"]) != cls.image_gpu.is_connected(cc):
            raise ContractError(
                f"{masks[0]} is on another side than the picture; use ALPHA with IMAGE, or _GPU for both."
            )

    def open(self, cc: CalculatorContext) -> None:
        """Read the option; compile the shader where the picture is on the GPU."""
        self._value = min(self.options(cc).alpha_value, _OPAQUE)
        self._shader: PictureShader | None = None
        if self.image_gpu.is_connected(cc):
            self._shader = PictureShader("SetAlphaCalculator", _source, GlCalculatorHelper(cc).context)

    def process(self, cc: CalculatorContext) -> None:
        """Emit the picture."""
        image, buffer = self.image.get(cc), self.image_gpu.get(cc)
        if image is not None:
            self.changed.send(cc, ImageFrame(self._with_alpha(image, self.alpha.get(cc)), ImageFormat.SRGBA))
        if buffer is not None and self._shader is not None:
            self.changed_gpu.send(cc, self._drawn(self._shader, buffer, self.alpha_gpu.get(cc)))

    def close(self, cc: CalculatorContext) -> None:
        """Release the shader."""
        if self._shader is not None:
            self._shader.release()

    def _with_alpha(self, image: ImageFrame, mask: ImageFrame | None) -> np.ndarray[Any, np.dtype[np.uint8]]:
        if image.format not in _READABLE:
            raise FormatError(f"{image} cannot have an alpha channel; it needs SRGB or SRGBA.")
        result = np.empty((image.height, image.width, 4), np.uint8)
        result[:, :, :3] = image.data[:, :, :3]
        result[:, :, 3] = max(self._value, 0) if mask is None else _first_channel(mask, image)
        return result

    def _drawn(self, shader: PictureShader, buffer: GpuBuffer, mask: GpuBuffer | None) -> GpuBuffer:
        return shader.draw(
            {"frame": buffer, "mask": buffer if mask is None else mask},
            (buffer.width, buffer.height),
            GpuBufferFormat.RGBA8,
            alpha=max(self._value, 0) / _OPAQUE if mask is None else -1.0,
        )


def _first_channel(mask: ImageFrame, image: ImageFrame) -> np.ndarray[Any, Any]:
    values = mask.data if mask.data.ndim == 2 else mask.data[:, :, 0]
    if values.shape != (image.height, image.width) or values.dtype != np.uint8:
        raise FormatError(f"{mask} cannot be the alpha of {image}; it needs the same size and 8 bits a value.")
    return values


def _source(_: GlContext) -> str:
    return """
        uniform sampler2D frame, mask;
        uniform float alpha;  // below 0 the mask says
        in vec2 sample_coordinate;
        out vec4 color;

        void main() {
            float opacity = alpha < 0.0 ? texture(mask, sample_coordinate).r : alpha;
            color = vec4(texelFetch(frame, ivec2(gl_FragCoord.xy), 0).rgb, opacity);
        }
    """
