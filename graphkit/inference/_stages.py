"""Stages: a model that runs in parts, one after the other; each can use a core that has become idle by then."""

from __future__ import annotations

import logging
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from graphkit.errors import GraphkitError
from graphkit.inference._ahead import Ahead, helpers

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from graphkit.inference._session import Session

logger = logging.getLogger("graphkit.inference")

_SLOW_RUNS = 2
"""In the first run ONNX Runtime finds out how much memory a model takes, in the second it gets it at once."""
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
        return _run(self._loading.result(), arrays, may_have_help)

    def _load_all(self) -> list[tuple[Session, Session]]:
        """Return the sessions after their slow first runs; none if they cannot be loaded."""
        try:
            numbers = range(self._count)
            loaded = [(self._load(number, 1), self._load(number, self._threads)) for number in numbers]
            blank = [np.zeros_like(info.empty()) for info in loaded[0][0].inputs]
            for helped in (False, True) * _SLOW_RUNS:
                _run(loaded, blank, partial(bool, helped))
        except GraphkitError as exc:
            logger.warning("a model runs without stages: %s", exc)
            return []
        return loaded


def _run(
    stages: Sequence[tuple[Session, Session]], arrays: Sequence[NDArray[Any]], may_have_help: Callable[[], bool]
) -> list[NDArray[Any]]:
    found: list[NDArray[Any]] = []
    for number, (alone, helped) in enumerate(stages):
        given = [found[0].transpose(_TO_NHWC)] if number else arrays
        found = (helped if may_have_help() else alone).run(given)
    return found
