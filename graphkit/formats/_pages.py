"""Files that hold several pictures: the pages of a TIFF, the pictures of an animated WebP."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from graphkit._process.threads import opencv
from graphkit.errors import FormatError
from graphkit.formats._encoded_image import decode_image, refusals

if TYPE_CHECKING:
    from graphkit.formats._image_frame import Pixels

_TIFF: Final = {b"II*\0": "<", b"MM\0*": ">"}
_ENTRY: Final = 12
_SUBFILE_TYPE: Final = 254
_REDUCED: Final = 1


def decode_pages(data: bytes, flags: int) -> list[Pixels]:
    """Return all pictures of a file, channels in OpenCV's order; none if it is no picture, or damaged.

    Small copies of a page that a camera puts into a TIFF are left out.

    Args:
        data: a whole file.
        flags: OpenCV's, such as ``cv2.IMREAD_COLOR``.

    Raises:
        FormatError: OpenCV refuses a picture, most often for its size, or a page is missing.
    """
    order = _TIFF.get(data[:4])
    if order is None and data[8:12] != b"WEBP":
        pixels = decode_image(data, flags)
        return [] if pixels is None else [pixels]
    reduced = None if order is None else _reduced_pages(data, order)
    if reduced is not None and len(reduced) == 1:
        pixels = decode_image(data, flags)
        return [] if pixels is None else [pixels]
    with refusals():
        found: Any = opencv().imdecodemulti(np.frombuffer(data, np.uint8), flags)
    pages: list[Pixels] = list(found[1]) if found[0] else []
    if reduced is None:
        return pages
    if len(pages) != len(reduced):
        raise FormatError(f"only {len(pages)} of its {len(reduced)} pages can be decoded: it is damaged.")
    return [page for page, small in zip(pages, reduced, strict=True) if not small]


def _reduced_pages(data: bytes, order: str) -> list[bool]:
    """Return, for each page of a TIFF, whether it is a small copy of another.

    Raises:
        FormatError: the chain of pages leads out of the file, or in a circle.
    """
    (at,) = struct.unpack_from(order + "I", data, 4) if len(data) >= 8 else (0,)
    pages: dict[int, bool] = {}
    while at:
        if at in pages or at + 2 > len(data):
            raise FormatError(f"page {len(pages) + 1} of the TIFF is outside of the file: cut off, or damaged.")
        (count,) = struct.unpack_from(order + "H", data, at)
        end = at + 2 + count * _ENTRY
        if end + 4 > len(data):
            raise FormatError(f"page {len(pages) + 1} of the TIFF is cut off.")
        tags = struct.iter_unpack(order + "HHII", data[at + 2 : end])
        pages[at] = any(tag == _SUBFILE_TYPE and value & _REDUCED for tag, _, _, value in tags)
        (at,) = struct.unpack_from(order + "I", data, end)
    return list(pages.values())
