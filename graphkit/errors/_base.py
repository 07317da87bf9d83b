"""What all errors share: their base, places in files, and close names."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


@dataclass(frozen=True, slots=True)
class Location:
    """A place in a config: file, 1-based line and column (0 where unknown)."""

    file: str = "<config>"
    line: int = 0
    column: int = 0

    def __str__(self) -> str:
        if not self.line:
            return self.file
        return f"{self.file}:{self.line}:{self.column}"


def did_you_mean(name: str, known: Iterable[str], *, ignoring: str = "") -> str:
    """Return `` Did you mean 'x' or 'y'?`` for close names, or an empty string.

    An ending that all names share, *ignoring*, does not make them close.
    """
    from difflib import get_close_matches

    short = {full.removesuffix(ignoring): full for full in sorted(known)}
    close = get_close_matches(name.removesuffix(ignoring), short, n=3, cutoff=0.6)
    if not close:
        return ""
    return " Did you mean " + " or ".join(repr(short[c]) for c in close) + "?"


class GraphkitError(Exception):
    """Base of everything graphkit raises on purpose."""


class ArgumentError(GraphkitError, ValueError):
    """A program gave a call what it cannot take: a name that is not there, a number out of range."""
