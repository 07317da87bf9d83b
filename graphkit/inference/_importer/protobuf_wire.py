"""Writes protobuf messages as bytes, without their classes: numbers, texts, and messages inside of messages.

Large pieces are kept as they are and copied once, when the whole is joined.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Final, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Iterable

Piece: TypeAlias = "bytes | memoryview"

_VARINT: Final = 0
_SIZED: Final = 2
_FIXED_32: Final = 5
_MODULUS: Final = 1 << 64
_LARGE: Final = 1 << 12


class Message:
    """The fields of one message, in the order in which they are added.

    Attributes:
        pieces: its bytes.
        size: how many they are.
    """

    __slots__ = ("pieces", "size")

    def __init__(self) -> None:
        self.pieces: list[Piece] = []
        self.size = 0

    def number(self, field: int, value: int) -> Message:
        """Add a whole number; a negative one is stored in ten bytes, as protobuf does."""
        return self._add(_number(field, value))

    def fixed_32(self, field: int, value: bytes) -> Message:
        """Add four bytes."""
        return self._add(varint(field << 3 | _FIXED_32) + value)

    def text(self, field: int, value: str | Piece) -> Message:
        """Add a text or bytes."""
        data = value.encode() if isinstance(value, str) else value
        head = _head(field, len(data))
        return self._add(head)._add(data) if len(data) > _LARGE else self._add(head + data)

    def numbers(self, field: int, values: Iterable[int]) -> Message:
        """Add whole numbers, each as a field of its own."""
        for value in values:
            self.number(field, value)
        return self

    def message(self, field: int, value: Message) -> Message:
        """Add a message."""
        head = _head(field, value.size)
        self.pieces.append(head)
        self.pieces += value.pieces
        self.size += len(head) + value.size
        return self

    def serialised(self) -> bytes:
        """Return the whole."""
        return b"".join(self.pieces)

    def _add(self, piece: Piece) -> Message:
        self.pieces.append(piece)
        self.size += len(piece)
        return self


@lru_cache(maxsize=1 << 12)
def _head(field: int, size: int) -> bytes:
    """Return what comes before *size* bytes."""
    return varint(field << 3 | _SIZED) + varint(size)


@lru_cache(maxsize=1 << 12)
def _number(field: int, value: int) -> bytes:
    return varint(field << 3 | _VARINT) + varint(value % _MODULUS)


def varint(value: int) -> bytes:
    """Return a whole number from 0 to 2**64 - 1 in groups of seven bits, the lowest first."""
    if value < 0x80:
        return bytes((value,))
    groups = bytearray()
    while value >= 0x80:
        groups.append(value & 0x7F | 0x80)
        value >>= 7
    groups.append(value)
    return bytes(groups)
