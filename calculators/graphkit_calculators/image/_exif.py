"""Reading the EXIF data of a JPEG: size of the picture and focal length of the lens, nothing more."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Final

from graphkit.errors import FormatError

if TYPE_CHECKING:
    from collections.abc import Iterator

WIDTH, HEIGHT, FOCAL_LENGTH, FOCAL_LENGTH_35MM = 0xA002, 0xA003, 0x920A, 0xA405
_EXIF_FOLDER: Final = 0x8769
_MARKER, _START, _EXIF, _SCAN = 0xFF, 0xD8, 0xE1, 0xDA
_HEAD: Final = b"Exif\0\0"
_FORMS: Final = {1: "B", 3: "H", 4: "I", 5: "II", 9: "i", 10: "ii"}
_FRACTIONS: Final = (5, 10)


def read_exif(encoded: bytes) -> dict[int, float]:
    """Return the numbers in the EXIF data of a JPEG, by tag.

    Raises:
        FormatError: it is no JPEG, has no EXIF data, or they are damaged.
    """
    try:
        return _read(_tiff(encoded))
    except (struct.error, IndexError) as exc:
        raise FormatError(f"the EXIF data end too soon ({exc}); the file is damaged.") from exc


def _tiff(encoded: bytes) -> bytes:
    """Return the part of a JPEG that holds its EXIF data."""
    if encoded[:2] != bytes((_MARKER, _START)):
        raise FormatError("these bytes are no JPEG file; EXIF data are read from one, as cameras write them.")
    at = 2
    while at + 4 <= len(encoded) and encoded[at] == _MARKER and encoded[at + 1] != _SCAN:
        (length,) = struct.unpack_from(">H", encoded, at + 2)
        part = encoded[at + 4 : at + 2 + length]
        if encoded[at + 1] == _EXIF and part.startswith(_HEAD):
            return part[len(_HEAD) :]
        at += 2 + length
    raise FormatError("this JPEG has no EXIF data; programs that edit pictures often remove them.")


def _read(tiff: bytes) -> dict[int, float]:
    order = {b"II": "<", b"MM": ">"}.get(tiff[:2])
    if order is None:
        raise FormatError(f"the EXIF data begin with {tiff[:2]!r}, not with II or MM; they are damaged.")
    (first,) = struct.unpack_from(f"{order}I", tiff, 4)
    found = dict(_folder(tiff, order, first))
    if _EXIF_FOLDER in found:
        found.update(_folder(tiff, order, int(found[_EXIF_FOLDER])))
    return found


def _folder(tiff: bytes, order: str, start: int) -> Iterator[tuple[int, float]]:
    """Yield tag and first value of each entry with numbers."""
    (count,) = struct.unpack_from(f"{order}H", tiff, start)
    for at in range(start + 2, start + 2 + 12 * count, 12):
        tag, kind, items = struct.unpack_from(f"{order}HHI", tiff, at)
        form = _FORMS.get(kind)
        if form is None:
            continue
        size = struct.calcsize(f"{order}{form}")
        place = at + 8
        if size * items > 4:
            (place,) = struct.unpack_from(f"{order}I", tiff, place)
        value = struct.unpack_from(f"{order}{form}", tiff, place)
        if kind in _FRACTIONS:
            yield tag, value[0] / value[1] if value[1] else 0.0
        else:
            yield tag, value[0]
