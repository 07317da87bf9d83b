"""Preview: a stream of pictures that somebody may be watching while the job runs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from graphkit.jobs._observation import Observation

if TYPE_CHECKING:
    from graphkit.framework import Packet


class Page(Protocol):
    """Where the pictures are shown, such as a `graphkit.preview.PreviewServer`. It never holds the job up."""

    def take(self, packet: Packet[Any]) -> None:
        """Show the image of a packet."""

    def dropped(self, frames: int) -> None:
        """*frames* pictures of live input were dropped so far."""

    def end(self, *, stopped: bool, failure: BaseException | None) -> None:
        """Nothing more will come.

        Args:
            stopped: the job was stopped before its input ended.
            failure: what ended it, None if nothing went wrong.
        """


@dataclass(frozen=True, slots=True)
class Preview:
    """A stream on its way to a page.

    Attributes:
        stream: its name.
        page: not closed by the job.
    """

    stream: str
    page: Page

    def observations(self) -> list[Observation]:
        """Return what is to be observed for it: the stream."""
        return [Observation(self.stream, self.page.take)]
