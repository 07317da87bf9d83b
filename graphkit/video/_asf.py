"""Going through the packets of an ASF file (.wmv): their samples are numbered, and missing numbers show."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    import mmap
    from collections.abc import Iterator

_DATA: Final = bytes.fromhex("3626b2758e66cf11a6d900aa0062ce6c")
_PROPERTIES: Final = bytes.fromhex("a1dcab8c47a9cf118ee400c00c205365")
_LONGEST_HEADER: Final = 1 << 20
# A length of two bytes of error correction, which are 0.
_PACKET_HEAD: Final = b"\x82\0\0"
_SIZES: Final = (0, 1, 2, 4)


def scan_asf(data: mmap.mmap) -> tuple[int, bool]:
    """Return how many bytes are in damaged packets, and whether the end is missing."""
    head = data[:_LONGEST_HEADER]
    properties, begin = head.find(_PROPERTIES), head.find(_DATA)
    if properties < 0 or begin < 0:
        return 0, False
    size = int.from_bytes(data[properties + 92 : properties + 96], "little")
    count = int.from_bytes(data[begin + 40 : begin + 48], "little")
    begin += 50
    if not size or not count:
        return 0, False
    there = min(count, (len(data) - begin) // size)
    wrong = 0
    last: dict[int, _Piece] = {}
    for number in range(there):
        packet = data[begin + number * size : begin + (number + 1) * size]
        wrong += packet[:3] != _PACKET_HEAD or not _goes_on(packet, last)
    return wrong * size, there < count


class _Piece(NamedTuple):
    """A piece of a sample.

    Attributes:
        number: of the sample, below 256.
        begin: where in the sample it begins.
        end: where it ends.
        size: of the whole sample.
    """

    number: int
    begin: int
    end: int
    size: int

    def follows(self, before: _Piece) -> bool:
        """Whether it begins where the one before ended."""
        if before.end == before.size:
            return self.begin == 0 and self.number == before.number + 1 & 0xFF
        return self.begin == before.end and (self.number, self.size) == (before.number, before.size)


def _goes_on(packet: bytes, last: dict[int, _Piece]) -> bool:
    """Whether the pieces of a packet follow those before, which *last* remembers by track."""
    sound = True
    try:
        for track, piece in _pieces(packet):
            sound = sound and (track not in last or piece.follows(last[track]))
            last[track] = piece
    except (IndexError, ValueError):
        return False
    return sound


def _pieces(packet: bytes) -> Iterator[tuple[int, _Piece]]:
    """Yield track and place of the pieces of samples in a packet; none of those that are packed in another way."""
    flags, properties, place = packet[3], packet[4], 5
    _, place = _number(packet, place, flags >> 5)
    _, place = _number(packet, place, flags >> 1)
    padding, place = _number(packet, place, flags >> 3)
    place += 6  # when to send it, and how long it lasts
    pieces, lengths = 1, 0
    if flags & 1:
        pieces, lengths = packet[place] & 0x3F, packet[place] >> 6
        place += 1
    for _ in range(pieces):
        track, place = packet[place] & 0x7F, place + 1
        number, place = _number(packet, place, properties >> 4)
        begin, place = _number(packet, place, properties >> 2)
        copied, place = _number(packet, place, properties)
        if copied < 8:
            return  # several small samples in one piece
        size = int.from_bytes(packet[place : place + 4], "little")
        place += copied
        length = len(packet) - padding - place
        if flags & 1:
            length, place = _number(packet, place, lengths)
        place += length
        if place > len(packet) - padding or length <= 0:
            raise ValueError("a piece reaches beyond its packet")
        yield track, _Piece(number & 0xFF, begin, begin + length, size)


def _number(packet: bytes, place: int, kind: int) -> tuple[int, int]:
    """Read a number of the size that two bits tell, and return it with the place after it."""
    end = place + _SIZES[kind & 3]
    return int.from_bytes(packet[place:end], "little"), end
