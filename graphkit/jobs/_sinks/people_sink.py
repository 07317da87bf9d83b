"""PeopleSink: what the files of landmarks have in common that say something of every frame."""

from __future__ import annotations

import threading
from abc import abstractmethod
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar

from graphkit.errors import UsageError
from graphkit.formats import (
    LandmarkList,
    LandmarkListCollection,
    NormalizedLandmarkList,
    NormalizedLandmarkListCollection,
)
from graphkit.framework import OneOf
from graphkit.framework._packet_type import Kind, compatible
from graphkit.jobs._sink import FileSink, Tap
from graphkit.jobs._sinks.frame_join import FrameJoin
from graphkit.jobs._sinks.frame_sizes import FrameSizes
from graphkit.jobs._sinks.labels_join import label_of
from graphkit.jobs._sinks.people import HOLISTIC_STREAM, PeopleFrame, companions, people_in
from graphkit.jobs._streams import fed_pictures, labels_for

if TYPE_CHECKING:
    from collections.abc import Iterable

    from graphkit.framework import Packet, PacketType
    from graphkit.jobs._sink import Ending, Target
    from graphkit.jobs._sinks.frame_join import Joined

_SEVERAL_IN_FRAME = (list[NormalizedLandmarkList], NormalizedLandmarkListCollection)
_SEVERAL_IN_METRES = (list[LandmarkList], LandmarkListCollection)
_IN_FRAME = OneOf(NormalizedLandmarkList, *_SEVERAL_IN_FRAME)
_IN_METRES = OneOf(LandmarkList, *_SEVERAL_IN_METRES)


class PeopleSink(FileSink):
    """Gets the landmarks of every frame, of one person or several, with what tells whose they are.

    Attributes:
        unit: frames.
        kind: what messages call the kind of file.
        with_companions: face and hands go with the pose of a person, if the graph has them beside it.
        metres_too: the file can hold landmarks in metres.
    """

    unit: ClassVar[str] = "frames"
    kind: ClassVar[str]
    with_companions: ClassVar[bool] = False
    metres_too: ClassVar[bool] = False

    def __init__(self, target: Target) -> None:
        super().__init__(target)
        plan, stream = target.plan, target.stream
        self._pictures = fed_pictures(plan)
        self._parts = companions(plan, stream) if self.with_companions else {}
        several = self._carries(*_SEVERAL_IN_FRAME, *_SEVERAL_IN_METRES)
        labels = labels_for(plan, stream, target.beside) if several else None
        self._labels = "" if labels is None else labels.stream
        self._sizes = FrameSizes()
        others = [*self._parts, *([self._labels] if self._labels else [])]
        self._join = FrameJoin(stream, others)
        # The streams may come from different threads.
        self._lock = threading.Lock()

    @property
    def several(self) -> bool | None:
        """Whether a packet may hold the landmarks of several people or hands; None if unknown."""
        if self._carries(NormalizedLandmarkList, LandmarkList):
            return False
        if self._carries(*_SEVERAL_IN_FRAME, *_SEVERAL_IN_METRES):
            return self.stream.rpartition("__")[2] != HOLISTIC_STREAM
        return None

    @property
    def in_metres(self) -> bool:
        """Whether the landmarks are metres."""
        return self._carries(*_IN_METRES.types)

    def check_stream(self) -> None:
        """Refuse a stream without landmarks, or with landmarks that this kind of file cannot hold."""
        carried = self.target.carried
        if carried.kind is Kind.ONE_OF and not compatible(carried, self._held()):
            holds, instead = "landmarks", "Write it as .jsonl."
            if compatible(carried, _IN_METRES):
                holds = "pixels, and these are metres"
                instead = "Give it the landmarks in the frame, or write these as .trc, .csv or .jsonl."
            raise UsageError(
                f'{self.target}: stream "{self.stream}" carries {carried}; {self.kind} holds {holds}. {instead}',
                parameter="dumps",
            )
        if self._pictures is None and not self.in_metres:
            raise UsageError(
                f"{self.target}: {self.kind} holds pixels, and nobody knows which pictures the landmarks are "
                "fractions of: the graph has none or several inputs of pictures. Write it as .csv or .jsonl.",
                parameter="dumps",
            )

    def taps(self) -> list[Tap]:
        """Return the stream, what belongs to it, and the pictures, which tell the frames and their sizes."""
        pictures = [] if self._pictures is None else [Tap(self._pictures, self._take_picture)]
        others = [*self._parts, *([self._labels] if self._labels else [])]
        own = Tap(self.stream, self.take, bounds=True)
        return [*pictures, own, *(Tap(other, partial(self._take_other, other), bounds=True) for other in others)]

    def take(self, packet: Packet[Any]) -> None:
        """Take a packet of the stream, or an empty one if it is settled."""
        self._take_other(self.stream, packet)

    def write(self, packet: Packet[Any]) -> None:
        """Take a packet of the stream."""
        self.take(packet)

    def close(self, ending: Ending) -> None:
        """Write what waits and finish."""
        try:
            with self._lock:
                self._write_all(self._join.rest())
            self.finish()
        except BaseException:
            self.give_up()
            raise

    @abstractmethod
    def write_frame(self, frame: PeopleFrame) -> None:
        """Write a frame; raises FormatError, OutputError."""

    @abstractmethod
    def finish(self) -> None:
        """Finish the files, after the last frame; raises OutputError, and then leaves no partial file."""

    def give_up(self) -> None:
        """Remove what cannot be finished; safe to call twice."""

    def _take_picture(self, packet: Packet[Any]) -> None:
        self._sizes.take(packet)
        with self._lock:
            self._write_all(self._join.frame(int(packet.timestamp)))

    def _take_other(self, stream: str, packet: Packet[Any]) -> None:
        payload = None if packet.is_empty else packet.payload
        with self._lock:
            self._write_all(self._join.packet(stream, int(packet.timestamp), payload))

    def _write_all(self, ready: Iterable[Joined]) -> None:
        for timestamp, payloads in ready:
            labels = [label_of(each) for each in payloads.get(self._labels, ())]
            others = [(part, payloads[stream]) for stream, part in self._parts.items() if stream in payloads]
            people = people_in(self.stream, payloads.get(self.stream), labels, others)
            self.write_frame(PeopleFrame(self.packets, timestamp, self._sizes.at(timestamp), people))
            self.packets += 1

    def _carries(self, *types: Any) -> bool:
        carried: PacketType = self.target.carried
        return carried.kind is Kind.ONE_OF and all(kind in types for kind in carried.types)

    def _held(self) -> PacketType:
        return OneOf(*_IN_FRAME.types, *_IN_METRES.types) if self.metres_too else _IN_FRAME
