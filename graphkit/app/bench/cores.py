"""Holding a process to a few processor cores."""

from __future__ import annotations

from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final

from graphkit._process import system
from graphkit.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_CPUS: Final = Path("/sys/devices/system/cpu")


def chosen_cores(count: int, usable: Iterable[int], cpus: Path = _CPUS) -> frozenset[int]:
    """Return *count* logical processors, on as many different cores as there are.

    Two of one core share its arithmetic, and would make a process that is held to them look slow.

    Args:
        count: how many.
        usable: their numbers, those of this process.
        cpus: the kernel's folder that tells which ones are of one core.

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


def usable() -> frozenset[int]:
    """Return the logical processors that this process may be held to.

    Raises:
        UsageError: this system cannot hold a process to some of them.
    """
    found = system.usable_processors()
    if found is None:
        raise UsageError(
            f"processes cannot be held to some processors on {system.NAME}. Leave it out, and all are used.",
            parameter="threads",
        )
    return found


def _core(number: int, cpus: Path) -> str:
    """Return what tells the core of a logical processor from others: the list of its processors."""
    try:
        return (cpus / f"cpu{number}" / "topology" / "thread_siblings_list").read_text().strip()
    except OSError:
        return str(number)


@contextmanager
def held_to(cores: frozenset[int] | None) -> Iterator[None]:
    """Hold this thread, and the processes it starts meanwhile, to *cores*; None changes nothing."""
    if cores is None:
        yield
        return
    before = usable()
    system.use_processors(cores)
    try:
        yield
    finally:
        system.use_processors(before)
