"""Sink: where packets of a running graph go. FileSink: a stream on its way into a file."""

from __future__ import annotations

import enum
import os
from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple

from graphkit.errors import FormatError, OutputError, StatusCode
from graphkit.framework._timestamp import describe
from graphkit.jobs._streams import stream_type
from graphkit.jobs._summary import Summary, WrittenFile

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable

    from graphkit.config import GraphPlan
    from graphkit.framework import Packet, PacketType


class Pacing(enum.Enum):
    """What a sink's stream says about the frames in flight.

    A frame is out once the pacing streams are settled at its time, and the next one is fed.
    """

    LEADS = "its stream alone tells when a frame is out"
    COUNTS = "where no sink leads, all such streams together tell when a frame is out"
    LOOKS_ON = "it tells nothing"


class Tap(NamedTuple):
    """A stream and the callable that takes its packets.

    Attributes:
        stream: its name in the expanded graph.
        take: called with every packet, one at a time, from any thread.
        bounds: also call it with an empty packet if the stream is settled without one.
    """

    stream: str
    take: Callable[[Packet[Any]], None]
    bounds: bool = False


class Ending(NamedTuple):
    """How a job ended, as far as a sink can know when it is closed.

    Attributes:
        whole: the input was processed to its end, and nothing failed so far.
        stopped: the job was stopped before its input ended.
        failure: what ended it, None if nothing went wrong.
    """

    whole: bool = True
    stopped: bool = False
    failure: BaseException | None = None


class Sink(ABC):
    """Takes packets of one or more streams while a job runs.

    A job calls ``check`` when it is made and ``open`` before its graph starts, both on the program's thread; then
    ``take`` for every packet of the streams in ``taps``; then ``close``, after failures too, and ``report``. Calls
    for one stream come one at a time, but from any thread. A sink serves one job. What ``take`` raises fails the
    run.

    Attributes:
        pacing: what its stream says about the frames in flight.
        stream: the one that it takes.
    """

    pacing: ClassVar[Pacing] = Pacing.COUNTS

    def __init__(self, stream: str) -> None:
        self.stream = stream

    def taps(self) -> list[Tap]:
        """Return the streams that the sink takes; by default its one stream."""
        return [Tap(self.stream, self.take)]

    def check(self) -> None:  # noqa: B027 - optional hook
        """Make sure that the sink can do its work, without creating or changing anything; raises GraphkitError."""

    def open(self) -> None:  # noqa: B027 - optional hook
        """Create what the sink writes to; raises GraphkitError."""

    @abstractmethod
    def take(self, packet: Packet[Any]) -> None:
        """Take a packet; raises GraphkitError to fail the run."""

    def dropped(self, input_sets: int) -> None:  # noqa: B027 - optional hook
        """Take note that so many input sets of live input were dropped so far."""

    def hurry(self) -> None:  # noqa: B027 - optional hook
        """End long waits for others: the job was told to stop. From any thread, perhaps more than once."""

    def close(self, ending: Ending) -> None:  # noqa: B027 - optional hook
        """Finish what was opened; called once, after a successful ``open`` only. Raises GraphkitError."""

    def report(self, summary: Summary) -> None:  # noqa: B027 - optional hook
        """Add what was written to the summary of the job."""


@dataclass(frozen=True, slots=True)
class Target:
    """What a file sink is made for.

    Attributes:
        stream: its name.
        name: of the file or folder, as the program gave it.
        plan: the graph.
        beside: the names of all streams that the job writes to files.
        side_packets: the names of the side packets that the run gets.
    """

    stream: str
    name: str
    plan: GraphPlan
    beside: Collection[str] = field(default=())
    side_packets: Collection[str] = field(default=())

    @property
    def path(self) -> Path:
        """The file."""
        return Path(self.name)

    @property
    def carried(self) -> PacketType:
        """What the stream carries."""
        return stream_type(self.plan, self.stream)

    @property
    def origin(self) -> str:
        """The stream and the node that makes it, in words."""
        stream = self.plan.stream_ids[self.stream]
        node = next((node.name for node in self.plan.nodes if stream in node.output_streams), "")
        return f'stream "{self.stream}"' + (f' (node "{node}")' if node else "")

    def __str__(self) -> str:
        return f"{self.stream}={self.name}"


class FileSink(Sink):
    """Writes the packets of a stream to a file. A kind of file is a class of this kind.

    An installed package adds a kind by an entry point in the group ``graphkit.sinks``: its name is the kind's.

    Attributes:
        endings: of the file names that stand for this kind, such as ``(".csv",)``; none if it must be named.
        unit: what `packets` counts, as a plural.
        target: what the sink was made for.
        path: the file; for a sequence of pictures, how their files are called.
        packets: written so far.
    """

    endings: ClassVar[tuple[str, ...]] = ()
    unit: ClassVar[str] = "packets"

    def __init__(self, target: Target) -> None:
        super().__init__(target.stream)
        self.target, self.path = target, target.path
        self.packets = 0

    @classmethod
    def claims(cls, name: str) -> bool:
        """Return whether a file of this name is of this kind."""
        return bool(cls.endings) and name.lower().endswith(cls.endings) and not Path(name).is_dir()

    def places(self) -> list[Path]:
        """Return what the sink must not share with another or with an input: files, folders of its own last."""
        return [self.path]

    def check(self) -> None:
        """Make sure that the kind of file suits the stream, and that the file can be created."""
        self.check_stream()
        self.check_place()

    def check_stream(self) -> None:
        """Refuse a stream that this kind of file cannot hold; raises UsageError."""

    def check_place(self) -> None:
        """Make sure that the file can be created; raises OutputError."""
        check_creatable(self.path)

    def take(self, packet: Packet[Any]) -> None:
        """Write a packet and count it."""
        self.write(packet)
        self.packets += 1

    @abstractmethod
    def write(self, packet: Packet[Any]) -> None:
        """Write a packet; raises GraphkitError."""

    def report(self, summary: Summary) -> None:
        """Add the file."""
        summary.files.append(WrittenFile(self.stream, self.path, self.packets, self.unit))


def refused_packet(file: str, timestamp: int, origin: str, error: FormatError) -> FormatError:
    """Return the error for a packet that a file cannot hold, with what *error* says about its contents."""
    said = f"{file}: the packet at {describe(timestamp)} of {origin or 'the stream'} cannot be written: {error}"
    return FormatError(said, expected=error.expected, found=error.found)


def check_creatable(path: Path) -> None:
    """Make sure that a file can be created here, without doing so; raises OutputError."""
    folder = path.absolute().parent
    if not folder.is_dir():
        raise OutputError(
            f"the folder {folder} does not exist. Create it first.", path=path, status=StatusCode.NOT_FOUND
        )
    if not os.access(path if path.exists() else folder, os.W_OK):
        raise OutputError(
            "no permission to write here. Choose another place.", path=path, status=StatusCode.PERMISSION_DENIED
        )


def pacing_streams(plan: GraphPlan, sinks: Iterable[Sink]) -> list[str]:
    """Return the streams that tell when a frame is out: those of sinks that lead, else of those that count.

    If there are neither, it is the streams that the graph declares. What is fed tells nothing: a graph input is
    settled before the graph has begun.
    """
    by_pacing: dict[Pacing, list[str]] = {pacing: [] for pacing in Pacing}
    for sink in sinks:
        by_pacing[sink.pacing].append(sink.stream)
    made = [stream for stream in by_pacing[Pacing.COUNTS] if stream not in plan.graph_inputs.names]
    return by_pacing[Pacing.LEADS] or made or list(plan.graph_outputs.names)
