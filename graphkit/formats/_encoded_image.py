"""Encoded pictures: decoded by OpenCV, with checks against damaged bytes."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from graphkit._process.threads import opencv
from graphkit.errors import FormatError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from graphkit.formats._image_frame import Pixels

_PNG: Final = b"\x89PNG\r\n\x1a\n"
_LENGTH_AND_CRC: Final = 12


def decode_image(data: bytes, flags: int) -> Pixels | None:
    """Return the pixels of an encoded picture, channels in OpenCV's order; None if it is none, or damaged.

    Args:
        data: a whole file.
        flags: OpenCV's, such as ``cv2.IMREAD_COLOR``.

    Raises:
        FormatError: OpenCV refuses the picture, most often for its size.
    """
    if not data or (data.startswith(_PNG) and not _has_whole_chunks(data)):
        return None
    with refusals():
        pixels: Any = opencv().imdecode(np.frombuffer(data, np.uint8), flags)
    return pixels  # type: ignore[no-any-return]


@contextmanager
def refusals() -> Iterator[None]:
    """Raise OpenCV's own errors as `FormatError`."""
    try:
        yield
    except opencv().error as exc:
        raise FormatError(f"OpenCV does not decode this picture: {exc.err}.") from exc


def _has_whole_chunks(data: bytes) -> bool:
    """Whether the parts of a PNG are within its bytes: OpenCV takes memory for the length that a part claims."""
    at = len(_PNG)
    while at + _LENGTH_AND_CRC <= len(data):
        length, kind = int.from_bytes(data[at : at + 4]), data[at + 4 : at + 8]
        at += _LENGTH_AND_CRC + length
        if at > len(data):
            return False
        if kind == b"IEND":
            return True
    return False
