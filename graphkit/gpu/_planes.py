"""Pictures for a video: brightness and colour apart, as encoders take them, made before they are read back.

Each pixel is then read back as 1.5 bytes instead of 4, and no processor converts them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final
from weakref import WeakKeyDictionary

from graphkit.gpu._buffer import GpuBuffer
from graphkit.gpu._formats import GpuBufferFormat
from graphkit.gpu._gl_texture import GlTexture
from graphkit.gpu._program import FullFrameProgram

if TYPE_CHECKING:
    from graphkit.formats import Pixels
    from graphkit.gpu._context import GlContext

# OpenCV's integers for BT.601 of limited range, and its rounding; colour is that of the upper left of four pixels.
_SHADER: Final = """
    uniform sampler2D frame;
    out vec4 color;

    ivec3 level(ivec2 place) {
        return ivec3(round(texelFetch(frame, place, 0).rgb * 255.0));
    }

    int weighed(ivec3 rgb, ivec3 weights, int offset) {
        ivec3 parts = rgb * weights;
        return (parts.r + parts.g + parts.b + (offset << 20) + (1 << 19)) >> 20;
    }

    void main() {
        ivec2 size = textureSize(frame, 0), place = ivec2(gl_FragCoord.xy);
        int value;
        if (place.y < size.y) {
            value = weighed(level(place), ivec3(269484, 528482, 102760), 16);
        } else {
            int index = (place.y - size.y) * size.x + place.x;
            int count = size.x * size.y / 4, half_width = size.x / 2;
            bool is_red = index >= count;
            index = is_red ? index - count : index;
            ivec3 rgb = level(2 * ivec2(index % half_width, index / half_width));
            value = is_red ? weighed(rgb, ivec3(460324, -385875, -74448), 128)
                           : weighed(rgb, ivec3(-155188, -305135, 460324), 128);
        }
        color = vec4(float(clamp(value, 0, 255)) / 255.0);
    }
"""

_programs: Final[WeakKeyDictionary[GlContext, FullFrameProgram]] = WeakKeyDictionary()


def read_planes(picture: GpuBuffer) -> Pixels | None:
    """Return a picture as I420, read back; None if it has no such form. Any thread.

    Args:
        picture: RGBA8, of even sizes; alpha has no effect.

    Returns:
        (H * 3 / 2, W) uint8, read-only: the brightness of all pixels, then the two colours of every fourth; what
        OpenCV makes of the picture in memory, to the last bit.
    """
    width, height = picture.width, picture.height
    if picture.format is not GpuBufferFormat.RGBA8 or width % 2 or height % 2:
        return None
    planes: Pixels | None = picture.group.run(lambda context: _read(context, picture))
    return planes


def _read(context: GlContext, picture: GpuBuffer) -> Pixels | None:
    width, height = picture.width, picture.height * 3 // 2
    if height > context.max_texture_size:
        return None
    program = _programs.get(context)
    if program is None:
        program = _programs[context] = FullFrameProgram(context, _SHADER, name="planes of a video")
        program.set(frame=0)
    with GlTexture(context, picture, writes=False) as source:
        made = GpuBuffer.allocate(context, picture.group, width, height, GpuBufferFormat.R8)
        drawn = GlTexture(context, made, writes=True)
        drawn.bind()
        source.use(0)
        program.render()
        with context.same_fence():
            source.release()
            drawn.get_frame(GpuBuffer)
    with made:
        return made.array()
