"""What came of one seed."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


@dataclass
class Outcome:
    """What came of one seed.

    Attributes:
        labels: what the case was and did ("valid", "refused", ...); they are counted.
        fault: the kind of what went wrong ("raw exception", "lost", ...), empty where all was right.
        detail: enough to understand the fault without running it again.
    """

    labels: list[str] = field(default_factory=list)
    fault: str = ""
    detail: str = ""


class Kind(Protocol):
    """A module of `robustness.kinds`.

    Attributes:
        SECONDS: a seed that takes longer hangs.
        ADDRESS_SPACE_MB: what the child may map, 0 for no limit.
        PEAK_MB: what it may have in memory; more is a fault.
    """

    SECONDS: float
    ADDRESS_SPACE_MB: int
    PEAK_MB: int

    @staticmethod
    def prepare(folder: Path) -> Callable[[int], Outcome]:
        """Make the corpora in *folder*, which is empty, and return what checks a seed."""
