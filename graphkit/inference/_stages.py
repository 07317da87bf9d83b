"""Stages: a model that runs in parts, one after the other; each can use a core that has become idle by then."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from graphkit.errors import GraphkitError
from graphkit.inference._ahead import Ahead, helpers

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from graphkit.inference._session import Session

logger = logging.getLogger("graphkit.inference")

_TO_NHWC = (0, 2, 3, 1)


class Stages:
    """A model in stages, each loaded twice: for one thread, and with help for several.

    Args:
        count: how many.
        load: returns the session of a stage, by its number and its threads; see `load_stage`.
        threads: of a stage that has help.
    """

    def __init__(self, count: int, load: Callable[[int, int], Session], threads: int) -> None:
        self._count = count
        self._load = load
        self._threads = threads
        self._loading: Ahead[list[tuple[Session, Session]]] | None = None

    def begin_to_load(self) -> None:
        """Have them loaded on another thread, unless that was done."""
        if self._loading is None:
            self._loading = Ahead(self._load_all)
            helpers.begin(self._loading)

    def are_loaded(self) -> bool:
        """Return whether they can be run."""
        return self._loading is not None and self._loading.is_done and bool(self._loading.result())

    def run(self, arrays: Sequence[NDArray[Any]], may_have_help: Callable[[], bool]) -> list[NDArray[Any]]:
        """Run the loaded stages; arguments and results are those of the model (see `Session.run`).

        Args:
            arrays: one per input.
            may_have_help: is asked before each stage.
        """
        assert self._loading is not None
        found: list[NDArray[Any]] = []
        for number, (alone, helped) in enumerate(self._loading.result()):
            given = [found[0].transpose(_TO_NHWC)] if number else arrays
            found = (helped if may_have_help() else alone).run(given)
        return found

    def _load_all(self) -> list[tuple[Session, Session]]:
        """Return the sessions, none if they cannot be loaded."""
        try:
            return [(self._warm(stage, 1), self._warm(stage, self._threads)) for stage in range(self._count)]
        except GraphkitError as exc:
            logger.warning("a model runs without stages: %s", exc)
            return []

    def _warm(self, stage: int, threads: int) -> Session:
        session = self._load(stage, threads)
        session.warm_up()
        return session
