"""FlowLimiterCalculator: drops frames ahead of a graph that is busy (S42)."""

from __future__ import annotations

import dataclasses
from bisect import bisect_right
from collections import deque
from typing import TYPE_CHECKING, Any

from graphkit import AnyType, Calculator, Input, Options, Output, SideInput, Timestamp, calculator, option, options
from graphkit.framework import FLOW_CONTROL, Holding
from graphkit_calculators.core._options import merge_options
from graphkit_calculators.core._streams import copy_headers, pair_streams, stream_id

if TYPE_CHECKING:
    from graphkit import CalculatorContext, CalculatorContract, Packet
    from graphkit.framework import OutputShard


@options("mediapipe.FlowLimiterCalculatorOptions", extension=326963320)
class FlowLimiterCalculatorOptions:
    """Options of FlowLimiterCalculator.

    Attributes:
        max_in_flight: how many frames may be under way at once.
        max_in_queue: how many frames may wait for their turn.
        in_flight_timeout: microseconds after which a frame no longer counts as under way; 0: never.
    """

    max_in_flight: int = option(1, "int32", default=1)
    max_in_queue: int = option(2, "int32", default=0)
    in_flight_timeout: int = option(3, "int64", default=0)


class AllowedRanges:
    """Which timestamps of the main stream were let through, for the streams that follow it."""

    def __init__(self) -> None:
        self._starts: list[int] = [Timestamp.UNSET]
        self._allowed: list[bool] = [True]

    def record(self, timestamp: Timestamp, allowed: bool) -> None:
        """Note a decision; it holds from *timestamp* to the next one. Timestamps increase."""
        self._starts.append(timestamp)
        self._allowed.append(allowed)

    def is_allowed(self, timestamp: Timestamp) -> bool:
        """Return the decision that holds at *timestamp*."""
        return self._allowed[bisect_right(self._starts, timestamp) - 1]

    def forget_before(self, timestamp: Timestamp) -> None:
        """Drop the decisions that end before *timestamp*."""
        expired = bisect_right(self._starts, timestamp) - 1
        del self._starts[:expired]
        del self._allowed[:expired]

    def __len__(self) -> int:
        return len(self._starts)


@calculator
class FlowLimiterCalculator(Calculator):
    """Lets a frame into the graph while fewer than `max_in_flight` are under way, and drops the others.

    FINISHED closes a cycle from the end of the graph and must be marked as a back edge: a packet or a bound
    there ends every frame at or before it. While the graph is full the newest `max_in_queue` frames wait;
    older ones are dropped, as a whole and before any work went into them. Further untagged streams follow
    the decisions on the first. Bounds are passed on at once.

    `max_in_flight` 1 with `max_in_queue` 1 gives nearly the best throughput and latency on a live stream;
    `max_in_queue` 0 shows newer frames but leaves the graph idle until the next one comes; `max_in_flight`
    2 and more uses parallel hardware better and adds latency. Side packet MAX_IN_FLIGHT and side packet or
    stream OPTIONS override the options. Counter `dropped` counts the frames dropped.

    ALLOW tells for each frame whether it was let in.

    Where the program that runs the graph sets the service FLOW_CONTROL to ``FlowControl(drop=False)``, as
    it does for files, every frame is let in at once and the program bounds the frames in flight itself.

    Example::

        node {
          calculator: "FlowLimiterCalculator"
          input_stream: "input_video"
          input_stream: "FINISHED:output_video"
          input_stream_info { tag_index: "FINISHED" back_edge: true }
          output_stream: "throttled_input_video"
        }
    """

    timestamp_offset = None
    input_stream_handler = "ImmediateInputStreamHandler"
    any_arrival_order = True
    process_timestamp_bounds = True

    frames = Input[Any](AnyType, repeated=True)
    finished = Input[Any](AnyType, "FINISHED")
    options_stream = Input(FlowLimiterCalculatorOptions, "OPTIONS", optional=True)
    options_side = SideInput(FlowLimiterCalculatorOptions, "OPTIONS", value_optional=True)
    max_in_flight_side = SideInput(int, "MAX_IN_FLIGHT", value_optional=True)
    sampled = Output[Any](AnyType, repeated=True)
    allow = Output(bool, "ALLOW", optional=True)
    options = Options(FlowLimiterCalculatorOptions)

    @classmethod
    def update_contract(cls, cc: CalculatorContract) -> None:
        """Pair the streams and ask who controls the flow."""
        pair_streams(cc)
        cc.use_service(FLOW_CONTROL, optional=True)

    def open(self, cc: CalculatorContext) -> None:
        """Read the limits."""
        copy_headers(cc)
        self._settings = merge_options(self.options(cc), self.options_side.get(cc))
        max_in_flight = self.max_in_flight_side.get(cc)
        if max_in_flight is not None:
            self._settings = dataclasses.replace(self._settings, max_in_flight=max_in_flight)
        self._has_options_stream = self.options_stream.is_connected(cc)
        control = cc.service(FLOW_CONTROL)
        self._lossless = control is not None and not control.drop
        self._streams = self.frames.count(cc)
        self._finished = stream_id(cc.inputs.tag_map, "FINISHED")
        self._allow = cc.outputs.tag_map.id_of("ALLOW")
        self._queues: list[deque[Packet[Any]]] = [deque() for _ in range(self._streams)]
        self._in_flight: deque[Timestamp] = deque()
        self._ranges = AllowedRanges()
        self._dropped = 0

    def process(self, cc: CalculatorContext) -> None:
        """Take what came, then release, drop and pass bounds on."""
        if self._lossless:
            self._pass_all(cc)
            return
        if self._has_options_stream:
            self._settings = merge_options(self._settings, self.options_stream.get(cc))
        self._end_frames(cc)
        for queue, packet in zip(self._queues, cc.inputs.packets, strict=False):
            if not packet.is_empty:
                queue.append(packet)
        self._release_and_drop(cc)
        self._pass_bound(cc)
        if self._streams > 1:
            self._follow(cc)

    def explain_holding(self) -> Holding:
        """Return whether it is full, by which frames, and how many it dropped."""
        under_way, limit, dropped = tuple(self._in_flight), self._settings.max_in_flight, self._dropped
        if len(under_way) < limit or not under_way:
            return Holding(dropped=dropped)
        frames = "1 frame is" if len(under_way) == 1 else f"{len(under_way)} frames are"
        drops = f", and it has dropped {dropped}" if dropped else ""
        return Holding(
            f"lets no more frames in: {frames} under way and max_in_flight is {limit}{drops}",
            under_way[0],
            "Set a larger max_in_flight, or take FINISHED from an earlier stream, which needs no later frames.",
            dropped,
        )

    def _pass_all(self, cc: CalculatorContext) -> None:
        for i in range(self._streams):
            packet = cc.inputs.packets[i]
            if packet.is_empty:
                _advance(cc.outputs.shards[i], packet.timestamp.next_allowed_in_stream())
                continue
            cc.outputs.shards[i].add(packet)
            if i == 0:
                self.allow.send(cc, True, packet.timestamp)

    def _end_frames(self, cc: CalculatorContext) -> None:
        packets, now, in_flight = cc.inputs.packets, cc.input_timestamp, self._in_flight
        if packets[self._finished].timestamp == now:
            while in_flight and in_flight[0] <= now:
                in_flight.popleft()
        timeout = self._settings.in_flight_timeout
        if timeout > 0 and packets[0].timestamp == now and now < Timestamp.MAX:
            while in_flight and now - in_flight[0] > timeout:
                in_flight.popleft()

    def _release_and_drop(self, cc: CalculatorContext) -> None:
        queue, shard = self._queues[0], cc.outputs.shards[0]
        while queue and len(self._in_flight) < self._settings.max_in_flight:
            packet = queue.popleft()
            shard.add(packet)
            self._in_flight.append(packet.timestamp)
            self._decide(cc, packet.timestamp, True)
        while len(queue) > self._settings.max_in_queue:
            self._decide(cc, queue.popleft().timestamp, False)
            cc.counter("dropped").increment()
            self._dropped += 1

    def _decide(self, cc: CalculatorContext, timestamp: Timestamp, allowed: bool) -> None:
        self.allow.send(cc, allowed, timestamp)
        if self._streams > 1:
            self._ranges.record(timestamp, allowed)

    def _pass_bound(self, cc: CalculatorContext) -> None:
        bound = self._bound(cc, 0)
        _advance(cc.outputs.shards[0], bound)
        if self._allow is not None and not self._queues[0]:
            _advance(cc.outputs.shards[self._allow], bound)

    def _follow(self, cc: CalculatorContext) -> None:
        settled = self._bound(cc, 0)
        for i in range(1, self._streams):
            queue, shard = self._queues[i], cc.outputs.shards[i]
            while queue and queue[0].timestamp < settled:
                packet = queue.popleft()
                if self._ranges.is_allowed(packet.timestamp):
                    shard.add(packet)
            _advance(shard, self._bound(cc, i))
        self._ranges.forget_before(min(self._bound(cc, i) for i in range(self._streams)))

    def _bound(self, cc: CalculatorContext, stream: int) -> Timestamp:
        """Return the lowest timestamp of *stream* that is not dealt with yet."""
        queue = self._queues[stream]
        return queue[0].timestamp if queue else cc.inputs.packets[stream].timestamp.next_allowed_in_stream()


def _advance(shard: OutputShard, bound: Timestamp) -> None:
    if bound > Timestamp.MAX:
        shard.close()
    else:
        shard.set_next_timestamp_bound(bound)
