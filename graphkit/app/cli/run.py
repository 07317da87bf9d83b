"""``graphkit run``: a graph over a video, or over other files."""

from __future__ import annotations

import re
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import click

from graphkit._process.gc_pause import gc_paused
from graphkit.app.cli.failures import debug_option, signal_status
from graphkit.app.cli.job_options import JobFlags, job_options, job_settings, pairs, rate_of, side_packets
from graphkit.app.cli.output import tell
from graphkit.app.cli.run_line import RunCommand
from graphkit.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from graphkit.graph import CalculatorGraph
    from graphkit.jobs import GraphJob, JobSettings, Progress
    from graphkit.preview import PreviewServer

_EXAMPLE: Final = """\b
Example:
  graphkit run graphs/hand_tracking/hand_tracking_desktop_live.pbtxt
    --input_video_path my.mov --output_video_path out.mp4
    --dump landmarks=hands.jsonl
"""


@dataclass(frozen=True, slots=True)
class RunFlags(JobFlags):
    """The command line of ``graphkit run``; a field is the flag of that name."""

    graph: str | None
    calculator_graph_config_file: str | None
    input_video_path: str | None
    camera_size: str | None
    camera_rate: str | None
    input_files: tuple[str, ...]
    threads: int | None
    preview: str | None
    explain: str | None
    trace: str | None
    profile: str | None
    watch: bool
    watchdog: float
    quiet: bool
    strict: bool


@click.command("run", cls=RunCommand, epilog=_EXAMPLE)
@click.argument("graph", required=False)
@click.option("--calculator_graph_config_file", metavar="FILE", help="The graph, as MediaPipe's demos name it.")
@click.option(
    "--input_video_path", metavar="FILE",
    help="The video whose frames go in: a file, a URL, a device such as /dev/video2; without it the first camera.",
)  # fmt: skip
@click.option("--camera-size", metavar="WxH", help="Pictures to ask a camera for, such as 1280x720.")
@click.option("--camera-rate", metavar="FPS", help="Pictures a second to ask a camera for.")
@click.option("--output_video_path", metavar="FILE", help="The video to write: .mp4, .mov, .mkv, .m4v or .avi.")
@click.option(
    "--dump", multiple=True, metavar="STREAM=FILE",
    help="Write the packets of any stream of the expanded graph: .jsonl, tables (.csv, .parquet), pictures (.npz, "
    "DIR/), landmarks for other tools (.trc, coco:FILE, openpose:DIR/).",
)  # fmt: skip
@click.option(
    "--input", "input_files", multiple=True, metavar="STREAM=FILE",
    help="Feed a graph input stream from an image, a folder of images, a .npy, .jsonl or video file.",
)  # fmt: skip
@click.option("--threads", type=click.IntRange(min=1), metavar="N", help="Processor cores to plan for.")
@click.option(
    "--preview", metavar="[HOST:PORT]",
    help="Show the annotated frames on a page for browsers; by default on port 8477 of this machine only.",
)  # fmt: skip
@click.option(
    "--explain", metavar="[FILE.json]",
    help="Say in the end which nodes still waited, for what, and why; also which got packets and emitted none.",
)  # fmt: skip
@click.option(
    "--trace", metavar="FILE.json",
    help="Write what every thread did when, for https://ui.perfetto.dev; into a folder if it is one.",
)  # fmt: skip
@click.option(
    "--profile", metavar="[FILE.json]",
    help="Print a table of the time of every node in the end; write the numbers instead, if a file is named.",
)  # fmt: skip
@click.option("--watch", is_flag=True, help="Show that table while the graph runs.")
@click.option(
    "--watchdog", type=click.FloatRange(min=0), default=10, show_default=True, metavar="SECONDS",
    help="Name a node whose call takes longer; 0 for none.",
)  # fmt: skip
@click.option("--quiet", is_flag=True, help="No progress and no summary; warnings and errors only.")
@click.option("--strict", is_flag=True, help="End with status 1 where the input is damaged or incomplete.")
@job_options
@debug_option
def run_command(**flags: Any) -> None:
    """Run GRAPH over a video, a camera, or other files.

    The graph's input stream for images takes the frames of --input_video_path at the times that the clip
    gives them; --output_video_path receives the annotated frames and the clip's sound. Nothing is dropped.
    A graph that opens its video itself gets the two paths as side packets.

    Without an input the first camera is opened. Of live input, which streams are too, the graph gets the
    newest picture whenever it has room; those that come meanwhile are dropped and counted.

    Ctrl-C finishes the frames in flight, closes the files and ends with status 130.
    """
    run(RunFlags(**flags))


def run(flags: RunFlags) -> None:
    """Do what the flags say; raises SystemExit if the status is not 0."""
    with _preview(flags.preview) as preview:
        with gc_paused():
            from graphkit.app.cli.insights import Insights, Wanted, telling_what_hangs
            from graphkit.app.cli.report import summary_lines
            from graphkit.app.cli.signals import interruptible

            graph = _load(flags)
            wanted = Wanted(flags.explain, flags.profile, flags.trace, flags.watch, flags.watchdog)
            insights = Insights(graph, wanted)
            settings = _settings(flags, insights.progress(quiet=flags.quiet))
            settings.preview, settings.instruments = preview, insights.instruments
            job = _job(flags, graph, settings)
        with interruptible(job) as interruptions, telling_what_hangs(graph, interruptions.came):
            try:
                job.run()
            except Exception as error:
                insights.add_to(error, job)
                raise
            finally:
                if not flags.quiet and (lines := summary_lines(job.summary, has_outputs=_has_outputs(graph))):
                    click.echo("\n".join(lines))
                insights.tell(job)
    if interruptions.first:
        raise SystemExit(signal_status(interruptions.first))
    if flags.strict and job.summary.damaged:
        raise SystemExit(1)


@contextmanager
def _preview(text: str | None) -> Iterator[PreviewServer | None]:
    """Serve a preview while the block runs, and say where."""
    if text is None:
        yield None
        return
    from graphkit.preview import Address, PreviewServer

    with PreviewServer(Address.parse(text)) as server:
        tell(f"preview: {server.url}")
        yield server


def _has_outputs(graph: CalculatorGraph) -> bool:
    return bool(graph.plan.graph_outputs.names)


def _load(flags: RunFlags) -> CalculatorGraph:
    """Load the graph and lend it what the flags ask for."""
    from graphkit.app.cli.loading import find_graph
    from graphkit.framework import INFERENCE, InferenceSettings, Resources
    from graphkit.framework._importing import import_calculators
    from graphkit.graph import CalculatorGraph

    _apply_threads(flags.threads)
    import_calculators(flags.modules)
    resources = Resources(flags.resource_root_dir)
    path = find_graph(_graph_name(flags), resources)
    graph = CalculatorGraph(path, resources=resources, overrides=flags.overrides)
    if flags.provider is not None:
        graph.set_service(INFERENCE, InferenceSettings(provider=flags.provider))
    return graph


def _graph_name(flags: RunFlags) -> str:
    given = [name for name in (flags.graph, flags.calculator_graph_config_file) if name]
    if len(given) != 1:
        found = "two graphs" if given else "no graph"
        raise UsageError(
            f"{found} given; name one: graphkit run GRAPH.pbtxt, or --calculator_graph_config_file FILE."
        )
    return given[0]


def _apply_threads(threads: int | None) -> None:
    from graphkit._process.threads import Budget, budget, set_budget

    if threads is not None:
        inference = min(budget().inference, threads)
        set_budget(Budget(cores=threads, inference=inference, codec=min(2, threads)))


def _settings(flags: RunFlags, progress: Progress) -> JobSettings:
    from graphkit.video import CameraSettings

    settings = job_settings(flags)
    camera_rate = None if flags.camera_rate is None else rate_of(flags.camera_rate, "--camera-rate")
    settings.progress, settings.camera = progress, CameraSettings(_size(flags.camera_size), camera_rate)
    settings.trace = flags.trace
    return settings


def _size(text: str | None) -> tuple[int, int] | None:
    if text is None:
        return None
    match = re.fullmatch(r"([1-9]\d{0,4})x([1-9]\d{0,4})", text.lower())
    if match is None:
        raise UsageError(f'--camera-size: "{text}" is no size; expected width x height such as 1280x720.')
    return int(match[1]), int(match[2])


def _job(flags: RunFlags, graph: CalculatorGraph, settings: JobSettings) -> GraphJob:
    from graphkit.config import check_side_packets
    from graphkit.jobs import files_job, video_job
    from graphkit.jobs._streams import INPUT_PATH_SIDE_PACKET, OUTPUT_PATH_SIDE_PACKET, is_file_to_file

    side = side_packets(flags, graph.plan)
    clip, inputs = flags.input_video_path, pairs(flags.input_files, "--input")
    if clip is not None and inputs:
        raise UsageError("give either --input_video_path or --input; --input STREAM=FILE takes videos too.")
    if is_file_to_file(graph.plan):
        clip = clip or side.pop(INPUT_PATH_SIDE_PACKET, None)
        settings.output = settings.output or side.pop(OUTPUT_PATH_SIDE_PACKET, None)
        paths = {INPUT_PATH_SIDE_PACKET: clip, OUTPUT_PATH_SIDE_PACKET: settings.output}
        check_side_packets(graph.plan, {**side, **{name: path for name, path in paths.items() if path}})
    else:
        check_side_packets(graph.plan, side)
    settings.side_packets = side
    camera = not inputs and _is_fed_by_camera(graph, clip)
    if (flags.camera_size or flags.camera_rate) and not (camera or any(map(_is_camera, inputs.values()))):
        raise UsageError("--camera-size and --camera-rate are for cameras; the input is none.")
    if clip is not None or camera:
        return video_job(graph, clip, settings)
    if not inputs and graph.plan.graph_inputs.names:
        names = ", ".join(graph.plan.graph_inputs.names)
        raise UsageError(f"the graph waits for {names}; give --input_video_path FILE, or --input STREAM=FILE.")
    return files_job(graph, inputs, settings)


def _is_fed_by_camera(graph: CalculatorGraph, clip: str | None) -> bool:
    from graphkit.jobs._streams import wants_camera
    from graphkit.video import is_camera

    return wants_camera(graph.plan) if clip is None else is_camera(clip)


def _is_camera(place: str) -> bool:
    from graphkit.jobs import LiveSource
    from graphkit.jobs._kinds import SOURCES

    kind, name = SOURCES.split(place)
    return kind is LiveSource or (kind is None and LiveSource.claims(name))
