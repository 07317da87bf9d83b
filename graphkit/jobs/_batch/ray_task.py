"""What a task of Ray does: one clip, in a process of its own beside Ray's, which is kept for the next clip."""

from __future__ import annotations

import logging
import os
import platform
import secrets
from collections import deque
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

from graphkit.errors import BatchError, GraphkitError
from graphkit.jobs._batch.code import own_version
from graphkit.jobs._batch.local import ClipLimits, LocalEngine
from graphkit.jobs._batch.machine import default_memory_limit, default_processes
from graphkit.jobs._batch.worker import carried

if TYPE_CHECKING:
    from collections.abc import Iterator

    from graphkit.jobs._batch.entry import ClipEntry
    from graphkit.jobs._batch.recipe import Recipe
    from graphkit.jobs._batch.unit import ClipTask

_LOG: Final = logging.getLogger("graphkit")
# Ray changes it between the tasks of a process.
_DEVICES: Final = "CUDA_VISIBLE_DEVICES"


@dataclass(frozen=True, slots=True)
class Order:
    """What is the same for all clips of a batch.

    Attributes:
        recipe: what is done with every clip.
        limits: what a clip may take.
        mark: a file that the batch made beside the stages: every machine on the same storage sees it.
        version: of the graphkit that gave the order.
    """

    recipe: Recipe
    limits: ClipLimits
    mark: str
    version: str = field(default_factory=own_version)


@dataclass(slots=True)
class Outcome:
    """What a task answers.

    Attributes:
        host: the machine.
        entry: the outcome of the clip.
        fault: what would fail for every clip.
        unseen: this machine does not see the clip.
        warnings: that were logged meanwhile, with their levels.
    """

    host: str = field(default_factory=platform.node)
    entry: ClipEntry | None = None
    fault: GraphkitError | None = None
    unseen: bool = False
    warnings: list[tuple[int, str]] = field(default_factory=list)


class _Desk:
    """Does the clips of an order, one after the other."""

    def __init__(self, order: Order) -> None:
        limits = order.limits
        if limits.memory is None:
            limits = replace(limits, memory=default_memory_limit(default_processes()))
        self.devices = os.environ.get(_DEVICES)
        self.order = order
        self._waiting: deque[ClipTask] = deque()
        self._entries = LocalEngine(1, limits).entries(order.recipe, self, lambda frames: None)

    def __iter__(self) -> Iterator[ClipTask]:
        return self

    def __next__(self) -> ClipTask:
        """Return the clip that waits; there is none in between, and more come later."""
        if not self._waiting:
            raise StopIteration
        return self._waiting.popleft()

    def do(self, task: ClipTask) -> ClipEntry:
        """Do a clip; raises what would fail for every clip."""
        self._waiting.append(task)
        return next(self._entries)

    def close(self) -> None:
        """End the process."""
        self._entries.close()  # type: ignore[attr-defined]  # a generator


class _Listening(logging.Handler):
    def __init__(self, heard: list[tuple[int, str]]) -> None:
        super().__init__(logging.WARNING)
        self._heard = heard

    def emit(self, record: logging.LogRecord) -> None:
        self._heard.append((record.levelno, record.getMessage()))


_desk: _Desk | None = None


def do_clip(order: Order, task: ClipTask) -> Outcome:
    """Do a clip in the process that this one keeps for it.

    What kills that process, or takes too long, is a clip that failed. What kills this one, or its machine, Ray
    makes good by doing the clip again; each attempt has a stage of its own.
    """
    outcome = Outcome()
    listening = _Listening(outcome.warnings)
    _LOG.addHandler(listening)
    try:
        _check(order, task)
        if Path(task.path).exists():
            staged = replace(task, stage=f"{task.stage}-{secrets.token_hex(4)}")
            outcome.entry = _desk_for(order).do(staged)
        else:
            outcome.unseen = True
    except GraphkitError as error:
        _leave()
        outcome.fault = carried(error)
    finally:
        _LOG.removeHandler(listening)
    return outcome


def _check(order: Order, task: ClipTask) -> None:
    """Make sure that this machine is fit for the order."""
    here = own_version()
    if order.version != here:
        raise BatchError(f"graphkit is {here}, and the batch is of {order.version}. Install the same everywhere.")
    if not Path(order.mark).exists():
        raise BatchError(
            f"the folder {task.folder} is not seen. Clips and outputs have to lie on storage that all machines "
            "see, under the same path."
        )


def _desk_for(order: Order) -> _Desk:
    global _desk  # noqa: PLW0603 - what a process of Ray keeps from task to task is a global
    if _desk is not None and (_desk.order.mark != order.mark or _desk.devices != os.environ.get(_DEVICES)):
        _leave()
    if _desk is None:
        _desk = _Desk(order)
    return _desk


def _leave() -> None:
    global _desk  # noqa: PLW0603
    if _desk is not None:
        _desk.close()
    _desk = None
