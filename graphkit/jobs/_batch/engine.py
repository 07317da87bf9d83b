"""Engine: does the clips of a batch somewhere."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from graphkit.jobs._batch.entry import ClipEntry
    from graphkit.jobs._batch.recipe import Recipe
    from graphkit.jobs._batch.unit import ClipTask


class Engine(ABC):
    """Does the clips of a batch, several at a time, in any order. Serves one batch.

    What a process does is `Recipe.settle_in` once, then `ClipWorker.do` for each clip. What ends a process, or
    takes too long, is a clip that failed; `failed` makes its entry.
    """

    @abstractmethod
    def entries(
        self, recipe: Recipe, tasks: Iterator[ClipTask], on_frames: Callable[[int], None]
    ) -> Iterator[ClipEntry]:
        """Do the clips and yield the entry of each, as they come.

        Args:
            recipe: what is done with every clip.
            tasks: the clips; asked for the next one only when a process is free to do it. It ends early when the
                batch is stopped: what was begun is finished.
            on_frames: called now and then with the number of frames that were done since, on the thread that
                iterates.

        Raises:
            GraphkitError: what would fail for every clip; what is under way is dropped.
        """

    @abstractmethod
    def cancel(self) -> None:
        """Drop the clips that are under way: ``entries`` ends soon, without them. From a signal handler, too."""
