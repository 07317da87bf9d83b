"""What of a stream anybody reads: everything, nothing, or some elements of its lists."""

from __future__ import annotations

from typing import Final, NamedTuple


class Wanted(NamedTuple):
    """What is read of a stream's packets.

    Attributes:
        elements: indices of the elements that are read of each list; None for all, or for payloads that are no
            lists. Empty: nobody reads the payloads, whether or not somebody waits for their timestamps.
        length: how long those who read some elements take the list to be, at least.
    """

    elements: frozenset[int] | None
    length: int = 0

    def __bool__(self) -> bool:
        return self.elements is None or bool(self.elements)

    def joined(self, other: Wanted) -> Wanted:
        """Return what two readers want together."""
        length = max(self.length, other.length)
        if self.elements is None or other.elements is None:
            return Wanted(None, length)
        return Wanted(self.elements | other.elements, length)


EVERYTHING: Final = Wanted(None)
NOTHING: Final = Wanted(frozenset())
