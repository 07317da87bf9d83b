"""Where the results of a job go, and what of it belongs into the summary."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from graphkit.jobs._dumps.pictures import PictureDump
from graphkit.jobs._summary import WrittenFile

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from pathlib import Path

    from graphkit.config import GraphPlan
    from graphkit.graph import CalculatorGraph
    from graphkit.jobs._dumps import Dump
    from graphkit.jobs._film import Film
    from graphkit.jobs._live import LiveFeed
    from graphkit.jobs._preview import Preview
    from graphkit.jobs._summary import Summary
    from graphkit.video import ReadStats


@dataclass(slots=True)
class Outputs:
    """Where results go.

    Attributes:
        film: the output video.
        dumps: streams on their way to files.
        written_by_graph: a video that the graph writes by itself.
        preview: pictures to be watched meanwhile.
    """

    film: Film | None = None
    dumps: Sequence[Dump] = ()
    written_by_graph: Path | None = None
    preview: Preview | None = None


def add_files(summary: Summary, outputs: Outputs) -> None:
    """Note which files were written."""
    film, by_graph = outputs.film, outputs.written_by_graph
    if film is not None and film.stats is not None:
        summary.files.append(WrittenFile(film.stream, film.path, film.frames, "frames"))
    for dump in outputs.dumps:
        summary.files.append(WrittenFile(dump.stream, dump.path, dump.packets, "packets"))
    if by_graph is not None and by_graph.exists():
        summary.files.append(WrittenFile("the graph", by_graph, summary.frames, "frames"))


def add_empty_pictures(summary: Summary, dumps: Sequence[Dump], plan: GraphPlan, given: Collection[str]) -> None:
    """Note dumps without a picture, and the switches of the graph that nobody touched: one may be for them.

    Args:
        summary: gets the notes.
        dumps: those of the job.
        plan: the graph.
        given: names of the side packets that the run got.
    """
    switches = sorted(
        name
        for name, side in plan.side_packets.items()
        if side.producer < 0 and side.packet_type.types == (bool,) and name not in given
    )
    hint = f" Does one of these side packets switch it on? {', '.join(switches)}" if switches else ""
    for dump in dumps:
        if isinstance(dump, PictureDump) and not dump.packets:
            summary.notes.append(f'Stream "{dump.stream}" gave no picture.{hint}')


def add_dropped(summary: Summary, feed: LiveFeed, graph: CalculatorGraph) -> None:
    """Note what of a live input was dropped, ahead of the graph and by its limiters."""
    summary.dropped = feed.dropped
    limiters = {f"{node.name}-dropped" for node in graph.plan.nodes if node.calculator == "FlowLimiterCalculator"}
    summary.dropped_in_graph = sum(count for name, count in graph.counters().items() if name in limiters)


def add_reading(summary: Summary, stats: ReadStats) -> None:
    """Note what was wrong with the input."""
    summary.timestamps_repaired = stats.timestamps_repaired
    summary.truncated = stats.reason if stats.truncated else ""
    if stats.corrupt_packets or stats.corrupt_frames:
        summary.notes.append(
            f"The input is damaged: packets that could not be decoded: {stats.corrupt_packets}, "
            f"frames from damaged data: {stats.corrupt_frames}."
        )


def add_filming(summary: Summary, film: Film) -> None:
    """Note how the output video differs from what was fed."""
    summary.skipped = max(0, summary.frames - film.frames)
    if film.stats is None:
        summary.notes.append(f'Stream "{film.stream}" gave no picture; {film.path} was not written.')
        return
    if film.stats.letterboxed:
        summary.notes.append(
            f"{film.stats.letterboxed} pictures had another size than the first and were letterboxed."
        )
    if film.stats.audio_problem:
        summary.notes.append(f"Sound: {film.stats.audio_problem}")
