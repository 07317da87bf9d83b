"""TraceSink: the trace of a run, written when the run has ended."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from graphkit.jobs._sink import Ending, Pacing, Sink, Tap, check_creatable
from graphkit.jobs._summary import Summary, WrittenFile

if TYPE_CHECKING:
    from pathlib import Path

    from graphkit.framework import Packet


class TraceSink(Sink):
    """Takes no packets; its trace watches the graph.

    Args:
        path: of the file.

    Attributes:
        path: see above.
        trace: the instrument.
    """

    pacing = Pacing.LOOKS_ON

    def __init__(self, path: Path) -> None:
        from graphkit.insight import Trace

        super().__init__("trace")
        self.path = path
        self.trace = Trace()
        self.trace.listen()  # sources read ahead before the graph runs, and encoders run on after it
        self._written: int | None = None

    def taps(self) -> list[Tap]:
        """Return none."""
        return []

    def take(self, packet: Packet[Any]) -> None:
        """Do nothing."""

    def check(self) -> None:
        """Make sure that the file can be created; raises OutputError."""
        check_creatable(self.path)

    def close(self, ending: Ending) -> None:
        """Write the file; raises OutputError."""
        self._written = self.trace.write(self.path)

    def report(self, summary: Summary) -> None:
        """Add the file, and how much of the run it lacks."""
        if self._written is None:
            return
        summary.files.append(WrittenFile(self.stream, self.path, self._written, "events"))
        if self.trace.lost:
            summary.notes.append(
                f"The trace keeps the end of the run; {self.trace.lost} older events were dropped."
            )
