"""Shard: the part of the clips that one of several machines does."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self, TypeVar

from graphkit.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Shard:
    """Every n-th clip, in the order of their names.

    Attributes:
        number: which part, from 0.
        of: how many parts there are.

    Raises:
        UsageError: there is no such part.
    """

    number: int
    of: int

    def __post_init__(self) -> None:
        if not 0 <= self.number < self.of:
            last = f"0/{self.of} to {self.of - 1}/{self.of}" if self.of > 0 else "0/1"
            raise UsageError(f"there is no part {self.number}/{self.of}; the parts are {last}.", parameter="shard")

    @classmethod
    def parse(cls, text: str, environment: Mapping[str, str] | None = None) -> Self:
        """Return the part that ``3/16`` names, the fourth of 16; ``auto`` asks SLURM.

        Args:
            text: as above.
            environment: of the process, by default.

        Raises:
            UsageError: no such form or part, or ``auto`` outside of a job array.
        """
        if text == "auto":
            return cls(*_of_array(os.environ if environment is None else environment))
        match = re.fullmatch(r"(\d{1,9})/(\d{1,9})", text)
        if match is None:
            raise UsageError(f'"{text}" is not I/N, such as 0/16 for the first of 16 parts.', parameter="shard")
        return cls(int(match[1]), int(match[2]))

    def of_clips(self, clips: Sequence[T]) -> list[T]:
        """Return the clips of this part."""
        return list(clips[self.number :: self.of])


def _of_array(environment: Mapping[str, str]) -> tuple[int, int]:
    """Return the place of this process in a job array of SLURM, whose numbers begin anywhere and have steps."""
    try:
        number, first, last = (int(environment[f"SLURM_ARRAY_TASK_{name}"]) for name in ("ID", "MIN", "MAX"))
        count = int(environment["SLURM_ARRAY_TASK_COUNT"])
    except (KeyError, ValueError) as exc:
        raise UsageError(
            "auto is for tasks of a job array of SLURM, and this is none. Elsewhere name the part: 0/16.",
            parameter="shard",
        ) from exc
    step = (last - first) // (count - 1) if count > 1 else 1
    if first + step * (count - 1) != last or (number - first) % step:
        raise UsageError(
            f"the numbers of the job array, {count} from {first} to {last}, do not follow each other evenly. "
            "Give the part: 0/16.",
            parameter="shard",
        )
    return (number - first) // step, count
