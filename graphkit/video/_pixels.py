"""Decoded pictures to RGB arrays and RGB arrays to what an encoder takes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import av
    from numpy.typing import NDArray

# H.273 code points of what the conversions here produce.
BT601_MATRIX = 6
LIMITED_RANGE = 1


class RgbConverter:
    """Decoded pictures to upright RGB arrays, with the scaler's set-up kept between pictures."""

    def __init__(self) -> None:
        from av.video.reformatter import VideoReformatter

        self._reformatter = VideoReformatter()

    def convert(self, picture: av.VideoFrame) -> NDArray[np.uint8]:
        """Return (H, W, 3) uint8 RGB, C-contiguous, turned as the display matrix says."""
        # One thread: the scaler would otherwise start one a core for a tenth of a millisecond's work.
        rgb = self._reformatter.reformat(picture, format="rgb24", threads=1).to_ndarray()
        return turned(rgb, picture.rotation // 90 % 4)


def turned(rgb: NDArray[np.generic], quarter_turns: int) -> NDArray[np.uint8]:
    """Return what ``np.rot90(rgb, quarter_turns)`` does, contiguous and several times faster."""
    import cv2

    pixels = np.asarray(rgb, np.uint8)
    if not quarter_turns:
        return pixels
    codes = (cv2.ROTATE_90_COUNTERCLOCKWISE, cv2.ROTATE_180, cv2.ROTATE_90_CLOCKWISE)
    return np.asarray(cv2.rotate(pixels, codes[quarter_turns - 1]), np.uint8)


class YuvConverter:
    """RGB arrays of one size to BT.601 limited-range pictures for an encoder.

    Args:
        width: coded width; one more than the array's where the encoder takes even sizes only.
        height: coded height, likewise.
        pixel_format: ``yuv420p`` or ``yuv444p``.
    """

    def __init__(self, width: int, height: int, pixel_format: str) -> None:
        from av.video.reformatter import VideoReformatter

        self._width, self._height = width, height
        self._pixel_format = pixel_format
        # OpenCV is four times as fast as the scaler here, but does 4:2:0 of even sizes only.
        self._fast = pixel_format == "yuv420p" and width % 2 == 0 and height % 2 == 0
        self._reformatter = VideoReformatter()

    def convert(self, rgb: NDArray[np.uint8]) -> av.VideoFrame:
        """Return the encoder's picture of a (H, W, 3) uint8 RGB array, without a timestamp."""
        import av
        import cv2

        padded = self._pad(np.ascontiguousarray(rgb))
        if self._fast:
            planes = cv2.cvtColor(padded, cv2.COLOR_RGB2YUV_I420)
            # Without a copy PyAV rounds the height down to a multiple of four.
            wrap = av.VideoFrame.from_ndarray if self._height % 4 else av.VideoFrame.from_numpy_buffer
            return wrap(planes, format="yuv420p")
        picture = av.VideoFrame.from_numpy_buffer(padded, format="rgb24")
        return self._reformatter.reformat(
            picture,
            format=self._pixel_format,
            dst_colorspace=5,  # the scaler's own number for BT.601
            dst_color_range=LIMITED_RANGE,
            threads=1,
        )

    def _pad(self, rgb: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """Repeat the last column and row where the coded size is larger."""
        import cv2

        below, right = self._height - rgb.shape[0], self._width - rgb.shape[1]
        if not below and not right:
            return rgb
        return np.asarray(cv2.copyMakeBorder(rgb, 0, below, 0, right, cv2.BORDER_REPLICATE), np.uint8)


def letterboxed(rgb: NDArray[np.uint8], width: int, height: int) -> NDArray[np.uint8]:
    """Return the picture scaled to fit into width x height pixels, centred between black bars."""
    import cv2

    scale = min(width / rgb.shape[1], height / rgb.shape[0])
    inner_width = max(1, min(width, round(rgb.shape[1] * scale)))
    inner_height = max(1, min(height, round(rgb.shape[0] * scale)))
    method = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    inner = cv2.resize(np.ascontiguousarray(rgb), (inner_width, inner_height), interpolation=method)
    boxed = np.zeros((height, width, 3), np.uint8)
    top, left = (height - inner_height) // 2, (width - inner_width) // 2
    boxed[top : top + inner_height, left : left + inner_width] = inner
    return boxed
