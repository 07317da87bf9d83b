"""Decoding and encoding on a thread of their own: order, bounds, errors and ends."""

from __future__ import annotations

import signal
import threading
import traceback
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from graphkit.errors import ArgumentError, VideoWriteError
from graphkit.video import BackgroundReader, BackgroundWriter, VideoFrame, VideoReader, VideoWriter

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

PICTURE = np.zeros((2, 2, 3), np.uint8)
PATIENCE_S = 60


class Source:
    """Hands out ``count`` pictures, then raises ``error`` if there is one."""

    def __init__(self, count: int, error: BaseException | None = None) -> None:
        self.count, self.error = count, error
        self.made = 0
        self.closed_by = ""
        self.reached = threading.Event()
        self.reach = count

    def __iter__(self) -> Iterator[VideoFrame]:
        for index in range(self.count):
            self.made += 1
            if self.made == self.reach:
                self.reached.set()
            yield VideoFrame(PICTURE, index)
        if self.error is not None:
            raise self.error

    def close(self) -> None:
        self.closed_by = threading.current_thread().name


class Sink:
    """Keeps stamps; waits for ``gate`` before each and raises ``error`` at stamp ``fail_at``."""

    def __init__(self, fail_at: int = -1, error: BaseException | None = None) -> None:
        self.stamps: list[int] = []
        self.fail_at, self.error = fail_at, error
        self.gate = threading.Event()
        self.gate.set()
        self.closed = 0
        self.close_error: BaseException | None = None

    def write(self, rgb: Any, timestamp_us: int) -> None:
        assert rgb is PICTURE
        assert self.gate.wait(PATIENCE_S)
        if timestamp_us == self.fail_at and self.error is not None:
            raise self.error
        self.stamps.append(timestamp_us)

    def close(self) -> None:
        self.closed += 1
        if self.close_error is not None:
            raise self.close_error


@pytest.fixture(autouse=True)
def no_thread_survives() -> Iterator[None]:
    before = set(threading.enumerate())
    yield
    assert set(threading.enumerate()) <= before


def test_reads_everything_in_order() -> None:
    source = Source(50)
    with BackgroundReader(source) as reader:
        assert [frame.timestamp_us for frame in reader] == list(range(50))
        assert list(reader) == []
    assert source.closed_by == threading.current_thread().name


@pytest.mark.parametrize("depth", [1, 4])
def test_reads_ahead_no_further_than_its_depth(depth: int) -> None:
    source = Source(50)
    source.reach = depth
    with BackgroundReader(source, depth) as reader:
        assert source.reached.wait(PATIENCE_S)
        source.reached.clear()
        source.reach = depth + 2
        next(reader)
        next(reader)
        assert source.reached.wait(PATIENCE_S)
        assert source.made == depth + 2


def test_half_of_the_depth_is_read_at_a_time() -> None:
    source = Source(50)
    source.reach = 4
    with BackgroundReader(source, 4) as reader:
        assert source.reached.wait(PATIENCE_S)
        assert reader._rights.empty()
        next(reader)
        assert reader._rights.empty()
        source.reached.clear()
        source.reach = 6
        next(reader)
        assert source.reached.wait(PATIENCE_S)
        assert [frame.timestamp_us for frame in reader] == list(range(2, 50))


@pytest.mark.parametrize("depth", [1, 2, 3, 5, 7])
def test_every_depth_reads_to_the_end(depth: int) -> None:
    for count in (0, 1, 2, depth, depth + 1, 20):
        with BackgroundReader(Source(count), depth) as reader:
            assert [frame.timestamp_us for frame in reader] == list(range(count))


def test_a_reading_error_comes_after_the_good_pictures_with_its_traceback() -> None:
    with BackgroundReader(Source(3, OSError("lost"))) as reader:
        assert [next(reader).timestamp_us for _ in range(3)] == [0, 1, 2]
        with pytest.raises(OSError, match="lost") as caught:
            next(reader)
        assert "__iter__" in [entry.name for entry in traceback.extract_tb(caught.value.__traceback__)]
        assert list(reader) == []


def test_closing_early_stops_reading() -> None:
    source = Source(1000)
    reader = BackgroundReader(source)
    next(reader)
    reader.close()
    reader.close()
    assert source.made <= 6
    assert list(reader) == []


def test_an_interrupted_read_can_be_closed() -> None:
    """Ctrl-C while the reader is waited for: the thread ends, nothing hangs."""
    asked, released = threading.Event(), threading.Event()

    class Slow(Source):
        def __iter__(self) -> Iterator[VideoFrame]:
            main = threading.main_thread().ident
            assert main is not None
            assert asked.wait(PATIENCE_S)
            signal.pthread_kill(main, signal.SIGINT)
            assert released.wait(PATIENCE_S)
            yield VideoFrame(PICTURE, 0)

    reader = BackgroundReader(Slow(1))
    with pytest.raises(KeyboardInterrupt):  # noqa: PT012
        asked.set()
        next(reader)
    released.set()
    reader.close()


def write_all(writer: BackgroundWriter, count: int) -> None:
    for stamp in range(count):
        writer.write(PICTURE, stamp)


def test_writes_everything_in_order_and_closes() -> None:
    sink = Sink()
    with BackgroundWriter(sink) as writer:
        write_all(writer, 50)
    assert sink.stamps == list(range(50))
    assert sink.closed == 1


def test_writing_blocks_beyond_its_depth() -> None:
    sink = Sink()
    sink.gate.clear()
    writer = BackgroundWriter(sink, depth=2)
    fed: list[int] = []
    full = threading.Event()

    def feed() -> None:
        for stamp in range(6):
            if stamp == 2:
                full.set()
            writer.write(PICTURE, stamp)
            fed.append(stamp)

    feeder = threading.Thread(target=feed)
    feeder.start()
    assert full.wait(PATIENCE_S)
    assert fed == [0, 1]
    sink.gate.set()
    feeder.join(PATIENCE_S)
    writer.close()
    assert sink.stamps == list(range(6))


def test_a_writing_error_is_raised_once_by_the_caller_with_its_traceback() -> None:
    sink = Sink(fail_at=2, error=VideoWriteError("disk"))
    writer = BackgroundWriter(sink, depth=1)
    with pytest.raises(VideoWriteError, match="disk") as caught:
        write_all(writer, 10)
    assert "write" in [entry.name for entry in traceback.extract_tb(caught.value.__traceback__)]
    writer.close()
    assert sink.stamps == [0, 1]
    assert sink.closed == 1


@pytest.mark.parametrize("where", ["last-picture", "finish"])
def test_an_error_at_the_end_is_raised_by_close(where: str) -> None:
    error = VideoWriteError("disk")
    sink = Sink(fail_at=0, error=error if where == "last-picture" else None)
    sink.close_error = error if where == "finish" else None
    writer = BackgroundWriter(sink)
    writer.write(PICTURE, 0)
    with pytest.raises(VideoWriteError, match="disk"):
        writer.close()
    writer.close()


def test_writing_after_close_is_refused() -> None:
    writer = BackgroundWriter(Sink())
    writer.close()
    with pytest.raises(ValueError, match="write to a closed BackgroundWriter"):
        writer.write(PICTURE, 0)


@pytest.mark.parametrize("kind", [BackgroundReader, BackgroundWriter])
def test_a_depth_below_one_is_refused(kind: Callable[..., Any]) -> None:
    with pytest.raises(ArgumentError, match=r"^depth: it must be at least 1, found 0$"):
        kind(Source(1), 0)


def test_a_clip_copied_through_both(tmp_path: Path, make_clip: Callable[..., Path]) -> None:
    original, copy = make_clip(count=20), tmp_path / "copy.mp4"
    with BackgroundReader(VideoReader(original)) as reader:
        file = VideoWriter(copy, width=64, height=48, frame_rate=30, time_base=reader_time_base(original))
        with BackgroundWriter(file) as writer:
            stamps = []
            for frame in reader:
                writer.write(frame.data, frame.timestamp_us)
                stamps.append(frame.timestamp_us)
    with VideoReader(copy) as back:
        assert [frame.timestamp_us for frame in back] == stamps


def reader_time_base(path: Path) -> Any:
    with VideoReader(path) as reader:
        return reader.info.time_base
