"""Stages: a model that runs in parts, one after the other; each can use a core that has become idle by then."""

from __future__ import annotations

import logging
from functools import partial
from typing import TYPE_CHECKING, Any

from graphkit.errors import GraphkitError
from graphkit.inference._ahead import Ahead, helpers
from graphkit.inference._twin import Twins, a_core_is_free

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from graphkit.inference._bound_runs import DeviceArray
    from graphkit.inference._session import Session

logger = logging.getLogger("graphkit.inference")

_TO_NHWC = (0, 2, 3, 1)


class Stages:
    """A model in stages, each with a twin.

    Args:
        count: how many.
        load: returns the session of a stage, by its number and its threads; see `load_stage`.
        threads: of a stage's twin.
    """

    def __init__(self, count: int, load: Callable[[int, int], Session], threads: int) -> None:
        self._count = count
        self._load = load
        self._threads = threads
        self._loading: Ahead[list[Twins]] | None = None

    def begin_to_load(self) -> None:
        """Have them loaded on another thread, unless that was done."""
        if self._loading is None:
            self._loading = Ahead(self._load_all)
            helpers.begin(self._loading)

    def are_loaded(self) -> bool:
        """Return whether they can be run."""
        return self._loading is not None and self._loading.is_done and bool(self._loading.result())

    def run(
        self, arrays: Sequence[NDArray[Any] | DeviceArray], has_idle_core: Callable[[], bool]
    ) -> list[NDArray[Any]]:
        """Run the loaded stages; arguments and results are those of the model (see `Session.run`).

        Args:
            arrays: one per input.
            has_idle_core: is asked before each stage.
        """
        assert self._loading is not None
        found: list[NDArray[Any]] = []
        for number, stage in enumerate(self._loading.result()):
            given: Sequence[NDArray[Any] | DeviceArray] = [found[0].transpose(_TO_NHWC)] if number else arrays
            is_idle = has_idle_core()
            if is_idle and a_core_is_free():  # too short to tell by the clock which way is quicker
                found = stage.twin().run(given)
            else:
                found = stage.run(given, has_idle_core=is_idle)
        return found

    def _load_all(self) -> list[Twins]:
        """Return the stages with their twins, none if they cannot be loaded."""
        try:
            return [self._twins(stage) for stage in range(self._count)]
        except GraphkitError as exc:
            logger.warning("a model runs without stages: %s", exc)
            return []

    def _twins(self, stage: int) -> Twins:
        session = self._load(stage, 1)
        session.warm_up()
        twins = Twins(session, partial(self._load, stage, self._threads))
        twins.twin()
        return twins
