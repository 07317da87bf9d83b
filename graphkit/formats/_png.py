"""Pictures as .png files, for the disk and for notebooks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from graphkit._process.threads import opencv
from graphkit.formats._image_frame import ImageFormat

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from graphkit.formats._image_frame import ImageFrame


def png_of(frame: ImageFrame) -> bytes | None:
    """Return a picture as a .png of the same channels and depth, None for a format that has no colours.

    VEC32F1, the format of masks, is taken as 0 to 1.
    """
    convert = _TO_PNG.get(frame.format)
    if convert is None:
        return None
    cv2 = opencv()
    _, encoded = cv2.imencode(".png", convert(frame.data))
    return bytes(encoded)


def unit_range(data: NDArray[Any]) -> NDArray[np.uint8]:
    """Return samples of 0 to 1 as 0 to 255; other values are clipped."""
    scaled: NDArray[np.uint8] = np.rint(np.clip(data, 0, 1) * 255).astype(np.uint8)
    return scaled


# OpenCV writes BGR and BGRA.
_TO_PNG: Final[dict[ImageFormat, Callable[[NDArray[Any]], NDArray[Any]]]] = {
    ImageFormat.SRGB: lambda data: data[:, :, ::-1],
    ImageFormat.SRGBA: lambda data: data[:, :, (2, 1, 0, 3)],
    ImageFormat.SBGRA: lambda data: data,
    ImageFormat.GRAY8: lambda data: data,
    ImageFormat.GRAY16: lambda data: data,
    ImageFormat.SRGB48: lambda data: data[:, :, ::-1],
    ImageFormat.SRGBA64: lambda data: data[:, :, (2, 1, 0, 3)],
    ImageFormat.VEC32F1: unit_range,
}
