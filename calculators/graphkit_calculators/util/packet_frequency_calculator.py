"""PacketFrequencyCalculator: how often streams carry a packet."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Any, Final

from graphkit import AnyType, Calculator, Input, Options, Output, calculator, option, options
from graphkit.errors import ContractError
from graphkit.formats import PacketFrequency

if TYPE_CHECKING:
    from graphkit import CalculatorContext, CalculatorContract

_SECOND_US: Final = 1_000_000
_LONGEST_WINDOW: Final = 100


@options("mediapipe.PacketFrequencyCalculatorOptions", extension=168468918)
class PacketFrequencyCalculatorOptions:
    """The window of time, and what the streams are called in the output."""

    time_window_sec: float = option(1, "double", default=3.0)
    label: list[str] = option(2)


@calculator
class PacketFrequencyCalculator(Calculator):
    """Measures packets a second, by their timestamps, over the last seconds.

    Emits at every packet, on the output of that packet's stream; 0 at the first one. By timestamps, so it
    tells about live input: a file's frames always come at the file's rate.

    Inputs: any number of untagged streams. Outputs: as many, in the same order.

    Knobs: ``time_window_sec``, above 0, at most 100 (3); ``label``, one per stream.

    Example::

        node {
          calculator: "PacketFrequencyCalculator"
          input_stream: "frames"
          output_stream: "frame_rate"
          options {
            [mediapipe.PacketFrequencyCalculatorOptions.ext] {
              time_window_sec: 1.0
              label: "camera"
            }
          }
        }
    """

    timestamp_offset = None
    input_stream_handler = "ImmediateInputStreamHandler"
    any_arrival_order = True

    packets = Input[Any](AnyType, repeated=True)
    frequencies = Output(PacketFrequency, repeated=True)
    options = Options(PacketFrequencyCalculatorOptions)

    @classmethod
    def update_contract(cls, cc: CalculatorContract) -> None:
        """Check that there is an output and a label for each stream, and the window."""
        chosen = cls.options(cc)
        counts = (len(cc.inputs), len(cc.outputs), len(chosen.label))
        if len(set(counts)) > 1 or not all(chosen.label):
            raise ContractError(
                "as many inputs, outputs and labels (not empty) are needed; found {} inputs, {} outputs and "
                "{} labels.".format(*counts)
            )
        if not 0 < chosen.time_window_sec <= _LONGEST_WINDOW:
            raise ContractError(
                f"time_window_sec is {chosen.time_window_sec}; it must be above 0 and at most {_LONGEST_WINDOW}."
            )

    def open(self, cc: CalculatorContext) -> None:
        """Start with empty windows."""
        chosen = self.options(cc)
        self._labels = chosen.label
        self._window_us = chosen.time_window_sec * _SECOND_US
        self._recent: list[deque[int]] = [deque() for _ in chosen.label]
        self._first: list[int | None] = [None] * len(chosen.label)

    def process(self, cc: CalculatorContext) -> None:
        """Emit the frequency of each stream that has a packet."""
        for index, packet in enumerate(self.packets.packets(cc)):
            if packet:
                hertz = self._frequency(index, int(packet.timestamp))
                # Each stream has its own time: streams need not come in the order of their timestamps.
                self.frequencies.send(
                    cc, PacketFrequency(hertz, self._labels[index]), packet.timestamp, index=index
                )

    def _frequency(self, index: int, now_us: int) -> float:
        recent, first = self._recent[index], self._first[index]
        recent.append(now_us)
        while now_us - recent[0] > self._window_us:
            recent.popleft()
        if first is None:
            self._first[index] = now_us
            return 0.0
        return len(recent) / (min(now_us - first, self._window_us) / _SECOND_US)
