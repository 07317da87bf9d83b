"""AnnotationOverlayCalculator: render data, drawn onto images."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from graphkit.calculator import Calculator, calculator
from graphkit.errors import ContractError, FormatError
from graphkit.formats import ImageFormat, ImageFrame, RenderData
from graphkit.options import option, options
from graphkit.ports import Input, Options, Output
from graphkit_calculators.util._annotation_renderer import AnnotationRenderer
from graphkit_calculators.util._colors import color_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from graphkit.context import CalculatorContext
    from graphkit.contract import CalculatorContract

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

    Inputs: IMAGE, an ImageFrame in SRGB, SRGBA or GRAY8; any number of untagged streams of RenderData
    and of VECTOR streams of lists of them, drawn in this order, by index. Output: IMAGE. What is drawn
    on SRGBA gets an alpha of 0, as OpenCV leaves it.

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
    scenes = Input(RenderData, repeated=True, optional=True)
    scene_lists = Input(list[RenderData], "VECTOR", repeated=True, optional=True)
    annotated = Output(ImageFrame, "IMAGE")
    options = Options(AnnotationOverlayCalculatorOptions)

    @classmethod
    def update_contract(cls, cc: CalculatorContract) -> None:
        """Check that there is an input and that the canvas has a size."""
        if not len(cc.inputs):
            raise ContractError("expected an IMAGE input, render data, or both; found no input.")
        chosen = cls.options(cc)
        if min(chosen.canvas_width_px, chosen.canvas_height_px) < 1:
            raise ContractError(
                f"the canvas is {chosen.canvas_width_px} x {chosen.canvas_height_px} pixels; both must be above 0."
            )

    def open(self, cc: CalculatorContext) -> None:
        """Load OpenCV; hand on the header of the video."""
        self._chosen = self.options(cc)
        self._has_image = self.image.is_connected(cc)
        self._renderer = AnnotationRenderer(flip_text=self._chosen.flip_text_vertically)
        if self._has_image and (header := cc.inputs.header("IMAGE")):
            cc.outputs["IMAGE"].set_header(header)

    def process(self, cc: CalculatorContext) -> None:
        """Draw what this timestamp has."""
        image = self.image.get(cc)
        if image is None and self._has_image:
            return
        scenes = [packet.payload for packet in self.scenes.packets(cc) if packet]
        for packet in self.scene_lists.packets(cc):
            scenes += packet.get_or([])
        if image is not None and image.format in _COLORED and not any(s.render_annotations for s in scenes):
            self.annotated.send(cc, image)
            return
        pixels = self._blank() if image is None else _writable_copy(image)
        self._renderer.render(pixels, scenes)
        self.annotated.send(cc, ImageFrame(pixels))

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
