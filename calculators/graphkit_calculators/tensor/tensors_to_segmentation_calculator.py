"""TensorsToSegmentationCalculator: the output of a segmentation model as a mask."""

from __future__ import annotations

from enum import IntEnum
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from graphkit import Calculator, Input, Options, Output, calculator, option, options
from graphkit.errors import ContractError, FormatError
from graphkit.formats import Image, ImageFrame, ImageSize, Tensor
from graphkit.framework import opencv
from graphkit_calculators.gpu._picture_shader import PictureShader
from graphkit_calculators.tensor._activation import sigmoid
from graphkit_calculators.tensor.image_to_tensor_calculator import GpuOriginMode

if TYPE_CHECKING:
    from graphkit import CalculatorContext, CalculatorContract
    from graphkit.gpu import GlContext, GpuBuffer

Floats: TypeAlias = np.ndarray[Any, np.dtype[np.float32]]


@options("mediapipe.TensorsToSegmentationCalculatorOptions", extension=374311106)
class TensorsToSegmentationCalculatorOptions:
    """How the values of the tensor become a mask."""

    class Activation(IntEnum):
        """Functions that a model may leave to its reader."""

        NONE = 0
        SIGMOID = 1
        SOFTMAX = 2

    gpu_origin: GpuOriginMode = option(1, default=GpuOriginMode.DEFAULT)
    activation: Activation = option(2, default=Activation.NONE)
    output_layer_index: int = option(3, default=1)


Activation = TensorsToSegmentationCalculatorOptions.Activation


@calculator
class TensorsToSegmentationCalculator(Calculator):
    """Makes a mask of the first tensor of a list: an Image of float32 (VEC32F1), 0 to 1.

    Emits at every timestamp with tensors (and, where OUTPUT_SIZE is connected, a size), but nothing in a run in
    which nobody reads the mask. The mask is as large as the tensor, (1, H, W, C) or (H, W, C), unless OUTPUT_SIZE
    asks for another size; it is then scaled bilinearly.

    In a graph that draws on the GPU, the mask of a model that the graph wants there is a picture on the GPU, of
    format R32F. It goes there when it is first drawn with, in the size of the tensor.

    Knobs: ``activation``: NONE and SIGMOID take one channel, SOFTMAX takes two and gives the share of channel
    ``output_layer_index``. ``gpu_origin`` has no effect: masks start at the top on either side.

    Example::

        node {
          calculator: "TensorsToSegmentationCalculator"
          input_stream: "TENSORS:segmentation_tensor"
          output_stream: "MASK:segmentation_mask"
          options { [mediapipe.TensorsToSegmentationCalculatorOptions.ext] { activation: SIGMOID } }
        }
    """

    blocking = True
    pure = True

    tensors = Input(list[Tensor], "TENSORS")
    output_size = Input(ImageSize, "OUTPUT_SIZE", optional=True)
    mask = Output(Image, "MASK")
    options = Options(TensorsToSegmentationCalculatorOptions)

    @classmethod
    def update_contract(cls, cc: CalculatorContract) -> None:
        """Check that the layer is one of the two that SOFTMAX has."""
        if cls.options(cc).output_layer_index not in (0, 1):
            raise ContractError(f"output_layer_index is {cls.options(cc).output_layer_index}; it must be 0 or 1.")

    def open(self, cc: CalculatorContext) -> None:
        """Read the options."""
        chosen = self.options(cc)
        self._activation, self._layer = chosen.activation, chosen.output_layer_index
        self._sized = self.output_size.is_connected(cc)
        self._scaling = PictureShader("TensorsToSegmentationCalculator", _scaling_source)

    def process(self, cc: CalculatorContext) -> None:
        """Emit the mask."""
        tensors, size = self.tensors.get(cc), self.output_size.get(cc)
        if tensors is None or (self._sized and size is None):
            return
        if not tensors:
            raise FormatError("the list of tensors is empty; its first one is the mask.")
        values = activated(tensors[0], self._activation, self._layer)
        on_gpu = _on_gpu(cc, values) if tensors[0].for_gpu else None
        if on_gpu is not None:
            self.mask.send(cc, Image(self._scaled(on_gpu, size)))
            return
        if size is not None and size != values.shape[::-1]:
            values = opencv().resize(values, tuple(size))
        self.mask.send(cc, Image(ImageFrame(values)))

    def close(self, cc: CalculatorContext) -> None:
        """Release the shader."""
        self._scaling.release()

    def _scaled(self, mask: GpuBuffer, size: ImageSize | None) -> GpuBuffer:
        if size is None or size == (mask.width, mask.height):
            return mask
        return self._scaling.draw({"mask": mask}, size, mask.format)


def _on_gpu(cc: CalculatorContext, values: Floats) -> GpuBuffer | None:
    """Return *values* for the GPU of the graph, None where it has none."""
    from graphkit.gpu import GPU_SERVICE

    resources = cc.service(GPU_SERVICE)
    return None if resources is None else resources.upload(ImageFrame(values))


def _scaling_source(_: GlContext) -> str:
    return """
        uniform sampler2D mask;
        in vec2 sample_coordinate;
        out vec4 color;

        void main() {
            color = texture(mask, sample_coordinate);
        }
    """


def activated(tensor: Tensor, activation: Activation, layer: int) -> Floats:
    """Return the mask (H, W) float32 that *tensor* holds, new.

    Raises:
        FormatError: another number of dimensions, images, channels or another type than *activation* takes.
    """
    values = tensor.nhwc()
    if values.ndim == 4 and values.shape[0] == 1:
        values = values[0]
    channels = 2 if activation is Activation.SOFTMAX else 1
    if values.ndim != 3 or values.shape[2] != channels or values.dtype != np.float32:
        raise FormatError(
            f"{tensor} cannot be a mask with activation {activation.name}; it needs float32 and shape "
            f"(1, H, W, {channels})."
        )
    if activation is Activation.NONE:
        return values[:, :, 0].copy()
    if activation is Activation.SIGMOID:
        return sigmoid(values[:, :, 0])
    # The share of one of two is the sigmoid of how far it is ahead of the other.
    return sigmoid(values[:, :, layer] - values[:, :, 1 - layer])
