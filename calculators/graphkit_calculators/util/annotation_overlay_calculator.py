"""AnnotationOverlayCalculator: render data, drawn onto images."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from graphkit import Calculator, Input, Options, Output, calculator, option, options
from graphkit.errors import ContractError, FormatError
from graphkit.formats import Image, ImageFormat, ImageFrame, RenderData
from graphkit.gpu import GpuBuffer
from graphkit_calculators.util._annotation_renderer import AnnotationRenderer
from graphkit_calculators.util._colors import color_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from graphkit import CalculatorContext, CalculatorContract
    from graphkit_calculators.util._gpu_overlay import GpuOverlay

_IMAGES = ("IMAGE", "UIMAGE", "IMAGE_GPU")
_COLORED = (ImageFormat.SRGB, ImageFormat.SRGBA)


@options("mediapipe.AnnotationOverlayCalculatorOptions", extension=250607623)
class AnnotationOverlayCalculatorOptions:
    """The canvas, where there is no image; the gpu options have no effect on images in memory.

    Attributes:
        gpu_uses_top_left_origin: whether the picture's first row is its top, as it is unless the program put it
            on the GPU upside down; the drawing is turned over with it.
        gpu_scale_factor: pixels of the drawing for one of the frame, at most 1.
    """

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
    the image itself is passed on. Where nobody reads the output, nothing is drawn and nothing emitted.

    Inputs: IMAGE, an ImageFrame in SRGB, SRGBA or GRAY8, UIMAGE, an Image in one of them, which is read back if it
    is on the GPU, or IMAGE_GPU, a GpuBuffer in RGBA8, which is not; any number of untagged streams of RenderData
    and of VECTOR streams of lists of them, drawn in this order, by index. Output: the tag of the image.
    What is drawn on SRGBA gets an alpha of 0, as OpenCV leaves it; on a GpuBuffer it is opaque.

    For IMAGE_GPU the drawing is made in memory on an empty canvas, uploaded, and laid over the frame by a
    shader; the frame itself is not read back.

    Knobs: ``canvas_width_px``, ``canvas_height_px``, ``canvas_color`` of the blank canvas;
    ``flip_text_vertically`` for images with their origin at the bottom; ``gpu_scale_factor`` below 1 for a
    smaller, coarser and cheaper drawing. A hand costs some 0.2 ms, copying or uploading a large image more.

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
    for_outputs_only = True

    image = Input(ImageFrame, "IMAGE", optional=True)
    universal_image = Input(Image, "UIMAGE", optional=True)
    buffer = Input(GpuBuffer, "IMAGE_GPU", optional=True)
    scenes = Input(RenderData, repeated=True, optional=True)
    scene_lists = Input(list[RenderData], "VECTOR", repeated=True, optional=True)
    annotated = Output(ImageFrame, "IMAGE", optional=True)
    annotated_universal = Output(Image, "UIMAGE", optional=True)
    annotated_buffer = Output(GpuBuffer, "IMAGE_GPU", optional=True)
    options = Options(AnnotationOverlayCalculatorOptions)

    @classmethod
    def update_contract(cls, cc: CalculatorContract) -> None:
        """Check that there is an input, that the output is of its kind, and that the canvas has a size."""
        if not len(cc.inputs):
            raise ContractError(
                "expected an IMAGE, UIMAGE or IMAGE_GPU input, render data, or both; found no input."
            )
        given = [tag for tag in _IMAGES if tag in cc.inputs] or ["IMAGE"]
        made = [tag for tag in _IMAGES if tag in cc.outputs]
        if made != given or len(given) > 1:
            found = f"{' and '.join(given)} in and {' and '.join(made) or 'none'} out"
            raise ContractError(
                "the image is drawn on as it comes, IMAGE to IMAGE, UIMAGE to UIMAGE or IMAGE_GPU to IMAGE_GPU, "
                f"and a blank canvas is an IMAGE; found {found}."
            )
        chosen = cls.options(cc)
        if min(chosen.canvas_width_px, chosen.canvas_height_px) < 1:
            raise ContractError(
                f"the canvas is {chosen.canvas_width_px} x {chosen.canvas_height_px} pixels; both must be above 0."
            )
        if cls.buffer.is_connected(cc):
            from graphkit.gpu import GlCalculatorHelper

            GlCalculatorHelper.update_contract(cc)

    def open(self, cc: CalculatorContext) -> None:
        """Load OpenCV; hand on the header of the video."""
        self._chosen = self.options(cc)
        self._renderer = AnnotationRenderer(flip_text=self._chosen.flip_text_vertically)
        self._tag = next((tag for tag in _IMAGES if tag in cc.inputs), "")
        if self._tag and (header := cc.inputs.header(self._tag)):
            cc.outputs[self._tag].set_header(header)
        self._gpu_overlay = self._make_gpu_overlay(cc) if self.buffer.is_connected(cc) else None

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
        elif self._gpu_overlay is not None and (buffer := self.buffer.get(cc)) is not None:
            shown = _has_shapes(scenes)
            self.annotated_buffer.send(cc, self._gpu_overlay.draw(buffer, scenes) if shown else buffer)

    def close(self, cc: CalculatorContext) -> None:
        """Release what is on the GPU."""
        if self._gpu_overlay is not None:
            self._gpu_overlay.release()

    def _make_gpu_overlay(self, cc: CalculatorContext) -> GpuOverlay:
        from graphkit.gpu import GlCalculatorHelper
        from graphkit_calculators.util._gpu_overlay import GpuOverlay

        chosen = self._chosen
        return GpuOverlay(
            GlCalculatorHelper(cc),
            scale=chosen.gpu_scale_factor,
            flip_text=chosen.flip_text_vertically,
            flipped=not chosen.gpu_uses_top_left_origin,
        )

    def _draw_on(self, frame: ImageFrame, scenes: list[RenderData]) -> ImageFrame:
        """Return a drawn copy, or the frame itself where nothing is to be drawn."""
        if frame.format in _COLORED and not _has_shapes(scenes):
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


def _has_shapes(scenes: list[RenderData]) -> bool:
    return any(scene.render_annotations for scene in scenes)


def _writable_copy(image: ImageFrame) -> NDArray[np.uint8]:
    """Return the pixels of an image as (H, W, 3) or (H, W, 4), C-contiguous; raises FormatError."""
    if image.format == ImageFormat.GRAY8:
        return np.repeat(image.data[:, :, None], 3, axis=2)
    if image.format not in _COLORED:
        raise FormatError(f"cannot draw on {image}; convert it to SRGB, SRGBA or GRAY8 first.")
    return image.data.copy(order="C")
