"""CalculatorGraph: the one class a program drives.

::

    graph = CalculatorGraph("graph.pbtxt")
    graph.observe_output_stream("landmarks", print)
    with graph:
        graph.add_packet_to_input_stream("image", frame, timestamp=0)
        graph.wait_until_idle()
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from graphkit import config
from graphkit._runtime import refusals
from graphkit.errors import GraphStateError, did_you_mean
from graphkit.framework import Packet, Resources, Timestamp
from graphkit.framework._settled import POST_STREAM, PRE_STREAM
from graphkit.framework._timestamp import as_timestamp
from graphkit.graph._current_run import CurrentRun
from graphkit.graph._run_factory import RunFactory
from graphkit.graph._setup import GraphSetup

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from types import TracebackType

    from graphkit._runtime.run import GraphRun
    from graphkit._runtime.side_packets import SidePackets
    from graphkit._runtime.streams import GraphInput
    from graphkit.framework import Executor, GraphService, Instrument
    from graphkit.graph._poller import OutputStreamPoller
    from graphkit.insight import Explanation

S = TypeVar("S")


class CalculatorGraph:
    """A graph and its runs, one at a time.

    Args:
        source: path of a .pbtxt or .binarypb file (also searched among the graphs that come with graphkit),
            text of a config, bytes of a binary one, a CalculatorGraphConfig message, or a ready GraphPlan.
        side_packets: input side packets for every run, by name.
        resources: where models and subgraphs are found.
        graph_options: options messages of the graph (options classes or protobuf messages), for
            ``option_value``.
        overrides: ``"node.field=value"`` strings for options of expanded nodes.

    Attributes:
        plan: the expanded and validated graph.
        add_mode_blocks: whether adding a packet waits while the graph is throttled (the default), or
            raises ThrottledError.
        profile: of the last run, if the config's ``profiler_config`` asks for one; else None.

    Raises:
        ConfigError: the text cannot be parsed.
        GraphValidationError: all faults of the config, each with its place.
    """

    def __init__(
        self,
        source: Any,
        *,
        side_packets: Mapping[str, Any] | None = None,
        resources: Resources | None = None,
        graph_options: Sequence[Any] = (),
        overrides: tuple[str, ...] = (),
    ) -> None:
        self.resources = resources or Resources()
        if not isinstance(source, config.GraphPlan):
            path = config.path_of(source)
            found = source if path is None else self.resources.find_graph(path)
            self.resources = config.search_path(found, self.resources)
            source = config.load(found, resources=self.resources, graph_options=graph_options, overrides=overrides)
        self.plan = source
        self.add_mode_blocks = True
        self._setup = GraphSetup(source)
        self._runs = RunFactory(source, self._setup, side_packets or {}, self.resources)
        self._current = CurrentRun()
        self._inputs: dict[str, GraphInput] = {}
        self._side: SidePackets | None = None
        self._classes = self._setup.input_classes()
        self.profile = self._setup.asked_profile()

    # -- before a run -----------------------------------------------------------------------------------

    def add_output_stream_poller(
        self, name: str, *, observe_timestamp_bounds: bool = False, max_queue_size: int = -1
    ) -> OutputStreamPoller:
        """Return a poller of stream *name*: ``next()`` waits for a packet; iterating ends with the stream.

        Args:
            name: any stream of the expanded graph.
            observe_timestamp_bounds: also return empty packets when the stream is settled without one.
            max_queue_size: packets it holds before the graph's inputs are throttled; -1 for no limit.
        """
        self._current.refuse("add a poller")
        return self._setup.poll(
            name,
            self._current.take,
            self._current.is_over,
            self._current.explain_to,
            bounds=observe_timestamp_bounds,
            max_queue_size=max_queue_size,
        )

    def observe_output_stream(
        self, name: str, callback: Callable[[Packet[Any]], None], *, observe_timestamp_bounds: bool = False
    ) -> None:
        """Call *callback* with every packet of stream *name*, any stream of the expanded graph.

        Calls come in order, one at a time, from the thread that ran the producer; a callback may push
        packets. With *observe_timestamp_bounds* it also gets an empty packet when the stream is settled
        without one. An exception in the callback fails the run.
        """
        self._current.refuse("observe a stream")
        self._setup.observe([name], callback, bounds=observe_timestamp_bounds)

    def observe_output_streams(
        self,
        names: Sequence[str],
        callback: Callable[[list[Packet[Any]]], None],
        *,
        observe_timestamp_bounds: bool = False,
    ) -> None:
        """Call *callback* with the packets of several streams together, one of each in the order of *names*.

        It is called for every timestamp at which one of them has a packet, once all are settled there; those
        that have none give an empty packet. Otherwise as observe_output_stream.
        """
        self._current.refuse("observe streams")
        self._setup.observe(names, callback, bounds=observe_timestamp_bounds, together=True)

    def stop_observing(self, callback: Callable[[Packet[Any]], None]) -> None:
        """Remove *callback* from all streams for later runs; an unknown one changes nothing."""
        self._current.refuse("stop observing a stream")
        self._setup.stop_observing(callback)

    def set_executor(self, name: str, executor: Executor | None) -> None:
        """Use *executor* for the nodes that name it; "" replaces the default one, None removes it."""
        self._current.refuse("set an executor")
        self._setup.use_executor(name, executor)

    def executor(self, name: str) -> Executor | None:
        """Return what ``set_executor`` set, None if it set nothing."""
        return self._setup.executors.get(name)

    def set_service(self, service: GraphService[Any], value: Any) -> None:
        """Lend *value* to the nodes that request *service*; None takes it back."""
        self._current.refuse("set a service")
        self._setup.lend(service, value)

    def service(self, service: GraphService[S]) -> S | None:
        """Return what ``set_service`` lent, None if it lent nothing."""
        return self._setup.services.get(service)

    def set_error_callback(self, callback: Callable[[BaseException], None]) -> None:
        """Call *callback* with the first error of a run, when it happens."""
        self._current.refuse("set the error callback")
        self._setup.on_error = callback

    def add_instrument(self, instrument: Instrument) -> None:
        """Let *instrument* watch the runs."""
        self._current.refuse("add an instrument")
        self._setup.instruments.append(instrument)

    def remove_instrument(self, instrument: Instrument) -> None:
        """Remove *instrument* from later runs; an unknown one changes nothing."""
        self._current.refuse("remove an instrument")
        self._setup.instruments = [one for one in self._setup.instruments if one is not instrument]

    def set_input_stream_max_queue_size(self, stream: str, max_queue_size: int) -> None:
        """Set how many packets the queues that graph input *stream* feeds hold before it is throttled.

        Args:
            stream: a graph input stream.
            max_queue_size: 1 or more, or -1 for no limit; instead of the graph's max_queue_size.
        """
        self._current.refuse("set a queue size")
        self._setup.limit_queue(stream, max_queue_size)

    # -- a run ------------------------------------------------------------------------------------------

    def start_run(
        self, side_packets: Mapping[str, Any] | None = None, *, headers: Mapping[str, Any] | None = None
    ) -> None:
        """Open the nodes and start the sources.

        Args:
            side_packets: payloads or packets by name, for this run.
            headers: headers of graph input streams, payloads by stream name.

        Raises:
            SidePacketError: one is missing, unknown, given twice or of the wrong type.
            GraphRunError: a node could not open.
        """
        run: GraphRun | None = None
        try:
            with self._current.gate:
                self._current.refuse("start a run")
                prepared = self._runs.make(side_packets or {}, headers or {})
                self._inputs, self._side = prepared.inputs, prepared.side_packets
                self._current.run = run = prepared.run
            run.start()
            if run.could_not_open:
                self.wait_until_done()
        except BaseException:
            if run is not None:
                self.cancel_quietly()
            raise

    def add_packet_to_input_stream(self, stream: str, packet: Any, timestamp: int | None = None) -> None:
        """Push a packet (or a payload with its *timestamp* in microseconds) into graph input *stream*.

        Light nodes that become ready run on this thread before the call returns; nodes that may wait never
        do. The call waits while the graph is throttled, unless add_mode_blocks is False.

        Raises:
            TimestampMismatchError: the timestamp is not above the last one.
            PacketTypeError: the payload is not what the stream carries.
            ThrottledError: the graph is throttled and add_mode_blocks is False.
            StreamClosedError, GraphRunError: the stream or the run has ended.
        """
        if packet.__class__ is not Packet:
            packet = Packet(packet, Timestamp.UNSET if timestamp is None else timestamp)
        elif timestamp is not None:
            packet = packet.at(timestamp)
        run = self._current.run
        source = self._inputs.get(stream)
        if run is None or source is None:
            run, source = self._current.going_on(), self._inputs[self._setup.known_input(stream)]
        classes = self._classes[stream]
        if packet._payload is None or (classes is not None and not isinstance(packet._payload, classes)):
            raise refusals.bad_packet(self.plan, stream, packet)
        if packet._payload.__class__ is list:
            refusals.check_elements(self.plan, stream, packet)
        if not PRE_STREAM <= packet._timestamp <= POST_STREAM:
            raise refusals.bad_packet(self.plan, stream, packet)
        run.push(source, packet, block=self.add_mode_blocks)

    def set_input_stream_timestamp_bound(self, stream: str, bound: int) -> None:
        """Promise that the next packet of graph input *stream* comes at *bound* or later."""
        run = self._current.going_on()
        run.set_bound(self._inputs[self._setup.known_input(stream)], int(as_timestamp(bound)) - 1)

    def close_input_stream(self, stream: str) -> None:
        """End graph input *stream*."""
        run = self._current.going_on()
        run.close_inputs([self._inputs[self._setup.known_input(stream)]])

    def close_all_input_streams(self) -> None:
        """End all graph inputs."""
        self._current.going_on().close_inputs(list(self._inputs.values()))

    def close_all_packet_sources(self) -> None:
        """End all graph inputs and all source nodes; what is queued is still processed."""
        self._current.going_on().close_inputs(list(self._inputs.values()), stop_sources=True)

    def wait_until_idle(self, timeout: float | None = None) -> None:
        """Wait until every packet added so far is processed; raises the run's error, or TimeoutError."""
        run = self._current.going_on()
        self._current.wait(run.wait_until_idle, timeout, f"the graph was still busy after {timeout} s")
        if run.error is not None:
            self.wait_until_done()

    def wait_until_done(self, timeout: float | None = None) -> None:
        """Wait until the run has ended and every node is closed; raises the run's error, or TimeoutError."""
        run = self._current.going_on()
        late = f"the run had not ended after {timeout} s; close the input streams first"
        self._current.wait(run.wait_until_done, timeout, late)
        self._let_go(run)
        if run.error is not None:
            raise run.error

    def wait_for_observed_output(self, timeout: float | None = None) -> bool:
        """Wait until an observer was called since this last returned; return False once none will be called again.

        Raises:
            TimeoutError: none was called within *timeout* seconds.
        """
        self._current.going_on()
        return self._setup.signal.wait(timeout)

    def run(self, side_packets: Mapping[str, Any] | None = None) -> None:
        """Start a run of a graph that feeds itself and wait until it is done."""
        self.start_run(side_packets)
        try:
            self.close_all_input_streams()
            self.wait_until_done()
        except BaseException:
            self.cancel_quietly()
            raise

    def cancel(self) -> None:
        """Stop the run; wait_until_done then raises CancelledError."""
        self._current.going_on().cancel()

    def end_input(self) -> bool:
        """Close all packet sources if a run is in progress; return whether one was. From any thread."""
        run = self._current.run
        if run is not None:
            run.close_inputs(list(self._inputs.values()), stop_sources=True)
        return run is not None

    def abort(self) -> bool:
        """Cancel the run if one is in progress; return whether one was. From any thread."""
        run = self._current.run
        if run is not None:
            run.cancel()
        return run is not None

    def cancel_quietly(self) -> None:
        """End the run, if one is in progress, whatever its outcome; for clean-up after an error."""
        run = self._current.run
        if run is not None:
            run.cancel()
            run.wait_until_done()
            self._let_go(run)

    def explain(self, packets: dict[str, int] | None = None, lost: dict[str, int] | None = None) -> Explanation:
        """Return why nothing comes out: what each node has and waits for, and what probably helps.

        Of the current run, as it is now; else of the last, when it failed or no more input could come. From any
        thread, also from an observer or an instrument, but not from a signal handler.

        Args:
            packets: how many packets each stream has carried; by default as a watching Profile counted them.
            lost: how many packets the queues of each node have lost, likewise.

        Raises:
            GraphStateError: there was no run.
        """
        from graphkit.insight._explain import explain

        counted = self._setup.packet_counts()
        return explain(self._current.look(), packets or counted[0], lost or counted[1])

    def output_stream_bound(self, name: str) -> Timestamp:
        """Return the current timestamp bound of stream *name* of the run: nothing earlier can still come."""
        return self._current.going_on().stream_bound(self._setup.known_stream(name))

    def has_error(self) -> bool:
        """Return whether the current run failed."""
        return self._current.run is not None and self._current.run.error is not None

    def is_over(self) -> bool:
        """Return whether no run is in progress, or the current one failed or ended."""
        return self._current.is_over()

    def output_side_packet(self, name: str) -> Any:
        """Return the payload of a side packet of the last run, made by a node or given."""
        values = self.side_packet_values()
        if name not in values:
            raise GraphStateError(f'side packet "{name}" has no value in this run.{did_you_mean(name, values)}')
        return values[name].payload

    def side_packet_values(self) -> dict[str, Packet[Any]]:
        """Return all side packets of the last run by name."""
        return dict(self._side.values) if self._side is not None else {}

    def counters(self) -> dict[str, int]:
        """Return the counters of the last run by name (``<node>-<counter>``)."""
        return self._runs.counters.values()

    def __repr__(self) -> str:
        state = "not running" if self._current.run is None else "over" if self.is_over() else "running"
        return f"CalculatorGraph({self.plan!r}, {state})"

    def _repr_svg_(self) -> str:
        from graphkit.insight import draw

        return draw(self.plan)

    def __enter__(self) -> CalculatorGraph:
        if self._current.run is None:
            self.start_run()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End the run: wait for what was pushed, or cancel it if the block raised (S50)."""
        if self._current.run is None:
            return
        try:
            if error is None:
                self.close_all_packet_sources()
                self.wait_until_done()
        finally:
            self.cancel_quietly()

    # -- helpers ----------------------------------------------------------------------------------------

    def _let_go(self, run: GraphRun) -> None:
        """Release what a finished run has borrowed."""
        self._runs.let_go(run)  # first: a signal may raise in between, and then the run is released again
        self._current.let_go()
