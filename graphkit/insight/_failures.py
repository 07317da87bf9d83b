"""What a failed run leaves: which call failed, and which nodes get nothing more because of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

from graphkit.errors import CalculatorError
from graphkit.framework._timestamp import describe
from graphkit.insight._cycles import behind
from graphkit.insight._findings import Finding, Kind, time_or_name, waiting_behind

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from graphkit._runtime.look import NodeLook, RunLook

_MOST_NAMES: Final = 6
"""Nodes that a sentence lists; it counts the others."""


class FailedCall(NamedTuple):
    """The call that ended a run.

    Attributes:
        node: its name.
        phase: "open", "process", "close", or the method of an input policy.
        timestamp: its input time, None outside of process.
        raised_at: ``file:line`` of the author's code, "" if none was at work.
    """

    node: str
    phase: str
    timestamp: int | None
    raised_at: str

    @property
    def words(self) -> str:
        """What happened, as in "which ..."."""
        at = "" if self.timestamp is None else f" for {describe(self.timestamp)}"
        place = f", at {self.raised_at}" if self.raised_at else ""
        return f"failed in {self.phase}(){at}{place}"


def failed_call(error: BaseException | None) -> FailedCall | None:
    """Return the call that raised what ended a run; None if that was no call of a node."""
    if not isinstance(error, CalculatorError):
        return None
    timestamp = error.timestamp if isinstance(error.timestamp, int) else None
    return FailedCall(error.node, error.phase, timestamp, error.raised_at)


def failed_finding(look: RunLook, failed: FailedCall, packets: Mapping[str, int]) -> Finding:
    """Return the finding of the node whose call failed, which had *packets* left over."""
    node = next(node for node in look.nodes if node.name == failed.node)
    return Finding(
        Kind.FAILED,
        node.name,
        node.calculator,
        f'Node "{node.name}" ({node.calculator}) {failed.words}{waiting_behind(packets)}.',
        _consequence(look, node),
        up_to=failed.timestamp,
        packets=packets,
    )


def _consequence(look: RunLook, failed: NodeLook) -> str:
    """Return which nodes get nothing more from one that failed."""
    downstream = behind(look, [failed.name])
    fed = [node for node in look.nodes if node.name in downstream and not node.is_observer]
    never, ran = [n.name for n in fed if not n.has_run], [n.name for n in fed if n.has_run]
    if not fed:
        return "No other node gets packets from it."
    if not never:
        return f"{_listed(ran)} had run before, and {_got(ran)} nothing more from it."
    rest = f" {_listed(ran)} had run before." if ran else ""
    return f"{_listed(never)} never ran: {'it waits' if len(never) == 1 else 'they wait'} for what it makes.{rest}"


def _got(names: Sequence[str]) -> str:
    return "gets" if len(names) == 1 else "get"


def _listed(names: Sequence[str]) -> str:
    """Return 'Node "a"' or 'Nodes "a", "b" and 3 more'."""
    shown = [f'"{name}"' for name in names[:_MOST_NAMES]]
    more = len(names) - len(shown)
    last = f"{more} more" if more else shown.pop() if len(shown) > 1 else ""
    kind = "Node" if len(names) == 1 else "Nodes"
    return f"{kind} {', '.join(shown)}{f' and {last}' if last else ''}"


def error_as_dict(error: BaseException | None) -> dict[str, Any] | None:
    """Return what ended a run as JSON data."""
    if error is None:
        return None
    failed = failed_call(error)
    call = {} if failed is None else failed._asdict() | {"timestamp": time_or_name(failed.timestamp)}
    return {"type": type(error).__name__, "message": str(error), **call}
