"""Between the image arrays of files and the image payloads of graphs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, TypeAlias

import numpy as np

from graphkit._process.threads import opencv
from graphkit.errors import FormatError
from graphkit.formats import Image, ImageFormat, ImageFrame
from graphkit.formats._png import png_of, unit_range
from graphkit.gpu import GpuBuffer, read_planes
from graphkit.video import YuvPicture

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from graphkit.framework import PacketType
    from graphkit.jobs._gpu import GpuLease

Pixels: TypeAlias = "NDArray[Any]"
Picture: TypeAlias = ImageFrame | Image | GpuBuffer


def wrapper_for(packet_type: PacketType, gpu: GpuLease | None = None) -> Callable[[Pixels], Picture]:
    """Return what makes an image array the payload of an input stream, without a copy.

    Args:
        packet_type: of the stream. An array becomes an `Image` or a `GpuBuffer` if the stream takes nothing
            else, otherwise an `ImageFrame`.
        gpu: of the job, for GpuBuffers.
    """
    taken = packet_type.types
    if ImageFrame in taken:
        return ImageFrame
    if Image in taken:
        return lambda pixels: Image(ImageFrame(pixels))
    if GpuBuffer in taken and gpu is not None:
        return lambda pixels: gpu.upload(ImageFrame(pixels))
    return ImageFrame


def frame_of(payload: object) -> ImageFrame:
    """Return an image payload in memory; a GpuBuffer is read back.

    Raises:
        FormatError: no image.
    """
    frame = payload.cpu() if isinstance(payload, Image) else payload
    if isinstance(frame, GpuBuffer):
        frame = frame.image_frame()
    if not isinstance(frame, ImageFrame):
        raise FormatError(
            f"pictures are made of ImageFrame, Image or GpuBuffer packets, found {type(payload).__name__}"
        )
    return frame


def to_rgb(payload: object) -> NDArray[np.uint8]:
    """Return the pixels of an image payload as a video stores them.

    A GpuBuffer is read back. SRGB passes without a copy; SRGBA loses its alpha; GRAY8 is repeated; 16-bit
    samples keep their upper byte; VEC32F1 is taken as 0 to 1 and clipped.

    Returns:
        (H, W, 3) uint8, RGB.

    Raises:
        FormatError: no image, or one of a format that has no colours.
    """
    frame = frame_of(payload)
    convert = _TO_RGB.get(frame.format)
    if convert is None:
        raise FormatError(f"{frame!r} cannot be shown as a video; convert it to SRGB, SRGBA or GRAY8 in the graph")
    return convert(frame.data)


def to_yuv(payload: object) -> YuvPicture | None:
    """Return an image payload as encoders take it, if its GPU makes that, None if the CPU does it better.

    A GPU that is the processor itself, and pixels that are read back already, are no gain.
    """
    buffer = payload.source if isinstance(payload, Image) else payload
    if not isinstance(buffer, GpuBuffer) or buffer.is_in_memory or buffer.group.software:
        return None
    planes = read_planes(buffer)
    return None if planes is None else YuvPicture(planes)


def to_array(frame: ImageFrame) -> Pixels:
    """Return the samples of a picture as an array to keep.

    VEC32F1, the format of masks, is taken as 0 to 1 and becomes uint8, 255 for 1: a sixtieth of the size when
    compressed, and finer than any mask is sure of itself. Everything else stays as it is.
    """
    return unit_range(frame.data) if frame.format is ImageFormat.VEC32F1 else frame.data


def to_png(frame: ImageFrame) -> bytes:
    """Return a picture as a .png of the same channels and depth; VEC32F1 as `to_array` makes it.

    Raises:
        FormatError: a format that has no colours.
    """
    encoded = png_of(frame)
    if encoded is None:
        raise FormatError(f"{frame!r} cannot be shown as a .png; dump the stream as .npz")
    return encoded


def _repeated(gray: NDArray[np.uint8]) -> NDArray[np.uint8]:
    return np.repeat(gray[:, :, None], 3, axis=2)


def _without_alpha(rgba: NDArray[np.uint8]) -> NDArray[np.uint8]:
    cv2 = opencv()  # many times as fast as numpy's strided copy
    rgb: NDArray[np.uint8] = cv2.cvtColor(rgba, cv2.COLOR_RGBA2RGB)
    return rgb


def _upper_bytes(data: Pixels) -> NDArray[np.uint8]:
    upper: NDArray[np.uint8] = (data >> 8).astype(np.uint8)
    return upper


_TO_RGB: Final[dict[ImageFormat, Callable[[Pixels], NDArray[np.uint8]]]] = {
    ImageFormat.SRGB: lambda data: data,
    ImageFormat.SRGBA: _without_alpha,
    ImageFormat.SBGRA: lambda data: np.ascontiguousarray(data[:, :, 2::-1]),
    ImageFormat.GRAY8: _repeated,
    ImageFormat.GRAY16: lambda data: _repeated(_upper_bytes(data)),
    ImageFormat.SRGB48: _upper_bytes,
    ImageFormat.SRGBA64: lambda data: _upper_bytes(data[:, :, :3]),
    ImageFormat.VEC32F1: lambda data: _repeated(unit_range(data)),
}
