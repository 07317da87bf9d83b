"""Jobs made of file names: which sources, which streams, which sinks."""

from __future__ import annotations

import os
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from graphkit.errors import UsageError, did_you_mean
from graphkit.framework import INFERENCE
from graphkit.jobs._gpu import GpuLease, needs_gpu
from graphkit.jobs._job import GraphJob
from graphkit.jobs._kinds import SOURCES
from graphkit.jobs._leases import InferenceLease, InstrumentsLease
from graphkit.jobs._outputs import Outputs, check_inputs, is_file_name
from graphkit.jobs._pixels import wrapper_for
from graphkit.jobs._sinks.graph_file import GraphFileSink
from graphkit.jobs._sinks.limited import Limited
from graphkit.jobs._sinks.preview import GraphPage
from graphkit.jobs._sinks.trace import TraceSink
from graphkit.jobs._source import Origin, Source
from graphkit.jobs._sources.given import GivenSource
from graphkit.jobs._sources.own import OwnInput
from graphkit.jobs._sources.video import VideoSource
from graphkit.jobs._streams import (
    INPUT_PATH_SIDE_PACKET,
    OUTPUT_PATH_SIDE_PACKET,
    check_images,
    is_file_to_file,
    stream_type,
    video_input,
)
from graphkit.video import VideoReader, check_writable

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from graphkit.graph import CalculatorGraph
    from graphkit.insight import Profile
    from graphkit.jobs._leases import Lease
    from graphkit.jobs._settings import JobSettings
    from graphkit.jobs._sink import Sink

    PathLike = str | os.PathLike[str]

# Frames that are decoded and not yet fed cost memory, and more of them bring nothing.
_MOST_AHEAD: Final = 32


def video_job(graph: CalculatorGraph, clip: PathLike | None, settings: JobSettings) -> GraphJob:
    """Return the job of running *graph* over a clip, or over live pictures.

    A graph that decodes and encodes by itself gets the file names as side packets.

    Args:
        graph: not running.
        clip: what `files_job` reads for its one stream of images, or None for the first camera.
        settings: the rest.

    Raises:
        UsageError: the graph has no such streams, or not the ones that a video needs.
        VideoError, OutputError: the clip cannot be read, or an output not be written.
        CameraError: no camera, or none that can be opened.
        NoEglError, NoGpuDeviceError: the graph draws with OpenGL, and there is no device for it.
    """
    if is_file_to_file(graph.plan):
        return _file_to_file_job(graph, clip, settings)
    return _fed_job(graph, {video_input(graph.plan): "" if clip is None else os.fspath(clip)}, settings)


def files_job(graph: CalculatorGraph, inputs: Mapping[str, PathLike], settings: JobSettings) -> GraphJob:
    """Return the job of feeding each graph input stream from a file of its own.

    The kind of a file follows from its ending or from a prefix, as in ``npy:data.bin``: a
    picture, a folder of pictures, a .npy, a .jsonl, a kind of an installed package, and else a clip. Devices and
    URLs are read, too.

    Args:
        graph: not running.
        inputs: a file for each graph input stream; none at all for a graph that feeds itself.
        settings: the rest.

    Raises:
        UsageError: a stream that the graph does not have, or one that stays unfed.
        InputError, VideoError, OutputError: a file cannot be read or written.
        NoEglError, NoGpuDeviceError: the graph draws with OpenGL, and there is no device for it.
    """
    names = graph.plan.graph_inputs.names
    for stream in inputs:
        if stream not in names:
            has = f" It has: {', '.join(names) or 'none'}."
            raise UsageError(
                f'the graph has no input stream "{stream}".{did_you_mean(stream, names) or has}',
                parameter="inputs",
            )
    unfed = [name for name in names if name not in inputs]
    if unfed:
        raise UsageError(
            f"input streams without a file: {', '.join(unfed)}. Feed each of them: {{inputs}}.",
            remedies=("inputs",),
        )
    return _fed_job(graph, {stream: os.fspath(place) for stream, place in inputs.items()}, settings)


def given_job(graph: CalculatorGraph, items: Iterable[Any], settings: JobSettings) -> GraphJob:
    """Return the job of feeding a graph's one input stream, or its one stream of images, from an iterable.

    Args:
        graph: not running.
        items: see `GivenSource`.
        settings: the rest.

    Raises:
        UsageError: the graph has no such stream, or others that stay unfed.
    """
    names = graph.plan.graph_inputs.names
    stream = names[0] if len(names) == 1 else video_input(graph.plan)
    outputs = Outputs(graph.plan, settings, [])
    with ExitStack() as opened:
        leases, gpu = _leases(graph, settings, opened)
        source = GivenSource(items, stream, wrapper_for(stream_type(graph.plan, stream), gpu))
        opened.pop_all()
    return _job(graph, settings, [source], outputs.sinks([source]), leases)


def _fed_job(graph: CalculatorGraph, inputs: Mapping[str, str], settings: JobSettings) -> GraphJob:
    kinds = {stream: SOURCES.split(place) for stream, place in inputs.items()}
    places = [Path(place) for _, place in kinds.values() if is_file_name(place)]
    check_inputs(places)
    outputs = Outputs(graph.plan, settings, places)
    with ExitStack() as opened:
        leases, gpu = _leases(graph, settings, opened)
        sources: list[Source] = []
        for stream, (kind, place) in kinds.items():
            carried = stream_type(graph.plan, stream)
            ahead = min(settings.limits.frames_in_flight, _MOST_AHEAD)
            origin = Origin(
                stream, place, carried, wrapper_for(carried, gpu), settings.rate, ahead, settings.camera,
                settings.video_track,
            )  # fmt: skip
            sources.append((kind or _kind_of(origin)).opened(origin))
            opened.callback(sources[-1].close)
        opened.pop_all()
    if not inputs:
        return _self_fed_job(graph, settings, OwnInput(graph.plan, settings.limits.max_frames), outputs, leases)
    return _job(graph, settings, sources, outputs.sinks(sources), leases)


def _kind_of(origin: Origin) -> type[Source]:
    """Return the kind of input that a place is: what FFmpeg opens, if no other kind claims it."""
    try:
        kind = SOURCES.claiming(origin.place)
    except UsageError as exc:
        raise UsageError(f"{origin.place}: {exc}") from exc
    if kind is not None:
        return kind
    try:
        check_images(origin.place, origin.carried)
    except UsageError as exc:
        raise UsageError(f"{origin.place}: unknown kind of input {SOURCES.unknown(origin.place)}.") from exc
    return VideoSource


def _leases(
    graph: CalculatorGraph, settings: JobSettings, opened: ExitStack
) -> tuple[list[Lease], GpuLease | None]:
    """Return what the graph is lent; it is released when *opened* ends."""
    leases: list[Lease] = [InferenceLease(graph)] if INFERENCE in graph.plan.services else []
    if not needs_gpu(graph):
        return leases, None
    gpu = GpuLease(graph, settings.gpu_device)
    opened.callback(gpu.close)
    return [*leases, gpu], gpu


def _job(
    graph: CalculatorGraph,
    settings: JobSettings,
    sources: Sequence[Source],
    sinks: Sequence[Sink],
    leases: Sequence[Lease],
) -> GraphJob:
    traces = [sink.trace for sink in sinks if isinstance(sink, TraceSink)]
    watching = InstrumentsLease(graph, [*settings.instruments, *traces, *_shown_profile(graph, settings)])
    return GraphJob(
        graph,
        sources,
        sinks,
        side_packets=settings.side_packets,
        limits=settings.limits,
        progress=settings.progress,
        leases=[*leases, watching],
    )


def _shown_profile(graph: CalculatorGraph, settings: JobSettings) -> list[Profile]:
    """Let a page that shows graphs show this one; return the profile that it needs, if there is none yet."""
    if not isinstance(settings.preview, GraphPage):
        return []
    watching = [graph.profile, *settings.instruments]
    from graphkit.insight import Profile

    found = next((one for one in watching if isinstance(one, Profile)), None)
    profile = found or Profile()
    settings.preview.show_graph(graph.plan, profile)
    return [] if found is profile else [profile]


def _self_fed_job(
    graph: CalculatorGraph,
    settings: JobSettings,
    frames: OwnInput,
    outputs: Outputs,
    leases: Sequence[Lease],
    more: Sequence[Sink] = (),
) -> GraphJob:
    sinks = outputs.sinks([frames])
    if settings.limits.max_frames is not None:
        sinks = [Limited(sink, frames) for sink in sinks]
    return _job(graph, settings, [frames], [*sinks, *more], leases)


def _file_to_file_job(graph: CalculatorGraph, clip: PathLike | None, settings: JobSettings) -> GraphJob:
    """Pass the file names on; the clip is opened once beforehand, to know its length and that it can be read."""
    if clip is None or not is_file_name(os.fspath(clip)):
        raise UsageError(
            f"this graph reads the video by itself, from files only; found {clip or 'no file'}. "
            "Give it one: {input_video}.",
            remedies=("input_video",),
        )
    check_inputs([Path(clip)])
    with VideoReader(clip) as reader:
        info = reader.info
    paths = {INPUT_PATH_SIDE_PACKET: str(clip)}
    by_graph: list[Sink] = []
    if settings.output is not None and OUTPUT_PATH_SIDE_PACKET in graph.plan.side_packets:
        if settings.limits.max_frames is not None:
            raise UsageError(
                "this graph reads and writes the video by itself; the number of frames cannot be limited.",
                parameter="max_frames",
            )
        check_writable(settings.output, [clip])
        paths[OUTPUT_PATH_SIDE_PACKET] = str(settings.output)
        by_graph = [GraphFileSink(Path(settings.output))]
        settings = replace(settings, output=None)
    told = replace(settings, side_packets={**settings.side_packets, **paths})
    outputs = Outputs(graph.plan, told, [Path(clip)])
    with ExitStack() as opened:
        leases, _ = _leases(graph, told, opened)
        opened.pop_all()
    frames = OwnInput(graph.plan, told.limits.max_frames, total=info.frame_count, video=info)
    return _self_fed_job(graph, told, frames, outputs, leases, by_graph)
