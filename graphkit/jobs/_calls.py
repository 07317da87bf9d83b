"""Jobs in one call."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from graphkit.graph import CalculatorGraph
from graphkit.jobs._build import video_job
from graphkit.jobs._settings import JobSettings

if TYPE_CHECKING:
    import os
    from collections.abc import Mapping, Sequence

    from graphkit.jobs._sink import Sink
    from graphkit.jobs._sinks.preview import Page
    from graphkit.jobs._summary import Summary

    PathLike = str | os.PathLike[str]


def run_video(
    graph: CalculatorGraph | PathLike,
    input_video: PathLike,
    output_video: PathLike | None = None,
    *,
    dumps: Mapping[str, PathLike] | None = None,
    side_packets: Mapping[str, Any] | None = None,
    max_frames: int | None = None,
    sinks: Sequence[Sink] = (),
    settings: JobSettings | None = None,
) -> Summary:
    """Run a graph over a clip and wait for the end.

    ::

        summary = run_video(
            "graphs/hand_tracking/hand_tracking_desktop_live.pbtxt", "clip.mp4", "annotated.mp4",
            dumps={"landmarks": "hands.jsonl"},
        )

    Args:
        graph: a graph file, or a graph that is not running.
        input_video: the clip; also whatever else `files_job` reads, a URL, or a camera's device, see `run_camera`.
        output_video: the video to write, None for none.
        dumps: files (.jsonl, .csv, .npz, .png) by the stream that goes into them, any of the expanded graph;
            "KIND:FILE" if the ending does not tell.
        side_packets: by name.
        max_frames: stop after these, None for all.
        sinks: where else results go.
        settings: everything else, such as codec and instruments.

    Raises:
        UsageError: the graph has no such streams, or not the ones that a video needs.
        GraphkitError: the graph, the clip or an output failed; what came before it is written.
    """
    made = (settings or JobSettings()).with_more(
        output=output_video, dumps=dumps, side_packets=side_packets, max_frames=max_frames, sinks=sinks
    )
    opened = graph if isinstance(graph, CalculatorGraph) else CalculatorGraph(graph)
    return video_job(opened, input_video, made).run()


def run_camera(
    graph: CalculatorGraph | PathLike,
    output_video: PathLike | None = None,
    *,
    device: PathLike | None = None,
    dumps: Mapping[str, PathLike] | None = None,
    side_packets: Mapping[str, Any] | None = None,
    max_frames: int | None = None,
    preview: Page | None = None,
    sinks: Sequence[Sink] = (),
) -> Summary:
    """Run a graph over what a camera sees until a limit or a stop, and wait for the end.

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
        dumps: files (.jsonl, .csv, .npz, .png) by the stream that goes into them, any of the expanded graph;
            "KIND:FILE" if the ending does not tell.
        side_packets: by name.
        max_frames: feed no more than these; None for no end.
        preview: shows the annotated pictures meanwhile, such as a `graphkit.preview.PreviewServer`.
        sinks: where else results go.

    Raises:
        UsageError: the graph has no such streams, or not the ones that a camera needs.
        CameraError: no camera, or none that can be opened; says why for each.
        LiveInputLostError: the camera broke off; what came before it is written.
        GraphkitError: the graph or an output failed; what came before it is written.
    """
    made = JobSettings().with_more(
        output=output_video, dumps=dumps, side_packets=side_packets, max_frames=max_frames, preview=preview,
        sinks=sinks,
    )  # fmt: skip
    opened = graph if isinstance(graph, CalculatorGraph) else CalculatorGraph(graph)
    return video_job(opened, device, made).run()
