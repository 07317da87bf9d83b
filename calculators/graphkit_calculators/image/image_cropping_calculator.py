"""ImageCroppingCalculator: a rotated region of an image."""

from __future__ import annotations

import math
from enum import IntEnum
from functools import partial
from typing import TYPE_CHECKING

from graphkit import Calculator, Input, Options, Output, calculator, option, options
from graphkit.errors import ContractError, FormatError
from graphkit.formats import ImageFrame, ImageSize, NormalizedRect, Rect
from graphkit.gpu import GlCalculatorHelper, GpuBuffer
from graphkit_calculators.image._cropping import crop
from graphkit_calculators.image._cropping_gl import GpuCropper
from graphkit_calculators.image._sides import choose_side
from graphkit_calculators.tensor._roi import Roi, f32

if TYPE_CHECKING:
    from graphkit import CalculatorContext, CalculatorContract


@options("mediapipe.ImageCroppingCalculatorOptions", extension=262466399)
class ImageCroppingCalculatorOptions:
    """The region, where no stream gives it."""

    class BorderMode(IntEnum):
        """What stands where the region leaves the image."""

        BORDER_UNSPECIFIED = 0
        BORDER_ZERO = 1
        BORDER_REPLICATE = 2

    width: int | None = option(1)
    height: int | None = option(2)
    rotation: float = option(3, default=0.0)
    norm_width: float | None = option(4)
    norm_height: float | None = option(5)
    norm_center_x: float | None = option(6)
    norm_center_y: float | None = option(7)
    border_mode: BorderMode = option(8, default=BorderMode.BORDER_ZERO)
    output_max_width: int | None = option(9)
    output_max_height: int | None = option(10)


@calculator
class ImageCroppingCalculator(Calculator):
    """Cuts a rotated region out of an image, in its own size, without interpolating.

    The image is an ImageFrame on IMAGE or a GpuBuffer on IMAGE_GPU, on both sides alike.
    Emits at every timestamp with an image and, where one is connected, a rect. The region is the stream
    RECT (pixels) or NORM_RECT (fractions), or the streams WIDTH and HEIGHT, or the options. A rect
    without a size stands for the whole image.

    Knobs: ``width`` and ``height`` in pixels or ``norm_width`` and ``norm_height`` in fractions, about
    ``norm_center_x`` and ``norm_center_y`` (the middle of the image without them), turned clockwise by
    ``rotation`` radians; ``border_mode`` decides what lies outside of the image; ``output_max_width`` and
    ``output_max_height`` scale a larger region down to them, keeping its aspect ratio.

    Example::

        node {
          calculator: "ImageCroppingCalculator"
          input_stream: "IMAGE:image"
          input_stream: "NORM_RECT:face_rect"
          output_stream: "IMAGE:face"
        }
    """

    blocking = True

    image = Input(ImageFrame, "IMAGE", optional=True)
    image_gpu = Input(GpuBuffer, "IMAGE_GPU", optional=True)
    rect = Input(Rect, "RECT", optional=True)
    norm_rect = Input(NormalizedRect, "NORM_RECT", optional=True)
    width = Input(int, "WIDTH", optional=True)
    height = Input(int, "HEIGHT", optional=True)
    cropped = Output(ImageFrame, "IMAGE", optional=True)
    cropped_gpu = Output(GpuBuffer, "IMAGE_GPU", optional=True)
    options = Options(ImageCroppingCalculatorOptions)

    @classmethod
    def update_contract(cls, cc: CalculatorContract) -> None:
        """Check that there is one picture and that one place gives the region; ask for the GPU if need be."""
        choose_side(cc)
        chosen = cls.options(cc)
        given = {
            "RECT": cls.rect.is_connected(cc),
            "NORM_RECT": cls.norm_rect.is_connected(cc),
            "WIDTH and HEIGHT": cls.width.is_connected(cc) and cls.height.is_connected(cc),
            "the options width and height": bool(chosen.width and chosen.height),
            "the options norm_width and norm_height": bool(chosen.norm_width and chosen.norm_height),
        }
        if sum(given.values()) != 1:
            found = " and ".join(name for name, there in given.items() if there) or "none"
            raise ContractError(f"exactly one of {', '.join(given)} must give the region; found: {found}.")
        if chosen.border_mode == ImageCroppingCalculatorOptions.BorderMode.BORDER_UNSPECIFIED:
            raise ContractError("border_mode is BORDER_UNSPECIFIED; use BORDER_ZERO or BORDER_REPLICATE.")

    def open(self, cc: CalculatorContext) -> None:
        """Read the options."""
        chosen = self._chosen = self.options(cc)
        self._replicate = chosen.border_mode == ImageCroppingCalculatorOptions.BorderMode.BORDER_REPLICATE
        self._gpu: GpuCropper | None = None
        if self.image_gpu.is_connected(cc):
            self._helper = GlCalculatorHelper(cc)
            self._gpu = self._helper.run_in_gl_context(
                partial(GpuCropper, self._helper, replicate=self._replicate)
            )

    def process(self, cc: CalculatorContext) -> None:
        """Emit the region."""
        frame, buffer = self.image.get(cc), self.image_gpu.get(cc)
        picture = frame or buffer
        roi = self._roi(cc, picture) if picture is not None else None
        if roi is None:
            return
        if roi.width < 1 or roi.height < 1:
            raise FormatError(f"the region is {roi.width:g} x {roi.height:g} pixels; it needs one at least.")
        size = _output_size(roi, self._scale(roi))
        if frame is not None:
            self.cropped.send(cc, ImageFrame(crop(frame.data, roi, size, replicate=self._replicate), frame.format))
        if buffer is not None and self._gpu is not None:
            self.cropped_gpu.send(cc, self._helper.run_in_gl_context(self._gpu.draw, buffer, roi, size))

    def close(self, cc: CalculatorContext) -> None:
        """Release the shader."""
        if self._gpu is not None:
            self._helper.run_in_gl_context(self._gpu.release)

    def _scale(self, roi: Roi) -> float:
        limits = ((self._chosen.output_max_width, roi.width), (self._chosen.output_max_height, roi.height))
        return min((1.0, *(limit / side for limit, side in limits if limit)))

    def _roi(self, cc: CalculatorContext, frame: ImageFrame | GpuBuffer) -> Roi | None:
        """Return the region in whole pixels, None where its stream is empty."""
        middle = (frame.width // 2, frame.height // 2)
        whole = Roi(*middle, frame.width, frame.height, 0.0)
        if self.rect.is_connected(cc):
            rect = self.rect.get(cc)
            if rect is None:
                return None
            usable = rect.width > 0 and rect.height > 0 and rect.x_center >= 0 and rect.y_center >= 0
            return Roi(rect.x_center, rect.y_center, rect.width, rect.height, rect.rotation) if usable else whole
        if self.norm_rect.is_connected(cc):
            norm = self.norm_rect.get(cc)
            if norm is None:
                return None
            usable = norm.width > 0 and norm.height > 0
            return _pixels(frame, norm) if usable else whole
        return self._roi_of_options(cc, frame, whole)

    def _roi_of_options(self, cc: CalculatorContext, frame: ImageFrame | GpuBuffer, whole: Roi) -> Roi | None:
        chosen = self._chosen
        roi = whole._replace(rotation=chosen.rotation)
        if self.width.is_connected(cc):
            width, height = self.width.get(cc), self.height.get(cc)
            if width is None or height is None:
                return None
            roi = roi._replace(width=width, height=height)
        elif chosen.width and chosen.height:
            roi = roi._replace(width=chosen.width, height=chosen.height)
        else:
            roi = roi._replace(
                width=_rounded((chosen.norm_width or 0) * frame.width),
                height=_rounded((chosen.norm_height or 0) * frame.height),
            )
        if chosen.norm_center_x is None or chosen.norm_center_y is None:
            return roi
        center_x, center_y = chosen.norm_center_x * frame.width, chosen.norm_center_y * frame.height
        return roi._replace(center_x=_rounded(center_x), center_y=_rounded(center_y))


def _pixels(frame: ImageFrame | GpuBuffer, rect: NormalizedRect) -> Roi:
    return Roi(
        _rounded(rect.x_center * frame.width),
        _rounded(rect.y_center * frame.height),
        _rounded(rect.width * frame.width),
        _rounded(rect.height * frame.height),
        rect.rotation,
    )


def _rounded(value: float) -> int:
    """Return *value*, as float32, rounded as C does: halves away from zero."""
    rounded = math.floor(abs(f32(value)) + 0.5)
    return int(math.copysign(rounded, value))


def _output_size(roi: Roi, scale: float) -> ImageSize:
    return ImageSize(*(max(1, _rounded(side * scale)) for side in (roi.width, roi.height)))
