"""PacketResamplerCalculator: a stream at a steady rate."""

from __future__ import annotations

import enum
import math
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from graphkit import (
    AnyType,
    Calculator,
    Input,
    Options,
    Output,
    Packet,
    SideInput,
    Timestamp,
    calculator,
    option,
    options,
)
from graphkit.errors import ContractError, PacketError
from graphkit.formats import VideoHeader
from graphkit.framework import ANY, UNITS_PER_SECOND
from graphkit_calculators.core._options import merge_options
from graphkit_calculators.core._streams import stream_id

if TYPE_CHECKING:
    from graphkit import CalculatorContext, CalculatorContract
    from graphkit.framework import OutputShard, TagMap


@options("mediapipe.PacketResamplerCalculatorOptions", extension=95743844)
class PacketResamplerCalculatorOptions:
    """Options of PacketResamplerCalculator.

    Attributes:
        frame_rate: packets a second, above 0 and up to 1 000 000.
        output_header: what becomes of the header of the input.
        flush_last_packet: emit the last packet too where its period has not been served.
        jitter: must be 0; MediaPipe has no random generator for it either.
        base_timestamp: output timestamps are this plus a whole number of periods.
        start_time: output starts here, in microseconds.
        end_time: output ends before here, in microseconds.
        round_limits: widen both limits by half a period.
        jitter_with_reflection: goes with jitter.
        reproducible_sampling: goes with jitter.
        use_input_frame_rate: take the rate from the VIDEO_HEADER stream.
        max_frame_rate: lower a rate above this one; -1: do not.
    """

    class OutputHeader(enum.IntEnum):
        """NONE drops the header, PASS_HEADER keeps it, UPDATE_VIDEO_HEADER writes the new rate into it."""

        NONE = 0
        PASS_HEADER = 1
        UPDATE_VIDEO_HEADER = 2

    frame_rate: float = option(1, "double", default=-1.0)
    output_header: OutputHeader = option(2, default=OutputHeader.NONE)
    flush_last_packet: bool = option(3, default=True)
    jitter: float = option(4, "double", default=0.0)
    base_timestamp: int | None = option(5, "int64")
    start_time: int | None = option(6, "int64")
    end_time: int | None = option(7, "int64")
    round_limits: bool = option(8, default=False)
    jitter_with_reflection: bool = option(9, default=False)
    reproducible_sampling: bool = option(10, default=False)
    use_input_frame_rate: bool = option(11, default=False)
    max_frame_rate: float = option(12, "double", default=-1.0)


_OutputHeader = PacketResamplerCalculatorOptions.OutputHeader


@calculator
class PacketResamplerCalculator(Calculator):
    """Drops and repeats packets so that they come at `frame_rate`.

    Outputs lie at ``first + k / frame_rate`` seconds, rounded to microseconds, where *first* is the first
    packet's timestamp, or the nearest one on the grid that `base_timestamp` fixes. Each takes the packet
    nearest to it, the later of two equally near; a gap of more than a period repeats the packet before it.

    The stream is untagged or has tag DATA. A VIDEO_HEADER input carries a VideoHeader at PRE_STREAM; the
    VIDEO_HEADER output emits it with the new rate, at PRE_STREAM too. Side packet OPTIONS overrides the
    options.

    Example::

        node {
          calculator: "PacketResamplerCalculator"
          input_stream: "frames"
          output_stream: "frames_at_15_a_second"
          options { [mediapipe.PacketResamplerCalculatorOptions.ext] { frame_rate: 15 } }
        }
    """

    timestamp_offset = None

    source = Input[Any](AnyType, optional=True)
    tagged_source = Input[Any](AnyType, "DATA", optional=True)
    video_header = Input(VideoHeader, "VIDEO_HEADER", optional=True)
    options_side = SideInput(PacketResamplerCalculatorOptions, "OPTIONS", optional=True)
    output = Output[Any](AnyType, optional=True)
    tagged_output = Output[Any](AnyType, "DATA", optional=True)
    output_video_header = Output(VideoHeader, "VIDEO_HEADER", optional=True)
    options = Options(PacketResamplerCalculatorOptions)

    @classmethod
    def update_contract(cls, cc: CalculatorContract) -> None:
        """Tie output to input; raises ContractError where one is missing, or for jitter."""
        for what, tag_map in (("input", cc.inputs.tag_map), ("output", cc.outputs.tag_map)):
            if _data_tag(tag_map) is None:
                raise ContractError(f'node "{cc.node_name}" needs one {what} stream, untagged or with tag DATA')
        if cls.options(cc).jitter:
            raise ContractError(
                f'node "{cc.node_name}": jitter is {cls.options(cc).jitter}, it must be 0: there is no random '
                "generator that gives MediaPipe's samples"
            )
        source, target = _data_tag(cc.inputs.tag_map), _data_tag(cc.outputs.tag_map)
        assert source is not None
        assert target is not None
        cc.inputs[source, 0].type = ANY
        cc.outputs[target, 0].set_same_as(source)

    def open(self, cc: CalculatorContext) -> None:
        """Read the options; raises ContractError for a rate that is not possible."""
        settings = merge_options(self.options(cc), self.options_side.get(cc))
        self._settings = settings
        self._source = stream_id(cc.inputs.tag_map, _data_tag(cc.inputs.tag_map) or "")
        self._target = stream_id(cc.outputs.tag_map, _data_tag(cc.outputs.tag_map) or "")
        self._header = VideoHeader()
        self._rate = 0.0
        if not settings.use_input_frame_rate:
            self._set_rate(settings.frame_rate)
        self._start = Timestamp.MIN if settings.start_time is None else Timestamp(settings.start_time)
        self._end = Timestamp.MAX if settings.end_time is None else Timestamp(settings.end_time)
        self._first: Timestamp | None = None
        self._last: Packet[Any] = Packet.empty()
        self._period = 0
        self._copy_header(cc)

    def process(self, cc: CalculatorContext) -> None:
        """Take the video header or one packet."""
        header = self.video_header.get(cc)
        if header is not None and cc.input_timestamp == Timestamp.PRE_STREAM:
            if self._settings.use_input_frame_rate:
                self._set_rate(header.frame_rate)
            self._header = replace(header, frame_rate=self._rate)
        packet = cc.inputs.packets[self._source]
        if packet:
            self._take(cc, packet)
            self._last = packet

    def close(self, cc: CalculatorContext) -> None:
        """Serve the period of the last packet."""
        flush = self._settings.flush_last_packet and cc.graph_error is None
        if self._last and flush and self._period_of(self._last.timestamp) == self._period:
            self._emit(cc.outputs.shards[self._target], self._last)

    def _take(self, cc: CalculatorContext, packet: Packet[Any]) -> None:
        """Serve the periods up to the one of *packet*; raises PacketError where the rate is not known."""
        shard, now = cc.outputs.shards[self._target], packet.timestamp
        if self._first is None:
            if not self._rate:
                raise PacketError(
                    "use_input_frame_rate is set, but no VIDEO_HEADER came ahead of the first packet"
                )
            self._first = self._grid_start(now)
            self.output_video_header.send(cc, self._header, Timestamp.PRE_STREAM)
        period = self._period_of(now)
        if period < self._period:
            return
        while self._period < period:
            self._emit(shard, self._last)
        target = self._time_of(self._period)
        if now >= target:
            nearer = not self._last or now - target <= target - self._last.timestamp
            self._emit(shard, packet if nearer else self._last)
        shard.set_next_timestamp_bound(self._time_of(self._period))

    def _emit(self, shard: OutputShard, packet: Packet[Any]) -> None:
        """Serve the current period with *packet*, within the limits."""
        at = self._time_of(self._period)
        margin = int(UNITS_PER_SECOND / self._rate) // 2 if self._settings.round_limits else 0
        if int(self._start) - margin <= at < int(self._end) + margin:
            shard.add(packet.at(at))
        self._period += 1

    def _grid_start(self, now: Timestamp) -> Timestamp:
        base = self._settings.base_timestamp
        if base is None:
            return now
        index = round_half_up((int(now) - base) / UNITS_PER_SECOND * self._rate)
        return Timestamp(base + round_half_up(index / self._rate * UNITS_PER_SECOND))

    def _time_of(self, period: int) -> Timestamp:
        return self._origin() + round_half_up(period / self._rate * UNITS_PER_SECOND)

    def _period_of(self, timestamp: Timestamp) -> int:
        return round_half_up((int(timestamp) - int(self._origin())) / UNITS_PER_SECOND * self._rate)

    def _origin(self) -> Timestamp:
        assert self._first is not None  # set with the first packet
        return self._first

    def _set_rate(self, rate: float) -> None:
        if self._settings.max_frame_rate > 0:
            rate = min(rate, self._settings.max_frame_rate)
        if not 0 < rate <= UNITS_PER_SECOND:
            raise ContractError(f"frame_rate is {rate}, it must be above 0 and up to {UNITS_PER_SECOND}")
        self._rate = rate
        self._header = replace(self._header, frame_rate=rate)

    def _copy_header(self, cc: CalculatorContext) -> None:
        header, wanted = cc.inputs.headers[self._source], self._settings.output_header
        if header.is_empty or wanted is _OutputHeader.NONE:
            return
        if wanted is _OutputHeader.UPDATE_VIDEO_HEADER:
            self._header = replace(header.get(VideoHeader), frame_rate=self._rate)
            header = Packet(self._header)
        cc.outputs.shards[self._target].set_header(header)


def round_half_up(value: float) -> int:
    """Return the nearest whole number, of two equally near the one further from 0."""
    return math.floor(value + 0.5) if value >= 0 else -math.floor(0.5 - value)


def _data_tag(tag_map: TagMap) -> str | None:
    return next((tag for tag in ("DATA", "") if tag_map.id_of(tag) is not None), None)
