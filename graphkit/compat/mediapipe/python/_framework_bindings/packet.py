"""``mediapipe.Packet``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from graphkit.compat.mediapipe.python._framework_bindings.timestamp import Timestamp
from graphkit.framework import EMPTY

if TYPE_CHECKING:
    from graphkit import Packet as GraphkitPacket

__all__ = ["Packet"]


class Packet:
    """A payload with a timestamp; `packet_creator` makes them and `packet_getter` looks inside.

    Attributes:
        timestamp: may be set.
        payload: what graphkit's calculators see.
        cpp_type: name of the C++ type that mediapipe would hold, for ``repr``.
    """

    def __init__(
        self, payload: Any = EMPTY, timestamp: Timestamp | int = Timestamp.UNSET, cpp_type: str = ""
    ) -> None:
        self.payload, self.cpp_type = payload, cpp_type
        self._timestamp = Timestamp(timestamp)

    @classmethod
    def of(cls, packet: GraphkitPacket[Any]) -> Packet:
        """Return a packet that a graph sent."""
        return cls(packet.payload if packet else EMPTY, int(packet.timestamp))

    @property
    def timestamp(self) -> Timestamp:
        """The time of the packet."""
        return self._timestamp

    @timestamp.setter
    def timestamp(self, value: Timestamp | int) -> None:
        self._timestamp = Timestamp(value)

    def is_empty(self) -> bool:
        """Return whether there is no payload."""
        return self.payload is EMPTY

    def at(self, timestamp: Timestamp | int) -> Packet:
        """Return a packet with the same payload at another time."""
        return Packet(self.payload, timestamp, self.cpp_type)

    def __repr__(self) -> str:
        time = repr(self._timestamp).rpartition(": ")[2].rstrip(">")
        kind = (
            "and no data" if self.is_empty() else f"and C++ type: {self.cpp_type or type(self.payload).__name__}"
        )
        return f"<mediapipe.Packet with timestamp: {time} {kind}>"
