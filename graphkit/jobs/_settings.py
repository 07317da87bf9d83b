"""The settings of a job besides its graph and its input."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from graphkit.errors import UsageError
from graphkit.video import CameraSettings, EncoderSettings

if TYPE_CHECKING:
    import os
    from collections.abc import Mapping, Sequence

    from graphkit.framework import Instrument
    from graphkit.jobs._progress import Progress
    from graphkit.jobs._sink import Sink
    from graphkit.jobs._sinks.preview import Page

    PathLike = str | os.PathLike[str]


@dataclass(slots=True)
class Limits:
    """How much of the input is worked on.

    Attributes:
        frames_in_flight: the most frames that were fed and are not out yet, at least 1.
        max_frames: feed no more than these, None for all. Of a graph that feeds itself no more are kept.
        live_frames_in_flight: the same for live input, whose pictures must not grow old on the way.
    """

    frames_in_flight: int = 4
    max_frames: int | None = None
    live_frames_in_flight: int = 2

    def __post_init__(self) -> None:
        fewest = min(self.frames_in_flight, self.live_frames_in_flight)
        if fewest < 1:
            raise UsageError(f"found {fewest}; at least 1 frame is in flight.", parameter="frames_in_flight")
        if self.max_frames is not None and self.max_frames < 0:
            raise UsageError(f"found {self.max_frames}; the number cannot be negative.", parameter="max_frames")


@dataclass(slots=True)
class JobSettings:
    """All settings of a job besides its graph and its input.

    Attributes:
        output: the video to write, None for none.
        output_stream: whose images it shows; "" finds the one that the graph declares.
        dumps: files by the stream that goes into them; the ending says what they become, or a kind before a colon.
        side_packets: by name.
        encoder: codec and quality of the video.
        limits: frames in flight, and how many to feed.
        progress: gets the progress of the job.
        rate: frames a second of inputs that carry no time of their own.
        gpu_device: the device of a graph that draws with OpenGL; None for the best one.
        camera: what a camera is asked for.
        video_track: which video track of a file, counted from 0; None for the largest.
        preview: shows the images of *output_stream* meanwhile; its owner closes it.
        sinks: further ones, such as a program's own.
        instruments: what watches the graph meanwhile.
        trace: a file for the trace of the run (.json, or .json.gz), None for none.
    """

    output: PathLike | None = None
    output_stream: str = ""
    dumps: Mapping[str, PathLike] = field(default_factory=dict)
    side_packets: Mapping[str, Any] = field(default_factory=dict)
    encoder: EncoderSettings = field(default_factory=EncoderSettings)
    limits: Limits = field(default_factory=Limits)
    progress: Progress | None = None
    rate: Fraction = Fraction(30)
    gpu_device: str | None = None
    camera: CameraSettings = field(default_factory=CameraSettings)
    video_track: int | None = None
    preview: Page | None = None
    sinks: Sequence[Sink] = ()
    instruments: Sequence[Instrument] = ()
    trace: PathLike | None = None

    def with_more(
        self,
        *,
        output: PathLike | None = None,
        dumps: Mapping[str, PathLike] | None = None,
        side_packets: Mapping[str, Any] | None = None,
        max_frames: int | None = None,
        preview: Page | None = None,
        sinks: Sequence[Sink] = (),
    ) -> JobSettings:
        """Return settings like these, with what is given besides."""
        limits = self.limits if max_frames is None else replace(self.limits, max_frames=max_frames)
        return replace(
            self,
            output=self.output if output is None else output,
            dumps={**self.dumps, **(dumps or {})},
            side_packets={**self.side_packets, **(side_packets or {})},
            limits=limits,
            preview=self.preview if preview is None else preview,
            sinks=(*self.sinks, *sinks),
        )
