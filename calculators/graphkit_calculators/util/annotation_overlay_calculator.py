"""AnnotationOverlayCalculator: render data, drawn onto images."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from graphkit.calculator import Calculator, calculator
from graphkit.errors import ContractError, FormatError
from graphkit.formats import Image, ImageFormat, ImageFrame, RenderData
from graphkit.options import option, options
from graphkit.ports import Input, Options, Output
from graphkit_calculators.util._annotation_renderer import AnnotationRenderer
from graphkit_calculators.util._colors import color_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from graphkit.context import CalculatorContext
    from graphkit.contract import CalculatorContract

_IMAGES = ("IMAGE", "UIMAGE")
_COLORED = (ImageFormat.SRGB, ImageFormat.SRGBA)


@options("mediapipe.AnnotationOverlayCalculatorOptions", extension=250607623)
class AnnotationOverlayCalculatorOptions:
    """The canvas, where there is no image; the gpu options have no effect on images in memory."""

    canvas_width_px: int = option(2, default=1920)
    canvas_height_px: int = option(3, default=1080)
    canvas_color: Any = option(4, "mediapipe.Color")
    flip_text_vertically: bool = option(5, default=False)
    gpu_uses_top_left_origin: bool = option(6, default=True)
    gpu_scale_factor: float = option(7, default=1.0)


@calculator
class AnnotationOverlayCalculator(Calculator):
    """Draws onto a copy of each image, or onto a blank canvas where no image is connected.

    Emits at every timestamp with an image; without an image stream, at every timestamp with anything to
    draw. The image keeps its format, except that GRAY8 becomes SRGB. Where a frame has nothing to draw,
    the image itself is passed on.

    Inputs: IMAGE, an ImageFrame in SRGB, SRGBA or GRAY8, or UIMAGE, an Image in one of them; any number
    of untagged streams of RenderData and of VECTOR streams of lists of them, drawn in this order, by
    index. Output: IMAGE or UIMAGE, the tag of the image. What is drawn on SRGBA gets an alpha of 0, as
    OpenCV leaves it.

    Knobs: ``canvas_width_px``, ``canvas_height_px``, ``canvas_color`` of the blank canvas;
    ``flip_text_vertically`` for images with their origin at the bottom. A hand costs some 0.2 ms, copying
    a large image more than that.

    Example::

        node {
          calculator: "AnnotationOverlayCalculator"
          input_stream: "IMAGE:frames"
          input_stream: "detection_render_data"
          input_stream: "VECTOR:0:multi_hand_landmarks_render_data"
          output_stream: "IMAGE:annotated_frames"
        }
    """

    blocking = True

    image = Input(ImageFrame, "IMAGE", optional=True)
    universal_image = Input(Image, "UIMAGE", optional=True)
    scenes = Input(RenderData, repeated=True, optional=True)
    scene_lists = Input(list[RenderData], "VECTOR", repeated=True, optional=True)
    annotated = Output(ImageFrame, "IMAGE", optional=True)
    annotated_universal = Output(Image, "UIMAGE", optional=True)
    options = Options(AnnotationOverlayCalculatorOptions)

    @classmethod
    def update_contract(cls, cc: CalculatorContract) -> None:
        """Check that there is an input, that the output is of its kind, and that the canvas has a size."""
        if not len(cc.inputs):
            raise ContractError("expected an IMAGE or UIMAGE input, render data, or both; found no input.")
        given = [tag for tag in _IMAGES if tag in cc.inputs] or ["IMAGE"]
        made = [tag for tag in _IMAGES if tag in cc.outputs]
        if made != given or len(given) > 1:
            raise ContractError(
                f"the image is drawn on as it comes, IMAGE to IMAGE or UIMAGE to UIMAGE, and a blank canvas is "
                f"an IMAGE; found {' and '.join(given)} in and {' and '.join(made) or 'none'} out."
            )
        chosen = cls.options(cc)
        if min(chosen.canvas_width_px, chosen.canvas_height_px) < 1:
            raise ContractError(
                f"the canvas is {chosen.canvas_width_px} x {chosen.canvas_height_px} pixels; both must be above 0."
            )

    def open(self, cc: CalculatorContext) -> None:
        """Load OpenCV; hand on the header of the video."""
        self._chosen = self.options(cc)
        self._renderer = AnnotationRenderer(flip_text=self._chosen.flip_text_vertically)
        self._tag = next((tag for tag in _IMAGES if tag in cc.inputs), "")
        if self._tag and (header := cc.inputs.header(self._tag)):
            cc.outputs[self._tag].set_header(header)

    def process(self, cc: CalculatorContext) -> None:
        """Draw what this timestamp has."""
        scenes = [packet.payload for packet in self.scenes.packets(cc) if packet]
        for packet in self.scene_lists.packets(cc):
            scenes += packet.get_or([])
        if not self._tag:
            self.annotated.send(cc, self._drawn(self._blank(), scenes))
        elif (frame := self.image.get(cc)) is not None:
            self.annotated.send(cc, self._draw_on(frame, scenes))
        elif (image := self.universal_image.get(cc)) is not None:
            frame = image.cpu()
            drawn = self._draw_on(frame, scenes)
            self.annotated_universal.send(cc, image if drawn is frame else Image(drawn))

    def _draw_on(self, frame: ImageFrame, scenes: list[RenderData]) -> ImageFrame:
        """Return a drawn copy, or the frame itself where nothing is to be drawn."""
        if frame.format in _COLORED and not any(scene.render_annotations for scene in scenes):
            return frame
        return self._drawn(_writable_copy(frame), scenes)

    def _drawn(self, pixels: NDArray[np.uint8], scenes: list[RenderData]) -> ImageFrame:
        self._renderer.render(pixels, scenes)
        return ImageFrame(pixels)

    def _blank(self) -> NDArray[np.uint8]:
        chosen = self._chosen
        canvas = np.empty((chosen.canvas_height_px, chosen.canvas_width_px, 3), np.uint8)
        canvas[:] = color_of(chosen.canvas_color)
        return canvas


def _writable_copy(image: ImageFrame) -> NDArray[np.uint8]:
    """Return the pixels of an image as (H, W, 3) or (H, W, 4), C-contiguous; raises FormatError."""
    if image.format == ImageFormat.GRAY8:
        return np.repeat(image.data[:, :, None], 3, axis=2)
    if image.format not in _COLORED:
        raise FormatError(f"cannot draw on {image}; convert it to SRGB, SRGBA or GRAY8 first.")
    return image.data.copy(order="C")
