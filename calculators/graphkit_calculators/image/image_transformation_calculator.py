"""ImageTransformationCalculator: scales, turns and mirrors images."""

from __future__ import annotations

from dataclasses import replace
from enum import IntEnum
from typing import TYPE_CHECKING, Any

from graphkit import Calculator, Input, Options, Output, SideInput, Timestamp, calculator, option, options
from graphkit.errors import ContractError, FormatError
from graphkit.formats import ImageFrame, ImageSize, LetterboxPadding, VideoHeader
from graphkit.gpu import GlCalculatorHelper, GpuBuffer
from graphkit_calculators.image._sides import choose_side
from graphkit_calculators.image._transformation import (
    Interpolation,
    RotationMode,
    ScaleMode,
    Transformation,
    letterbox_padding,
    transform,
)
from graphkit_calculators.image._transformation_gl import GpuTransformer

if TYPE_CHECKING:
    from graphkit import CalculatorContext, CalculatorContract


@options("mediapipe.ImageTransformationCalculatorOptions", extension=251952830)
class ImageTransformationCalculatorOptions:
    """What is done to each image, in the order: scale, turn, mirror."""

    class InterpolationMode(IntEnum):
        """How pixels between pixels are found; DEFAULT is LINEAR."""

        DEFAULT = 0
        LINEAR = 1
        NEAREST = 2

    @options("mediapipe.ImageTransformationCalculatorOptions.Color")
    class Color:
        """Of the borders that FIT adds."""

        red: int = option(1, default=0)
        green: int = option(2, default=0)
        blue: int = option(3, default=0)

    output_width: int = option(1, default=0)
    output_height: int = option(2, default=0)
    rotation_mode: RotationMode = option(3, default=RotationMode.UNKNOWN)
    flip_vertically: bool = option(4, default=False)
    flip_horizontally: bool = option(5, default=False)
    scale_mode: ScaleMode = option(6, default=ScaleMode.DEFAULT)
    constant_padding: bool = option(7, default=True)
    padding_color: Color | None = option(8)
    interpolation_mode: InterpolationMode = option(9, default=InterpolationMode.DEFAULT)


@calculator
class ImageTransformationCalculator(Calculator):
    """Scales a picture, turns it counterclockwise by quarters and mirrors it.

    The picture is an ImageFrame on IMAGE or a GpuBuffer on IMAGE_GPU, on both sides alike.
    Emits at every timestamp with a picture (and OUTPUT_DIMENSIONS, where that stream is connected), and
    tells on LETTERBOX_PADDING what FIT left empty. VIDEO_PRESTREAM passes a VideoHeader with the new size.

    Size, turn and mirroring are options, or side packets, or streams of the names OUTPUT_DIMENSIONS
    (an ImageSize), ROTATION_DEGREES, FLIP_HORIZONTALLY and FLIP_VERTICALLY; the latter come first, and
    the last value of a stream holds until the next.

    Knobs: ``output_width`` and ``output_height`` (0 keeps the size); ``scale_mode``: STRETCH fills the
    output, FIT keeps the aspect ratio with borders of ``padding_color`` (or the repeated edge, with
    ``constant_padding: false``), FILL_AND_CROP keeps it without borders, so the output is smaller than asked
    for; ``interpolation_mode`` NEAREST is cheaper and coarser. Downscaling averages areas.

    In memory, a turn of an image that keeps its size is a warp about the middle of the pixel grid, as in
    MediaPipe: its first row, and for 180 degrees its first column too, come out black. On the GPU a picture is
    turned first, no row gets lost, and it is the turned picture whose aspect ratio is kept.

    Example::

        node {
          calculator: "ImageTransformationCalculator"
          input_stream: "IMAGE:image"
          output_stream: "IMAGE:scaled_image"
          output_stream: "LETTERBOX_PADDING:padding"
          options {
            [mediapipe.ImageTransformationCalculatorOptions.ext] {
              output_width: 320
              output_height: 320
              scale_mode: FIT
            }
          }
        }
    """

    blocking = True

    image = Input(ImageFrame, "IMAGE", optional=True)
    image_gpu = Input(GpuBuffer, "IMAGE_GPU", optional=True)
    output_dimensions = Input(ImageSize, "OUTPUT_DIMENSIONS", optional=True)
    rotation_degrees = Input(int, "ROTATION_DEGREES", optional=True)
    flip_horizontally = Input(bool, "FLIP_HORIZONTALLY", optional=True)
    flip_vertically = Input(bool, "FLIP_VERTICALLY", optional=True)
    header = Input(VideoHeader, "VIDEO_PRESTREAM", optional=True)
    output_dimensions_side = SideInput(ImageSize, "OUTPUT_DIMENSIONS", optional=True)
    rotation_degrees_side = SideInput(int, "ROTATION_DEGREES", optional=True)
    flip_horizontally_side = SideInput(bool, "FLIP_HORIZONTALLY", optional=True)
    flip_vertically_side = SideInput(bool, "FLIP_VERTICALLY", optional=True)
    transformed = Output(ImageFrame, "IMAGE", optional=True)
    transformed_gpu = Output(GpuBuffer, "IMAGE_GPU", optional=True)
    padding = Output(LetterboxPadding, "LETTERBOX_PADDING", optional=True)
    new_header = Output(VideoHeader, "VIDEO_PRESTREAM", optional=True)
    options = Options(ImageTransformationCalculatorOptions)

    @classmethod
    def update_contract(cls, cc: CalculatorContract) -> None:
        """Check that there is one picture, and that a header has one size to tell; ask for the GPU if need be."""
        choose_side(cc)
        if cls.header.is_connected(cc) != cls.new_header.is_connected(cc):
            raise ContractError("VIDEO_PRESTREAM must be connected as input and as output, or not at all.")
        changing = cls.output_dimensions.is_connected(cc) or cls.rotation_degrees.is_connected(cc)
        if cls.header.is_connected(cc) and changing:
            raise ContractError(
                "VIDEO_PRESTREAM tells one size, but streams OUTPUT_DIMENSIONS and ROTATION_DEGREES may change "
                "it; give them as options or side packets."
            )

    def open(self, cc: CalculatorContext) -> None:
        """Read options and side packets."""
        chosen = self.options(cc)
        color = chosen.padding_color
        nearest = ImageTransformationCalculatorOptions.InterpolationMode.NEAREST
        self._current = Transformation(
            size=ImageSize(chosen.output_width, chosen.output_height),
            degrees=chosen.rotation_mode.degrees,
            flip_horizontally=chosen.flip_horizontally,
            flip_vertically=chosen.flip_vertically,
            scale_mode=chosen.scale_mode,
            interpolation=(
                Interpolation.NEAREST if chosen.interpolation_mode == nearest else Interpolation.LINEAR
            ),
            border=(color.red, color.green, color.blue) if color is not None else (0, 0, 0),
            repeat_edge=not chosen.constant_padding,
        )
        self._override(
            self.output_dimensions_side.get(cc),
            self.rotation_degrees_side.get(cc),
            self.flip_horizontally_side.get(cc),
            self.flip_vertically_side.get(cc),
        )
        self._gpu: GpuTransformer | None = None
        if self.image_gpu.is_connected(cc):
            self._helper = GlCalculatorHelper(cc)
            self._gpu = self._helper.run_in_gl_context(GpuTransformer, self._helper)

    def process(self, cc: CalculatorContext) -> None:
        """Emit one image."""
        header = self.header.get(cc)
        if header is not None:
            width, height = self._current.output_size(ImageSize(header.width, header.height))
            self.new_header.send(cc, replace(header, width=width, height=height), Timestamp.PRE_STREAM)
        size = self.output_dimensions.get(cc)
        self._override(
            size, self.rotation_degrees.get(cc), self.flip_horizontally.get(cc), self.flip_vertically.get(cc)
        )
        if size is None and self.output_dimensions.is_connected(cc):
            return
        frame, buffer = self.image.get(cc), self.image_gpu.get(cc)
        if frame is not None:
            self.transformed.send(cc, ImageFrame(transform(frame.data, self._current), frame.format))
        if buffer is not None and self._gpu is not None:
            drawn = self._helper.run_in_gl_context(self._gpu.draw, buffer, self._current)
            self.transformed_gpu.send(cc, drawn)
        picture = frame or buffer
        if picture is not None and self.padding.is_connected(cc):
            self.padding.send(cc, letterbox_padding(ImageSize(picture.width, picture.height), self._current))

    def close(self, cc: CalculatorContext) -> None:
        """Release the shader."""
        if self._gpu is not None:
            self._helper.run_in_gl_context(self._gpu.release)

    def _override(
        self, size: ImageSize | None, degrees: int | None, horizontally: bool | None, vertically: bool | None
    ) -> None:
        if degrees is not None and degrees not in (0, 90, 180, 270):
            raise FormatError(f"ROTATION_DEGREES is {degrees}; 0, 90, 180 and 270 are known.")
        given = {
            "size": None if size is None else ImageSize(*size),
            "degrees": degrees,
            "flip_horizontally": horizontally,
            "flip_vertically": vertically,
        }
        changes: dict[str, Any] = {name: value for name, value in given.items() if value is not None}
        if changes:
            self._current = self._current._replace(**changes)
