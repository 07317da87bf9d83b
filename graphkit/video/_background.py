"""Decoding and encoding on a thread of their own, a few pictures ahead of or behind the caller."""

from __future__ import annotations

import threading
from queue import SimpleQueue
from typing import TYPE_CHECKING, Generic, Protocol, TypeVar

from graphkit._process.closing import Closing
from graphkit.errors import ArgumentError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from graphkit.video._frames import VideoFrame

Picture_contra = TypeVar("Picture_contra", contravariant=True)


class FrameSource(Protocol):
    """What a BackgroundReader reads from."""

    def __iter__(self) -> Iterator[VideoFrame]: ...

    def close(self) -> None:
        """Release the file."""


class FrameSink(Protocol[Picture_contra]):
    """Target of a BackgroundWriter: a video takes (H, W, 3) uint8 RGB arrays, other sinks what they document."""

    def write(self, picture: Picture_contra, timestamp_us: int, /) -> None:
        """Take one picture and its time in microseconds."""

    def close(self) -> None:
        """Finish the file."""


class _Worker:
    """A thread whose end can be waited for without losing a Ctrl-C or the thread."""

    def __init__(self, work: Callable[[], None], name: str) -> None:
        self._work = work
        self._ended = threading.Event()
        self.error: BaseException | None = None
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        self._thread.start()

    def _run(self) -> None:
        try:
            self._work()
        except BaseException as error:  # passed to the caller, which raises it
            self.error = error
        finally:
            self._ended.set()

    def wait(self) -> None:
        # Not join() at once: interrupted by Ctrl-C, Python 3.11 takes the thread for finished.
        self._ended.wait()
        self._thread.join()

    def raise_error(self) -> None:
        """Raise what the thread raised, once, with the thread's traceback."""
        error, self.error = self.error, None
        if error is not None:
            raise error


class BackgroundReader(Closing):
    """Reads ahead on a thread of its own.

    Half of *depth* is decoded at a time: a thread that takes turns with others for each picture finds its data
    gone from the processor's caches, and on a busy core each turn is a switch.

    Args:
        reader: read on the thread and closed with this object.
        depth: the most pictures that are decoded and not yet taken.

    Raises:
        ValueError: depth is below 1.
    """

    def __init__(self, reader: FrameSource, depth: int = 4) -> None:
        if depth < 1:
            raise ArgumentError(f"it must be at least 1, found {depth}", parameter="depth")
        self._reader = reader
        self._ready: SimpleQueue[VideoFrame | None] = SimpleQueue()
        # The right to decode so many pictures; 0 ends the thread.
        self._rights: SimpleQueue[int] = SimpleQueue()
        self._rights.put(depth)
        self._taken, self._batch = 0, max(1, depth // 2)
        self._ended = False
        self._worker = _Worker(self._read, "graphkit-decode")

    def _read(self) -> None:
        try:
            frames = iter(self._reader)
            while count := self._rights.get():
                for _ in range(count):
                    frame = next(frames, None)
                    if frame is None or self._ended:
                        return
                    self._ready.put(frame)
        finally:
            self._ready.put(None)

    def __iter__(self) -> Iterator[VideoFrame]:
        return self

    def __next__(self) -> VideoFrame:
        if self._ended:
            raise StopIteration
        frame = self._ready.get()
        if frame is None:
            self._ended = True
            self._worker.wait()
            self._worker.raise_error()
            raise StopIteration
        self._taken += 1
        if self._taken >= self._batch:
            self._rights.put(self._taken)
            self._taken = 0
        return frame

    def close(self) -> None:
        """Stop reading, wait for the picture being decoded, close the reader; safe to call twice."""
        self._ended = True
        self._rights.put(0)
        self._worker.wait()
        self._reader.close()


class BackgroundWriter(Closing, Generic[Picture_contra]):
    """Encodes on a thread of its own.

    An error there is raised by the next ``write`` or by ``close``, once.

    Args:
        writer: written to and closed on the thread.
        depth: the most pictures that wait to be encoded; ``write`` blocks beyond it.

    Raises:
        ValueError: depth is below 1.
    """

    def __init__(self, writer: FrameSink[Picture_contra], depth: int = 4) -> None:
        if depth < 1:
            raise ArgumentError(f"it must be at least 1, found {depth}", parameter="depth")
        self._writer = writer
        self._waiting: SimpleQueue[tuple[Picture_contra, int] | None] = SimpleQueue()
        self._slots: SimpleQueue[None] = SimpleQueue()
        for _ in range(depth):
            self._slots.put(None)
        self._failed = threading.Event()
        self._closed = False
        self._worker = _Worker(self._write, "graphkit-encode")

    def _write(self) -> None:
        try:
            while (item := self._waiting.get()) is not None:
                self._writer.write(*item)
                self._slots.put(None)
        except BaseException:
            self._failed.set()
            self._slots.put(None)  # wakes a caller that waits for a slot
            raise
        finally:
            self._writer.close()

    def write(self, picture: Picture_contra, timestamp_us: int) -> None:
        """Queue one picture; it must not be changed afterwards.

        Args:
            picture: what the writer takes.
            timestamp_us: presentation time in microseconds.

        Raises:
            VideoWriteError, OutputError: an earlier picture could not be written.
            ValueError: the writer is closed.
        """
        if self._closed:
            raise ValueError("write to a closed BackgroundWriter")
        if not self._failed.is_set():
            self._slots.get()
        if self._failed.is_set():
            self.close()
            return
        self._waiting.put((picture, timestamp_us))

    def close(self) -> None:
        """Encode what is queued, finish the file and wait for it; safe to call twice.

        Raises:
            VideoWriteError, OutputError: a picture or the end of the file could not be written.
        """
        if not self._closed:
            self._closed = True
            self._waiting.put(None)
        self._worker.wait()
        self._worker.raise_error()
