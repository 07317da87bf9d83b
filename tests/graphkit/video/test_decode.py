"""Packets that the demuxer refuses: it is asked again, but not for ever."""

from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import av
import pytest

from graphkit.video import ReadStats
from graphkit.video._decode import decoded_pictures

if TYPE_CHECKING:
    from collections.abc import Iterator


class Container:
    """Demuxes numbered packets; None stands for a refusal, which ends the generator as FFmpeg's does."""

    name, duration, start_time = "clip", None, None
    format = SimpleNamespace(name="mp4")
    streams = (None,)

    def __init__(self, script: list[int | None]) -> None:
        self.script = iter(script)

    def demux(self, *tracks: object) -> Iterator[Any]:
        for number in self.script:
            if number is None:
                raise av.error.InvalidDataError(1, "Invalid data found")
            yield SimpleNamespace(
                size=1,
                pts=number,
                dts=number,
                duration=1,
                number=number,
                stream_index=0,
                is_corrupt=False,
                is_discard=False,
                time_base=None,
            )


class Stream:
    """Decodes a packet to its number."""

    duration, time_base, index = None, None, 0
    codec_context = SimpleNamespace(name="h264")
    metadata: dict[str, str] = {}  # noqa: RUF012

    def __init__(self, container: Container, frames: int) -> None:
        self.container, self.frames = container, frames

    def decode(self, packet: Any) -> list[Any]:
        if packet is None:
            raise av.error.EOFError(1, "End of file")
        return [SimpleNamespace(number=packet.number, is_corrupt=False)]


@pytest.mark.parametrize(
    ("script", "numbers", "refused", "truncated"),
    [
        pytest.param([0, 1, 2], [0, 1, 2], 0, False, id="sound"),
        pytest.param([0, None, None, 1, 2], [0, 1, 2], 2, False, id="goes-on-after-refusals"),
        pytest.param([None, 0, 1, 2, None], [0, 1, 2], 2, False, id="refusals-at-the-ends"),
        pytest.param([0, *[None] * 100, 1, 2], [0], 16, True, id="gives-up"),
    ],
)
def test_refused_packets(script: list[int | None], numbers: list[int], refused: int, truncated: bool) -> None:
    container, stats = Container(script), ReadStats()
    pictures = decoded_pictures(container, Stream(container, 3), stats)  # type: ignore[arg-type]
    assert [picture.number for picture in pictures] == numbers  # type: ignore[attr-defined]
    assert stats.corrupt_packets == refused
    assert stats.truncated == truncated


def test_packets_that_a_decoder_swallows_are_counted() -> None:
    container, stats = Container([*range(10)]), ReadStats()
    stream = Stream(container, 10)
    stream.decode = lambda packet: []  # type: ignore[method-assign]
    assert list(decoded_pictures(container, stream, stats)) == []  # type: ignore[arg-type]
    assert stats.corrupt_packets == 10
