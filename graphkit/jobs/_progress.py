"""The hook for the progress of a job."""

from __future__ import annotations


class Progress:
    """Does nothing; a subclass shows what it gets. Calls come one at a time, some from other threads."""

    def started(self, total: int) -> None:
        """Models are loaded and frames begin to flow; *total* of them, 0 if that is not known."""

    def advanced(self, frames: int) -> None:
        """*frames* frames are done so far."""

    def dropped(self, frames: int) -> None:
        """*frames* pictures of live input were dropped so far, because the graph was busy."""

    def finished(self) -> None:
        """Nothing more will come; also called after a failure."""
