"""Errors of measuring speed."""

from __future__ import annotations

from graphkit.errors._base import GraphkitError, StatusCode


class BenchmarkError(GraphkitError):
    """Something could not be measured."""

    status = StatusCode.FAILED_PRECONDITION


class MeasuredProcessError(BenchmarkError):
    """A process that was measured failed.

    Attributes:
        side: who it was, in words.
        kind: class of the exception that ended it, "" if it did not say.
        reason: what it said.
    """

    status = StatusCode.INTERNAL

    def __init__(self, side: str, reason: str, kind: str = "") -> None:
        self.side, self.reason, self.kind = side, reason, kind
        super().__init__(f"{side}: {reason}")


class PeerError(BenchmarkError):
    """The interpreter that is to run MediaPipe cannot.

    Attributes:
        python: the interpreter, as it was named.
        found: what keeps it from running MediaPipe.
    """

    def __init__(self, python: str, found: str, fix: str) -> None:
        self.python, self.found = python, found
        super().__init__(f"{python}: {found}.", parameter="peer", fix=fix)
