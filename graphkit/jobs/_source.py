"""Source: what a graph is fed with, as input sets in the order of time."""

from __future__ import annotations

import heapq
from abc import ABC, abstractmethod
from itertools import groupby
from operator import attrgetter
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from fractions import Fraction

    from graphkit.framework import PacketType
    from graphkit.jobs._pixels import Picture, Pixels
    from graphkit.jobs._sink import Tap
    from graphkit.jobs._summary import Summary
    from graphkit.video import CameraSettings, VideoInfo


class InputSet(NamedTuple):
    """The packets that enter a graph at one time.

    Attributes:
        timestamp_us: in microseconds; strictly increasing within a source.
        payloads: by graph input stream; a stream that has nothing at this time is missing.
    """

    timestamp_us: int
    payloads: Mapping[str, Any]


class JobControl(Protocol):
    """What a source may tell the job that it feeds."""

    def frames_read(self, frames: int) -> None:
        """The graph has read so many frames by itself so far."""

    def end_input(self) -> None:
        """Stop the graph's reading; what is in flight is still processed. From any thread."""


class Source(ABC):
    """Yields the input sets of one or more graph input streams.

    It is made open: what cannot be read is said then, or while it is iterated. A job iterates it once and closes
    it, after failures too. A kind of input is a class of this kind. An installed package adds one by an entry
    point in the group ``graphkit.sources``: its name is the kind's.

    Args:
        origin: what it is made for.

    Attributes:
        endings: of the names that stand for this kind, such as ``(".npy",)``; none for a kind that must be named.
        is_live: its input comes at its own pace and must not grow old: the job asks for the next input set when
            the graph has room for it, and what came meanwhile is lost.
        total: how many input sets there will be, 0 if that is not known.
        video: facts about the clip or camera that the pictures come from; None for other input.
    """

    endings: ClassVar[tuple[str, ...]] = ()
    is_live: bool = False
    total: int = 0
    video: VideoInfo | None = None

    def __init__(self, origin: Origin) -> None:
        self.stream, self.place = origin.stream, origin.place

    @classmethod
    def claims(cls, place: str) -> bool:
        """Return whether *place*, a file or folder or whatever else is named, is of this kind."""
        return place.lower().endswith(cls.endings) if cls.endings else False

    @classmethod
    def opened(cls, origin: Origin) -> Source:
        """Return the source of a place of this kind; raises GraphkitError."""
        return cls(origin)

    @abstractmethod
    def __iter__(self) -> Iterator[InputSet]:
        """Yield the input sets; raises GraphkitError if the input is damaged."""

    def taps(self) -> list[Tap]:
        """Return the streams of the graph that the source wants to see: none, as a rule."""
        return []

    def begin(self, job: JobControl) -> None:  # noqa: B027 - optional hook
        """The run is about to start."""

    @property
    def dropped(self) -> int:
        """Input sets that were lost so far because the graph had no room for them."""
        return 0

    def stop(self) -> None:  # noqa: B027 - optional hook
        """End an iteration that waits for input; from any thread."""

    def close(self) -> None:  # noqa: B027 - optional hook
        """Release the input; safe to call twice."""

    def report(self, summary: Summary) -> None:  # noqa: B027 - optional hook
        """Add what was wrong with the input, or left out of it, to the summary of the job."""


class Origin(NamedTuple):
    """What a source is made for.

    Attributes:
        stream: the graph input stream that it feeds.
        place: a file, a folder, a device or a URL; "" for the first camera.
        carried: what the stream takes.
        wrap: makes an image array, (H, W, 3) uint8 RGB, the payload that the stream takes.
        rate: items a second, for input that carries no time of its own.
        ahead: items that may be decoded and not yet fed.
        camera: what a camera is asked for.
        video_track: which video track of a file, counted from 0; None for the largest.
    """

    stream: str
    place: str
    carried: PacketType
    wrap: Callable[[Pixels], Picture]
    rate: Fraction
    ahead: int
    camera: CameraSettings
    video_track: int | None = None


def merged(sources: Sequence[Source]) -> Iterator[InputSet]:
    """Yield the input sets of several sources in the order of time; those of one time become one."""
    if len(sources) == 1:
        yield from sources[0]
        return
    ordered = heapq.merge(*sources, key=attrgetter("timestamp_us"))
    for timestamp_us, group in groupby(ordered, key=attrgetter("timestamp_us")):
        yield InputSet(timestamp_us, {stream: each for part in group for stream, each in part.payloads.items()})
