"""Render data over a picture on the GPU: drawn in memory on an empty canvas, laid over the picture by a shader."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Final, TypeAlias

import numpy as np

from graphkit.errors import FormatError
from graphkit.gpu import FullFrameProgram, GpuBuffer, GpuBufferFormat
from graphkit_calculators.util._annotation_renderer import AnnotationRenderer

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from graphkit.formats import RenderData
    from graphkit.gpu import GlCalculatorHelper

Part: TypeAlias = tuple[int, int, int, int]

# OpenCV draws with an alpha of 0. On black of alpha 255 that leaves, in each pixel, the drawing times its
# coverage, and in alpha how much of the picture still shows. No color has to stand for "nothing drawn".
_EMPTY: Final = int.from_bytes(b"\x00\x00\x00\xff", sys.byteorder)

# What a drawing does not need is left out of the program: where the CPU draws, both ways of a choice cost.
_SHADER: Final = """
    uniform sampler2D frame;
    uniform sampler2D overlay;
    uniform ivec4 part;  // left, top, right and bottom of what is set of the overlay
    out vec4 color;

    void main() {
        ivec2 place = ivec2(gl_FragCoord.xy);
        vec4 below = texelFetch(frame, place, 0);
        PLACED
        bool is_drawn = all(greaterThanEqual(place, part.xy)) && all(lessThan(place, part.zw));
        vec4 above = is_drawn ? texelFetch(overlay, place, 0) : vec4(0.0, 0.0, 0.0, 1.0);
        color = vec4(above.rgb, 1.0 - above.a) + below * above.a;
    }
"""
_SCALED: Final = "place = place * textureSize(overlay, 0) / textureSize(frame, 0);"
_FLIPPED: Final = "place.y = textureSize(overlay, 0).y - 1 - place.y;"


class GpuOverlay:
    """Draws scenes onto GpuBuffers; the frame is never read back.

    Args:
        helper: of the calculator.
        scale: pixels of the canvas for one of the frame, above 0, at most 1: less is cheaper and coarser.
        flip_text: draw letters upside down.
        flipped: the frame shows its bottom row first, so the drawing is turned over.
    """

    def __init__(
        self, helper: GlCalculatorHelper, *, scale: float = 1.0, flip_text: bool = False, flipped: bool = False
    ) -> None:
        self._helper = helper
        self._scale = min(scale, 1.0) if scale > 0 else 1.0
        self._renderer = AnnotationRenderer(scale=self._scale, flip_text=flip_text)
        self._canvas: NDArray[np.uint8] = np.empty((0, 0, 4), np.uint8)
        self._part: Part | None = None
        self._program: FullFrameProgram = helper.run_in_gl_context(self._compiled, flipped)

    def draw(self, frame: GpuBuffer, scenes: list[RenderData]) -> GpuBuffer:
        """Return *frame*, RGBA8, with *scenes* over it.

        Raises:
            FormatError: the frame is of another format.
        """
        if frame.format is not GpuBufferFormat.RGBA8:
            raise FormatError(f"cannot draw on {frame}; convert it to RGBA8 first.")
        canvas = self._empty_canvas(frame.width, frame.height)
        self._renderer.render(canvas, scenes)
        self._part = _drawn_part(canvas)
        if self._part is None:
            return frame
        # It is uploaded before the canvas is drawn on again.
        return self._helper.run_in_gl_context(self._blend, frame, canvas, self._part)

    def release(self) -> None:
        """Let go of the shader."""
        self._helper.run_in_gl_context(self._program.release)

    def _empty_canvas(self, width: int, height: int) -> NDArray[np.uint8]:
        shape = (max(1, round(height * self._scale)), max(1, round(width * self._scale)), 4)
        if self._canvas.shape != shape:
            self._canvas = np.empty(shape, np.uint8)
            self._canvas.view(np.uint32).fill(_EMPTY)
        elif self._part is not None:
            left, top, right, bottom = self._part
            self._canvas.view(np.uint32)[top:bottom, left:right] = _EMPTY
        self._part = (0, 0, shape[1], shape[0])  # for as long as nobody has looked
        return self._canvas

    def _compiled(self, flipped: bool) -> FullFrameProgram:
        placed = (_SCALED if self._scale < 1 else "") + (_FLIPPED if flipped else "")
        shader = _SHADER.replace("PLACED", placed)
        program = FullFrameProgram(self._helper.context, shader, name="AnnotationOverlayCalculator")
        program.set(frame=0, overlay=1)
        return program

    def _blend(self, frame: GpuBuffer, canvas: NDArray[np.uint8], part: Part) -> GpuBuffer:
        helper = self._helper
        left, top, right, bottom = part
        size = (canvas.shape[1], canvas.shape[0])
        # The canvas first: uploading binds its texture to unit 0.
        above = helper.create_partial_texture(size, canvas[top:bottom, left:right], (left, top))
        with above, helper.create_source_texture(frame) as below:
            drawn = helper.create_destination_texture(frame.width, frame.height, GpuBufferFormat.RGBA8)
            helper.bind_framebuffer(drawn)
            below.use(0)
            above.use(1)
            self._program.set(part=part)
            self._program.render()
            return helper.finish(drawn, below, above)


def _drawn_part(canvas: NDArray[np.uint8]) -> Part | None:
    """Return left, top, right and bottom of what was drawn, None where nothing was."""
    changed = canvas.view(np.uint32)[:, :, 0] != _EMPTY
    rows = np.flatnonzero(changed.any(axis=1))
    if not rows.size:
        return None
    top, bottom = int(rows[0]), int(rows[-1]) + 1
    columns = np.flatnonzero(changed[top:bottom].any(axis=0))
    return int(columns[0]), top, int(columns[-1]) + 1, bottom
