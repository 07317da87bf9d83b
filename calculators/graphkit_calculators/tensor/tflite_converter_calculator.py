"""TfLiteConverterCalculator: a picture or a matrix as a model's input."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from graphkit import Calculator, Input, Options, Output, calculator, option, options
from graphkit.errors import ContractError, FormatError
from graphkit.formats import ImageFormat, ImageFrame, Matrix, Tensor
from graphkit.gpu import GlCalculatorHelper, GpuBuffer, GpuBufferFormat, GpuTensor

if TYPE_CHECKING:
    from graphkit import CalculatorContext, CalculatorContract

Floats: TypeAlias = np.ndarray[Any, np.dtype[np.float32]]

_COLOURS = 3
_READABLE = (ImageFormat.SRGBA, ImageFormat.SRGB, ImageFormat.GRAY8, ImageFormat.VEC32F1)


@options("mediapipe.TfLiteConverterCalculatorOptions.TensorFloatRange")
class TensorFloatRange:
    """What black and white become."""

    min: float | None = option(1)
    max: float | None = option(2)


@options("mediapipe.TfLiteConverterCalculatorOptions", extension=245817797)
class TfLiteConverterCalculatorOptions:
    """What the values become, and which of them."""

    zero_center: bool = option(1, default=True)
    use_custom_normalization: bool = option(6, default=False)
    custom_div: float = option(7, default=-1.0)
    custom_sub: float = option(8, default=-1.0)
    flip_vertically: bool = option(2, default=False)
    max_num_channels: int = option(3, default=3)
    row_major_matrix: bool = option(4, default=False)
    use_quantized_tensors: bool = option(5, default=False)
    output_tensor_float_range: TensorFloatRange | None = option(9)


@calculator
class TfLiteConverterCalculator(Calculator):
    """Makes a tensor of a picture as it is: no scaling, no cutting out. ImageToTensorCalculator does all in one.

    Emits at every timestamp with a picture or a matrix. Where frames come faster than they are taken, the newest
    counts (its default input policy is FixedSizeInputStreamHandler).

    Inputs, one of: IMAGE, an ImageFrame in SRGB, SRGBA, GRAY8 or VEC32F1; IMAGE_GPU, a GpuBuffer, which is read
    back unless a model on CUDA reads it where it is; MATRIX. Outputs, one of: TENSORS, TENSORS_GPU, which carry
    the same here: one tensor, (1, H, W, channels), of a matrix (1, rows, columns, 1).

    Knobs: ``zero_center`` (on by default): -1 to 1 instead of 0 to 1; ``output_tensor_float_range`` or
    ``use_custom_normalization`` with ``custom_div`` and ``custom_sub`` (value / div - sub) for other ranges;
    ``use_quantized_tensors``: uint8, as it is; ``max_num_channels`` 4 keeps alpha; ``flip_vertically``;
    ``row_major_matrix``.

    Example::

        node {
          calculator: "TfLiteConverterCalculator"
          input_stream: "IMAGE:input_image"
          output_stream: "TENSORS:image_tensor"
          options { [mediapipe.TfLiteConverterCalculatorOptions.ext] { zero_center: false } }
        }
    """

    input_stream_handler = "FixedSizeInputStreamHandler"

    image = Input(ImageFrame, "IMAGE", optional=True)
    image_gpu = Input(GpuBuffer, "IMAGE_GPU", optional=True)
    matrix = Input[Matrix](np.ndarray, "MATRIX", optional=True)
    tensors = Output(list[Tensor], "TENSORS", optional=True)
    tensors_gpu = Output(list[Tensor], "TENSORS_GPU", optional=True)
    options = Options(TfLiteConverterCalculatorOptions)

    @classmethod
    def update_contract(cls, cc: CalculatorContract) -> None:
        """Check that there is one input and one output; ask for the GPU if need be."""
        for side, ports in (
            ("in", (cls.image, cls.image_gpu, cls.matrix)),
            ("out", (cls.tensors, cls.tensors_gpu)),
        ):
            if sum(port.is_connected(cc) for port in ports) != 1:
                tags = ", ".join(port.tag for port in ports)
                raise ContractError(f"something comes {side} on exactly one of {tags}.")
        if cls.options(cc).max_num_channels not in (1, 3, 4):
            raise ContractError(f"max_num_channels is {cls.options(cc).max_num_channels}; it is 1, 3 or 4.")
        if cls.image_gpu.is_connected(cc):
            GlCalculatorHelper.update_contract(cc)

    def open(self, cc: CalculatorContext) -> None:
        """Read the options."""
        chosen = self._chosen = self.options(cc)
        low, high = _range(chosen)
        if not high > low:
            raise ContractError(f"black becomes {low} and white {high}; white must become more.")
        self._scale, self._bias = np.float32((high - low) / 255.0), np.float32(low)
        self._levels = np.arange(256, dtype=np.float32) * self._scale + self._bias
        self._output = self.tensors if self.tensors.is_connected(cc) else self.tensors_gpu

    def process(self, cc: CalculatorContext) -> None:
        """Emit the tensor."""
        image, buffer, matrix = self.image.get(cc), self.image_gpu.get(cc), self.matrix.get(cc)
        if buffer is not None:
            if self._stays(buffer):
                self._output.send(cc, [GpuTensor(buffer, self._levels)])
                return
            image = buffer.image_frame()
        if image is not None:
            self._output.send(cc, [Tensor(self._values(image), for_gpu=buffer is not None)])
        elif matrix is not None:
            self._output.send(cc, [Tensor(self._of_matrix(matrix))])

    def _stays(self, buffer: GpuBuffer) -> bool:
        """Return whether a model on CUDA reads the picture where it is, as it is."""
        chosen = self._chosen
        if not buffer.group.cuda.is_ready or chosen.flip_vertically or chosen.use_quantized_tensors:
            return False
        if buffer.format is GpuBufferFormat.RGBA8:
            return chosen.max_num_channels == _COLOURS
        return buffer.format is GpuBufferFormat.R8

    def _values(self, image: ImageFrame) -> np.ndarray[Any, Any]:
        if image.format not in _READABLE:
            raise FormatError(f"{image} cannot become a tensor; convert it to SRGB, SRGBA, GRAY8 or VEC32F1.")
        pixels = image.data if image.data.ndim == 3 else image.data[:, :, None]
        pixels = pixels[None, :: -1 if self._chosen.flip_vertically else 1, :, : self._chosen.max_num_channels]
        if self._chosen.use_quantized_tensors:
            if pixels.dtype != np.uint8:
                raise FormatError(f"{image} cannot become a quantized tensor; that takes 8 bits a value.")
            return np.ascontiguousarray(pixels)
        values = pixels.astype(np.float32)
        values *= self._scale
        values += self._bias
        return values

    def _of_matrix(self, matrix: Matrix) -> Floats:
        """Return the values in the order that C++ copies them: by columns unless they are told to be by rows."""
        ordered = matrix if self._chosen.row_major_matrix else matrix.T
        rows, columns = matrix.shape
        return np.array(ordered, np.float32).reshape(1, rows, columns, 1)


def _range(chosen: TfLiteConverterCalculatorOptions) -> tuple[float, float]:
    """Return what black and white become; the later of MediaPipe's three ways wins."""
    if chosen.use_custom_normalization:
        return -chosen.custom_sub, 255.0 / chosen.custom_div - chosen.custom_sub
    given = chosen.output_tensor_float_range
    if given is not None:
        return given.min or 0.0, given.max or 0.0
    return (-1.0, 1.0) if chosen.zero_center else (0.0, 1.0)
