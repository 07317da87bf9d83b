"""Flags about graphs, calculators and jobs that several commands take, and what becomes of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, TypeVar

import click

from graphkit.app.cli.graph_options import modules_option, overrides_option, roots_option
from graphkit.errors import UsageError

if TYPE_CHECKING:
    from fractions import Fraction

    from graphkit.config import GraphPlan
    from graphkit.jobs import JobSettings

PROVIDERS: Final = ("auto", "cpu", "cuda", "tensorrt")
_PRESETS: Final = ("ultrafast", "superfast", "veryfast", "faster", "fast", "medium", "slow")
C = TypeVar("C", bound=Callable[..., Any])

_OPTIONS: Final = (
    click.option(
        "--input_side_packets", multiple=True, metavar="NAME=VALUE,...",
        help="Side packets; values are converted to the types that the graph resolves.",
    ),
    click.option("--side", multiple=True, metavar="NAME=TYPE:VALUE", help="A side packet of a given type."),
    roots_option,
    click.option("--output-stream", default="", metavar="STREAM", help="The stream whose images make the video."),
    click.option(
        "--rate", default="30", metavar="FPS", help="Frames a second of inputs without times.", show_default=True
    ),
    click.option(
        "--video-track", type=click.IntRange(min=0), metavar="N",
        help="Which video track of a file, counted from 0.  [default: the largest]",
    ),
    overrides_option,
    modules_option,
    click.option("--max-frames", type=click.IntRange(min=0), metavar="N", help="Stop after N frames."),
    click.option(
        "--frames-in-flight", type=click.IntRange(min=1), metavar="N",
        help="Most frames that are in the graph at once.  [default: 4; of live input 2]",
    ),
    click.option("--provider", type=click.Choice(PROVIDERS), help="Where models run, over what the graph says."),
    click.option(
        "--gpu-device", metavar="DEVICE",
        help="Where the graph draws with OpenGL: a number, part of a name, cuda:0, or software.",
    ),
    click.option("--video-codec", default="h264", show_default=True, metavar="CODEC", help="h264 or mp4v."),
    click.option(
        "--crf", type=click.FloatRange(0, 51), default=23, show_default=True, metavar="Q",
        help="Quality of the video: 0 is lossless, 51 the worst.",
    ),
    click.option(
        "--preset", type=click.Choice(_PRESETS), default="ultrafast", show_default=True, metavar="SPEED",
        help="Speed of the encoder; veryfast makes files of about a third at three times the cost.",
    ),
)  # fmt: skip


def job_options(command: C) -> C:
    """Add the flags of a graph and of what is done with it."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


@dataclass(frozen=True, slots=True)
class JobFlags:
    """Those flags, and where results go; a field is the flag of that name."""

    output_video_path: str | None
    dump: tuple[str, ...]
    input_side_packets: tuple[str, ...]
    side: tuple[str, ...]
    resource_root_dir: tuple[str, ...]
    output_stream: str
    rate: str
    video_track: int | None
    overrides: tuple[str, ...]
    modules: tuple[str, ...]
    max_frames: int | None
    frames_in_flight: int | None
    provider: str | None
    gpu_device: str | None
    video_codec: str
    crf: float
    preset: str


def job_settings(flags: JobFlags) -> JobSettings:
    """Return what the flags say about a job, but for its side packets; raises UsageError."""
    from graphkit.jobs import JobSettings, Limits
    from graphkit.video import EncoderSettings

    limits = Limits(max_frames=flags.max_frames)
    if flags.frames_in_flight is not None:
        limits.frames_in_flight = limits.live_frames_in_flight = flags.frames_in_flight
    return JobSettings(
        output=flags.output_video_path,
        output_stream=flags.output_stream,
        dumps=pairs(flags.dump, "--dump"),
        encoder=EncoderSettings(codec=flags.video_codec, preset=flags.preset, crf=flags.crf),
        limits=limits,
        rate=rate_of(flags.rate, "--rate"),
        video_track=flags.video_track,
        gpu_device=flags.gpu_device,
    )


def side_packets(flags: JobFlags, plan: GraphPlan) -> dict[str, Any]:
    """Return the side packets that the flags give; raises UsageError."""
    from graphkit.jobs import convert_pairs, split_pairs, typed_value

    values = convert_pairs(plan, split_pairs(",".join(flags.input_side_packets)))
    for text in flags.side:
        name, value = typed_value(text)
        if name in values:
            raise UsageError(f'side packet "{name}" is given twice.')
        values[name] = value
    return values


def rate_of(text: str, flag: str) -> Fraction:
    """Return the frame rate that a flag gives; raises UsageError."""
    from fractions import Fraction

    try:
        rate = Fraction(text)
    except (ValueError, ZeroDivisionError):
        rate = Fraction(0)
    if rate <= 0:
        raise UsageError(f'{flag}: "{text}" is no frame rate; expected a number above 0 such as 25 or 30000/1001.')
    return rate


def pairs(given: tuple[str, ...], flag: str) -> dict[str, str]:
    """Return the pairs of a flag that takes STREAM=FILE, in their order.

    Raises:
        UsageError: one is not of this form, or a stream is named twice.
    """
    found: dict[str, str] = {}
    for text in given:
        stream, equals, file = text.partition("=")
        if not (stream and equals and file):
            raise UsageError(f'{flag}: "{text}" is not STREAM=FILE.{_stream_hint(flag, text)}')
        if stream in found:
            raise UsageError(f'{flag}: stream "{stream}" is given twice ({found[stream]} and {file}).')
        found[stream] = file
    return found


def _stream_hint(flag: str, text: str) -> str:
    if "=" in text:
        return ""
    video = " A video goes behind --input_video_path." if flag == "--input" else ""
    return f' Write {flag} STREAM={text}; "graphkit graph GRAPH --streams" lists the streams.{video}'
