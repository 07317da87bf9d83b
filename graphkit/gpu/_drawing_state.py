"""DrawingState: what OpenGL is reset to before each drawing.

Calculators of several authors share a context, and whatever one of them sets stays set: blending, a mask, wire
frames. Asking OpenGL what is set costs more than setting all of it, which takes about 4 microseconds.
"""

from __future__ import annotations

import ctypes
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    import moderngl

    from graphkit.gpu._raw_gl import RawGl

_Enum = ctypes.c_uint32

# moderngl switches the rest off. Pooled textures have one sample a pixel, so coverage does not matter to them.
_STENCIL_TEST, _COLOR_LOGIC_OP, _DITHER = 0x0B90, 0x0BF2, 0x0BD0
_LOWER_LEFT, _NEGATIVE_ONE_TO_ONE = 0x8CA1, 0x935E
_UNITS: Final = 4
"""Texture units that lose their sampler objects; code that uses more units sets their samplers itself."""


class DrawingState:
    """Resets a context, on its thread.

    Args:
        gl: the context.
        raw: its calls that moderngl lacks.
    """

    def __init__(self, gl: moderngl.Context, raw: RawGl) -> None:
        self._gl: Any = gl  # moderngl's hints are too narrow for what it takes
        self._disable: Any = raw.quick("glDisable", None, _Enum)
        self._bind_sampler: Any = raw.quick("glBindSampler", None, _Enum, _Enum)
        self._clip_control: Any = _nothing
        if gl.version_code >= 450:
            self._clip_control = raw.quick("glClipControl", None, _Enum, _Enum)

    def reset(self, framebuffer: Any) -> None:
        """Draw into all of *framebuffer*, moderngl's, with nothing switched on and every mask open."""
        import moderngl

        gl = self._gl
        framebuffer.scissor = None
        framebuffer.viewport = (0, 0, framebuffer.width, framebuffer.height)
        framebuffer.color_mask = (True, True, True, True)
        framebuffer.depth_mask = True
        framebuffer.use()
        gl.enable_only(moderngl.NOTHING)
        gl.wireframe = False
        gl.blend_func, gl.blend_equation = moderngl.DEFAULT_BLENDING, moderngl.FUNC_ADD
        gl.depth_func, gl.cull_face, gl.front_face = "<", "back", "ccw"
        self._disable(_STENCIL_TEST)
        self._disable(_COLOR_LOGIC_OP)
        self._disable(_DITHER)  # which OpenGL switches on by itself
        self._clip_control(_LOWER_LEFT, _NEGATIVE_ONE_TO_ONE)
        for unit in range(_UNITS):
            self._bind_sampler(unit, 0)


def _nothing(*_: int) -> None:
    """Do nothing."""
