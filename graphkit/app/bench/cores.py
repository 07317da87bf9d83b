"""Holding a process to a few processor cores."""

from __future__ import annotations

import os
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final

from graphkit.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_CPUS: Final = Path("/sys/devices/system/cpu")


def chosen_cores(count: int, usable: Iterable[int], cpus: Path = _CPUS) -> frozenset[int]:
    """Return *count* logical processors, on as many different cores as there are.

    Two of one core share its arithmetic, and would make whoever is held to them look slow.

    Args:
        count: how many.
        usable: their numbers, those of this process.
        cpus: where the kernel tells which ones are of one core.

    Raises:
        UsageError: there are not so many.
    """
    ordered = sorted(usable)
    if not 1 <= count <= len(ordered):
        raise UsageError(
            f"{count} processors were asked for; this process may use {len(ordered)}. Give 1 to {len(ordered)}.",
            parameter="threads",
        )
    firsts: dict[str, int] = {}
    for number in ordered:
        firsts.setdefault(_core(number, cpus), number)
    rest = [number for number in ordered if number not in firsts.values()]
    return frozenset([*firsts.values(), *rest][:count])


def _core(number: int, cpus: Path) -> str:
    """Return what tells the core of a logical processor from others: the list of its processors."""
    try:
        return (cpus / f"cpu{number}" / "topology" / "thread_siblings_list").read_text().strip()
    except OSError:
        return str(number)


@contextmanager
def held_to(cores: frozenset[int] | None) -> Iterator[None]:
    """Hold this thread, and the processes it starts meanwhile, to *cores*; None holds nobody."""
    if cores is None:
        yield
        return
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, cores)
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)
