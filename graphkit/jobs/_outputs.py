"""Outputs: all that a job is to write or show, checked before anything is opened."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING, Final

from graphkit.errors import InputError, StatusCode, UsageError, did_you_mean
from graphkit.jobs._kinds import SINKS
from graphkit.jobs._sink import Target
from graphkit.jobs._sinks.landmark_counts import landmark_counters
from graphkit.jobs._sinks.preview import PreviewSink
from graphkit.jobs._sinks.trace import TraceSink
from graphkit.jobs._sinks.video import VideoSink
from graphkit.jobs._streams import known_stream, video_output
from graphkit.video import check_writable, is_camera
from graphkit.video._source import is_url

if TYPE_CHECKING:
    from collections.abc import Sequence

    PathLike = str | os.PathLike[str]

    from graphkit.config import GraphPlan
    from graphkit.jobs._settings import JobSettings
    from graphkit.jobs._sink import FileSink, Sink
    from graphkit.jobs._source import Source

_PATTERN: Final = re.compile(r"%0?\d*d|\*")


class Outputs:
    """What a job is to write and show.

    Args:
        plan: the graph.
        settings: of the job.
        inputs: files that are read and must survive.

    Raises:
        UsageError: a stream is not known or cannot be shown or held so, or a file is asked for twice.
        OutputError: a file cannot be written, or pictures would mix with others.
    """

    def __init__(self, plan: GraphPlan, settings: JobSettings, inputs: Sequence[Path]) -> None:
        self._plan, self._settings = plan, settings
        self._filmed = self._shown = ""
        taken = {path.absolute(): "the input" for path in inputs}
        if settings.output is not None:
            self._filmed = video_output(plan, settings.output_stream)
            check_writable(settings.output, inputs)
            taken[Path(settings.output).absolute()] = "the output video"
        self._files = [
            made_sink(plan, settings, stream, os.fspath(name)) for stream, name in settings.dumps.items()
        ]
        for sink in self._files:
            _claim(sink, taken)
            sink.check()
        for other in settings.sinks:
            other.check()
        self._trace = None if settings.trace is None else TraceSink(_trace_file(plan, settings.trace))
        if self._trace is not None:
            _claim_trace(self._trace, taken)
            self._trace.check()
        if settings.preview is not None:
            self._shown = video_output(plan, settings.output_stream)

    def sinks(self, sources: Sequence[Source]) -> list[Sink]:
        """Return the sinks, given what they get their pictures from."""
        settings = self._settings
        sinks: list[Sink] = []
        if settings.output is not None:
            source = next((source.video for source in sources if source.video is not None), None)
            rate = settings.rate if source is None else source.frame_rate
            sinks.append(VideoSink(self._filmed, settings.output, rate, encoder=settings.encoder, source=source))
        sinks += [*self._files, *settings.sinks]
        sinks += landmark_counters(self._plan, [sink.stream for sink in self._files])
        if settings.preview is not None:
            sinks.append(PreviewSink(self._shown, settings.preview))
        return sinks if self._trace is None else [*sinks, self._trace]


def is_file_name(place: str) -> bool:
    """Return whether *place* is a file, or would be: neither a device, nor a URL, nor "" for a camera."""
    return bool(place) and not (is_url(place) or is_camera(place))


def check_inputs(files: Sequence[Path]) -> None:
    """Make sure that files exist; raises InputError with a guess at the right name."""
    for file in files:
        if not file.exists():
            raise InputError(f"no such file.{_what_else(file)}", path=file, status=StatusCode.NOT_FOUND)


def _what_else(file: Path) -> str:
    if file.name.isdecimal():
        return f" If the camera is meant: /dev/video{file.name}"
    if file.parts[:1] == ("~",):
        return " Shells take ~ for your home only where a word begins with it: put a space in place of the =."
    if _PATTERN.search(file.name) and file.parent.is_dir():
        return f" Patterns are not read. Name the folder, {file.parent}: all pictures in it are fed, in order."
    beside = [other.name for other in file.parent.iterdir()] if file.parent.is_dir() else []
    return did_you_mean(file.name, beside)


def made_sink(plan: GraphPlan, settings: JobSettings, stream: str, text: str) -> FileSink:
    """Return the sink of a dump, not yet checked."""
    shown = f"{stream}={text}"
    if text in plan.stream_ids and stream not in plan.stream_ids:
        raise UsageError(f"{shown}: the stream comes first: {text}={stream}", parameter="dumps")
    known_stream(plan, stream, "dumps")
    try:
        kind, name = SINKS.split(text)
        kind = kind or SINKS.claiming(name)
    except UsageError as exc:
        raise UsageError(f"{shown}: {exc}", parameter="dumps") from exc
    if kind is None:
        raise UsageError(
            f"{shown}: unknown kind of file {SINKS.unknown(name)}, and a folder for pictures, such as "
            f'"{Path(name).stem}/".',
            parameter="dumps",
        )
    return kind(Target(stream, name, plan, tuple(settings.dumps), tuple(settings.side_packets)))


def _trace_file(plan: GraphPlan, place: PathLike) -> Path:
    """Return the file of a trace: *place*, or if that is a folder a file in it, named as the config says."""
    path = Path(place)
    is_folder = path.is_dir() or os.fspath(place).endswith(("/", os.sep))
    return path / f"{plan.profiler.trace_name}.json" if is_folder else path


def _claim_trace(sink: TraceSink, taken: dict[Path, str]) -> None:
    """Make sure that the trace takes no other file's place; raises UsageError."""
    if (other := taken.get(sink.path.absolute())) is not None:
        raise UsageError(f"{sink.path}: this file is {other} already. Choose another name.", parameter="trace")


def _claim(sink: FileSink, taken: dict[Path, str]) -> None:
    """Note the places of a sink; raises UsageError if one is taken."""
    places = [place.absolute() for place in sink.places()]
    for place in places:
        if place in taken:
            raise UsageError(
                f"{sink.target}: this file is {taken[place]} already. Choose another name.", parameter="dumps"
            )
    taken[places[0]] = f"the dump of {sink.stream}"
