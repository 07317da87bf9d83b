"""PacketLatencyCalculator: how long after the frame its results are there."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from graphkit import AnyType, Calculator, Input, OneOf, Options, Output, SideInput, calculator, option, options
from graphkit.errors import ContractError
from graphkit.formats import PacketLatency
from graphkit.framework import CLOCK, Clock

if TYPE_CHECKING:
    from graphkit import CalculatorContext, CalculatorContract


@options("mediapipe.PacketLatencyCalculatorOptions", extension=172681421)
class PacketLatencyCalculatorOptions:
    """The histogram, and what the streams are called in the output."""

    num_intervals: int = option(1, "int64", default=10)
    interval_size_usec: int = option(2, "int64", default=10_000)
    reset_duration_usec: int = option(3, "int64", default=-1)
    packet_labels: list[str] = option(4)


@calculator
class PacketLatencyCalculator(Calculator):
    """Measures, by the clock, how much later than a reference signal packets arrive.

    Emits at every packet of a measured stream, on its output: the latency, mean and histogram of all so
    far. The first reference packet sets the clock: a packet with a timestamp t later than it is on time
    if it arrives t later. Nothing is emitted before the first reference packet, nor for a packet that is
    early. For live input only.

    Inputs: untagged, the streams to measure; REFERENCE_SIGNAL, the frames, say. Outputs: one a measured
    stream. Input side packet: CLOCK; the graph's clock without it.

    Knobs: ``num_intervals`` (10) of ``interval_size_usec`` (10 ms), the histogram, whose last interval
    takes all that is later; ``reset_duration_usec``, to start mean and histogram afresh that often;
    ``packet_labels``, the names of the streams without them.

    Example::

        node {
          calculator: "PacketLatencyCalculator"
          input_stream: "landmarks"
          input_stream: "REFERENCE_SIGNAL:frames"
          output_stream: "landmark_latency"
        }
    """

    timestamp_offset = None
    input_stream_handler = "ImmediateInputStreamHandler"
    any_arrival_order = True

    packets = Input[Any](AnyType, repeated=True)
    reference = Input[Any](AnyType, "REFERENCE_SIGNAL")
    clock = SideInput[Clock](OneOf(Clock), "CLOCK", optional=True)
    latencies = Output(PacketLatency, repeated=True)
    options = Options(PacketLatencyCalculatorOptions)

    @classmethod
    def update_contract(cls, cc: CalculatorContract) -> None:
        """Check that there is an output per stream, a label per stream if any, and the histogram."""
        cc.use_service(CLOCK)
        chosen = cls.options(cc)
        inputs, outputs = cls.packets.count(cc), cls.latencies.count(cc)
        if inputs != outputs:
            raise ContractError(f"as many outputs as measured inputs are needed; found {outputs} and {inputs}.")
        if chosen.packet_labels and len(chosen.packet_labels) != inputs:
            raise ContractError(
                f"packet_labels has {len(chosen.packet_labels)} names for {inputs} streams; give one each or none."
            )
        if chosen.num_intervals < 1 or chosen.interval_size_usec < 1:
            raise ContractError(
                f"num_intervals is {chosen.num_intervals} and interval_size_usec {chosen.interval_size_usec}; "
                "both must be above 0."
            )

    def open(self, cc: CalculatorContext) -> None:
        """Start with empty histograms."""
        self._chosen = chosen = self.options(cc)
        clock = self.clock.get(cc) or cc.service(CLOCK)
        assert clock is not None  # the contract asks for the service
        self._clock = clock
        names = cc.inputs.tag_map.names
        labels = chosen.packet_labels or [names[id_] for id_ in cc.inputs.tag_map.ids_of("")]
        self._empty = [
            PacketLatency(
                0, (0,) * chosen.num_intervals, chosen.num_intervals, chosen.interval_size_usec, label=label
            )
            for label in labels
        ]
        self._latencies = list(self._empty)
        self._clock_ahead_us: int | None = None
        self._last_reset_us = 0

    def process(self, cc: CalculatorContext) -> None:
        """Emit the latency of each stream that has a packet."""
        measured, reference = self.packets.packets(cc), self.reference.packet(cc)
        if not reference and not any(measured):
            return
        now_us = self._clock.now_us()
        if self._clock_ahead_us is None:
            if not reference:
                return
            self._clock_ahead_us = now_us - int(reference.timestamp)
            self._last_reset_us = now_us
        if 0 < self._chosen.reset_duration_usec <= now_us - self._last_reset_us:
            self._latencies = list(self._empty)
            self._last_reset_us = now_us
        for index, packet in enumerate(measured):
            late_us = now_us - self._clock_ahead_us - int(packet.timestamp)
            if packet and late_us >= 0:
                self._latencies[index] = latency = _with(self._latencies[index], late_us)
                self.latencies.send(cc, latency, packet.timestamp, index=index)


def _with(latency: PacketLatency, late_us: int) -> PacketLatency:
    """Return the statistics with one packet more."""
    counts = list(latency.counts)
    counts[min(late_us // latency.interval_size_usec, latency.num_intervals - 1)] += 1
    total = latency.sum_latency_usec + late_us
    return replace(
        latency,
        current_latency_usec=late_us,
        counts=tuple(counts),
        avg_latency_usec=total // sum(counts),
        sum_latency_usec=total,
    )
