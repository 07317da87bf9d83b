"""ScaleImageCalculator: crops images to an aspect ratio and scales them."""

from __future__ import annotations

from dataclasses import replace
from enum import IntEnum
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from graphkit import Calculator, Input, Options, Output, Timestamp, calculator, option, options
from graphkit.errors import ContractError, FormatError
from graphkit.formats import ImageFormat, ImageFrame, ImageSize, VideoHeader
from graphkit.framework import opencv
from graphkit_calculators.image._scaling import Crop, crop_to_aspect, enlarge, parse_ratio, scaled_size

if TYPE_CHECKING:
    from graphkit import CalculatorContext, CalculatorContract

Pixels: TypeAlias = np.ndarray[Any, np.dtype[Any]]


@options("mediapipe.ScaleImageCalculatorOptions", extension=66237115)
class ScaleImageCalculatorOptions:
    """Size, aspect ratio and format of the images that come out."""

    class ScaleAlgorithm(IntEnum):
        """How images are scaled up; down it is always by area."""

        DEFAULT = 0
        LINEAR = 1
        CUBIC = 2
        AREA = 3
        LANCZOS = 4
        DEFAULT_WITHOUT_UPSCALE = 5

    target_width: int | None = option(1)
    target_height: int | None = option(2)
    target_max_area: int | None = option(15)
    preserve_aspect_ratio: bool = option(3, default=True)
    min_aspect_ratio: str = option(4, default="9/16")
    max_aspect_ratio: str = option(5, default="16/9")
    output_format: ImageFormat | None = option(6)
    algorithm: ScaleAlgorithm = option(7, default=ScaleAlgorithm.DEFAULT)
    alignment_boundary: int = option(8, default=16)
    set_alignment_padding: bool = option(9, default=True)
    OBSOLETE_skip_linear_rgb_conversion: bool = option(10, default=False)
    post_sharpening_coefficient: float = option(11, default=0.0)
    input_format: ImageFormat | None = option(12)
    scale_to_multiple_of: int = option(13, default=2)
    use_bt709: bool = option(14, default=False)


@calculator
class ScaleImageCalculator(Calculator):
    """Crops the middle out of images that are too wide or too tall, then scales them.

    Emits an ImageFrame, SRGB or SRGBA, at every timestamp with one, on FRAMES or untagged. A header on
    VIDEO_HEADER is passed with the new size; without one it is made of the first image.

    Knobs: ``target_width`` and ``target_height``, either or both, the most that comes out with
    ``preserve_aspect_ratio`` and else exactly that, rounded down to ``scale_to_multiple_of``;
    ``target_max_area`` instead; ``min_aspect_ratio`` and ``max_aspect_ratio`` decide what is cropped, ""
    for nothing; ``algorithm`` for scaling up, done in linear light and so some times dearer than
    scaling down; DEFAULT_WITHOUT_UPSCALE leaves small images as they are. ``output_format: SRGBA`` adds
    an opaque alpha channel to SRGB. Options about memory layout are read and unused.

    Example::

        node {
          calculator: "ScaleImageCalculator"
          input_stream: "raw_frames"
          output_stream: "scaled_frames"
          options {
            [mediapipe.ScaleImageCalculatorOptions.ext] {
              target_width: 320
              target_height: 320
            }
          }
        }
    """

    blocking = True

    frames = Input(ImageFrame, "FRAMES", optional=True)
    untagged = Input(ImageFrame, optional=True)
    header = Input(VideoHeader, "VIDEO_HEADER", optional=True)
    scaled_frames = Output(ImageFrame, "FRAMES", optional=True)
    scaled_untagged = Output(ImageFrame, optional=True)
    new_header = Output(VideoHeader, "VIDEO_HEADER", optional=True)
    options = Options(ScaleImageCalculatorOptions)

    @classmethod
    def update_contract(cls, cc: CalculatorContract) -> None:
        """Check streams and options."""
        if cls.frames.is_connected(cc) == cls.untagged.is_connected(cc):
            raise ContractError("images come in on FRAMES or on an untagged stream; use one of both.")
        if cls.scaled_frames.is_connected(cc) == cls.scaled_untagged.is_connected(cc):
            raise ContractError("images go out on FRAMES or on an untagged stream; use one of both.")
        chosen = cls.options(cc)
        if chosen.preserve_aspect_ratio and chosen.scale_to_multiple_of != 2:
            raise ContractError(
                "with preserve_aspect_ratio sides are always even; leave scale_to_multiple_of at 2, or set "
                "preserve_aspect_ratio: false."
            )
        for ratio in (chosen.min_aspect_ratio, chosen.max_aspect_ratio):
            parse_ratio(ratio)
        if cls.new_header.is_connected(cc):
            # The header goes out at PRE_STREAM when the first image comes, so input times promise nothing.
            cc.timestamp_offset = None

    def open(self, cc: CalculatorContext) -> None:
        """Read the options."""
        cv2 = opencv()
        chosen = self._chosen = self.options(cc)
        self._in = self.frames if self.frames.is_connected(cc) else self.untagged
        self._out = self.scaled_frames if self.scaled_frames.is_connected(cc) else self.scaled_untagged
        self._aspects = parse_ratio(chosen.min_aspect_ratio), parse_ratio(chosen.max_aspect_ratio)
        algorithms = ScaleImageCalculatorOptions.ScaleAlgorithm
        self._upscales = chosen.algorithm != algorithms.DEFAULT_WITHOUT_UPSCALE
        self._interpolation = {
            algorithms.LINEAR: cv2.INTER_LINEAR,
            algorithms.AREA: cv2.INTER_AREA,
            algorithms.LANCZOS: cv2.INTER_LANCZOS4,
        }.get(chosen.algorithm, cv2.INTER_CUBIC)
        self._known_header = VideoHeader()
        self._header_sent = not self.new_header.is_connected(cc)

    def process(self, cc: CalculatorContext) -> None:
        """Emit one image."""
        self._known_header = self.header.get(cc) or self._known_header
        frame = self._in.get(cc)
        if frame is None:
            return
        format_ = self._checked_format(frame)
        crop, size = self._sizes(ImageSize(frame.width, frame.height))
        if not self._header_sent:
            self._header_sent = True
            made = replace(self._known_header, format=format_, width=size.width, height=size.height)
            self.new_header.send(cc, made, Timestamp.PRE_STREAM)
            self.new_header.close(cc)
        self._out.send(cc, self._scaled(frame, crop, size, format_))

    def _checked_format(self, frame: ImageFrame) -> ImageFormat:
        chosen = self._chosen
        if chosen.input_format is not None and frame.format != chosen.input_format:
            raise FormatError(f"input_format is {chosen.input_format.name}, found {frame.format.name}.")
        format_ = frame.format if chosen.output_format is None else chosen.output_format
        known = (ImageFormat.SRGB, ImageFormat.SRGBA)
        adds_alpha = (frame.format, format_) == known
        if format_ not in known or (frame.format != format_ and not adds_alpha):
            raise FormatError(
                f"{frame.format.name} cannot be made {format_.name}; SRGB and SRGBA are scaled, and SRGB may "
                "become SRGBA."
            )
        return format_

    def _sizes(self, size: ImageSize) -> tuple[Crop, ImageSize]:
        chosen = self._chosen
        crop = crop_to_aspect(size, *self._aspects)
        scaled = scaled_size(
            crop.width,
            crop.height,
            ImageSize(chosen.target_width or 0, chosen.target_height or 0),
            chosen.target_max_area or 0,
            keep_aspect=chosen.preserve_aspect_ratio,
            multiple=chosen.scale_to_multiple_of,
        )
        if not self._upscales and (scaled.width > crop.width or scaled.height > crop.height):
            scaled = ImageSize(crop.width, crop.height)
        return crop, scaled

    def _scaled(self, frame: ImageFrame, crop: Crop, size: ImageSize, format_: ImageFormat) -> ImageFrame:
        cv2 = opencv()
        pixels: Pixels = frame.data[crop.top : crop.top + crop.height, crop.left : crop.left + crop.width]
        if (crop.width, crop.height) != size:
            if size.width <= crop.width and size.height <= crop.height:
                pixels = cv2.resize(pixels, tuple(size), interpolation=cv2.INTER_AREA)
            elif frame.format == ImageFormat.SRGB:
                pixels = enlarge(pixels, size, self._interpolation)
            else:
                raise FormatError(f"only SRGB is scaled up, found {frame.format.name}.")
        if format_ != frame.format:
            pixels = cv2.cvtColor(pixels, cv2.COLOR_RGB2RGBA)
        return ImageFrame(pixels, format_)
