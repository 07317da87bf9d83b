"""WarpAffineCalculator: an image, moved by a matrix."""

from __future__ import annotations

from enum import IntEnum
from typing import TYPE_CHECKING, Any, Final, TypeAlias, TypeVar

import numpy as np

from graphkit import Calculator, Input, Options, Output, calculator, option, options
from graphkit.errors import FormatError
from graphkit.formats import Image, ImageFrame, ImageSize
from graphkit.framework import opencv
from graphkit.gpu import GlCalculatorHelper, GpuBuffer
from graphkit_calculators.image._affine_gl import GpuAffineWarp, Sampling
from graphkit_calculators.tensor.image_to_tensor_calculator import GpuOriginMode

if TYPE_CHECKING:
    from graphkit import CalculatorContext, CalculatorContract

P = TypeVar("P", ImageFrame, GpuBuffer)
Floats: TypeAlias = np.ndarray[Any, np.dtype[np.float32]]


_SAMPLING: Final[dict[str, Sampling]] = {"INTER_CUBIC": "cubic", "INTER_NEAREST": "nearest"}


@options("mediapipe.WarpAffineCalculatorOptions", extension=373693895)
class WarpAffineCalculatorOptions:
    """What stands outside of the image, and how it is sampled."""

    class BorderMode(IntEnum):
        """What stands where the map leaves the image; unspecified means the edge repeated."""

        BORDER_UNSPECIFIED = 0
        BORDER_ZERO = 1
        BORDER_REPLICATE = 2

    class Interpolation(IntEnum):
        """How pixels between pixels are made; unspecified means linear."""

        INTER_UNSPECIFIED = 0
        INTER_LINEAR = 1
        INTER_CUBIC = 2
        INTER_NEAREST = 3

    border_mode: BorderMode = option(1, default=BorderMode.BORDER_UNSPECIFIED)
    gpu_origin: GpuOriginMode = option(2, default=GpuOriginMode.DEFAULT)
    interpolation: Interpolation = option(3, default=Interpolation.INTER_UNSPECIFIED)


class _WarpAffine(Calculator):
    """What the calculators share; they differ in the type of the image."""

    blocking = True
    pure = True

    matrix = Input(np.ndarray, "MATRIX")
    output_size = Input(ImageSize, "OUTPUT_SIZE")
    options = Options(WarpAffineCalculatorOptions)

    def open(self, cc: CalculatorContext) -> None:
        """Read the options."""
        chosen = self.options(cc)
        self._replicate = chosen.border_mode is not chosen.BorderMode.BORDER_ZERO
        self._sampling = _SAMPLING.get(chosen.interpolation.name, "linear")
        self._gpu = GpuAffineWarp(replicate=self._replicate, sampling=self._sampling)

    def close(self, cc: CalculatorContext) -> None:
        """Release the shader."""
        self._gpu.release()

    def warped(self, picture: P, cc: CalculatorContext) -> P | None:
        """Return *picture* moved, None where matrix or size have no packet."""
        matrix, size = self.matrix.get(cc), self.output_size.get(cc)
        if matrix is None or size is None:
            return None
        if matrix.shape != (4, 4):
            raise FormatError(f"MATRIX needs shape (4, 4); found {matrix.shape}.")
        absolute = pixel_matrix(matrix, ImageSize(picture.width, picture.height), size)
        if isinstance(picture, GpuBuffer):
            return self._gpu.draw(picture, absolute, size)
        return warp(picture, absolute, size, replicate=self._replicate, sampling=self._sampling)


@calculator
class WarpAffineCalculator(_WarpAffine):
    """Moves, turns and scales an Image by a matrix into one of another size.

    Emits at every timestamp with IMAGE, MATRIX and OUTPUT_SIZE. MATRIX, (4, 4) float32 and row-major, goes from
    fractions of the output to fractions of the input; x and y of it take part. Pixels are sampled at their upper
    left corners. The format of the image stays, and so does the side it lies on: one on the GPU is moved there,
    to the same values.

    Knobs: ``border_mode``: BORDER_ZERO leaves black or 0 what lies outside of the image, else the edge repeats.
    ``interpolation``: INTER_CUBIC costs some three times as much as INTER_LINEAR, INTER_NEAREST less than it.
    ``gpu_origin`` has no effect: images start at the top on either side.

    Example::

        node {
          calculator: "WarpAffineCalculator"
          input_stream: "IMAGE:roi_mask"
          input_stream: "MATRIX:image_to_roi"
          input_stream: "OUTPUT_SIZE:image_size"
          output_stream: "IMAGE:mask"
          options { [mediapipe.WarpAffineCalculatorOptions.ext] { border_mode: BORDER_ZERO } }
        }
    """

    image = Input(Image, "IMAGE")
    moved = Output(Image, "IMAGE")

    def process(self, cc: CalculatorContext) -> None:
        """Emit the moved image."""
        image = self.image.get(cc)
        if image is None:
            return
        source = image.source
        moved: ImageFrame | GpuBuffer | None
        moved = self.warped(source, cc) if isinstance(source, GpuBuffer) else self.warped(image.cpu(), cc)
        if moved is not None:
            self.moved.send(cc, Image(moved))


@calculator
class WarpAffineCalculatorCpu(_WarpAffine):
    """WarpAffineCalculator for an ImageFrame.

    Emits at every timestamp with IMAGE, MATRIX and OUTPUT_SIZE; the knobs are the same.

    Example::

        node {
          calculator: "WarpAffineCalculatorCpu"
          input_stream: "IMAGE:frame"
          input_stream: "MATRIX:matrix"
          input_stream: "OUTPUT_SIZE:size"
          output_stream: "IMAGE:moved_frame"
        }
    """

    image = Input(ImageFrame, "IMAGE")
    moved = Output(ImageFrame, "IMAGE")

    def process(self, cc: CalculatorContext) -> None:
        """Emit the moved image."""
        image = self.image.get(cc)
        frame = None if image is None else self.warped(image, cc)
        if frame is not None:
            self.moved.send(cc, frame)


@calculator
class WarpAffineCalculatorGpu(_WarpAffine):
    """WarpAffineCalculator for a GpuBuffer.

    Emits at every timestamp with IMAGE, MATRIX and OUTPUT_SIZE; the knobs are the same.

    Example::

        node {
          calculator: "WarpAffineCalculatorGpu"
          input_stream: "IMAGE:frame"
          input_stream: "MATRIX:matrix"
          input_stream: "OUTPUT_SIZE:size"
          output_stream: "IMAGE:moved_frame"
        }
    """

    image = Input(GpuBuffer, "IMAGE")
    moved = Output(GpuBuffer, "IMAGE")

    @classmethod
    def update_contract(cls, cc: CalculatorContract) -> None:
        """Ask for the GPU."""
        GlCalculatorHelper.update_contract(cc)

    def process(self, cc: CalculatorContext) -> None:
        """Emit the moved image."""
        image = self.image.get(cc)
        buffer = None if image is None else self.warped(image, cc)
        if buffer is not None:
            self.moved.send(cc, buffer)


def pixel_matrix(matrix: Floats, source: ImageSize, target: ImageSize) -> Floats:
    """Return the (2, 3) float32 matrix from pixels of the target to pixels of the source.

    Args:
        matrix: (4, 4) float32 from fractions of the target to fractions of the source.
        source: size of the image.
        target: size of the result.
    """
    one = np.float32(1)
    shares = np.array((one / np.float32(target.width), one / np.float32(target.height), one), np.float32)
    absolute: Floats = np.array(source, np.float32)[:, None] * matrix[:2][:, (0, 1, 3)] * shares
    return absolute


def warp(
    frame: ImageFrame, absolute: Floats, size: ImageSize, *, replicate: bool, sampling: Sampling
) -> ImageFrame:
    """Return *frame* sampled where *absolute* says.

    Args:
        frame: uint8, uint16 or float32.
        absolute: (2, 3) float32 from pixels of the result to pixels of *frame*.
        size: of the result.
        replicate: whether the outside repeats the edge; it is 0 otherwise.
        sampling: over 2x2 pixels, over 4x4, or of the nearest.
    """
    cv2 = opencv()
    kinds = {"linear": cv2.INTER_LINEAR, "cubic": cv2.INTER_CUBIC, "nearest": cv2.INTER_NEAREST}
    flags = kinds[sampling] | cv2.WARP_INVERSE_MAP
    border = cv2.BORDER_REPLICATE if replicate else cv2.BORDER_CONSTANT
    moved = cv2.warpAffine(frame.data, absolute, tuple(size), flags=flags, borderMode=border)
    return ImageFrame(moved, frame.format)
