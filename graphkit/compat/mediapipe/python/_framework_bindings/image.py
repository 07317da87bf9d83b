"""``mediapipe.Image``."""

from __future__ import annotations

from typing import Final

from graphkit.compat.mediapipe.python._framework_bindings.image_frame import ImageFormat, PixelHolder
from graphkit.framework import opencv

__all__ = ["Image"]

_CONVERSIONS: Final = {3: "COLOR_BGR2RGB", 4: "COLOR_BGRA2RGBA"}


class Image(PixelHolder):
    """Pixels of a picture; here they are always in memory."""

    @staticmethod
    def create_from_file(file_name: str) -> Image:
        """Return the picture in a file, RGB, or RGBA if it has an alpha channel.

        Raises:
            RuntimeError: there is no such file, or it is no picture.
        """
        cv2 = opencv()
        pixels = cv2.imread(str(file_name), cv2.IMREAD_UNCHANGED)
        if pixels is None:
            raise RuntimeError(f"Image decoding failed: {file_name} is not there, or no picture that OpenCV reads")
        if pixels.ndim == 2:
            return Image(ImageFormat.SRGB, cv2.cvtColor(pixels, cv2.COLOR_GRAY2RGB))
        image_format = ImageFormat.SRGBA if pixels.shape[2] == 4 else ImageFormat.SRGB
        return Image(image_format, cv2.cvtColor(pixels, getattr(cv2, _CONVERSIONS[pixels.shape[2]])))

    @property
    def step(self) -> int:
        """Bytes a row."""
        return self.frame.data.strides[0]

    def uses_gpu(self) -> bool:
        """Return False."""
        return False
