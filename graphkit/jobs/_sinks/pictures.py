"""PictureSink: what the files of pictures have in common; masks are pictures, too."""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING, Any

from graphkit.errors import FormatError, UsageError
from graphkit.framework._packet_type import Kind, compatible
from graphkit.jobs._pixels import frame_of
from graphkit.jobs._sink import Ending, FileSink, refused_packet
from graphkit.jobs._sinks.tables import can_be_table, kept_as_text
from graphkit.jobs._streams import IMAGES
from graphkit.video import BackgroundWriter

if TYPE_CHECKING:
    from graphkit.config import GraphPlan
    from graphkit.formats import ImageFrame
    from graphkit.framework import Packet
    from graphkit.jobs._sink import Target
    from graphkit.jobs._summary import Summary

# Pictures that may wait for the disk before the graph has to.
_DEPTH = 4


class PictureSink(FileSink):
    """Writes the pictures of a stream (ImageFrame, Image or GpuBuffer) on a thread of its own."""

    def check_stream(self) -> None:
        """Refuse a stream without pictures."""
        carried = self.target.carried
        if carried.kind is Kind.ONE_OF and not compatible(carried, IMAGES):
            table = " or .csv" if can_be_table(carried) else ""
            raise UsageError(
                f'{self.target}: stream "{self.stream}" carries {carried}; a {self.endings[0]} holds pictures. '
                f"{kept_as_text(carried)}{table}.",
                parameter="dumps",
            )

    def open(self) -> None:
        """Create the file and start the thread; raises OutputError."""
        self.create()
        self._writer = BackgroundWriter(_Behind(self), _DEPTH)

    def take(self, packet: Packet[Any]) -> None:
        """Queue the picture of a packet; waits while the queue is full.

        Raises:
            FormatError: the payload is no picture.
            OutputError: an earlier picture could not be written.
        """
        self._writer.write(self._picture(packet), int(packet.timestamp))

    def _picture(self, packet: Packet[Any]) -> ImageFrame:
        try:
            return frame_of(packet.payload)
        except FormatError as error:
            raise refused_packet(self.target.name, int(packet.timestamp), self.target.origin, error) from error

    def write(self, packet: Packet[Any]) -> None:
        """Write the picture of a packet at once."""
        self.write_picture(self._picture(packet), int(packet.timestamp))

    def close(self, ending: Ending) -> None:
        """Write what waits and finish; safe to call twice."""
        self._writer.close()

    def report(self, summary: Summary) -> None:
        """Add the file; say if no picture came, and which switches of the graph may be for them."""
        super().report(summary)
        if not self.packets:
            switches = _switches(self.target)
            hint = f" Does one of these side packets switch it on? {', '.join(switches)}" if switches else ""
            summary.notes.append(f'Stream "{self.stream}" gave no picture.{hint}')

    @abstractmethod
    def create(self) -> None:
        """Create the file or folder; raises OutputError."""

    @abstractmethod
    def write_picture(self, picture: ImageFrame, timestamp_us: int) -> None:
        """Write one picture; raises FormatError, OutputError."""

    def finish(self) -> None:
        """Finish the file, after the last picture; safe to call twice. Raises OutputError."""


class _Behind:
    """A picture sink as its writing thread sees it."""

    def __init__(self, sink: PictureSink) -> None:
        self._sink = sink

    def write(self, picture: ImageFrame, timestamp_us: int) -> None:
        self._sink.write_picture(picture, timestamp_us)
        self._sink.packets += 1

    def close(self) -> None:
        self._sink.finish()


def _switches(target: Target) -> list[str]:
    """Return the boolean side packets of the graph that the run does not get."""
    plan: GraphPlan = target.plan
    return sorted(
        name
        for name, side in plan.side_packets.items()
        if side.producer < 0 and side.packet_type.types == (bool,) and name not in target.side_packets
    )
