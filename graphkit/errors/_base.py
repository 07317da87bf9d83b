"""What all errors share: their base, their kinds, places in files, and close names."""

from __future__ import annotations

import enum
from typing import TYPE_CHECKING, Any, ClassVar, Final, NamedTuple, TypeVar

if TYPE_CHECKING:
    from collections.abc import Iterable

E = TypeVar("E", bound=BaseException)


class StatusCode(enum.Enum):
    """The kind of an error, with the names and numbers of ``absl::StatusCode``, which MediaPipe reports."""

    CANCELLED = 1
    UNKNOWN = 2
    INVALID_ARGUMENT = 3
    DEADLINE_EXCEEDED = 4
    NOT_FOUND = 5
    ALREADY_EXISTS = 6
    PERMISSION_DENIED = 7
    RESOURCE_EXHAUSTED = 8
    FAILED_PRECONDITION = 9
    ABORTED = 10
    OUT_OF_RANGE = 11
    UNIMPLEMENTED = 12
    INTERNAL = 13
    UNAVAILABLE = 14
    DATA_LOSS = 15
    UNAUTHENTICATED = 16


class Spelling:
    """How a message writes the parameters that it names: as the parameter is called.

    An application whose users see other names, such as flags, subclasses it for `GraphkitError.describe`.
    """

    def name(self, parameter: str) -> str:
        """Return *parameter* as its user knows it."""
        return parameter

    def usage(self, parameter: str) -> str:
        """Return *parameter* with the form of its value, for advice to give it."""
        return self.name(parameter)


PLAIN: Final = Spelling()
"""The parameters by their own names."""


_LONGEST: Final = 19_900


class Location(NamedTuple):
    """A place in a config: file, 1-based line and column (0 if unknown).

    Attributes:
        parameter: the parameter that the text was given in, if it is of no file; ``file`` is then the text.
    """

    file: str = "<config>"
    line: int = 0
    column: int = 0
    parameter: str = ""

    def __str__(self) -> str:
        return self.describe()

    def describe(self, spelling: Spelling = PLAIN) -> str:
        """Return the place for a message."""
        if self.parameter:
            return f"{spelling.name(self.parameter)} {shortened(self.file, 200)}"
        return f"{self.file}:{self.line}:{self.column}" if self.line else self.file


def shortened(text: str, most: int = 600) -> str:
    """Return the text, or its beginning and its length if it is longer: what files hold has no limit."""
    return text if len(text) <= most else f"{text[:most]}... ({len(text)} characters)"


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
    """Base of everything graphkit raises on purpose.

    Args:
        message: one or more sentences; ``{name}`` in it stands for the parameter *name* of *remedies*.

    Attributes:
        status: the kind of error.
        message: the sentences, without the parameter at fault and the fix.
        parameter: the parameter of the call that is at fault; "" if none is.
        remedies: the parameters that the message advises to give.
        fix: what repairs the machine or the installation, such as a command of pip or apt; "" if that is nothing.
    """

    status: StatusCode = StatusCode.UNKNOWN
    before_fix: ClassVar[str] = " Fix: "

    def __init__(
        self,
        message: str = "",
        *,
        parameter: str = "",
        remedies: Iterable[str] = (),
        fix: str = "",
        status: StatusCode | None = None,
    ) -> None:
        self.message, self.parameter, self.remedies, self.fix = message, parameter, tuple(remedies), fix
        super().__init__(self._filled(PLAIN))
        if status is not None:
            self.status = status

    def __str__(self) -> str:
        return self.describe()

    def __reduce__(self) -> tuple[Any, ...]:
        return _unpickled, (type(self), self.args), self.__dict__

    def describe(self, spelling: Spelling = PLAIN) -> str:
        """Return all that is to be said, with parameters written as *spelling* has them."""
        prefix = f"{spelling.name(self.parameter)}: " if self.parameter else ""
        text = prefix + shortened(self.body(spelling), _LONGEST)
        return text + (self.before_fix + self.fix if self.fix else "")

    def body(self, spelling: Spelling) -> str:
        """Return the sentences between the parameter at fault and the fix."""
        return self._filled(spelling)

    def _filled(self, spelling: Spelling) -> str:
        text = self.message
        for name in self.remedies:
            text = text.replace(f"{{{name}}}", spelling.usage(name))
        return text


def _unpickled(cls: type[E], arguments: tuple[Any, ...]) -> E:
    """Return an error whose fields are set next: constructors take facts, not ``args``."""
    return cls.__new__(cls, *arguments)
