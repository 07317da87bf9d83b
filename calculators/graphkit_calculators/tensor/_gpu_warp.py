"""Cutting a rotated region out of a picture on the GPU into the memory of a tensor.

The shader does what OpenCV does in memory: it samples at multiples of 1/32 pixel, weighs four pixels and rounds
to 8 bits, so that a graph on the GPU and the same graph on the CPU see the same tensors.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np

from graphkit.errors import FormatError
from graphkit.gpu.buffer import GpuBuffer
from graphkit.gpu.formats import GpuBufferFormat
from graphkit.gpu.gl_texture import GlTexture
from graphkit.gpu.program import FullFrameProgram
from graphkit_calculators.tensor._roi import corners

if TYPE_CHECKING:
    from graphkit.gpu.context import GlContext
    from graphkit_calculators.tensor._image_warp import Floats
    from graphkit_calculators.tensor._roi import Roi

_STEPS: Final = 32
"""Positions that OpenCV tells apart between two pixels."""

# The format of what is drawn, by the format of the picture. Floats: reading RGBA8 back is no faster where it is
# converted to bytes first, and three planes of one channel cost three times the sampling.
_TARGETS: Final = {GpuBufferFormat.RGBA8: GpuBufferFormat.RGBA32F, GpuBufferFormat.R8: GpuBufferFormat.R32F}

_SHADER: Final = """
    uniform sampler2D frame;
    uniform ivec2 whole_start, whole_right, whole_down;  // in 1/32 pixels
    uniform vec2 start, right, down;                     // what is left of them, at most a half
    uniform bool replicate;
    uniform float scale;
    uniform float offset;
    out vec4 color;

    vec4 level(ivec2 place, ivec2 last) {
        ivec2 inside = clamp(place, ivec2(0), last);
        return replicate || inside == place ? round(texelFetch(frame, inside, 0) * 255.0) : vec4(0.0);
    }

    void main() {
        ivec2 target = ivec2(gl_FragCoord.xy);
        ivec2 whole = whole_start + target.x * whole_right + target.y * whole_down;
        vec2 rest = start + float(target.x) * right + float(target.y) * down;
        ivec2 place = whole + ivec2(round(rest));
        ivec2 corner = place >> 5, last = textureSize(frame, 0) - 1;
        vec2 share = vec2(place & 31) / 32.0;
        vec4 above = mix(level(corner, last), level(corner + ivec2(1, 0), last), share.x);
        vec4 below = mix(level(corner + ivec2(0, 1), last), level(corner + ivec2(1, 1), last), share.x);
        color = floor(mix(above, below, share.y) + 0.5) * scale + offset;
    }
"""


class Grid(NamedTuple):
    """Where the samples lie: ``start + x * right + y * down``, in 1/32 pixels of the picture.

    Each vector is split into whole numbers, which OpenGL adds exactly, and a rest of half a step at most; a
    float alone would put one sample of a hundred elsewhere.

    Attributes:
        whole: (3, 2) int32: start, right, down.
        rest: (3, 2) float64.
    """

    whole: np.ndarray[Any, np.dtype[np.int32]]
    rest: np.ndarray[Any, np.dtype[np.float64]]

    @classmethod
    def of(cls, roi: Roi, size: tuple[int, int]) -> Grid:
        """Return the samples of *roi* for a tensor of width and height *size*.

        As in memory, the corner of the region is where the first sample is taken, not the middle of its pixel.
        """
        bottom_left, top_left, top_right, _ = corners(roi).astype(np.float64)
        exact = _STEPS * np.array((
            top_left, (top_right - top_left) / size[0], (bottom_left - top_left) / size[1]
        ))  # fmt: skip
        whole = np.rint(exact)
        return cls(whole.astype(np.int32), exact - whole)

    def uniforms(self) -> dict[str, tuple[float, ...]]:
        """Return the values of the shader's uniforms."""
        names = ("start", "right", "down")
        return {
            **{f"whole_{name}": tuple(row) for name, row in zip(names, self.whole.tolist(), strict=True)},
            **{name: tuple(row) for name, row in zip(names, self.rest.tolist(), strict=True)},
        }


class GpuWarp:
    """`warp_roi` for pictures on the GPU.

    Args:
        context: draws; None for one that the pictures are made in, taken with the first of them.
        replicate: whether the outside repeats the edge; it is black otherwise.
        scale: factor for levels of 0 to 255.
        offset: added after it.
    """

    def __init__(self, context: GlContext | None, *, replicate: bool, scale: float, offset: float) -> None:
        self._context = context
        self._constants = {"frame": 0, "replicate": replicate, "scale": scale, "offset": offset}
        self._program: FullFrameProgram | None = None
        if context is not None:
            context.run(self._compiled, context)

    def __call__(self, picture: GpuBuffer, roi: Roi, size: tuple[int, int]) -> Floats:
        """Return the levels of *roi*, scaled; any thread.

        Args:
            picture: RGBA8 or R8.
            roi: in pixels of the picture.
            size: width and height of the result.

        Returns:
            (height, width, 4) float32 for RGBA8, (height, width) for R8; read-only.

        Raises:
            FormatError: the picture is of another format.
        """
        target = _TARGETS.get(picture.format)
        if target is None:
            known = " and ".join(known.name for known in _TARGETS)
            raise FormatError(f"IMAGE_GPU is of format {picture.format.name}; tensors are made of {known}.")
        if self._context is None:
            self._context = picture.group.context()
        return self._context.run(self._draw, self._context, picture, Grid.of(roi, size), size, target)

    def release(self) -> None:
        """Let go of the shader."""
        program, self._program = self._program, None
        if program is not None and self._context is not None and not self._context.closed:
            self._context.run(program.release)

    def _compiled(self, context: GlContext) -> FullFrameProgram:
        if self._program is None:
            self._program = FullFrameProgram(context, _SHADER, name="ImageToTensorCalculator")
            self._program.set(**self._constants)
        return self._program

    def _draw(
        self, context: GlContext, picture: GpuBuffer, grid: Grid, size: tuple[int, int], format_: GpuBufferFormat
    ) -> Floats:
        program = self._compiled(context)
        with GlTexture(context, picture, writes=False) as source:
            drawn = GlTexture(context, GpuBuffer.allocate(context, picture.group, *size, format_), writes=True)
            drawn.framebuffer().use()
            source.use(0)
            program.set(**grid.uniforms())
            program.render()
        with drawn.get_frame(GpuBuffer) as tensor:
            return tensor.array()
