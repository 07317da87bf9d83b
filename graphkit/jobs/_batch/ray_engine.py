"""RayEngine: clips done as tasks of Ray, on this machine or on many."""

from __future__ import annotations

import logging
import math
import platform
import secrets
import time
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from graphkit.errors import ArgumentError, BatchError, OutputError, PackageError
from graphkit.jobs._batch.engine import Engine
from graphkit.jobs._batch.local import ClipLimits
from graphkit.jobs._batch.machine import default_processes
from graphkit.jobs._batch.ray_cluster import Cluster, Share
from graphkit.jobs._batch.ray_task import Order, Outcome, do_clip
from graphkit.jobs._batch.unit import failed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from graphkit.jobs._batch.entry import ClipEntry
    from graphkit.jobs._batch.recipe import Recipe
    from graphkit.jobs._batch.unit import ClipTask

_LOG: Final = logging.getLogger("graphkit.jobs")
_LOOK_SECONDS: Final = 0.5
_COUNT_SECONDS: Final = 5.0


class RayEngine(Engine):
    """Clips as tasks of Ray: retried if a machine or a process of Ray is lost, a bounded number at a time.

    Clips and outputs are on storage that all machines see, and all have the same graphkit. What a clip itself does
    wrong is found as on one machine: it is done in a process beside Ray's, with the same limits.

    Args:
        address: of a cluster, as Ray has it; None for that in ``RAY_ADDRESS``, and without one Ray runs on this
            machine, for as long as the batch does.
        tasks: clips under way at a time; None for as many as fit the cluster, and a few that wait.
        limits: what a clip may take.
        share: of a machine that Ray keeps for each clip.
        retries: how often a clip is done again whose machine or process of Ray is lost.

    Raises:
        PackageError: Ray is not installed.
    """

    def __init__(
        self,
        address: str | None = None,
        *,
        tasks: int | None = None,
        limits: ClipLimits | None = None,
        share: Share | None = None,
        retries: int = 3,
    ) -> None:
        if find_spec("ray") is None:
            raise PackageError(
                "ray", "a batch on Ray needs it, and it is not installed", "pip install 'graphkit-media[ray]'"
            )
        if tasks is not None and tasks < 1:
            raise ArgumentError(f"found {tasks}; at least 1 task does the work.", parameter="processes")
        if retries < 0:
            raise ArgumentError(f"found {retries}; the number cannot be negative.", parameter="retries")
        self._cluster = Cluster(address, share or Share())
        self._tasks, self._limits, self._retries = tasks, limits or ClipLimits(), retries
        self._cancelled = False
        self._most, self._counted = 0, -math.inf
        self._said: set[str] = set()

    def cancel(self) -> None:
        """Drop the clips that are under way."""
        self._cancelled = True

    def entries(
        self, recipe: Recipe, tasks: Iterator[ClipTask], on_frames: Callable[[int], None]
    ) -> Iterator[ClipEntry]:
        """Do the clips; see `Engine.entries`. Frames are reported when their clip is done."""
        first = next(tasks, None)
        if first is None:
            return
        mark = _mark(first)
        with self._cluster.connected(self._tasks or default_processes()) as ray:
            order = Order(recipe, self._limits, str(mark))
            share = self._cluster.share
            # Without max_calls a process that used a GPU ends with each clip.
            remote = ray.remote(
                num_cpus=share.cpus, num_gpus=share.gpus, max_retries=self._retries, max_calls=0
            )(do_clip)  # fmt: skip
            under_way = {remote.remote(order, first): first}
            try:
                while not self._cancelled:
                    while len(under_way) < self._room() and (task := next(tasks, None)) is not None:
                        under_way[remote.remote(order, task)] = task
                    if not under_way:
                        return
                    for reference in _ready(ray, list(under_way)):
                        entry = self._settled(ray, reference, under_way.pop(reference))
                        on_frames(entry.frames)
                        yield entry
            finally:
                for reference in under_way:
                    ray.cancel(reference, force=True)
                mark.unlink(missing_ok=True)

    def _room(self) -> int:
        """Return how many clips may be under way: those that find room, and a few that are begun at once then."""
        if self._tasks is not None:
            return self._tasks
        now = time.monotonic()
        if now - self._counted > _COUNT_SECONDS:  # machines come and go
            room = self._cluster.room()
            self._most, self._counted = room + max(1, room // 4), now
        return self._most

    def _settled(self, ray: Any, reference: Any, task: ClipTask) -> ClipEntry:
        """Return the entry of a clip; raises what would fail for every clip."""
        try:
            outcome: Outcome = ray.get(reference)
        except ray.exceptions.RayTaskError as exc:
            raise BatchError(f"a task of Ray failed: {_last_line(exc)}. Is graphkit installed there?") from exc
        except ray.exceptions.RayError as exc:
            times = f"{self._retries + 1} time{'s' if self._retries else ''}"
            return failed(task, "Crashed", f"what did it was lost {times}: {_first_line(exc)}")
        self._say(outcome)
        if outcome.fault is not None:
            raise _of_machine(outcome)
        if outcome.entry is not None:
            return outcome.entry
        if Path(task.path).exists():
            raise BatchError(
                f"on {outcome.host}: {task.path} is not seen. Clips and outputs have to lie on storage that all "
                "machines see, under the same path."
            )
        return failed(task, "InputError", f"{task.path}: no such file.")

    def _say(self, outcome: Outcome) -> None:
        for level, text in outcome.warnings:
            if text not in self._said:
                self._said.add(text)
                _LOG.log(level, "%s", text)


def _ready(ray: Any, references: list[Any]) -> list[Any]:
    """Return what is ready: all of it, for looking takes long if much is under way."""
    ready, waiting = ray.wait(references, timeout=_LOOK_SECONDS)
    if ready and waiting:
        ready = ready + ray.wait(waiting, num_returns=len(waiting), timeout=0)[0]
    return list(ready)


def _mark(task: ClipTask) -> Path:
    """Make the file by which a machine knows that it sees the same storage."""
    mark = Path(task.stage).parent / f"seen-{secrets.token_hex(8)}"
    try:
        mark.parent.mkdir(parents=True, exist_ok=True)
        mark.touch()
    except OSError as exc:
        raise OutputError(f"cannot be written: {exc.strerror}.", path=task.folder) from exc
    return mark


def _of_machine(outcome: Outcome) -> BaseException:
    """Return the fault; its message says if it is on another machine."""
    fault = outcome.fault
    assert fault is not None
    if outcome.host == platform.node():
        return fault
    return BatchError(f"on {outcome.host}: {fault}", status=fault.status)


def _first_line(error: BaseException) -> str:
    return next((line.strip() for line in str(error).splitlines() if line.strip()), type(error).__name__)


def _last_line(error: BaseException) -> str:
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return lines[-1].rstrip(".") if lines else type(error).__name__
