"""Progress as a bar on a terminal, as plain lines elsewhere."""

from __future__ import annotations

import sys
import time
from contextlib import suppress
from typing import TYPE_CHECKING, TextIO, TypeVar

from graphkit.jobs import Progress

if TYPE_CHECKING:
    from collections.abc import Callable

    import rich.console
    import rich.progress

P = TypeVar("P")

_LINE_SECONDS = 5.0
_BAR_SECONDS = 0.1


def choose_progress(*, quiet: bool, stream: TextIO | None = None) -> Progress:
    """Return what suits *stream*, standard error by default: nothing, a bar, or lines."""
    return suited(stream, quiet=quiet, silent=Progress, lines=LineProgress, bar=BarProgress)


def suited(
    stream: TextIO | None,
    *,
    quiet: bool,
    silent: Callable[[], P],
    lines: Callable[[TextIO], P],
    bar: Callable[[rich.console.Console], P],
) -> P:
    """Return the display that suits *stream*, standard error by default; *silent* if quiet or closed."""
    stream = stream or sys.stderr
    if quiet or stream is None:  # closed by the parent process
        return silent()
    if not stream.isatty():
        return lines(stream)
    from rich.console import Console

    console = Console(file=stream)
    return lines(stream) if console.is_dumb_terminal else bar(console)


class LineProgress(Progress):
    """A line every few seconds: frames, share, frames a second, time left.

    Args:
        stream: where the lines go.
        clock: seconds, for tests.
    """

    def __init__(self, stream: TextIO, clock: Callable[[], float] = time.monotonic) -> None:
        self._stream, self._clock = stream, clock
        self._begin = self._next = 0.0
        self._total = 0
        self._dropped = ""

    def started(self, total: int) -> None:
        """Start the clock."""
        self._total = total
        self._begin = self._clock()
        self._next = self._begin + _LINE_SECONDS

    def advanced(self, frames: int) -> None:
        """Print a line if it is time for one."""
        now = self._clock()
        if now < self._next:
            return
        self._next = now + _LINE_SECONDS
        rate = frames / (now - self._begin)
        text = f"frame {frames}"
        if self._total >= frames:
            left = (self._total - frames) / rate if rate else 0.0
            text += f" of {self._total} ({100 * frames / self._total:.0f} %), {rate:.1f} fps, {left:.0f} s left"
        else:
            text += f", {rate:.1f} fps"
        with suppress(OSError):  # there is no reader
            print(text + self._dropped, file=self._stream, flush=True)

    def dropped(self, frames: int) -> None:
        """Remember it for the next line."""
        self._dropped = f", {frames} dropped"


class BarProgress(Progress):
    """A bar with frames, frames a second and time left; gone when the job is done.

    Args:
        console: of the terminal.
    """

    def __init__(self, console: rich.console.Console) -> None:
        from rich import progress

        self._bar = progress.Progress(
            progress.SpinnerColumn(),
            progress.BarColumn(),
            progress.MofNCompleteColumn(),
            progress.TextColumn("frames  {task.fields[rate]:.1f} fps{task.fields[dropped]} "),
            progress.TimeRemainingColumn(),
            console=console,
            transient=True,
            refresh_per_second=5,
        )
        self._begin = self._next = 0.0
        self._frames = 0
        self._dropped = ""
        self._task: rich.progress.TaskID | None = None

    def started(self, total: int) -> None:
        """Show the bar; one that only moves to and fro if the total is not known."""
        self._begin = self._next = time.monotonic()
        self._task = self._bar.add_task("", total=total or None, rate=0.0, dropped="")
        self._bar.start()

    def advanced(self, frames: int) -> None:
        """Move the bar, a few times a second at most."""
        now = time.monotonic()
        self._frames = frames
        if self._task is not None and now >= self._next:
            self._next = now + _BAR_SECONDS
            rate = frames / (now - self._begin)
            self._bar.update(self._task, completed=frames, rate=rate, dropped=self._dropped)

    def dropped(self, frames: int) -> None:
        """Remember it for the next move of the bar."""
        self._dropped = f", {frames} dropped"

    def finished(self) -> None:
        """Take the bar away."""
        if self._task is not None:
            self._bar.stop()
