"""Decoded pictures to RGB arrays and RGB arrays to what an encoder takes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from graphkit.video._orientation import OrientationReader
from graphkit.video._tone import BT2020, ToneMapper, is_foreign

if TYPE_CHECKING:
    import av
    from numpy.typing import NDArray

    from graphkit.video._frames import YuvPicture

# H.273 code points of what the conversions here produce.
BT601_MATRIX = 6
LIMITED_RANGE = 1
_UNSPECIFIED = 2


class RgbConverter:
    """Decoded pictures to upright RGB arrays, with the scaler's set-up kept between pictures."""

    def __init__(self) -> None:
        from av.video.reformatter import VideoReformatter

        self._reformatter = VideoReformatter()
        self._orientations = OrientationReader()
        self._tone: ToneMapper | None = None

    def convert(self, picture: av.VideoFrame) -> NDArray[np.uint8]:
        """Return (H, W, 3) uint8 RGB, C-contiguous, turned and mirrored as the display matrix says, HDR mapped."""
        if is_foreign(picture.color_primaries, picture.color_trc):
            rgb = self._mapped(picture)
        else:
            # One thread: the scaler would otherwise start one per core for a tenth of a millisecond's work.
            plain = self._reformatter.reformat(picture, format="rgb24", threads=1)
            rgb = np.asarray(plain.to_ndarray(), np.uint8)
        return self._orientations.read(picture).apply(rgb)

    def _mapped(self, picture: av.VideoFrame) -> NDArray[np.uint8]:
        tags = int(picture.color_primaries), int(picture.color_trc)
        if self._tone is None or self._tone.tags != tags:
            self._tone = ToneMapper(*tags)
        matrix = BT2020 if picture.colorspace == _UNSPECIFIED else None
        # 16 bits: the scaler rounds down to 8, which shows in the dark parts.
        deep = self._reformatter.reformat(picture, format="rgb48le", src_colorspace=matrix, threads=1)
        return self._tone.map(np.asarray(deep.to_ndarray(), np.uint16))


class YuvConverter:
    """RGB arrays of one size to BT.601 limited-range pictures for an encoder.

    Args:
        width: coded width; one more than the array's if the encoder takes even sizes only.
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
            return self._wrapped(cv2.cvtColor(padded, cv2.COLOR_RGB2YUV_I420))
        picture = av.VideoFrame.from_numpy_buffer(padded, format="rgb24")
        return self._reformatter.reformat(
            picture,
            format=self._pixel_format,
            dst_colorspace=5,  # the scaler's own number for BT.601
            dst_color_range=LIMITED_RANGE,
            threads=1,
        )

    def from_planes(self, picture: YuvPicture) -> av.VideoFrame | None:
        """Return the encoder's picture of one that is converted already, None if it wants another."""
        if self._fast and picture.size == (self._width, self._height):
            return self._wrapped(picture.planes)
        return None

    def _wrapped(self, planes: NDArray[np.uint8]) -> av.VideoFrame:
        import av

        # Without a copy PyAV rounds the height down to a multiple of four.
        wrap = av.VideoFrame.from_ndarray if self._height % 4 else av.VideoFrame.from_numpy_buffer
        return wrap(planes, format="yuv420p")

    def _pad(self, rgb: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """Repeat the last column and row if the coded size is larger."""
        import cv2

        below, right = self._height - rgb.shape[0], self._width - rgb.shape[1]
        if not below and not right:
            return rgb
        return np.asarray(cv2.copyMakeBorder(rgb, 0, below, 0, right, cv2.BORDER_REPLICATE), np.uint8)


def to_rgb(picture: YuvPicture) -> NDArray[np.uint8]:
    """Return a picture for encoders as RGB, whose colours are a little coarser than before."""
    import cv2

    return np.asarray(cv2.cvtColor(picture.planes, cv2.COLOR_YUV2RGB_I420), np.uint8)


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
