"""Between the RGB arrays of videos and the image payloads of graphs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, TypeAlias

import numpy as np

from graphkit.errors import FormatError
from graphkit.formats import Image, ImageFormat, ImageFrame

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from graphkit.packet_type import PacketType

Pixels: TypeAlias = "NDArray[Any]"


def wrapper_for(packet_type: PacketType) -> type[ImageFrame] | type[Image]:
    """Return what an input stream of this type takes pictures as: `Image` where it says so, else `ImageFrame`."""
    return Image if Image in packet_type.types and ImageFrame not in packet_type.types else ImageFrame


def as_payload(rgb: NDArray[Any], kind: type[ImageFrame] | type[Image]) -> ImageFrame | Image:
    """Wrap an image array, (H, W, 3) uint8 RGB from a video, without a copy."""
    frame = ImageFrame(rgb)
    return Image(frame) if kind is Image else frame


def to_rgb(payload: object) -> NDArray[np.uint8]:
    """Return the pixels of an image payload as a video stores them.

    SRGB passes without a copy; SRGBA loses its alpha; GRAY8 is repeated; 16-bit samples keep their upper
    byte; VEC32F1 is taken as 0 to 1 and clipped.

    Returns:
        (H, W, 3) uint8, RGB.

    Raises:
        FormatError: no image, or one of a format that has no colours.
    """
    frame = payload.cpu() if isinstance(payload, Image) else payload
    if not isinstance(frame, ImageFrame):
        raise FormatError(f"a video is made of ImageFrame or Image packets, found {type(payload).__name__}")
    convert = _TO_RGB.get(frame.format)
    if convert is None:
        raise FormatError(f"{frame!r} cannot be shown as a video; convert it to SRGB, SRGBA or GRAY8 in the graph")
    return convert(frame.data)


def _repeated(gray: NDArray[np.uint8]) -> NDArray[np.uint8]:
    return np.repeat(gray[:, :, None], 3, axis=2)


def _upper_bytes(data: Pixels) -> NDArray[np.uint8]:
    upper: NDArray[np.uint8] = (data >> 8).astype(np.uint8)
    return upper


def _unit_range(data: Pixels) -> NDArray[np.uint8]:
    scaled: NDArray[np.uint8] = np.rint(np.clip(data, 0, 1) * 255).astype(np.uint8)
    return scaled


_TO_RGB: Final[dict[ImageFormat, Callable[[Pixels], NDArray[np.uint8]]]] = {
    ImageFormat.SRGB: lambda data: data,
    ImageFormat.SRGBA: lambda data: np.ascontiguousarray(data[:, :, :3]),
    ImageFormat.SBGRA: lambda data: np.ascontiguousarray(data[:, :, 2::-1]),
    ImageFormat.GRAY8: _repeated,
    ImageFormat.GRAY16: lambda data: _repeated(_upper_bytes(data)),
    ImageFormat.SRGB48: _upper_bytes,
    ImageFormat.SRGBA64: lambda data: _upper_bytes(data[:, :, :3]),
    ImageFormat.VEC32F1: lambda data: _repeated(_unit_range(data)),
}
