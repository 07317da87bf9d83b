"""FrameBroadcaster: the newest picture of a run, for any number of browsers, each at its own pace."""

from __future__ import annotations

import threading
import time
from collections import deque
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Final

from graphkit._process.sleepers import Sleepers
from graphkit._process.threads import opencv
from graphkit.errors import FormatError
from graphkit.jobs._pixels import to_rgb

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import numpy as np
    from numpy.typing import NDArray

_RATE_SECONDS: Final = 2.0
_QUALITY: Final = 80


@dataclass(frozen=True, slots=True)
class RunStatistics:
    """How a run is doing.

    Attributes:
        state: "waiting" for the first picture, "running", "finished", "stopped" or "failed".
        frames: pictures so far.
        fps: pictures a second, over the last two seconds; at the end, over the whole run.
        dropped: pictures of live input that were dropped.
        seconds: time since the first picture.
        message: what went wrong, "" for nothing.
    """

    state: str
    frames: int
    fps: float
    dropped: int
    seconds: float
    message: str

    @property
    def over(self) -> bool:
        """Whether the state is final."""
        return self.state not in {"waiting", "running"}

    def as_dict(self) -> dict[str, Any]:
        """Return the fields for JSON."""
        return {**asdict(self), "fps": round(self.fps, 1), "seconds": round(self.seconds, 1), "over": self.over}


class Picture:
    """One picture, compressed once, and only if a browser asks for it.

    Args:
        number: counts the pictures of a run, from 1.
        pixels: (H, W, 3) uint8, RGB.
    """

    def __init__(self, number: int, pixels: NDArray[np.uint8]) -> None:
        self.number = number
        self._pixels = pixels
        self._lock = threading.Lock()
        self._jpeg = b""

    def jpeg(self) -> bytes:
        """Return the picture as a JPEG file."""
        with self._lock:
            if not self._jpeg:
                cv2 = opencv()
                bgr = cv2.cvtColor(self._pixels, cv2.COLOR_RGB2BGR)
                _, encoded = cv2.imencode(".jpg", bgr, [cv2.IMWRITE_JPEG_QUALITY, _QUALITY])
                self._jpeg = encoded.tobytes()
            return self._jpeg


class FrameBroadcaster:
    """Takes pictures from a run and shows the newest one to its watchers. Taking never waits for them.

    Without a watcher a picture costs a microsecond: it is counted, not even read back from a GPU.

    Args:
        clock: seconds, for tests.

    Attributes:
        watchers: how many want pictures.
        changed: the threads that wait for new pictures, watchers or the end.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self.changed = Sleepers(self._lock)
        self._times: deque[float] = deque()
        self._begin = self._last = 0.0
        self._frames = self._dropped = 0
        self.watchers = 0
        self._picture: Picture | None = None
        self._state, self._message = "waiting", ""

    # -- for the run ---------------------------------------------------------------------------------------

    def take(self, image: object) -> None:
        """Show an image payload; one that cannot be shown is reported on the page, not raised."""
        pixels = self._pixels(image) if self.watchers else None
        now = self._clock()
        with self._lock:
            if not self._frames:
                self._begin, self._state = now, "running"
            self._frames += 1
            self._last = now
            self._times.append(now)
            self._forget_times(now)
            if pixels is not None:
                self._picture = Picture(self._frames, pixels)
                self.changed.wake()

    def dropped(self, frames: int) -> None:
        """Tell how many pictures were dropped so far."""
        self._dropped = frames

    def end(self, state: str, message: str = "") -> None:
        """Tell that nothing more will come; the first call counts.

        Args:
            state: "finished", "stopped" or "failed".
            message: what went wrong.
        """
        with self._lock:
            if not self.is_over:
                self._state, self._message = state, message or self._message
                self.changed.wake()

    # -- for browsers --------------------------------------------------------------------------------------

    @property
    def is_over(self) -> bool:
        """Whether the run has ended."""
        return self._state not in {"waiting", "running"}

    @contextmanager
    def watching(self) -> Iterator[None]:
        """While the block runs, pictures are kept."""
        self._count_watchers(1)
        try:
            yield
        finally:
            self._count_watchers(-1)

    def _count_watchers(self, more: int) -> None:
        with self._lock:
            self.watchers += more
            self.changed.wake()

    def next_picture(self, after: int) -> Picture | None:
        """Wait for a picture newer than number *after*, and return the newest; None after the end."""
        self.changed.wait_for(lambda: self.is_over or self._is_newer(after))
        with self._lock:
            return self._picture if self._is_newer(after) else None

    def pause(self, seconds: float) -> None:
        """Wait, but not beyond the end of the run."""
        self.changed.wait_for(lambda: self.is_over, max(0.0, seconds))

    def statistics(self) -> RunStatistics:
        """Return how the run is doing."""
        now = self._clock()
        with self._lock:
            self._forget_times(now)
            lasted = (self._last if self.is_over else now) - self._begin if self._frames else 0.0
            return RunStatistics(
                self._state, self._frames, self._fps(lasted), self._dropped, lasted, self._message
            )

    # -- under the lock ------------------------------------------------------------------------------------

    def _is_newer(self, after: int) -> bool:
        return self._picture is not None and self._picture.number > after

    def _forget_times(self, now: float) -> None:
        while self._times and self._times[0] < now - _RATE_SECONDS:
            self._times.popleft()

    def _fps(self, lasted: float) -> float:
        if self.is_over:
            return (self._frames - 1) / lasted if lasted > 0 else 0.0
        span = self._times[-1] - self._times[0] if self._times else 0.0
        return (len(self._times) - 1) / span if span > 0 else 0.0

    def _pixels(self, image: object) -> NDArray[np.uint8] | None:
        try:
            return to_rgb(image)
        except FormatError as error:
            self._message = str(error)
            return None
