"""PreviewSink: a stream of pictures that may be watched while the job runs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

from graphkit.jobs._sink import Ending, Pacing, Sink

if TYPE_CHECKING:
    from graphkit.config import GraphPlan
    from graphkit.framework import Packet
    from graphkit.insight import Profile
    from graphkit.jobs._summary import Summary


class Page(Protocol):
    """Where the pictures are shown, such as a `graphkit.preview.PreviewServer`. It never makes the job wait."""

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


@runtime_checkable
class GraphPage(Page, Protocol):
    """A page that shows the graph, too."""

    def show_graph(self, plan: GraphPlan, profile: Profile) -> None:
        """Show a graph, and what *profile* sees of its nodes while the job runs."""


class PreviewSink(Sink):
    """A stream on its way to a page, which the job does not close.

    Args:
        stream: its name.
        page: where it is shown.
    """

    pacing = Pacing.LOOKS_ON

    def __init__(self, stream: str, page: Page) -> None:
        super().__init__(stream)
        self._page = page

    def take(self, packet: Packet[Any]) -> None:
        """Show a picture."""
        self._page.take(packet)

    def dropped(self, input_sets: int) -> None:
        """Tell the page."""
        self._page.dropped(input_sets)

    def close(self, ending: Ending) -> None:
        """Tell the page how the job ended."""
        self._page.end(stopped=ending.stopped, failure=ending.failure)

    def report(self, summary: Summary) -> None:
        """Note that the pictures could be watched."""
        summary.previewed = True
