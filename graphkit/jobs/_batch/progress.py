"""The hook for the progress of a batch, and its summary."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from graphkit.jobs._batch.entry import ClipEntry
    from graphkit.jobs._batch.planning import BatchPlan


class BatchProgress:
    """Does nothing; a subclass shows what it gets. All calls come from the thread that runs the batch."""

    def started(self, plan: BatchPlan) -> None:
        """The clips are known, and those to be done."""

    def advanced(self, frames: int) -> None:
        """*frames* frames more are done, of whatever clips."""

    def finished_clip(self, entry: ClipEntry) -> None:
        """A clip is done, or has failed."""

    def finished(self) -> None:
        """Nothing more will come; also called after a failure."""


@dataclass(slots=True)
class BatchSummary:
    """The outcome of a batch, complete once ``run`` has returned or raised.

    Attributes:
        clips: how many there are, those of other shards left out.
        done: that were done now.
        up_to_date: that were done before.
        passed_over: that failed before and were not tried again.
        failures: entries of those that failed now.
        with_notes: that were done now and about which the manifest has something to say.
        frames: that were processed now, in clips that are done.
        seconds: wall time.
        manifest: the file.
        interrupted: the batch was stopped before its end.
        cancelled: and the clips under way were dropped.
    """

    clips: int = 0
    done: int = 0
    up_to_date: int = 0
    passed_over: int = 0
    failures: list[ClipEntry] = field(default_factory=list)
    with_notes: int = 0
    frames: int = 0
    seconds: float = 0.0
    manifest: Path | None = None
    interrupted: bool = False
    cancelled: bool = False

    @property
    def is_complete(self) -> bool:
        """Whether every clip is done."""
        return self.done + self.up_to_date == self.clips

    def add(self, entry: ClipEntry) -> None:
        """Count a clip."""
        if not entry.done:
            self.failures.append(entry)
            return
        self.done += 1
        self.frames += entry.frames
        self.with_notes += bool(entry.notes)
