"""GraphJob: runs a graph over files, from the first frame to closed outputs, whatever happens on the way."""

from __future__ import annotations

import time
from contextlib import suppress
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Any

from graphkit._process.packages import loaded_faults
from graphkit.errors import (
    CalculatorError,
    CancelledError,
    GraphkitError,
    GraphStateError,
    StreamClosedError,
    UsageError,
)
from graphkit.framework import FLOW_CONTROL, INFERENCE, FlowControl
from graphkit.jobs._finds import LandmarkCounter
from graphkit.jobs._live import LiveFeed
from graphkit.jobs._observation import Observation
from graphkit.jobs._outcome import Outputs, add_dropped, add_empty_pictures, add_files, add_filming, add_reading
from graphkit.jobs._progress import Progress
from graphkit.jobs._providers import UsedModels
from graphkit.jobs._stop_switch import StopSwitch
from graphkit.jobs._streams import decoded_stream, landmark_streams, top_level_streams
from graphkit.jobs._summary import Summary
from graphkit.jobs._window import Window

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from graphkit.framework import Packet
    from graphkit.graph import CalculatorGraph
    from graphkit.jobs._dumps import Dump
    from graphkit.jobs._feeds import Feed, Moment
    from graphkit.jobs._gpu import JobGpu
    from graphkit.jobs._preview import Preview


@dataclass(slots=True)
class Limits:
    """How much of the input is worked on.

    Attributes:
        frames_in_flight: the most frames that were fed and are not out yet, at least 1.
        max_frames: feed no more than these, None for all.
        live_frames_in_flight: the same for live input, whose pictures shall not grow old on the way.
    """

    frames_in_flight: int = 4
    max_frames: int | None = None
    live_frames_in_flight: int = 2

    def __post_init__(self) -> None:
        fewest = min(self.frames_in_flight, self.live_frames_in_flight)
        if fewest < 1:
            raise UsageError(f"{fewest} frames in flight; it takes at least 1.")
        if self.max_frames is not None and self.max_frames < 0:
            raise UsageError(f"at most {self.max_frames} frames; the number cannot be negative.")


class GraphJob:
    """One run of a graph over a feed, or over what the graph reads by itself. Runs once.

    While the graph is busy the feed waits, and nothing is dropped. A live feed cannot wait: the graph gets its
    newest picture whenever there is room for one, the others are dropped and counted, and limiters inside the
    graph may drop, too. Outputs are closed and complete when ``run`` returns or raises.

    Args:
        graph: not running.
        feed: what goes in; None for a graph with sources of its own.
        outputs: where results go.
        side_packets: for this run, by name.
        limits: frames in flight, and how many to feed.
        progress: told how far the job is.
        total: how many frames a graph with sources of its own will read, 0 where that is not known.
        gpu: lent to the graph; given back at the end.

    Attributes:
        summary: filled while the job runs; complete when ``run`` returns or raises.
    """

    def __init__(
        self,
        graph: CalculatorGraph,
        feed: Feed | None,
        outputs: Outputs | None = None,
        *,
        side_packets: Mapping[str, Any] | None = None,
        limits: Limits | None = None,
        progress: Progress | None = None,
        total: int = 0,
        gpu: JobGpu | None = None,
    ) -> None:
        self.summary = Summary()
        self._graph, self._feed = graph, feed
        self._outputs = outputs or Outputs()
        self._side_packets = side_packets
        self._limits = limits or Limits()
        self._progress = progress or Progress()
        self._total = feed.total if feed is not None else total
        self._gpu = gpu
        self._switch = StopSwitch()
        self._error: BaseException | None = None
        self._running = self._whole = False
        self._live = feed if isinstance(feed, LiveFeed) else None
        watched = self._watched_streams() if feed is not None else []
        in_flight = self._limits.frames_in_flight if self._live is None else self._limits.live_frames_in_flight
        self._window = Window(in_flight, len(watched), self._is_idle, self._advanced)
        dumped = [dump.stream for dump in self._outputs.dumps]
        shown = [*dumped, *graph.plan.graph_outputs.names]
        counted = landmark_streams(graph.plan, shown) or landmark_streams(
            graph.plan, top_level_streams(graph.plan)
        )
        self._counters = [LandmarkCounter(stream) for stream in counted]
        self._observed = self._observations(watched)

    # -- from outside --------------------------------------------------------------------------------------

    def stop(self) -> None:
        """Feed nothing more and finish what is in flight; from any thread or a signal handler."""
        self._switch.stop()

    def cancel(self) -> None:
        """Drop what is in flight too; outputs are still closed. From any thread or a signal handler."""
        self._switch.cancel()

    def run(self) -> Summary:
        """Run the graph to the end of its input and close the outputs.

        Returns:
            The summary; `interrupted` tells whether *stop* or *cancel* came first.

        Raises:
            GraphkitError: the graph, the input or an output failed; what came before it is written.
        """
        begin, models = time.perf_counter(), UsedModels()
        with self._switch.watched(self._on_stop, self._on_cancel):
            self._attempt(self._drive)
            self._attempt(self._finish)
        for step in (*self._closers(), self._detach, self._give_gpu_back):
            self._attempt(step)
        self.summary.seconds = time.perf_counter() - begin
        self._fill_summary(models)
        if self._error is not None and not self.summary.cancelled:
            raise self._error
        return self.summary

    # -- the run -------------------------------------------------------------------------------------------

    def _drive(self) -> None:
        """Start the graph and feed it."""
        self._attach()
        if self._feed is None:
            # Sources run as soon as they are open.
            self._progress.started(self._expected())
        self._graph.start_run(self._side_packets)
        self._running = True
        if self._switch.stopped:
            self._stop_started()
        if self._feed is None:
            return
        self._progress.started(self._expected())
        limit = self._limits.max_frames
        for moment in islice(self._moments(self._feed), limit):
            if self._switch.stopped or not self._push(moment):
                return
        self._whole = limit is None or self.summary.frames < limit

    def _moments(self, feed: Feed) -> Iterator[Moment]:
        """Yield what is to be fed, each when there is room for it.

        The next frame of a clip is made ready meanwhile; which picture of a camera it will be shows only then.
        """
        if self._live is None:
            for moment in feed:
                self._window.wait_for_room()
                yield moment
            return
        moments = iter(feed)
        while True:
            self._window.wait_for_room()
            newest = next(moments, None)
            if newest is None:
                return
            yield newest

    def _stop_started(self) -> None:
        """Do what was ordered before there was a run to do it to."""
        self._on_stop()
        if self._switch.cancelled:
            self._on_cancel()

    def _expected(self) -> int:
        limit = self._limits.max_frames
        return self._total if limit is None else min(self._total or limit, limit)

    def _push(self, moment: Moment) -> bool:
        """Feed a moment; return whether the graph takes more."""
        graph = self._graph
        self._window.enter(moment.timestamp_us)
        try:
            for stream in graph.plan.graph_inputs.names:
                if stream in moment.payloads:
                    graph.add_packet_to_input_stream(stream, moment.payloads[stream], moment.timestamp_us)
                else:
                    graph.set_input_stream_timestamp_bound(stream, moment.timestamp_us + 1)
        except StreamClosedError:
            self.summary.notes.append("The graph ended by itself before the end of the input.")
            return False
        self.summary.frames += 1
        return True

    def _finish(self) -> None:
        """Let the graph work off what it was fed."""
        if not self._running:
            return
        try:
            # A wait that met the run's error while feeding has ended the run already.
            with suppress(GraphStateError):
                if self._feed is None:
                    self._graph.close_all_input_streams()
                else:
                    self._graph.close_all_packet_sources()
                self._graph.wait_until_done()
        except KeyboardInterrupt:
            # In a program that lets Ctrl-C interrupt the wait, nobody wants to wait any longer.
            self._on_cancel()
            with suppress(GraphkitError):
                self._graph.wait_until_done()
            raise

    def _closers(self) -> list[Callable[[], None]]:
        film, feed = self._outputs.film, self._feed
        steps: list[Callable[[], None]] = [self._progress.finished]
        if film is not None:
            steps.append(lambda: film.close(whole=self._whole and self._error is None))
        steps += [dump.close for dump in self._outputs.dumps]
        if feed is not None:
            steps.append(feed.close)
        if self._outputs.preview is not None:
            steps.append(self._end_preview)
        return steps

    def _end_preview(self) -> None:
        if self._outputs.preview is not None:
            failure = None if isinstance(self._error, CancelledError) else self._error
            self._outputs.preview.page.end(stopped=self._switch.stopped, failure=failure)

    def _attempt(self, step: Callable[[], None]) -> None:
        """Run a step; keep the first error and let the following steps run all the same."""
        try:
            step()
        except BaseException as error:  # raised again once everything is closed
            cause = _own(error)
            if self._error is None:
                self._error = cause
            elif cause is not self._error:
                self._error.add_note(f"After that: {cause}")

    # -- wiring --------------------------------------------------------------------------------------------

    def _watched_streams(self) -> list[str]:
        """The streams that tell when a frame is out: the filmed one, else the dumped, else the declared ones.

        What is fed tells nothing: a dumped graph input is settled before the graph has begun.
        """
        if self._outputs.film is not None:
            return [self._outputs.film.stream]
        plan = self._graph.plan
        dumped = [dump.stream for dump in self._outputs.dumps if dump.stream not in plan.graph_inputs.names]
        return dumped or list(plan.graph_outputs.names)

    def _observations(self, watched: Sequence[str]) -> list[Observation]:
        """All that the job wants to see of the graph."""
        film = self._outputs.film
        sinks: list[Dump | LandmarkCounter | Preview] = [*self._outputs.dumps, *self._counters]
        if self._outputs.preview is not None:
            sinks.append(self._outputs.preview)
        seen = [observation for sink in sinks for observation in sink.observations()]
        for index, stream in enumerate(watched):
            seen.append(
                Observation(stream, self._settler(index, None if film is None else film.take), bounds=True)
            )
        decoded = decoded_stream(self._graph.plan) if self._feed is None else None
        if decoded is not None:
            seen.append(Observation(decoded, self._count_decoded))
        return seen

    def _attach(self) -> None:
        self._graph.set_service(FLOW_CONTROL, FlowControl(drop=self._live is not None))
        for seen in self._observed:
            self._graph.observe_output_stream(seen.stream, seen.take, observe_timestamp_bounds=seen.bounds)

    def _detach(self) -> None:
        """Leave the graph as it was, for another job."""
        with suppress(GraphStateError):  # it runs for somebody else, and was not attached
            for seen in self._observed:
                self._graph.stop_observing(seen.take)

    def _give_gpu_back(self) -> None:
        if self._gpu is not None:
            self.summary.gpu = self._gpu.use()
            self._gpu.give_back()

    def _settler(self, index: int, take: Callable[[Packet[Any]], None] | None) -> Callable[[Packet[Any]], None]:
        def settle(packet: Packet[Any]) -> None:
            if take is not None and packet:
                take(packet)
            self._window.settle(index, int(packet.timestamp))

        return settle

    def _advanced(self, frames: int) -> None:
        if self._live is not None:
            self._progress.dropped(self._live.dropped)
            if self._outputs.preview is not None:
                self._outputs.preview.page.dropped(self._live.dropped)
        self._progress.advanced(frames)

    def _count_decoded(self, packet: Packet[Any]) -> None:
        self.summary.frames += 1
        self._progress.advanced(self.summary.frames)

    def _is_idle(self, timeout: float | None) -> bool:
        try:
            self._graph.wait_until_idle(timeout)
        except TimeoutError:
            return False
        return True

    def _on_stop(self) -> None:
        if self._live is not None:
            self._live.stop()
        if self._feed is None:
            with suppress(GraphStateError):  # not started yet, or over: nothing to stop
                self._graph.close_all_packet_sources()

    def _on_cancel(self) -> None:
        if self._live is not None:
            self._live.stop()
        with suppress(GraphStateError):
            self._graph.cancel()
        self._window.open_for_good()

    # -- the end -------------------------------------------------------------------------------------------

    def _fill_summary(self, models: UsedModels) -> None:
        summary = self.summary
        summary.interrupted = self._switch.stopped
        summary.failed = self._error is not None and not isinstance(self._error, CancelledError)
        summary.cancelled = isinstance(self._error, CancelledError) and self._switch.cancelled
        summary.previewed = self._outputs.preview is not None
        summary.found = [counter.found for counter in self._counters]
        if INFERENCE in self._graph.plan.services:
            summary.providers = models.lines()
        summary.notes += map(str, loaded_faults())
        add_files(summary, self._outputs)
        add_empty_pictures(summary, self._outputs.dumps, self._graph.plan, self._side_packets or ())
        if self._feed is not None:
            add_reading(summary, self._feed.stats)
        if self._live is not None:
            add_dropped(summary, self._live, self._graph)
        if self._outputs.film is not None:
            add_filming(summary, self._outputs.film)


def _own(error: BaseException) -> BaseException:
    """Return what an observer of this job raised, freed of the node that the graph made of it."""
    observer = isinstance(error, CalculatorError) and error.calculator == "observer"
    return error.cause if observer else error  # type: ignore[attr-defined]
