"""Dump: what a job asks of a stream on its way to a file."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from pathlib import Path

    from graphkit.jobs._observation import Observation


class Dump(Protocol):
    """A stream on its way to a file.

    Attributes:
        stream: its name.
        path: the file; for a sequence of pictures, how their files are called.
    """

    stream: str
    path: Path

    @property
    def packets(self) -> int:
        """Packets written so far."""

    def observations(self) -> list[Observation]:
        """Return what is to be observed for it."""

    def close(self) -> None:
        """Write what is held back and close the file; harmless when repeated."""
