"""What a finished job reports."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from pathlib import Path

    from graphkit.gpu import Transfers
    from graphkit.video import ReadStats


@dataclass(slots=True)
class LandmarkCount:
    """How often a stream of landmark lists held something.

    Attributes:
        stream: its name in the expanded graph.
        frames: packets with at least one list.
        most: the most lists in one packet.
        points: landmarks in a list, 0 while there was none, or if lists differ.
    """

    stream: str
    frames: int = 0
    most: int = 0
    points: int = 0


class WrittenFile(NamedTuple):
    """A file that the job wrote.

    Attributes:
        stream: where its contents come from.
        path: the file.
        items: pictures in a video, packets in a dump.
        unit: what *items* counts: "frames" or "packets".
    """

    stream: str
    path: Path
    items: int
    unit: str


class GpuUse(NamedTuple):
    """What a job had to do with the GPU.

    Attributes:
        device: its name.
        transfers: what was moved between memory and GPU.
    """

    device: str
    transfers: Transfers


@dataclass(slots=True)
class Summary:
    """The outcome of a job, complete once ``run`` has returned or raised.

    Attributes:
        frames: input sets that were fed, or pictures that a graph with its own decoder read.
        seconds: wall time of the run: opening, processing and closing, but not loading the graph.
        files: what was written; nothing for a video that got no picture.
        landmarks: one count per stream of landmark lists that was looked at.
        providers: the providers of the graph's models and why, one line each.
        gpu: the device that the graph drew on and what was moved; None for a graph that needs none.
        timestamps_repaired: pictures of the input whose time was missing, equal or backward.
        skipped: fed frames for which the output video got no picture; None without an output video.
        dropped: pictures of live input that came while the graph was busy; None for input that waits.
        dropped_in_graph: fed frames that limiters inside the graph dropped.
        truncated: why the input ended early, empty if it did not.
        damaged: part of a clip is missing or came from damaged data; `truncated`, the notes or the log say what.
        interrupted: the job was stopped before the input ended.
        cancelled: it was stopped without finishing the frames in flight.
        failed: it ended by an error.
        previewed: its pictures could be watched meanwhile.
        notes: further sentences about the outcome.
    """

    frames: int = 0
    seconds: float = 0.0
    files: list[WrittenFile] = field(default_factory=list)
    landmarks: list[LandmarkCount] = field(default_factory=list)
    providers: list[str] = field(default_factory=list)
    gpu: GpuUse | None = None
    timestamps_repaired: int = 0
    skipped: int | None = None
    dropped: int | None = None
    dropped_in_graph: int = 0
    truncated: str = ""
    damaged: bool = False
    interrupted: bool = False
    cancelled: bool = False
    failed: bool = False
    previewed: bool = False
    notes: list[str] = field(default_factory=list)

    def add_reading(self, stats: ReadStats) -> None:
        """Note how a clip or a camera's pictures were read, and what was wrong with them."""
        self.timestamps_repaired += stats.timestamps_repaired
        if stats.truncated:
            self.truncated = stats.reason
        self.damaged = self.damaged or stats.damaged
        self.notes += [f"Input: {remark}" for remark in stats.remarks]
        if stats.interlaced:
            self.notes.append(f"Input: {stats.interlaced} of its pictures were interlaced and were deinterlaced.")
        if stats.damage:
            self.notes.append(stats.damage)

    @property
    def fps(self) -> float:
        """Frames a second of wall time."""
        return self.frames / self.seconds if self.seconds > 0 else 0.0
