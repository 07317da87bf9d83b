"""A graph as an iterator: frames go in by themselves, rows come out.

::

    for frame, hands in iterate("graphs/hand_tracking/hand_tracking_desktop_live.pbtxt", "my.mov", "landmarks"):
        print(len(hands or []), "hands")
"""

from __future__ import annotations

import os
import threading
import weakref
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final, Self, TypeVar

from graphkit._process.closing import Closing
from graphkit.errors import ArgumentError, GraphStateError
from graphkit.errors._base import shortened
from graphkit.graph import CalculatorGraph
from graphkit.jobs._build import files_job, given_job, video_job
from graphkit.jobs._collector import Collector
from graphkit.jobs._dataframes import TableText, dataframe_of
from graphkit.jobs._settings import JobSettings
from graphkit.jobs._streams import fed_pictures, known_stream, labels_for, own_frames

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType

    from graphkit.config import GraphPlan
    from graphkit.jobs._collector import Row
    from graphkit.jobs._job import GraphJob
    from graphkit.jobs._summary import Summary

    PathLike = str | os.PathLike[str]

T = TypeVar("T")

_of_graph: Final = weakref.WeakKeyDictionary["CalculatorGraph", "weakref.ref[RowIterator]"]()


def iterate(
    graph: CalculatorGraph | PathLike,
    source: PathLike | Mapping[str, PathLike] | Iterable[Any] | None = None,
    *streams: str | Iterable[str],
    side_packets: Mapping[str, Any] | None = None,
    max_frames: int | None = None,
    settings: JobSettings | None = None,
) -> RowIterator:
    """Run a graph over *source* and return what comes out, one row per frame.

    The graph runs ahead by a few frames and waits for a reader that is slow. Ending the loop early, or an error in
    it, ends the run; so does another call with the same graph.

    Args:
        graph: a graph file, or a graph that is not running.
        source: a clip, a folder of pictures, a camera's device or a URL; or a file for each graph input stream by
            name; or (microseconds, payload) pairs, or frames of a VideoReader; None for a graph that feeds itself.
        streams: whose payloads are wanted, any of the expanded graph, one by one or as a list; without any, those
            that the graph declares.
        side_packets: by name.
        max_frames: feed no more than these, None for all.
        settings: everything else.

    Raises:
        ArgumentError: the graph has no such streams.
    """
    opened = graph if isinstance(graph, CalculatorGraph) else CalculatorGraph(graph)
    earlier = _of_graph.get(opened, lambda: None)()
    if earlier is not None:
        earlier.close()
    made = (settings or JobSettings()).with_more(side_packets=side_packets, max_frames=max_frames)
    names = [name for each in streams for name in ([each] if isinstance(each, str) else each)]
    rows = RowIterator(opened, source, names, made)
    _of_graph[opened] = weakref.ref(rows)
    return rows


async def _beside_the_loop(call: Callable[[], T]) -> T:
    """Return what *call* returns, without holding up the event loop; its caller has loaded asyncio."""
    from asyncio import to_thread

    return await to_thread(call)


class RowIterator(Closing):
    """The rows of one run, see `iterate`. Runs once; also ``async for`` and a context manager.

    Attributes:
        streams: whose payloads the rows hold.
        summary: of the run; complete when it has ended. None before it began.
    """

    def __init__(self, graph: CalculatorGraph, source: Any, streams: Iterable[str], settings: JobSettings) -> None:
        self._graph, self._source, self._settings = graph, source, settings
        plan = graph.plan
        wanted = tuple(streams) or plan.graph_outputs.names
        self.streams = tuple(known_stream(plan, name, "streams") for name in dict.fromkeys(wanted))
        if not self.streams:
            raise ArgumentError(
                "the graph declares no output stream; name those that you want", parameter="streams"
            )
        self.summary: Summary | None = None
        self._collector: Collector | None = None
        self._finalizer: weakref.finalize[Any, RowIterator] | None = None

    def __repr__(self) -> str:
        fed = "what it reads itself" if self._source is None else shortened(repr(self._source), 60)
        state = "not begun" if self.summary is None else f"{self.summary.frames} frames fed"
        return f"RowIterator({', '.join(self.streams)} of {self._graph.plan!r} over {fed}, {state})"

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> Row:
        row = self._next(self._started())
        if row is None:
            self.close()
            raise StopIteration
        return row

    def _next(self, rows: Collector) -> Row | None:
        try:
            return rows.next()
        except KeyboardInterrupt:  # a notebook keeps the traceback, and with it this iterator and its run
            self.close()
            raise

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> Row:
        row = await _beside_the_loop(self._started().next)
        if row is None:
            await _beside_the_loop(self.close)
            raise StopAsyncIteration
        return row

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await _beside_the_loop(self.close)

    def close(self) -> None:
        """End the run, if it has not ended, and wait for it; safe to call twice."""
        if self._finalizer is not None:
            self._finalizer()

    def to_dataframe(self) -> Any:
        """Run to the end and return a pandas.DataFrame with the columns of a .csv dump of the stream.

        If there are several streams it is a dict of them by stream. Landmarks of several things have a column
        that tells whose they are, if the graph has a stream that says so.

        Raises:
            GraphStateError: the iteration has begun.
            PackageError: pandas is not installed.
            FormatError: a stream carries what no table holds.
        """
        if self._collector is not None:
            raise GraphStateError("to_dataframe() runs the graph itself; call it in place of the loop")
        plan = self._graph.plan
        labels = {name: labels_for(plan, name, self.streams) for name in self.streams}
        more = [each.stream for each in labels.values() if each is not None and each.stream not in self.streams]
        tables = {name: TableText(plan, name, labels[name]) for name in self.streams}
        rows = self._started(more)
        while (row := self._next(rows)) is not None:
            for table in tables.values():
                table.add(row)
        self.close()
        frames = {name: dataframe_of(table.text()) for name, table in tables.items()}
        return frames if len(frames) > 1 else frames[self.streams[0]]

    def _started(self, more: Iterable[str] = ()) -> Collector:
        """Return the collector; the first call starts the run on a thread of its own."""
        if self._collector is None:
            frames = _frame_stream(self._graph.plan)
            collector = Collector([frames, *(name for name in (*self.streams, *more))])
            settings = replace(self._settings, sinks=[*self._settings.sinks, *collector.sinks()])
            job = _job(self._graph, self._source, settings)
            self.summary = job.summary
            # Daemonic: a program that ends in the middle of a loop must end.
            thread = threading.Thread(target=_run, args=(job, collector), name="graphkit-rows", daemon=True)
            self._finalizer = weakref.finalize(self, _end, job, collector, thread)
            self._collector = collector
            thread.start()
        return self._collector


def _run(job: GraphJob, collector: Collector) -> None:
    error: BaseException | None = None
    try:
        job.run()
    except BaseException as exc:  # raised in the reader
        error = exc
    collector.end(error)


def _end(job: GraphJob, collector: Collector, thread: threading.Thread) -> None:
    collector.give_up()
    job.cancel()
    if thread is not threading.current_thread():
        thread.join()


def _job(graph: CalculatorGraph, source: Any, settings: JobSettings) -> GraphJob:
    if source is None:
        return files_job(graph, {}, settings)
    if isinstance(source, str | os.PathLike):
        return video_job(graph, source, settings)
    if isinstance(source, Mapping):
        return files_job(graph, source, settings)
    if isinstance(source, Iterable):
        return given_job(graph, source, settings)
    raise ArgumentError(
        f"found {type(source).__name__}; give a file, files by stream, (microseconds, payload) pairs or None",
        parameter="source",
    )


def _frame_stream(plan: GraphPlan) -> str:
    """Return the stream whose packets stand first in the rows: what is fed, or what the graph reads by itself."""
    fed = plan.graph_inputs.names
    found = fed_pictures(plan) or (fed[0] if fed else own_frames(plan))
    if found is None:
        raise ArgumentError("the graph has neither an input stream nor a source: nothing can come out of it")
    return found
