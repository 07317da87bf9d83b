"""Errors of the program that uses graphkit: what it asked for makes no sense, or not now."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from graphkit.errors._base import GraphkitError, StatusCode

if TYPE_CHECKING:
    from collections.abc import Mapping

    from graphkit.errors._base import Location


class MisuseError(GraphkitError):
    """The program asked for something that makes no sense, or not now; no run has failed."""

    status = StatusCode.INVALID_ARGUMENT


class ArgumentError(MisuseError, ValueError):
    """A program gave a call what it cannot take: a name that does not exist, a number out of range."""


class UsageError(ArgumentError):
    """An argument that the user of a program chooses, such as a stream, a file or a device, makes no sense."""


class GraphStateError(MisuseError):
    """A call that the state of the graph does not allow."""

    status = StatusCode.FAILED_PRECONDITION


class ForkedGraphError(GraphStateError):
    """A graph that was running when this process was forked from the one it runs in.

    Attributes:
        pid: of the process it runs in.
    """

    def __init__(self, pid: int) -> None:
        self.pid = pid
        super().__init__(
            f"the graph was running in process {pid} when this one was forked from it, and its threads are not "
            'here. Make a CalculatorGraph in the child, or start it with multiprocessing.get_context("spawn").'
        )


class SidePacketError(MisuseError):
    """A side packet that is missing, set twice or of the wrong type.

    Attributes:
        side_packet: its name, "" if it is of no single one.
        node: the node that makes or needs it, "" if that is none.
        location: where the graph names it, None if that is not known.
        missing: the types by name of all that are required and were not given.
    """

    def __init__(
        self,
        message: str,
        *,
        side_packet: str = "",
        node: str = "",
        location: Location | None = None,
        missing: Mapping[str, object] | None = None,
        **common: Any,
    ) -> None:
        super().__init__(message, **common)
        self.side_packet, self.node, self.location = side_packet, node, location
        self.missing = dict(missing or {})
