"""The frame rate of a clip: what it declares, compared with its first times."""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise
from statistics import median
from typing import TYPE_CHECKING, Final

from graphkit.video._timestamps import MICROSECONDS, to_fraction

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from av.container import InputContainer
    from av.video.stream import VideoStream

FALLBACK_RATE: Final = Fraction(30)
_NO_TIMESTAMPS: Final = 0x80  # AVFMT_NOTIMESTAMPS
_FEWEST_STEPS: Final = 3
# A declared rate this many times off the pictures' own steps is ignored: it is the tick of a clock, most often.
_FAR_OFF: Final = Fraction(3)
_OFF: Final = Fraction(105, 100)
# Steps that differ by less than this share are those of one rate.
_UNEVEN: Final = 0.1


def gives_no_times(container: InputContainer) -> bool:
    """Whether a file is a bare stream of pictures (.h264, .hevc, .mjpeg), whose times FFmpeg invents."""
    return bool(container.format.flags & _NO_TIMESTAMPS)


def tells_no_rate(container: InputContainer, stream: VideoStream) -> bool:
    """Whether nothing in a file says how fast its pictures follow each other."""
    return gives_no_times(container) and not stream.codec_context.framerate


def declared_rate(container: InputContainer, stream: VideoStream) -> Fraction:
    """Return the rate that a clip declares, or a usual one."""
    average, guessed = stream.average_rate, stream.guessed_rate
    # The demuxer calls every bare stream 25 a second; the guess looks into the stream.
    rate = (guessed or average) if gives_no_times(container) else (average or guessed)
    return to_fraction(rate) if rate else FALLBACK_RATE


def plausible_rate(stream: VideoStream, declared: Fraction, opening_us: Sequence[int]) -> Fraction:
    """Return the declared rate, unless the steps between the first pictures contradict it.

    Args:
        stream: of the clip.
        declared: what `declared_rate` gave.
        opening_us: times of the first pictures.
    """
    steps = [after - before for before, after in pairwise(opening_us) if after - before > 1]
    if len(steps) < _FEWEST_STEPS:
        return declared
    usual = median(steps)
    steady = all(abs(step - usual) <= _UNEVEN * usual for step in steps)
    seen = Fraction(MICROSECONDS) / (Fraction(sum(steps), len(steps)) if steady else Fraction(usual))
    far = _OFF if steady else _FAR_OFF
    for rate in _candidates(stream, declared):
        if seen / far < rate < seen * far:
            return rate
    return seen.limit_denominator(1001)


def _candidates(stream: VideoStream, declared: Fraction) -> Iterator[Fraction]:
    yield declared
    for rate in (stream.guessed_rate, stream.base_rate):
        if rate:
            yield to_fraction(rate)
