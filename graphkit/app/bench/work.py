"""The work of one measured process of graphkit: a graph over a clip, with or without a meter beside it."""

from __future__ import annotations

import time
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from graphkit._process.threads import usable_cores
from graphkit.app.bench.frames import MemorySource, WatchedReader
from graphkit.app.bench.meter import Meter, uploading
from graphkit.app.bench.tasks import CLIP, GRAPH
from graphkit.app.bench.time_breakdown import break_down
from graphkit.framework import INFERENCE, InferenceSettings
from graphkit.graph import CalculatorGraph
from graphkit.jobs import GraphJob, Limits, Progress, Sink, Source, VideoSink, VideoSource
from graphkit.jobs._gpu import GpuLease, needs_gpu
from graphkit.jobs._pixels import wrapper_for
from graphkit.jobs._sinks.landmark_counts import landmark_counters
from graphkit.jobs._streams import stream_type, video_input, video_output

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

MOST_IN_MEMORY: Final = 300
"""Frames that a measurement of the graph alone holds in memory at most."""


@dataclass(frozen=True, slots=True)
class Request:
    """What to do.

    Attributes:
        kind: of measurement, see `graphkit.app.bench.tasks`.
        graph: its file.
        clip: the input.
        output: the video to write; None for none.
        device: "cpu" keeps the models on the processor, too.
        in_flight: frames that are in the graph at once, at most.
        max_frames: stop after these; None for all.
        side_packets: of the graph.
        shares: put a meter beside it and tell where the time went.
    """

    kind: str
    graph: str
    clip: str
    output: str | None = None
    device: str = "cpu"
    in_flight: int = 4
    max_frames: int | None = None
    side_packets: Mapping[str, Any] = field(default_factory=dict)
    shares: bool = False


class Outs(Progress):
    """Notes when frames were out.

    Args:
        clock: seconds.

    Attributes:
        first, last: when the first and the last frame were out; 0 before.
        between: frames that were out after *first*.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self.first = self.last = 0.0
        self.between = self._before = 0

    def advanced(self, frames: int) -> None:
        """Note that so many are out; the first ones may be several at once."""
        self.last = self._clock()
        if not self._before:
            self.first, self._before = self.last, frames
        self.between = frames - self._before


class MeasuredRun:
    """A graph over a clip, ready to start.

    The work of a clip begins here, after the imports. That of a graph alone lasts from the first frame that is
    out to the last: neither loading nor the first, slower frame counts.

    Args:
        request: what to do.

    Raises:
        GraphkitError: the graph or the clip cannot be opened.
    """

    def __init__(self, request: Request) -> None:
        self._begun = time.monotonic()
        self._request = request
        self._outs = Outs()
        self._meter = Meter() if request.shares else None
        self._graph = _graph(request, self._meter)
        self._job = _job(request, self._graph, self._meter or self._outs, self._meter)

    def finish(self) -> dict[str, Any]:
        """Run it to the end; return an answer as `graphkit.app.bench.processes.Program` expects it.

        Raises:
            GraphkitError: the run failed.
        """
        meter, outs = self._meter, self._outs
        summary = self._job.run()
        ended = time.monotonic()
        if meter is not None:
            told = break_down(meter, self._graph.plan, frames=summary.frames, cores=usable_cores())
            return {"begun": self._begun, "ended": ended, "frames": summary.frames, "shares": told.as_json()}
        if self._request.kind == GRAPH:
            return {"begun": outs.first, "ended": outs.last, "frames": outs.between}
        return {"begun": self._begun, "ended": ended, "frames": summary.frames}


def _graph(request: Request, meter: Meter | None) -> CalculatorGraph:
    graph = CalculatorGraph(request.graph)
    if request.device == "cpu":
        graph.set_service(INFERENCE, InferenceSettings(provider="cpu"))
    if meter is not None:
        graph.add_instrument(meter)
    return graph


def _job(request: Request, graph: CalculatorGraph, progress: Progress, meter: Meter | None) -> GraphJob:
    """Return the job, put together as the command line does it, but for the source."""
    plan = graph.plan
    stream = video_input(plan)
    limits = Limits(request.in_flight, request.max_frames)
    with ExitStack() as opened:
        gpu = GpuLease(graph, None) if needs_gpu(graph) else None
        if gpu is not None:
            opened.callback(gpu.close)
        wrap: Any = wrapper_for(stream_type(plan, stream), gpu)
        if meter is not None and gpu is not None:
            wrap = uploading(meter, wrap)
        source = _source(request, stream, wrap, meter)
        opened.callback(source.close)
        sinks: list[Sink] = list(landmark_counters(plan))
        if request.kind == CLIP and source.video is not None:
            path = Path(request.output or "")
            sinks.insert(0, VideoSink(video_output(plan), path, source.video.frame_rate, source=source.video))
        opened.pop_all()
    return GraphJob(
        graph,
        [source],
        sinks,
        side_packets=dict(request.side_packets),
        limits=limits,
        progress=progress,
        leases=[] if gpu is None else [gpu],
    )


def _source(request: Request, stream: str, wrap: Any, meter: Meter | None) -> Source:
    if request.kind == GRAPH:
        return MemorySource(request.clip, stream, wrap, request.max_frames or MOST_IN_MEMORY)
    clip = request.clip if meter is None else WatchedReader(request.clip, meter)
    return VideoSource(clip, stream, wrap, request.in_flight)
