"""Jobs made of file names: which feed, which streams, which files."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

from graphkit.errors import InputError, UsageError, did_you_mean
from graphkit.graph import CalculatorGraph
from graphkit.jobs._dumps import check_dumps, open_dumps
from graphkit.jobs._feeds import MergedFeed
from graphkit.jobs._film import Film
from graphkit.jobs._gpu import JobGpu, gpu_for
from graphkit.jobs._input_files import open_series
from graphkit.jobs._job import GraphJob, Limits
from graphkit.jobs._live import is_file_name, open_feed
from graphkit.jobs._outcome import Outputs
from graphkit.jobs._pixels import wrapper_for
from graphkit.jobs._preview import Preview
from graphkit.jobs._streams import (
    INPUT_PATH_SIDE_PACKET,
    OUTPUT_PATH_SIDE_PACKET,
    is_file_to_file,
    stream_type,
    video_input,
    video_output,
)
from graphkit.video import CameraSettings, EncoderSettings, VideoReader, check_writable

if TYPE_CHECKING:
    import os
    from collections.abc import Mapping

    from graphkit.jobs._feeds import Feed
    from graphkit.jobs._preview import Page
    from graphkit.jobs._progress import Progress
    from graphkit.jobs._summary import Summary

    PathLike = str | os.PathLike[str]


@dataclass(slots=True)
class JobSettings:
    """All that a job may be told besides its graph and its input.

    Attributes:
        output: the video to write, None for none.
        output_stream: whose images it shows; "" finds the one that the graph declares.
        dumps: files (.jsonl, .csv, .npz, .png) by the stream that goes into them.
        side_packets: by name.
        encoder: codec and quality of the video.
        limits: frames in flight, and how many to feed.
        progress: told how far the job is.
        rate: frames a second of inputs that carry no time of their own.
        gpu_device: the device of a graph that draws with OpenGL; None for the best one.
        camera: what a camera is asked for.
        preview: shows the images of *output_stream* meanwhile; whoever made it closes it.
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
    preview: Page | None = None


def run_video(
    graph: CalculatorGraph | PathLike,
    input_video: PathLike,
    output_video: PathLike | None = None,
    *,
    dumps: Mapping[str, PathLike] | None = None,
    side_packets: Mapping[str, Any] | None = None,
    max_frames: int | None = None,
) -> Summary:
    """Run a graph over a clip and wait for the end.

    ::

        summary = run_video(
            "graphs/hand_tracking/hand_tracking_desktop_live.pbtxt", "clip.mp4", "annotated.mp4",
            dumps={"landmarks": "hands.jsonl"},
        )

    Args:
        graph: a graph file, or a graph that is not running.
        input_video: the clip; also a URL or a camera's device, see `run_camera`.
        output_video: the video to write, None for none.
        dumps: files (.jsonl, .csv, .npz, .png) by the stream that goes into them, any of the expanded graph.
        side_packets: by name.
        max_frames: stop after these, None for all.

    Raises:
        UsageError: the graph has no such streams, or not the ones that a video needs.
        GraphkitError: the graph, the clip or an output failed; what came before it is written.
    """
    settings = JobSettings(output_video, dumps=dumps or {}, side_packets=side_packets or {})
    settings.limits = Limits(max_frames=max_frames)
    opened = graph if isinstance(graph, CalculatorGraph) else CalculatorGraph(graph)
    return video_job(opened, input_video, settings).run()


def run_camera(
    graph: CalculatorGraph | PathLike,
    output_video: PathLike | None = None,
    *,
    device: PathLike | None = None,
    dumps: Mapping[str, PathLike] | None = None,
    side_packets: Mapping[str, Any] | None = None,
    max_frames: int | None = None,
    preview: Page | None = None,
) -> Summary:
    """Run a graph over what a camera sees until it has seen enough, and wait for the end.

    The graph gets the newest picture whenever it has room for one; pictures that come while it is busy are
    dropped and counted in the summary. Timestamps are microseconds since the first picture, by their arrival.
    ``video_job`` makes the same a job that can be stopped.

    ::

        with PreviewServer() as preview:
            print(preview.url)
            run_camera("graphs/hand_tracking/hand_tracking_desktop_live.pbtxt", preview=preview, max_frames=900)

    Args:
        graph: a graph file, or a graph that is not running.
        output_video: the video to write, None for none.
        device: the camera's path, None for the first that can be opened; or the URL of a stream.
        dumps: files (.jsonl, .csv, .npz, .png) by the stream that goes into them, any of the expanded graph.
        side_packets: by name.
        max_frames: feed no more than these; None for no end.
        preview: shows the annotated pictures meanwhile, such as a `graphkit.preview.PreviewServer`.

    Raises:
        UsageError: the graph has no such streams, or not the ones that a camera needs.
        CameraError: no camera, or none that can be opened; says why for each.
        LiveInputLostError: the camera broke off; what came before it is written.
        GraphkitError: the graph or an output failed; what came before it is written.
    """
    settings = JobSettings(output_video, dumps=dumps or {}, side_packets=side_packets or {}, preview=preview)
    settings.limits = Limits(max_frames=max_frames)
    opened = graph if isinstance(graph, CalculatorGraph) else CalculatorGraph(graph)
    return video_job(opened, device, settings).run()


def video_job(graph: CalculatorGraph, clip: PathLike | None, settings: JobSettings) -> GraphJob:
    """Return the job of running *graph* over a clip, or over live pictures.

    A graph that decodes and encodes by itself gets the file names as side packets.

    Args:
        graph: not running.
        clip: a file, a URL, a camera's device, or None for the first camera. `open_feed` tells which are live.
        settings: the rest.

    Raises:
        UsageError: the graph has no such streams, or not the ones that a video needs.
        VideoError, OutputError: the clip cannot be read, or an output not be written.
        CameraError: no camera, or none that can be opened.
        NoEglError, NoGpuDeviceError: the graph draws with OpenGL, and there is nothing to do it.
    """
    if is_file_to_file(graph.plan):
        return _file_to_file_job(graph, clip, settings)
    stream = video_input(graph.plan)
    filmed = _check_outputs(graph, settings, [Path(clip)] if clip is not None and is_file_name(clip) else [])
    preview = _preview(graph, settings)
    with ExitStack() as opened:
        gpu = _opened_gpu(graph, settings, opened)
        wrap = wrapper_for(stream_type(graph.plan, stream), gpu)
        ahead = settings.limits.frames_in_flight
        feed = open_feed(clip, stream, wrap, camera=settings.camera, ahead=ahead)
        opened.callback(feed.close)
        outputs = Outputs(dumps=open_dumps(graph.plan, settings.dumps), preview=preview)
        opened.pop_all()
    if filmed:
        outputs.film = Film(
            filmed, settings.output or "", feed.info.frame_rate, encoder=settings.encoder, source=feed.info
        )
    return _job(graph, settings, outputs, feed, gpu)


def files_job(graph: CalculatorGraph, inputs: Mapping[str, PathLike], settings: JobSettings) -> GraphJob:
    """Return the job of feeding each graph input stream from a file of its own.

    Args:
        graph: not running.
        inputs: an image, folder of images, .npy, .jsonl or video file for each graph input stream; none at
            all for a graph that feeds itself.
        settings: the rest.

    Raises:
        UsageError: a stream that the graph does not have, or one that stays unfed.
        InputError, VideoError, OutputError: a file cannot be read or written.
        NoEglError, NoGpuDeviceError: the graph draws with OpenGL, and there is nothing to do it.
    """
    names = graph.plan.graph_inputs.names
    for stream in inputs:
        if stream not in names:
            has = f" It has: {', '.join(names) or 'none'}."
            raise UsageError(
                f'--input: the graph has no input stream "{stream}".{did_you_mean(stream, names) or has}'
            )
    unfed = [name for name in names if name not in inputs]
    if unfed:
        raise UsageError(f"input streams without a file: {', '.join(unfed)}. Add --input {unfed[0]}=FILE.")
    filmed = _check_outputs(graph, settings, [Path(path) for path in inputs.values()])
    preview = _preview(graph, settings)
    with ExitStack() as opened:
        gpu = _opened_gpu(graph, settings, opened)
        series = {
            s: open_series(path, stream_type(graph.plan, s), settings.rate, gpu) for s, path in inputs.items()
        }
        outputs = Outputs(dumps=open_dumps(graph.plan, settings.dumps), preview=preview)
        opened.pop_all()
    if filmed:
        outputs.film = Film(filmed, settings.output or "", settings.rate, encoder=settings.encoder)
    return _job(graph, settings, outputs, MergedFeed(series) if inputs else None, gpu)


def _opened_gpu(graph: CalculatorGraph, settings: JobSettings, opened: ExitStack) -> JobGpu | None:
    """Return the GPU of the job, if it needs one, to be given back when *opened* ends."""
    gpu = gpu_for(graph, settings.gpu_device)
    if gpu is not None:
        opened.callback(gpu.give_back)
    return gpu


def _job(
    graph: CalculatorGraph,
    settings: JobSettings,
    outputs: Outputs,
    feed: Feed | None,
    gpu: JobGpu | None,
    total: int = 0,
) -> GraphJob:
    return GraphJob(
        graph,
        feed,
        outputs,
        side_packets=settings.side_packets,
        limits=settings.limits,
        progress=settings.progress,
        total=total,
        gpu=gpu,
    )


def _preview(graph: CalculatorGraph, settings: JobSettings) -> Preview | None:
    if settings.preview is None:
        return None
    return Preview(video_output(graph.plan, settings.output_stream), settings.preview)


def _file_to_file_job(graph: CalculatorGraph, clip: PathLike | None, settings: JobSettings) -> GraphJob:
    """Pass the file names on; the clip is opened once beforehand, to know its length and that it can be read."""
    if clip is None or not is_file_name(clip):
        raise UsageError(
            f"this graph reads the video by itself, from files only; found {clip or 'no file'}. "
            "Give --input_video_path FILE."
        )
    preview = _preview(graph, settings)
    if settings.limits.max_frames is not None:
        raise UsageError("this graph reads the video by itself; the number of frames cannot be limited.")
    with VideoReader(clip) as reader:
        total = reader.info.frame_count
    paths = {INPUT_PATH_SIDE_PACKET: str(clip)}
    if settings.output is not None:
        if OUTPUT_PATH_SIDE_PACKET not in graph.plan.side_packets:
            raise UsageError(
                f"this graph reads the video by itself but takes no side packet {OUTPUT_PATH_SIDE_PACKET}, so it "
                "cannot be told where to write one."
            )
        check_writable(settings.output, [clip])
        paths[OUTPUT_PATH_SIDE_PACKET] = str(settings.output)
    check_dumps(graph.plan, settings.dumps, [Path(clip)])
    written = None if settings.output is None else Path(settings.output)
    with ExitStack() as opened:
        gpu = _opened_gpu(graph, settings, opened)
        outputs = Outputs(dumps=open_dumps(graph.plan, settings.dumps), written_by_graph=written, preview=preview)
        opened.pop_all()
    told = replace(settings, side_packets={**settings.side_packets, **paths})
    return _job(graph, told, outputs, None, gpu, total)


def _check_outputs(graph: CalculatorGraph, settings: JobSettings, inputs: list[Path]) -> str:
    """Check everything that is to be written; return the stream to film, "" for none."""
    for file in inputs:
        if not file.exists():
            raise InputError(f"{file}: no such file.{_what_else(file)}")
    taken = list(inputs)
    filmed = ""
    if settings.output is not None:
        filmed = video_output(graph.plan, settings.output_stream)
        check_writable(settings.output, inputs)
        taken.append(Path(settings.output))
    check_dumps(graph.plan, settings.dumps, taken)
    return filmed


def _what_else(file: Path) -> str:
    if file.name.isdecimal():
        return f" If the camera is meant: /dev/video{file.name}"
    if file.parts[:1] == ("~",):
        return " Shells take ~ for your home only where a word begins with it: put a space in place of the =."
    beside = [other.name for other in file.parent.iterdir()] if file.parent.is_dir() else []
    return did_you_mean(file.name, beside)
