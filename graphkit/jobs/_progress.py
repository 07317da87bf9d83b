"""The hook by which a job tells how far it is."""

from __future__ import annotations


class Progress:
    """Does nothing; a subclass shows what it is told. Calls come one at a time, some from other threads."""

    def started(self, total: int) -> None:
        """Models are loaded and frames begin to flow; *total* of them, 0 where that is not known."""

    def advanced(self, frames: int) -> None:
        """*frames* frames are done so far."""

    def dropped(self, frames: int) -> None:
        """*frames* pictures of live input were dropped so far, because the graph was busy."""

    def finished(self) -> None:
        """Nothing more will come; also called after a failure."""
