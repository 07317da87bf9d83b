"""GraphJob: runs a graph between sources and sinks, from the first input set to closed files."""

from __future__ import annotations

import time
from itertools import islice
from typing import TYPE_CHECKING, Any

from graphkit._process.packages import loaded_faults
from graphkit.errors import CalculatorError, CancelledError, GraphkitError, StreamClosedError
from graphkit.jobs._arrival_order import InOrder, depends_on_arrival
from graphkit.jobs._cancellation import CancellationToken
from graphkit.jobs._leases import CoresLease, FlowLease
from graphkit.jobs._progress import Progress
from graphkit.jobs._settings import Limits
from graphkit.jobs._sink import Ending, Tap, pacing_streams
from graphkit.jobs._source import merged
from graphkit.jobs._summary import Summary
from graphkit.jobs._window import InFlightWindow

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from graphkit.framework import Packet
    from graphkit.graph import CalculatorGraph
    from graphkit.insight import Explanation
    from graphkit.jobs._leases import Lease
    from graphkit.jobs._sink import Sink
    from graphkit.jobs._source import InputSet, Source


class GraphJob:
    """One run of a graph between sources and sinks. Runs once.

    While the graph is busy the sources wait, and nothing is dropped. A live source cannot wait: the graph gets its
    newest input set whenever there is room for one, the others are dropped and counted, and limiters inside the
    graph may drop, too. Sinks are closed and complete when ``run`` returns or raises.

    Args:
        graph: not running.
        sources: what goes in; closed by the job.
        sinks: where results go.
        side_packets: for this run, by name.
        limits: frames in flight, and how many to feed.
        progress: gets the progress of the job.
        leases: what the graph is lent for this run.

    Attributes:
        summary: filled while the job runs; complete when ``run`` returns or raises.
        when_stopped: what the graph did when the job was told to stop; None if it was not, or was not running.
    """

    def __init__(
        self,
        graph: CalculatorGraph,
        sources: Sequence[Source] = (),
        sinks: Sequence[Sink] = (),
        *,
        side_packets: Mapping[str, Any] | None = None,
        limits: Limits | None = None,
        progress: Progress | None = None,
        leases: Sequence[Lease] = (),
    ) -> None:
        self.summary = Summary()
        self.when_stopped: Explanation | None = None
        self._graph, self._side_packets = graph, side_packets
        self._sources, self._sinks = sources, sinks
        self._limits = limits or Limits()
        self._progress = progress or Progress()
        self._token = CancellationToken()
        self._error: BaseException | None = None
        self._is_live = any(source.is_live for source in sources)
        self._leases: list[Lease] = [FlowLease(graph, drop=self._is_live), CoresLease(graph), *leases]
        self._fed = list(graph.plan.graph_inputs.names)
        self._running = self._exhausted = False
        self._lent: list[Lease] = []
        self._opened: list[Sink] = []
        self._undo: list[Callable[[], None]] = []
        self._window, self._taps = self._paced()

    # -- from outside --------------------------------------------------------------------------------------

    def stop(self) -> None:
        """Feed nothing more and finish what is in flight; from any thread or a signal handler."""
        self._token.stop()

    def cancel(self) -> None:
        """Drop what is in flight too; outputs are still closed. From any thread or a signal handler."""
        self._token.cancel()

    def frames_read(self, frames: int) -> None:
        """Take note that the graph has read so many frames by itself."""
        self.summary.frames = frames
        self._progress.advanced(frames)

    def end_input(self) -> None:
        """Let the graph read no more; what is in flight is still processed. From any thread."""
        self._graph.end_input()

    def run(self) -> Summary:
        """Run the graph to the end of its input and close the outputs.

        Returns:
            The summary; `interrupted` tells whether *stop* or *cancel* came first.

        Raises:
            GraphkitError: the graph, the input or an output failed; what came before it is written.
        """
        begin = time.perf_counter()
        with self._token.watched(self._on_stop, self._on_cancel):
            self._attempt(self._drive)
            self._attempt(self._finish)
        self._attempt(self._progress.finished)
        for sink in self._opened:
            self._attempt(lambda sink=sink: sink.close(self._ending()))  # type: ignore[misc]
        while self._undo:
            self._attempt(self._undo.pop())
        closers = [*(source.close for source in self._sources), *(lease.close for lease in self._leases)]
        for close in closers:
            self._attempt(close)
        self.summary.seconds = time.perf_counter() - begin
        self._report()
        if self._error is not None and not self.summary.cancelled:
            raise self._error
        return self.summary

    # -- the run -------------------------------------------------------------------------------------------

    def _drive(self) -> None:
        """Start the graph and feed it."""
        self._prepare()
        for source in self._sources:
            source.begin(self)
        if not self._fed:  # its own sources run as soon as they are open
            self._progress.started(self._expected())
        self._graph.start_run(self._side_packets)
        self._running = True
        if self._token.stopped:
            self._stop_started()
        if self._fed:
            self._progress.started(self._expected())
        for input_set in islice(self._input_sets(), self._limits.max_frames):
            if self._token.stopped or not self._push(input_set):
                return
        self._exhausted = True

    def _prepare(self) -> None:
        """Lend, open and connect; each step registers how it is undone."""
        for lease in self._leases:
            lease.lend()
            self._lent.append(lease)
            self._undo.append(lease.give_back)
        for tap in self._taps:
            self._graph.observe_output_stream(tap.stream, tap.take, observe_timestamp_bounds=tap.bounds)
            self._undo.append(lambda take=tap.take: self._graph.stop_observing(take))  # type: ignore[misc]
        for sink in self._sinks:
            sink.open()
            self._opened.append(sink)

    def _input_sets(self) -> Iterator[InputSet]:
        """Yield what is to be fed, each when there is room for it.

        The next frame of a clip is made ready meanwhile; which picture of a camera it will be shows only then.
        """
        input_sets = merged(self._sources)
        if not self._is_live:
            for each in input_sets:
                self._window.wait_for_room()
                yield each
            return
        while True:
            self._window.wait_for_room()
            newest = next(input_sets, None)
            if newest is None:
                return
            yield newest

    def _stop_started(self) -> None:
        """Apply the calls that came before the run began."""
        self._on_stop()
        if self._token.cancelled:
            self._on_cancel()

    def _expected(self) -> int:
        """Return how many frames there will be, 0 if that is not known."""
        limit = self._limits.max_frames
        total = max((source.total for source in self._sources), default=0)
        return total if limit is None else min(total or limit, limit)

    def _push(self, input_set: InputSet) -> bool:
        """Feed an input set; return whether the graph takes more."""
        graph, payloads, at = self._graph, input_set.payloads, input_set.timestamp_us
        self._window.enter(at)
        try:
            for stream in self._fed:
                if stream in payloads:
                    graph.add_packet_to_input_stream(stream, payloads[stream], at)
                else:
                    graph.set_input_stream_timestamp_bound(stream, at + 1)
        except StreamClosedError:
            self.summary.notes.append("The graph ended by itself before the end of the input.")
            return False
        self.summary.frames += 1
        return True

    def _finish(self) -> None:
        """Let the graph process what it was fed."""
        # A wait that met the run's error while feeding has ended the run already.
        if not self._running or (self._fed and not self._graph.end_input()):
            return
        try:
            self._graph.wait_until_done()
        except KeyboardInterrupt:
            # In a program that lets Ctrl-C interrupt the wait, there is no reason to wait any longer.
            self._on_cancel()
            self._graph.cancel_quietly()
            raise
        self._window.all_out()

    def _attempt(self, step: Callable[[], None]) -> None:
        """Run a step; keep the first error and still run the following steps."""
        try:
            step()
        except BaseException as error:  # raised again once everything is closed
            cause = _own(error)
            if self._error is None:
                self._error = cause
            elif cause is not self._error:
                self._error.add_note(f"After that: {cause}")

    # -- wiring --------------------------------------------------------------------------------------------

    def _paced(self) -> tuple[InFlightWindow, list[Tap]]:
        """Return the window of the frames in flight, and all that is to be seen of the graph."""
        taps = [tap for sink in self._sinks for tap in sink.taps()]
        taps += [tap for source in self._sources for tap in source.taps()]
        watched = pacing_streams(self._graph.plan, self._sinks) if self._fed else []
        limit = self._limits.live_frames_in_flight if self._is_live else self._limits.frames_in_flight
        if self._fed and not self._is_live and depends_on_arrival(self._graph.plan):
            self._leases.append(InOrder(self._graph))
            watched, limit = [], 1
        window = InFlightWindow(limit, len(watched), self._is_idle, self._advanced)
        return window, taps + [Tap(name, _settler(window, i), bounds=True) for i, name in enumerate(watched)]

    def _advanced(self, frames: int) -> None:
        if self._is_live:
            dropped = sum(source.dropped for source in self._sources)
            self._progress.dropped(dropped)
            for sink in self._sinks:
                sink.dropped(dropped)
        self._progress.advanced(frames)

    def _is_idle(self, timeout: float | None) -> bool:
        try:
            self._graph.wait_until_idle(timeout)
        except TimeoutError:
            return False
        return True

    def _on_stop(self) -> None:
        if self._running and self.when_stopped is None:
            self.when_stopped = self._explained()
        for source in self._sources:
            source.stop()
        for sink in self._sinks:
            sink.hurry()
        if not self._fed:
            self._graph.end_input()

    def _explained(self) -> Explanation | None:
        try:
            return self._graph.explain()
        except GraphkitError:  # the run has just ended
            return None

    def _on_cancel(self) -> None:
        self._on_stop()
        self._graph.abort()
        self._window.open_for_good()

    # -- the end -------------------------------------------------------------------------------------------

    def _ending(self) -> Ending:
        limit, error = self._limits.max_frames, self._error
        whole = self._exhausted and error is None and not self._token.stopped
        return Ending(
            whole=whole and (limit is None or self.summary.frames < limit),
            stopped=self._token.stopped,
            failure=None if isinstance(error, CancelledError) else error,
        )

    def _report(self) -> None:
        summary, error = self.summary, self._error
        summary.interrupted = self._token.stopped
        summary.failed = error is not None and not isinstance(error, CancelledError)
        summary.cancelled = isinstance(error, CancelledError) and self._token.cancelled
        summary.notes += map(str, loaded_faults())
        # What a graph reads by itself, its decoder counts.
        summary.damaged = any(
            count and name.endswith("-damaged") for name, count in self._graph.counters().items()
        )
        parts: tuple[Source | Lease | Sink, ...] = (*self._sources, *self._lent, *self._opened)
        for part in parts:
            part.report(summary)


def _settler(window: InFlightWindow, index: int) -> Callable[[Packet[Any]], None]:
    return lambda packet: window.settle(index, int(packet.timestamp))


def _own(error: BaseException) -> BaseException:
    """Return what a sink of this job raised, without the node that the graph added."""
    observer = isinstance(error, CalculatorError) and error.calculator == "observer"
    return error.cause if observer else error  # type: ignore[attr-defined]
