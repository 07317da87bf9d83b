"""TfLiteTensorsToSegmentationCalculator: the mask of a model with two classes, mixed with the one before."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from graphkit import Calculator, Input, Options, Output, calculator, option, options
from graphkit.errors import ContractError, FormatError
from graphkit.formats import ImageFormat, ImageFrame, Tensor
from graphkit.framework import opencv
from graphkit.gpu import GPU_SERVICE, GlCalculatorHelper, GpuBuffer
from graphkit_calculators.tensor._activation import sigmoid

if TYPE_CHECKING:
    from graphkit import CalculatorContext, CalculatorContract

Floats: TypeAlias = np.ndarray[Any, np.dtype[np.float32]]
Pixels: TypeAlias = np.ndarray[Any, np.dtype[np.uint8]]

_NOT_ZERO = np.float32(0.001)
_CHANNELS = 2


@options("mediapipe.TfLiteTensorsToSegmentationCalculatorOptions", extension=252526026)
class TfLiteTensorsToSegmentationCalculatorOptions:
    """Shape of the tensor, and how much the mask before counts."""

    tensor_width: int | None = option(1)
    tensor_height: int | None = option(2)
    tensor_channels: int | None = option(3)
    combine_with_previous_ratio: float = option(4, default=1.0)
    output_layer_index: int = option(5, default=1)
    flip_vertically: bool = option(6, default=False)


@calculator
class TfLiteTensorsToSegmentationCalculator(Calculator):
    """Makes a mask of the only tensor of a list, which scores two classes: SRGBA, the mask in red and alpha.

    Emits at every timestamp with tensors. TensorsToSegmentationCalculator and SegmentationSmoothingCalculator are
    what newer graphs do this with.

    Inputs: TENSORS; PREV_MASK, which counts where the model is unsure; REFERENCE_IMAGE, a picture that the mask
    shall be as large as (else it is as large as the tensor). Output: MASK. All of them may have the ending _GPU:
    masks are then pictures on the GPU; they are made in memory, and the one before is read back.

    Knobs: ``tensor_width``, ``tensor_height`` and ``tensor_channels`` (2) of the model; ``output_layer_index``,
    the class that counts; ``combine_with_previous_ratio``: 0 is quick, 1 steady; ``flip_vertically``.

    Example::

        node {
          calculator: "TfLiteTensorsToSegmentationCalculator"
          input_stream: "TENSORS:segmentation_tensor"
          input_stream: "PREV_MASK:previous_hair_mask"
          output_stream: "MASK:hair_mask"
          options {
            [mediapipe.TfLiteTensorsToSegmentationCalculatorOptions.ext] {
              tensor_width: 512
              tensor_height: 512
              tensor_channels: 2
              combine_with_previous_ratio: 0.9
            }
          }
        }
    """

    blocking = True

    tensors = Input(list[Tensor], "TENSORS", optional=True)
    tensors_gpu = Input(list[Tensor], "TENSORS_GPU", optional=True)
    previous = Input(ImageFrame, "PREV_MASK", optional=True)
    previous_gpu = Input(GpuBuffer, "PREV_MASK_GPU", optional=True)
    reference = Input(ImageFrame, "REFERENCE_IMAGE", optional=True)
    reference_gpu = Input(GpuBuffer, "REFERENCE_IMAGE_GPU", optional=True)
    mask = Output(ImageFrame, "MASK", optional=True)
    mask_gpu = Output(GpuBuffer, "MASK_GPU", optional=True)
    options = Options(TfLiteTensorsToSegmentationCalculatorOptions)

    @classmethod
    def update_contract(cls, cc: CalculatorContract) -> None:
        """Check that everything is on one side, and the options; ask for the GPU if need be."""
        in_memory = (cls.tensors, cls.previous, cls.reference, cls.mask)
        on_gpu = (cls.tensors_gpu, cls.previous_gpu, cls.reference_gpu, cls.mask_gpu)
        wanted, other = (on_gpu, in_memory) if cls.tensors_gpu.is_connected(cc) else (in_memory, on_gpu)
        if not (wanted[0].is_connected(cc) and wanted[-1].is_connected(cc)):
            raise ContractError("TENSORS and MASK must be connected, or TENSORS_GPU and MASK_GPU.")
        strays = [port.tag for port in other if port.is_connected(cc)]
        if strays:
            raise ContractError(f"{', '.join(strays)} is on another side than the tensors; use one side for all.")
        chosen = cls.options(cc)
        if not chosen.tensor_width or not chosen.tensor_height or chosen.tensor_channels != _CHANNELS:
            raise ContractError("set tensor_width, tensor_height, and tensor_channels, which must be 2.")
        if chosen.output_layer_index not in (0, 1):
            raise ContractError(f"output_layer_index is {chosen.output_layer_index}; it must be 0 or 1.")
        if wanted is on_gpu:
            GlCalculatorHelper.update_contract(cc)

    def open(self, cc: CalculatorContext) -> None:
        """Read the options."""
        chosen = self._chosen = self.options(cc)
        self._shape = (chosen.tensor_height or 0, chosen.tensor_width or 0, _CHANNELS)
        self._layer = chosen.output_layer_index
        self._gpu = cc.service(GPU_SERVICE)

    def process(self, cc: CalculatorContext) -> None:
        """Emit the mask."""
        given = self.tensors.get(cc)
        tensors = self.tensors_gpu.get(cc) if given is None else given
        if tensors is None:
            return
        before, buffer = self.previous.get(cc), self.previous_gpu.get(cc)
        if buffer is not None:
            before = buffer.image_frame()
        picture = self.reference.get(cc) or self.reference_gpu.get(cc)
        mask = self._mask(self._values(tensors), before)
        size = None if picture is None else (picture.width, picture.height)
        frame = _as_picture(mask, size, upside_down=self._chosen.flip_vertically)
        if self._gpu is None:
            self.mask.send(cc, frame)
        else:
            self.mask_gpu.send(cc, self._gpu.upload(frame))

    def _values(self, tensors: list[Tensor]) -> Floats:
        """Return (H, W, 2) scores."""
        if len(tensors) != 1:
            raise FormatError(f"{len(tensors)} tensors came in; the mask is made of exactly one.")
        values = tensors[0].nhwc()
        if values.size != math.prod(self._shape) or values.dtype != np.float32:
            raise FormatError(f"{tensors[0]} is not the float32 tensor of shape {self._shape} of the options.")
        return values.reshape(self._shape)

    def _mask(self, values: Floats, before: ImageFrame | None) -> Floats:
        """Return the share of the class that counts, mixed with the mask before where it is unsure."""
        found: Floats = sigmoid(values[:, :, self._layer] - values[:, :, 1 - self._layer])
        if before is None:
            return found
        ratio = np.float32(self._chosen.combine_with_previous_ratio)
        doubt = found * np.log(found + _NOT_ZERO) + (1 - found) * np.log(1 - found + _NOT_ZERO)
        sure = np.clip(1 + doubt / math.log(2.0), 0, 1)
        sure *= 2 - sure
        mixed: Floats = found * sure + _shrunk(before, found.shape) * (1 - sure)
        return (mixed * ratio + (1 - ratio) * found).astype(np.float32)


def _shrunk(mask: ImageFrame, shape: tuple[int, ...]) -> Floats:
    """Return the first channel of a mask in the size of the tensor, 0 to 1."""
    values = mask.data if mask.data.ndim == 2 else np.ascontiguousarray(mask.data[:, :, 0])
    if values.dtype != np.uint8:
        raise FormatError(f"PREV_MASK is {mask}; it needs 8 bits a value.")
    resized: Pixels = opencv().resize(values, (shape[1], shape[0]))
    return resized.astype(np.float32) / np.float32(255)


def _as_picture(mask: Floats, size: tuple[int, int] | None, *, upside_down: bool) -> ImageFrame:
    levels = (mask[:: -1 if upside_down else 1] * 255).astype(np.uint8)
    if size is not None and size != levels.shape[::-1]:
        levels = opencv().resize(np.ascontiguousarray(levels), size)
    nothing = np.zeros_like(levels)
    return ImageFrame(np.stack((levels, nothing, nothing, levels), axis=2), ImageFormat.SRGBA)
