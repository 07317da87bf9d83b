"""How often packets come, and how late."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar, Self

from graphkit.schema import message_class


@dataclass(frozen=True, slots=True)
class PacketFrequency:
    """How often a stream carries a packet.

    Attributes:
        packet_frequency_hz: packets a second.
        label: name of the stream.
    """

    PROTO: ClassVar[str] = "mediapipe.PacketFrequency"

    packet_frequency_hz: float
    label: str = ""

    def to_proto(self) -> Any:
        """Return the protobuf message."""
        return message_class(self.PROTO)(packet_frequency_hz=self.packet_frequency_hz, label=self.label)

    @classmethod
    def from_proto(cls, message: Any) -> Self:
        """Make a frequency of a protobuf message."""
        return cls(message.packet_frequency_hz, message.label)


@dataclass(frozen=True, slots=True)
class PacketLatency:
    """How late the packets of a stream are; all times in microseconds.

    Attributes:
        current_latency_usec: of the last packet.
        counts: packets by latency, one count per interval; the last interval takes all that is later.
        num_intervals: number of intervals.
        interval_size_usec: width of an interval.
        avg_latency_usec: mean over all packets, cut off.
        label: name of the stream.
        sum_latency_usec: of all packets.
    """

    PROTO: ClassVar[str] = "mediapipe.PacketLatency"

    current_latency_usec: int
    counts: tuple[int, ...]
    num_intervals: int = 10
    interval_size_usec: int = 10_000
    avg_latency_usec: int = 0
    label: str = ""
    sum_latency_usec: int = 0

    def to_proto(self) -> Any:
        """Return the protobuf message."""
        return message_class(self.PROTO)(**{name: getattr(self, name) for name in self.__slots__})

    @classmethod
    def from_proto(cls, message: Any) -> Self:
        """Make a latency of a protobuf message."""
        return cls(
            message.current_latency_usec,
            tuple(message.counts),
            message.num_intervals,
            message.interval_size_usec,
            message.avg_latency_usec,
            message.label,
            message.sum_latency_usec,
        )
