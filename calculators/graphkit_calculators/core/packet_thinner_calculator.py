"""PacketThinnerCalculator: fewer packets of a stream."""

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
    SameAs,
    SideInput,
    Timestamp,
    calculator,
    option,
    options,
)
from graphkit.errors import ContractError
from graphkit.formats import VideoHeader
from graphkit.framework import UNITS_PER_SECOND
from graphkit_calculators.core._options import merge_options

if TYPE_CHECKING:
    from graphkit import CalculatorContext, CalculatorContract


@options("mediapipe.PacketThinnerCalculatorOptions", extension=288533508)
class PacketThinnerCalculatorOptions:
    """Options of PacketThinnerCalculator; all times are microseconds.

    Attributes:
        thinner_type: ASYNC keeps a distance between packets, SYNC a grid.
        period: the distance, or the step of the grid.
        start_time: packets before are dropped, and the grid starts here; SYNC starts at 0 by default.
        end_time: packets at and after are dropped.
        sync_output_timestamps: SYNC emits at the grid's timestamps instead of the packets'.
        update_frame_rate: write the new rate into a video header.
    """

    class ThinnerType(enum.IntEnum):
        """How packets are chosen."""

        ASYNC = 1
        SYNC = 2

    thinner_type: ThinnerType = option(1, default=ThinnerType.ASYNC)
    period: int = option(2, "int64", default=1)
    start_time: int | None = option(3, "int64")
    end_time: int | None = option(4, "int64")
    sync_output_timestamps: bool = option(5, default=True)
    update_frame_rate: bool = option(6, default=False)


_SYNC = PacketThinnerCalculatorOptions.ThinnerType.SYNC


@calculator
class PacketThinnerCalculator(Calculator):
    """Passes at most one packet per period.

    ASYNC passes a packet and drops those that come within `period` after it. SYNC passes, of the packets
    around each grid point ``start_time + i * period``, the one nearest to it (the later of two equally
    near), once the next interval has begun. Packets before `start_time` and from `end_time` on are dropped.
    Side packet PERIOD overrides `period`, side packet OPTIONS the options.

    Example::

        node {
          calculator: "PacketThinnerCalculator"
          input_stream: "frames"
          output_stream: "ten_frames_a_second"
          options {
            [mediapipe.PacketThinnerCalculatorOptions.ext] { thinner_type: ASYNC period: 100000 }
          }
        }
    """

    source = Input[Any](AnyType)
    period_side = SideInput(int, "PERIOD", optional=True)
    options_side = SideInput(PacketThinnerCalculatorOptions, "OPTIONS", optional=True)
    thinned = Output[Any](SameAs(source))
    options = Options(PacketThinnerCalculatorOptions)

    @classmethod
    def update_contract(cls, cc: CalculatorContract) -> None:
        """Promise nothing about bounds; ``open`` knows the thinner type and does."""
        cc.timestamp_offset = None

    def open(self, cc: CalculatorContext) -> None:
        """Read the options; raises ContractError for times that make no sense."""
        settings = merge_options(self.options(cc), self.options_side.get(cc))
        period = self.period_side.get(cc)
        self._period = settings.period if period is None else period
        self._sync = settings.thinner_type is _SYNC
        self._on_grid = settings.sync_output_timestamps
        default_start = Timestamp(0) if self._sync else Timestamp.MIN
        self._start = default_start if settings.start_time is None else Timestamp(settings.start_time)
        self._end = Timestamp.MAX if settings.end_time is None else Timestamp(settings.end_time)
        if self._period < 1:
            raise ContractError(f"period is {self._period}, it must be 1 or more")
        if self._start >= self._end:
            raise ContractError(f"start_time {self._start} is not before end_time {self._end}")
        if not self._sync:
            cc.set_offset(0)
        self._next = self._start
        self._saved: Packet[Any] = Packet.empty()
        cc.outputs.shards[0].set_next_timestamp_bound(self._start)
        self._copy_header(cc, settings)

    def process(self, cc: CalculatorContext) -> None:
        """Pass, keep or drop one packet."""
        now = cc.input_timestamp
        if now >= self._end:
            cc.outputs.shards[0].close()
        elif now >= self._start and self._sync:
            self._choose(cc, cc.inputs.packets[0])
        elif now >= self._next:
            shard = cc.outputs.shards[0]
            shard.add(cc.inputs.packets[0])
            self._next = now + self._period
            shard.set_next_timestamp_bound(self._next)

    def close(self, cc: CalculatorContext) -> None:
        """Emit the packet of the last interval."""
        if self._saved and not cc.outputs.shards[0].closed:
            self._emit(cc, self._saved)

    def _choose(self, cc: CalculatorContext, packet: Packet[Any]) -> None:
        grid = self._nearest(packet.timestamp)
        if self._saved:
            saved_grid = self._nearest(self._saved.timestamp)
            if saved_grid == grid:
                if abs(packet.timestamp - grid) <= abs(self._saved.timestamp - grid):
                    self._saved = packet
                return
            self._emit(cc, self._saved)
        self._saved = packet
        cc.outputs.shards[0].set_next_timestamp_bound(grid if self._on_grid else packet.timestamp)

    def _emit(self, cc: CalculatorContext, packet: Packet[Any]) -> None:
        at = self._nearest(packet.timestamp) if self._on_grid else packet.timestamp
        cc.outputs.shards[0].add(packet.at(at))

    def _nearest(self, timestamp: Timestamp) -> Timestamp:
        steps = (int(timestamp) - int(self._start) + self._period // 2) // self._period
        return Timestamp(int(self._start) + steps * self._period)

    def _copy_header(self, cc: CalculatorContext, settings: PacketThinnerCalculatorOptions) -> None:
        header = cc.inputs.headers[0]
        if header.is_empty:
            return
        if settings.update_frame_rate:
            video = header.get(VideoHeader)
            rate = thinned_rate(video.frame_rate, self._period, sync=self._sync)
            header = Packet(replace(video, frame_rate=rate))
        cc.outputs.shards[0].set_header(header)


def thinned_rate(frame_rate: float, period: int, *, sync: bool) -> float:
    """Return how many frames a second are left of *frame_rate* with a *period* in microseconds."""
    if sync:
        return min(frame_rate, UNITS_PER_SECOND / period)
    return frame_rate / math.ceil(frame_rate * period / UNITS_PER_SECOND)
