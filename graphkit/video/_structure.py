"""Walking from element to element of a container, to tell what is between the packets that FFmpeg found.

A demuxer that meets damage looks for the next valid place and reports nothing. What it skipped is no chain of
whole elements, which reveals it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, BinaryIO, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable

    # Reads the element at a place; None if there is none.
    Step = Callable[[BinaryIO, int], "Element | None"]

_MOST_ELEMENTS: Final = 100_000


class Element(NamedTuple):
    """A piece of a file.

    Attributes:
        begin: where its contents begin.
        inside: the same, if those are elements, too; else where the next element begins.
        end: where it ends as a whole; None for one without a known size.
        data: it holds samples of a track, which a demuxer returns as packets.
    """

    begin: int
    inside: int
    end: int | None
    data: bool = False


class Chain(NamedTuple):
    """What walking found.

    Attributes:
        sound: one element followed the other as far as was asked.
        cut: the last one reaches beyond the end of the file.
        samples: it ended at samples of a track that were not returned, with another element after them.
    """

    sound: bool
    cut: bool = False
    samples: bool = False


def walk(file: BinaryIO, step: Step, start: int, stop: int, size: int) -> Chain:
    """Follow the elements of a file from one place to another.

    Args:
        file: open for reading.
        step: of its container.
        start: where an element begins.
        stop: the walk is sound if an element or its contents begin at this place, and no packet is before it.
        size: of the file.
    """
    place = start
    for _ in range(_MOST_ELEMENTS):
        if place == stop:
            return Chain(sound=True)
        element = step(file, place)
        if element is None:
            return Chain(sound=False, cut=0 < size - place < _LONGEST_HEADER)
        if element.end is not None and element.end > size and element.inside > stop:
            return Chain(sound=False, cut=True)
        if stop == element.begin:
            return Chain(sound=True)
        if element.data:
            follows = element.inside == size or step(file, element.inside) is not None
            return Chain(sound=False, samples=follows and element.inside <= size)
        place = element.inside
    return Chain(sound=True)  # so many whole elements are no damage


_LONGEST_HEADER: Final = 12


# -- Matroska, WebM --------------------------------------------------------------------------------------------

_MASTERS: Final = frozenset({0x18538067, 0x1F43B675, 0xA0})  # Segment, Cluster, BlockGroup
_BLOCKS: Final = frozenset({0xA3, 0xA1, 0xAF})
_ELEMENTS: Final = _MASTERS | {
    0x1A45DFA3, 0x114D9B74, 0x1549A966, 0x1654AE6B, 0x1C53BB6B, 0x1941A469, 0x1043A770, 0x1254C367,  # top level
    0xE7, 0x58D7, 0xAB, 0xA7, 0xA3, 0xAF, 0x5854,  # of a cluster
    0xA1, 0x9B, 0xFB, 0xFA, 0xFD, 0xA4, 0x75A1, 0x75A2, 0x8E, 0xA2, 0xC8,  # of a block group
    0xEC, 0xBF,  # padding, checksum
}  # fmt: skip


def matroska_element(file: BinaryIO, place: int) -> Element | None:
    """Read the head of an EBML element."""
    file.seek(place)
    head = file.read(12)
    name_length = _leading_zeros(head[:1]) + 1
    size_length = _leading_zeros(head[name_length : name_length + 1]) + 1
    if name_length > 4 or size_length > 8 or len(head) < name_length + size_length:
        return None
    name = int.from_bytes(head[:name_length], "big")
    if name not in _ELEMENTS:
        return None
    mask = (1 << 7 * size_length) - 1
    length = int.from_bytes(head[name_length : name_length + size_length], "big") & mask
    begin = place + name_length + size_length
    end = None if length == mask else begin + length
    if name in _MASTERS:
        return Element(begin, begin, end)
    return None if end is None else Element(begin, end, end, name in _BLOCKS)


def _leading_zeros(byte: bytes) -> int:
    return 8 - byte[0].bit_length() if byte else 8


# -- AVI -------------------------------------------------------------------------------------------------------


def avi_element(file: BinaryIO, place: int) -> Element | None:
    """Read the head of a RIFF chunk."""
    file.seek(place)
    head = file.read(8)
    name = head[:4]
    if len(head) < 8 or not all(byte == 0x20 or (chr(byte).isalnum() and byte < 0x80) for byte in name):
        return None
    length = int.from_bytes(head[4:], "little")
    end = place + 8 + length
    if name in {b"RIFF", b"LIST"}:
        return Element(place + 12, place + 12, end)
    samples = length > 0 and name[:2].isdigit() and name[2:] in _AVI_SAMPLES
    return Element(place + 8, end + length % 2, end, samples)


_AVI_SAMPLES: Final = frozenset({b"dc", b"db", b"wb"})


# -- Flash -----------------------------------------------------------------------------------------------------

_FLV_TAGS: Final = frozenset({8, 9, 18})


def flv_element(file: BinaryIO, place: int) -> Element | None:
    """Read the head of a tag, which its size follows once more."""
    file.seek(place)
    head = file.read(11)
    if len(head) < 11 or head[0] & 0x1F not in _FLV_TAGS or head[8:11] != bytes(3):
        return None
    length = int.from_bytes(head[1:4], "big")
    end = place + 11 + length
    kind = file.read(2)
    file.seek(end)
    again = file.read(4)
    if len(again) == 4 and int.from_bytes(again, "big") not in {length + 11, 0, length}:
        return None
    return Element(place + 11, end + 4, end + 4, length > 0 and not _configures(head[0] & 0x1F, kind))


def _configures(tag: int, begin: bytes) -> bool:
    """Whether a tag sets up a decoder, ends a sequence or holds no samples at all."""
    if len(begin) < 2 or tag == 18:
        return True
    if tag == 8:
        return begin[0] >> 4 == 10 and begin[1] == 0  # AAC
    return begin[0] >> 4 == 5 or (begin[0] & 15 in {7, 12} and begin[1] in {0, 2})  # H.264, HEVC
