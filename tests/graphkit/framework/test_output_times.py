"""The times at which a node may emit (S3, S8), refused in the line that sends."""

from __future__ import annotations

import linecache
import re

import pytest

from graphkit import (
    Calculator,
    CalculatorContext,
    Input,
    Output,
    Packet,
    calculator,
)
from graphkit.errors import CalculatorError, TimestampMismatchError
from graphkit.framework._output_times import NO_CALL
from graphkit.testing import CalculatorRunner


class _Sends(Calculator):
    """Sends at given distances from its input time."""

    number = Input(int)
    out = Output(int)
    at: tuple[int, ...] = (0,)

    def process(self, cc: CalculatorContext) -> None:
        for distance in self.at:
            self.out.send(cc, 1, timestamp=int(cc.input_timestamp) + distance)  # explicit


@calculator
class TimesBack(_Sends):
    """Sends before its input time, which its offset does not allow."""

    at = (-1,)


@calculator
class TimesLags(_Sends):
    """Sends before its input time, as its offset says."""

    at = (-1,)
    timestamp_offset = -1


@calculator
class TimesFree(_Sends):
    """Sends when it likes."""

    at = (-1,)
    timestamp_offset = None


@calculator
class TimesLate(_Sends):
    """Promises more than it keeps."""

    at = (0,)
    timestamp_offset = 5


@calculator
class TimesTwice(_Sends):
    """Sends twice at a time."""

    at = (0, 0)


@calculator
class TimesTurned(_Sends):
    """Sends two packets in the wrong order."""

    at = (2, 1)


@calculator
class TimesPure(_Sends):
    """Sends before its input time, from calls that run side by side."""

    pure = True
    at = (-1,)


@calculator
class TimesAhead(Calculator):
    """Sends further ahead in earlier calls."""

    number = Input(int)
    out = Output(int)

    def process(self, cc: CalculatorContext) -> None:
        self.out.send(cc, 1, timestamp=100 - int(cc.input_timestamp))


@calculator
class TimesAdds(Calculator):
    """Adds packets that were made elsewhere."""

    number = Input(int)
    out = Output(int)

    def process(self, cc: CalculatorContext) -> None:
        self.out.add(cc, Packet(1, int(cc.input_timestamp)))
        cc.outputs[0].add(Packet(1, int(cc.input_timestamp) - 1))


@calculator
class TimesForgotten(Calculator):
    """A source that forgets the time."""

    out = Output(int)

    def process(self, cc: CalculatorContext) -> None:
        self.out.send(cc, 1)


@calculator
class TimesOpening(Calculator):
    """Sends in open, in process and in close."""

    number = Input(int)
    out = Output(int)
    opening: tuple[int, ...] = (-5, -3)
    closing: int | None = 90

    def open(self, cc: CalculatorContext) -> None:
        for time in self.opening:
            self.out.send(cc, 0, timestamp=time)

    def process(self, cc: CalculatorContext) -> None:
        self.out.send(cc, 1)

    def close(self, cc: CalculatorContext) -> None:
        self.out.send(cc, 2, timestamp=self.closing)


@calculator
class TimesOpeningBack(TimesOpening):
    """Sends back in open."""

    opening = (-3, -5)


@calculator
class TimesClosingBack(TimesOpening):
    """Sends back in close."""

    closing = 10


def _times(name: str) -> list[int]:
    runner = CalculatorRunner(f'calculator: "{name}" input_stream: "in" output_stream: "out"')
    runner.add(0, 1, timestamp=5)
    runner.add(0, 1, timestamp=10)  # no bound comes between them
    return [int(packet.timestamp) for packet in runner.run().outputs[0]]


_LATER = "A node sends at cc.input_timestamp or later, each time later than before."


@pytest.mark.parametrize(
    ("name", "least", "found", "hint"),
    [
        pytest.param(
            "TimesBack", 5, 4,
            "The timestamp offset of TimesBack is 0: it sends at its input time or later. Send at "
            "cc.input_timestamp, or declare that its packets lag: timestamp_offset = -1, or the least that "
            "occurs.",
            id="below the input time",
        ),
        pytest.param("TimesPure", 5, 4, "offset = -1, or the least that occurs.", id="from a parallel call"),
        pytest.param(
            "TimesLate", 10, 5,
            "is 5: it sends at its input time +5 or later. Send at cc.input_timestamp, or declare that its "
            "packets lag: timestamp_offset = 0, or the least that occurs.",
            id="below a positive offset",
        ),
        pytest.param("TimesTwice", 6, 5, _LATER, id="twice"),
        pytest.param("TimesTurned", 8, 6, _LATER, id="back in a call"),
        pytest.param("TimesAhead", 96, 90, _LATER, id="back from an earlier call"),
        pytest.param("TimesAdds", 6, 4, "timestamp_offset = -1, or the least that occurs.", id="packets"),
        pytest.param(
            "TimesOpeningBack", -2, -5, "Packets of one call come in the order of their times.", id="back in open"
        ),
        pytest.param("TimesClosingBack", 11, 10, _LATER, id="back in close"),
    ],
)  # fmt: skip
def test_a_packet_too_late_is_refused_where_it_is_sent(name: str, least: int, found: int, hint: str) -> None:
    with pytest.raises(CalculatorError) as caught:
        _times(name)
    cause = caught.value.cause
    assert isinstance(cause, TimestampMismatchError)
    assert (cause.expected, cause.found, cause.node) == (str(least), found, name)
    assert str(cause).endswith(hint)
    file, line = caught.value.raised_at.rsplit(":", 1)
    assert file == __file__
    assert re.search(r"\.(send|add)\((cc|Packet)", linecache.getline(file, int(line)))


@pytest.mark.parametrize(
    ("name", "times"),
    [
        pytest.param("TimesLags", [4, 9], id="as a negative offset says"),
        pytest.param("TimesFree", [4, 9], id="without an offset"),
        pytest.param("TimesOpening", [-5, -3, 5, 10, 90], id="in open and close"),
    ],
)
def test_packets_as_promised_pass(name: str, times: list[int]) -> None:
    assert _times(name) == times


def test_a_source_that_forgets_the_time() -> None:
    with pytest.raises(CalculatorError) as caught:
        CalculatorRunner('calculator: "TimesForgotten" output_stream: "out"').run()
    assert "The node is a source, whose input time is always 0: give each packet a time of its own, " in str(
        caught.value
    )
    assert "send(cc, value, timestamp)" in str(caught.value)


@pytest.mark.parametrize("bound", [False, True], ids=["sparse", "with a bound"])
def test_a_bound_makes_no_difference(bound: bool) -> None:
    runner = CalculatorRunner('calculator: "TimesBack" input_stream: "in" output_stream: "out"')
    if bound:
        runner.set_bound(0, 5)
    runner.add(0, 1, timestamp=5)
    with pytest.raises(CalculatorError, match="minimum expected timestamp is 5 but received 4"):
        runner.run()


def test_no_call_has_no_input_time() -> None:
    assert NO_CALL.input_timestamp is None
