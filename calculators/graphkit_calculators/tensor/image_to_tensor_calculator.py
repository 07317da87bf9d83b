"""ImageToTensorCalculator: a region of an image as a model's input."""

from __future__ import annotations

from enum import IntEnum
from functools import partial
from threading import Lock
from typing import TYPE_CHECKING, Any

import numpy as np

from graphkit import Calculator, Input, OneOf, Options, Output, calculator, option, options
from graphkit.errors import ContractError, FormatError
from graphkit.formats import Image, ImageFormat, ImageFrame, LetterboxPadding, NormalizedRect, Tensor
from graphkit.gpu import GpuBuffer, GpuTensor
from graphkit_calculators.tensor._image_warp import FixedWarp, levels, to_bytes, to_planes, warp_roi
from graphkit_calculators.tensor._roi import NO_PADDING, Roi, f32, pad_roi, roi_of, roi_to_image_matrix

if TYPE_CHECKING:
    from graphkit import CalculatorContext, CalculatorContract
    from graphkit.gpu import GlContext
    from graphkit_calculators.tensor._gpu_warp import GpuWarp

_ARTICLES = {ImageFormat.SRGB: "an", ImageFormat.SRGBA: "an", ImageFormat.GRAY8: "a"}
_READABLE = tuple(_ARTICLES)


class GpuOriginMode(IntEnum):
    """Where the first row of a GpuBuffer lies. It is the top row, always, so all three mean the same."""

    DEFAULT = 0
    CONVENTIONAL = 1
    TOP_LEFT = 2


@options("mediapipe.ImageToTensorCalculatorOptions", extension=334361939)
class ImageToTensorCalculatorOptions:
    """Size and values of the tensor; one of the three ranges is needed."""

    class BorderMode(IntEnum):
        """What stands where the region leaves the image; unspecified means the edge repeated."""

        BORDER_UNSPECIFIED = 0
        BORDER_ZERO = 1
        BORDER_REPLICATE = 2

    @options("mediapipe.ImageToTensorCalculatorOptions.FloatRange")
    class FloatRange:
        """What black and white become in a float32 tensor."""

        min: float | None = option(1)
        max: float | None = option(2)

    @options("mediapipe.ImageToTensorCalculatorOptions.IntRange")
    class IntRange:
        """What black and white become in an int8 tensor."""

        min: int | None = option(1, "int64")
        max: int | None = option(2, "int64")

    @options("mediapipe.ImageToTensorCalculatorOptions.UIntRange")
    class UIntRange:
        """What black and white become in a uint8 tensor."""

        min: int | None = option(1, "uint64")
        max: int | None = option(2, "uint64")

    output_tensor_width: int | None = option(1)
    output_tensor_height: int | None = option(2)
    keep_aspect_ratio: bool = option(3, default=False)
    output_tensor_float_range: FloatRange | None = option(4)
    output_tensor_int_range: IntRange | None = option(7)
    output_tensor_uint_range: UIntRange | None = option(8)
    gpu_origin: GpuOriginMode = option(5, default=GpuOriginMode.DEFAULT)
    border_mode: BorderMode = option(6, default=BorderMode.BORDER_UNSPECIFIED)


@calculator
class ImageToTensorCalculator(Calculator):
    """Cuts a region out of an image, turns it upright and scales it to a tensor.

    Emits at every timestamp with an image (and, where NORM_RECT is connected, a rect). A rect of zero
    width and height says "no region": nothing is emitted then.

    Inputs: IMAGE, an ImageFrame or Image in SRGB, SRGBA or GRAY8, or IMAGE_GPU, a GpuBuffer in RGBA8
    or R8; NORM_RECT, the region, all of the image without it. Outputs: TENSORS, one tensor of
    (1, H, W, 3), or (1, H, W, 1) for GRAY8 and R8; LETTERBOX_PADDING, what keep_aspect_ratio left empty;
    MATRIX, (4, 4) float32, from fractions of the tensor to fractions of the image.

    A GpuBuffer, and an Image made of one, is cut out by a shader where it lies; only the tensor is read
    back. Samples are taken where they are taken in memory, and rounded as there: the tensor is the same.
    Where a model of the graph runs on CUDA and reads what OpenGL writes, a float tensor stays on the GPU until
    somebody asks for its values, and is sampled right into the memory that the model reads.

    Knobs: ``output_tensor_width`` and ``_height`` (default: those of the image) are what it costs,
    some 0.4 ms at 224 x 224 with a rect and half of that without; ``keep_aspect_ratio`` grows the region
    rather than distort it; ``border_mode`` decides what lies outside of the image; the range decides the
    values, float32 for ``output_tensor_float_range``, 8 bits for the two others. Float tensors are stored
    as NCHW.

    Example::

        node {
          calculator: "ImageToTensorCalculator"
          input_stream: "IMAGE:image"
          input_stream: "NORM_RECT:roi"
          output_stream: "TENSORS:tensors"
          output_stream: "LETTERBOX_PADDING:padding"
          options {
            [mediapipe.ImageToTensorCalculatorOptions.ext] {
              output_tensor_width: 224
              output_tensor_height: 224
              keep_aspect_ratio: true
              output_tensor_float_range { min: 0.0 max: 1.0 }
            }
          }
        }
    """

    blocking = True
    pure = True

    image = Input[Image | ImageFrame](OneOf(Image, ImageFrame), "IMAGE", optional=True)
    image_gpu = Input(GpuBuffer, "IMAGE_GPU", optional=True)
    norm_rect = Input(NormalizedRect, "NORM_RECT", optional=True)
    tensors = Output(list[Tensor], "TENSORS")
    letterbox_padding = Output(LetterboxPadding, "LETTERBOX_PADDING", optional=True)
    matrix = Output(np.ndarray, "MATRIX", optional=True)
    options = Options(ImageToTensorCalculatorOptions)

    @classmethod
    def update_contract(cls, cc: CalculatorContract) -> None:
        """Check inputs and options, so that a fault is found before anything runs."""
        if cls.image.is_connected(cc) == cls.image_gpu.is_connected(cc):
            raise ContractError("exactly one of IMAGE and IMAGE_GPU must be connected.")
        if cls.image_gpu.is_connected(cc):
            from graphkit.gpu import GlCalculatorHelper

            GlCalculatorHelper.update_contract(cc)
        chosen = cls.options(cc)
        for name in ("output_tensor_width", "output_tensor_height"):
            size = getattr(chosen, name)
            if size is not None and size <= 0:
                raise ContractError(f"{name} is {size}; it must be above 0.")
        _value_range(chosen)

    def open(self, cc: CalculatorContext) -> None:
        """Read the options; compile the shader where the image is on the GPU."""
        self._chosen = self.options(cc)
        made = f'node "{cc.node_name}" made of '
        self._origins = {format_: f"{made}{_ARTICLES[format_]} {format_.name} picture" for format_ in _READABLE}
        self._has_rect = self.norm_rect.is_connected(cc)
        self._has_matrix = self.matrix.is_connected(cc)
        low, high, self._dtype = _value_range(self._chosen)
        self._scale = f32(f32(high - low) / 255.0)
        self._offset = f32(low)
        self._levels = levels(self._scale, self._offset)
        self._fixed: tuple[tuple[Roi, tuple[int, int]], FixedWarp] | None = None
        self._replicate = self._chosen.border_mode != ImageToTensorCalculatorOptions.BorderMode.BORDER_ZERO
        self._gpu_warp: GpuWarp | None = None
        self._gpu_warp_lock = Lock()
        self._on_gpu = self.image_gpu.is_connected(cc)
        if self._on_gpu:
            from graphkit.gpu import GlCalculatorHelper

            helper = GlCalculatorHelper(cc)
            self._gpu_warp = self._make_gpu_warp(helper.context)

    def process(self, cc: CalculatorContext) -> None:
        """Emit one tensor."""
        image = self.image_gpu.get(cc) if self._on_gpu else self.image.get(cc)
        rect = self.norm_rect.get(cc)
        if image is None or (self._has_rect and rect is None):
            return
        if rect is not None and rect.width == 0 and rect.height == 0:
            return
        size = (self._chosen.output_tensor_width or image.width, self._chosen.output_tensor_height or image.height)
        roi = roi_of(image.width, image.height, rect)
        padding = NO_PADDING
        if self._chosen.keep_aspect_ratio:
            roi, padding = pad_roi(roi, *size)
        source = image.source if isinstance(image, Image) else image
        if isinstance(source, GpuBuffer):
            tensor = self._from_gpu(source, roi, size)
        else:
            tensor = self._from_memory(
                source if isinstance(source, ImageFrame) else source.image_frame(), roi, size
            )
        self.letterbox_padding.send(cc, padding)
        if self._has_matrix:
            self.matrix.send(cc, roi_to_image_matrix(roi, image.width, image.height))
        self.tensors.send(cc, [tensor])

    def close(self, cc: CalculatorContext) -> None:
        """Release the shader."""
        if self._gpu_warp is not None:
            self._gpu_warp.release()

    def _tensor(self, pixels: np.ndarray[Any, np.dtype[Any]], origin: str) -> Tensor:
        if self._dtype is None:
            return Tensor(to_planes(pixels, self._scale, self._offset), "NCHW", origin=origin)
        return Tensor(to_bytes(pixels, self._scale, self._offset, self._dtype), origin=origin)

    # -- in memory --------------------------------------------------------------------------------------

    def _from_memory(self, frame: ImageFrame, roi: Roi, size: tuple[int, int]) -> Tensor:
        if frame.format not in _READABLE:
            known = ", ".join(format_.name for format_ in _READABLE)
            raise FormatError(
                f"IMAGE is of format {frame.format.name}; tensors are made of {known}. {_remedy(frame.format)}"
            )
        return self._tensor(self._warped(frame, roi, size), self._origins[frame.format])

    def _warped(self, frame: ImageFrame, roi: Roi, size: tuple[int, int]) -> np.ndarray[Any, np.dtype[Any]]:
        if self._has_rect:
            return warp_roi(frame.data, roi, size, replicate=self._replicate)
        fixed = self._fixed
        if fixed is None or fixed[0] != (roi, size):
            self._fixed = fixed = (roi, size), FixedWarp(roi, size, replicate=self._replicate)
        return fixed[1](frame.data)

    # -- on the GPU -------------------------------------------------------------------------------------

    def _from_gpu(self, buffer: GpuBuffer, roi: Roi, size: tuple[int, int]) -> Tensor:
        if self._gpu_warp is None:
            with self._gpu_warp_lock:  # several frames may be at work at once
                self._gpu_warp = self._gpu_warp or self._make_gpu_warp(None)
        origin = self._origins[ImageFormat.GRAY8 if buffer.format.channels == 1 else ImageFormat.SRGBA]
        if self._dtype is None and buffer.group.cuda.is_ready:
            cut = self._gpu_warp.cut(buffer, roi, size)
            planes = partial(to_planes, scale=self._scale, offset=self._offset)
            return GpuTensor(buffer, self._levels, cut=cut, planes=planes, origin=origin)
        return self._tensor(self._gpu_warp(buffer, roi, size), origin)

    def _make_gpu_warp(self, context: GlContext | None) -> GpuWarp:
        from graphkit_calculators.tensor._gpu_warp import GpuWarp

        return GpuWarp(context, replicate=self._replicate)


def _remedy(format_: ImageFormat) -> str:
    if format_ is ImageFormat.SBGRA:
        return "ColorConvertCalculator makes SRGBA of it, BGRA_IN to RGBA_OUT."
    if format_ is ImageFormat.LAB8:
        return "Convert it to RGB before: cv2.cvtColor(pixels, cv2.COLOR_LAB2RGB)."
    if format_.dtype == np.uint16:
        return "Bring it to 8 bits a sample before: (pixels >> 8).astype(numpy.uint8) for values up to 65535."
    return "Bring it to 8 bits a sample before: (pixels * 255).astype(numpy.uint8) for values from 0 to 1."


def _value_range(
    chosen: ImageToTensorCalculatorOptions,
) -> tuple[float, float, type[np.uint8] | type[np.int8] | None]:
    """Return what black and white become, and the element type, None for float32; raises ContractError."""
    for name, dtype in (
        ("output_tensor_float_range", None), ("output_tensor_int_range", np.int8),
        ("output_tensor_uint_range", np.uint8),
    ):  # fmt: skip
        given = getattr(chosen, name)
        if given is not None:
            low, high = given.min or 0, given.max or 0
            limits = (-np.inf, np.inf) if dtype is None else (np.iinfo(dtype).min, np.iinfo(dtype).max)
            if not limits[0] <= low < high <= limits[1]:
                raise ContractError(
                    f"{name} goes from {low:g} to {high:g}; min must be below max"
                    + ("." if dtype is None else f" and both within {limits[0]} to {limits[1]}.")
                )
            return float(low), float(high), dtype
    raise ContractError(
        "the values of the tensor are not given; set output_tensor_float_range { min: 0 max: 1 } or one of "
        "output_tensor_int_range, output_tensor_uint_range."
    )
