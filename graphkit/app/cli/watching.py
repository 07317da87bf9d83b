"""A profile while the graph runs: a table in place on a terminal, one every few seconds elsewhere."""

from __future__ import annotations

import sys
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Final, TextIO

from graphkit.jobs import Progress

if TYPE_CHECKING:
    from collections.abc import Callable

    import rich.console
    import rich.live
    import rich.text

    from graphkit.insight import Profile

_LINES_S: Final = 5.0
_LIVE_S: Final = 0.5
_ROOM: Final = 4
"""Lines of a terminal that are left free below the table."""


def choose_table(profile: Profile, stream: TextIO | None = None) -> Progress:
    """Return what suits *stream*, standard error by default."""
    stream = stream or sys.stderr
    if not stream.isatty():
        return PrintedTable(profile, stream)
    from rich.console import Console

    console = Console(file=stream)
    return PrintedTable(profile, stream) if console.is_dumb_terminal else LiveTable(profile, console)


class PrintedTable(Progress):
    """Prints the table every few seconds.

    Args:
        profile: what is shown.
        stream: where to.
        clock: seconds, for tests.
    """

    def __init__(self, profile: Profile, stream: TextIO, clock: Callable[[], float] = time.monotonic) -> None:
        self._profile, self._stream, self._clock = profile, stream, clock
        self._next = 0.0

    def started(self, total: int) -> None:
        """Start the clock."""
        self._next = self._clock() + _LINES_S

    def advanced(self, frames: int) -> None:
        """Print the table if it is time for it."""
        if self._clock() < self._next:
            return
        self._next = self._clock() + _LINES_S
        with suppress(OSError):  # there is no reader
            print(f"frame {frames}", self._profile, "", sep="\n", file=self._stream, flush=True)


class LiveTable(Progress):
    """Shows the table in one place, as much of it as the terminal has room for.

    Args:
        profile: what is shown.
        console: of the terminal.
    """

    def __init__(self, profile: Profile, console: rich.console.Console) -> None:
        from rich.live import Live

        self._profile, self._console = profile, console
        self._frames, self._dropped = 0, ""
        self._live: rich.live.Live = Live(
            console=console, get_renderable=self._table, refresh_per_second=1 / _LIVE_S, transient=True
        )

    def started(self, total: int) -> None:
        """Show it."""
        self._live.start()

    def advanced(self, frames: int) -> None:
        """Remember how far the run is."""
        self._frames = frames

    def dropped(self, frames: int) -> None:
        """Remember how many were dropped."""
        self._dropped = f", {frames} dropped"

    def finished(self) -> None:
        """Take it away."""
        self._live.stop()

    def _table(self) -> rich.text.Text:
        from rich.text import Text

        lines = [f"frame {self._frames}{self._dropped}", *str(self._profile).split("\n")]
        return Text("\n".join(lines[: max(1, self._console.height - _ROOM)]), no_wrap=True, overflow="ellipsis")
