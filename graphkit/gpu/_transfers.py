"""Pixels between memory and textures, and the instrument that counts every move."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from graphkit._process.parts import part
from graphkit.formats import ImageFormat, ImageFrame
from graphkit.gpu import _raw_gl as raw_gl
from graphkit.gpu._formats import GpuBufferFormat, image_format_of

if TYPE_CHECKING:
    import moderngl

    from graphkit.formats import Pixels
    from graphkit.gpu._context import GlContext
    from graphkit.gpu._host_memory import HostMemory


@dataclass(slots=True)
class Transfers:
    """What crossed between memory and GPU. Numbers only grow; compare two ``copy()``.

    Attributes:
        uploads: pictures, from memory to the GPU, by (width, height).
        readbacks: pictures, from the GPU to memory, by (width, height).
        upload_bytes: of all uploads.
        readback_bytes: of all readbacks.
    """

    uploads: Counter[tuple[int, int]] = field(default_factory=Counter)
    readbacks: Counter[tuple[int, int]] = field(default_factory=Counter)
    upload_bytes: int = 0
    readback_bytes: int = 0

    def copy(self) -> Transfers:
        """Return the numbers of now."""
        return Transfers(Counter(self.uploads), Counter(self.readbacks), self.upload_bytes, self.readback_bytes)

    def since(self, earlier: Transfers) -> Transfers:
        """Return what was added after the copy *earlier*."""
        return Transfers(
            self.uploads - earlier.uploads,
            self.readbacks - earlier.readbacks,
            self.upload_bytes - earlier.upload_bytes,
            self.readback_bytes - earlier.readback_bytes,
        )


def upload(
    context: GlContext,
    texture: moderngl.Texture,
    format_: GpuBufferFormat,
    pixels: Pixels,
    counts: Transfers,
    at: tuple[int, int] = (0, 0),
) -> None:
    """Copy *pixels* into *texture*, on the context's thread. Padded rows are fine.

    Args:
        context: where.
        texture: as wide and high as the pixels, or more.
        format_: of both.
        pixels: (H, W) or (H, W, C) of the format's dtype.
        counts: where to count it, as one of the size of the texture.
        at: left and top of the pixels in the texture; the rest of it stays as it is.
    """
    height, width = pixels.shape[:2]
    stride, size = pixels.strides[0], format_.pixel_bytes
    rows_only = pixels[0].flags.c_contiguous and stride % size == 0 and stride >= width * size
    if not rows_only:
        pixels = np.ascontiguousarray(pixels)
        stride = width * size
    raw = context.raw
    texture.use(0)
    raw.unpack_from_memory(stride // size)
    with part("upload"):
        raw.tex_sub_image(
            raw_gl.TEXTURE_2D, 0, *at, width, height, format_.gl_format, format_.gl_type, pixels.ctypes.data
        )
    raw.pixel_store(raw_gl.UNPACK_ROW_LENGTH, 0)
    counts.uploads[texture.size] += 1
    counts.upload_bytes += width * height * size


def read_back(
    context: GlContext,
    framebuffer: moderngl.Framebuffer,
    format_: GpuBufferFormat,
    memory: HostMemory,
    counts: Transfers,
) -> Pixels:
    """Return the pixels of *framebuffer*, on the context's thread, waiting without the interpreter's lock."""
    width, height = framebuffer.size
    pixels = memory.array(format_.shape(width, height), format_.dtype)
    raw = context.raw
    framebuffer.use()
    raw.pack_into_memory()
    with part("readback"):
        raw.read_pixels(0, 0, width, height, format_.gl_format, format_.gl_type, pixels.ctypes.data)
    counts.readbacks[width, height] += 1
    counts.readback_bytes += pixels.nbytes
    return pixels


def pixels_for_upload(frame: ImageFrame, memory: HostMemory) -> Pixels:
    """Return the pixels of *frame* as its GPU format has them: three channels become four, BGRA becomes RGBA."""
    if frame.format not in (ImageFormat.SRGB, ImageFormat.SBGRA):
        return frame.data
    from graphkit._process.threads import opencv

    cv2 = opencv()
    code = cv2.COLOR_RGB2RGBA if frame.format is ImageFormat.SRGB else cv2.COLOR_BGRA2RGBA
    out = memory.array((frame.height, frame.width, 4), np.dtype(np.uint8))
    cv2.cvtColor(np.ascontiguousarray(frame.data), code, dst=out)
    return out


def frame_of(pixels: Pixels, format_: GpuBufferFormat) -> ImageFrame:
    """Return *pixels* of a buffer as a frame; half floats become float32."""
    image_format = image_format_of(format_)
    return ImageFrame(pixels.astype(image_format.dtype, copy=False), image_format)
