"""The progress of a batch: one display for all its clips, a bar on a terminal and plain lines elsewhere."""

from __future__ import annotations

import time
from collections import deque
from contextlib import suppress
from typing import TYPE_CHECKING, Final, TextIO

from graphkit.app.cli.progress import suited
from graphkit.jobs import BatchProgress

if TYPE_CHECKING:
    from collections.abc import Callable

    import rich.console
    import rich.progress

    from graphkit.jobs import BatchPlan, ClipEntry

_LINE_SECONDS: Final = 5.0
_RATE_SECONDS: Final = 10.0


def choose_progress(*, quiet: bool, stream: TextIO | None = None) -> BatchProgress:
    """Return what suits *stream*, standard error by default: nothing, a bar, or lines."""
    return suited(stream, quiet=quiet, silent=BatchProgress, lines=BatchLines, bar=BatchBar)


class _Counts(BatchProgress):
    """How far a batch is.

    Args:
        clock: seconds.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        self.clock = clock
        self.begin = clock()
        self.work = self.done = self.failed = self.frames = 0
        self._recent: deque[tuple[float, int]] = deque([(self.begin, 0)])

    def started(self, plan: BatchPlan) -> None:
        """Start the clock."""
        self.work = len(plan.work)
        self.begin = self.clock()
        self._recent = deque([(self.begin, 0)])

    def advanced(self, frames: int) -> None:
        """Count frames."""
        self.frames += frames
        now = self.clock()
        self._recent.append((now, self.frames))
        while now - self._recent[0][0] > _RATE_SECONDS and len(self._recent) > 2:
            self._recent.popleft()

    def finished_clip(self, entry: ClipEntry) -> None:
        """Count a clip."""
        self.done += 1
        self.failed += not entry.done

    @property
    def rate(self) -> float:
        """Frames a second, of the last seconds."""
        then, before = self._recent[0]
        passed = self.clock() - then
        return (self.frames - before) / passed if passed > 0 else 0.0

    @property
    def failures(self) -> str:
        """What is to be said of clips that failed."""
        return f", {self.failed} failed" if self.failed else ""


class BatchLines(_Counts):
    """A line every few seconds, later every few minutes: clips, share, frames a second, time left.

    Args:
        stream: where the lines go.
        clock: seconds, for tests.
    """

    def __init__(self, stream: TextIO, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__(clock)
        self._stream = stream
        self._next = self.begin + _LINE_SECONDS

    def started(self, plan: BatchPlan) -> None:
        """Start the clock."""
        super().started(plan)
        self._next = self.begin + _LINE_SECONDS

    def advanced(self, frames: int) -> None:
        """Print a line if it is time for one."""
        super().advanced(frames)
        now = self.clock()
        if now < self._next:
            return
        # A batch may take days: lines become rarer.
        self._next = now + max(_LINE_SECONDS, (now - self.begin) / 20)
        left = f", {(now - self.begin) / self.done * (self.work - self.done):.0f} s left" if self.done else ""
        share = 100 * self.done / self.work if self.work else 100
        text = f"clip {self.done} of {self.work} ({share:.0f} %){self.failures}, {self.rate:.1f} fps{left}"
        with suppress(OSError):  # there is no reader
            print(text, file=self._stream, flush=True)


class BatchBar(_Counts):
    """A bar with clips, frames a second and time left; gone when the batch is done.

    Args:
        console: of the terminal.
    """

    def __init__(self, console: rich.console.Console) -> None:
        from rich import progress

        super().__init__(time.monotonic)
        self._bar = progress.Progress(
            progress.SpinnerColumn(),
            progress.BarColumn(),
            progress.MofNCompleteColumn(),
            progress.TextColumn("clips{task.fields[failures]}  {task.fields[rate]:.1f} fps "),
            progress.TimeRemainingColumn(elapsed_when_finished=True),
            console=console,
            transient=True,
            refresh_per_second=5,
        )
        self._task: rich.progress.TaskID | None = None

    def started(self, plan: BatchPlan) -> None:
        """Show the bar."""
        super().started(plan)
        self._task = self._bar.add_task("", total=self.work, rate=0.0, failures="")
        self._bar.start()

    def advanced(self, frames: int) -> None:
        """Move the bar."""
        super().advanced(frames)
        self._show()

    def finished_clip(self, entry: ClipEntry) -> None:
        """Move the bar."""
        super().finished_clip(entry)
        self._show()

    def finished(self) -> None:
        """Take the bar away."""
        if self._task is not None:
            self._bar.stop()

    def _show(self) -> None:
        if self._task is not None:
            self._bar.update(self._task, completed=self.done, rate=self.rate, failures=self.failures)
