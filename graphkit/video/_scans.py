"""Scans a whole file after it was read: for containers whose demuxers take damage for data."""

from __future__ import annotations

import mmap
from typing import TYPE_CHECKING, Final

from graphkit.video._asf import scan_asf

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

_GIF_HEAD: Final = 13


def damaged_bytes(path: Path, form: str) -> tuple[int, bool]:
    """Return how many bytes are after the first damage or in damaged pieces, and whether the end is missing.

    Args:
        path: a file.
        form: FFmpeg's name of its demuxer; one without a scan is taken as sound.
    """
    scan = _SCANS.get(form)
    if scan is None:
        return 0, False
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        return scan(data)


def _scan_gif(data: mmap.mmap) -> tuple[int, bool]:
    """Follow block after block to the trailer."""
    place, size = _GIF_HEAD + _table(data[10]), len(data)
    while place < size:
        kind = data[place]
        if kind == 0x3B:
            return 0, False
        if kind == 0x21:
            begin = place + 2
        elif kind == 0x2C and place + 10 < size:
            begin = place + 11 + _table(data[place + 9])
        else:
            return size - place, False
        place = _past_blocks(data, begin)
    return 0, True


def _table(flags: int) -> int:
    """Return the length of a colour table, from the byte that declares it."""
    return 3 << (flags & 7) + 1 if flags & 0x80 else 0


def _past_blocks(data: mmap.mmap, place: int) -> int:
    size = len(data)
    while place < size and data[place]:
        place += data[place] + 1
    return place + 1


_SCANS: Final[Mapping[str, Callable[[mmap.mmap], tuple[int, bool]]]] = {"gif": _scan_gif, "asf": scan_asf}
SCANNED: Final = frozenset(_SCANS)
