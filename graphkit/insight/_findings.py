"""Finding: one reason why a node does not continue, in a sentence, with the likely remedy."""

from __future__ import annotations

import enum
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from graphkit.framework._timestamp import describe

if TYPE_CHECKING:
    from collections.abc import Mapping


class Kind(enum.Enum):
    """Why a node does not continue."""

    FAILED = "its call ended the run"
    WAITS = "waits for a stream"
    CYCLE = "waits for itself"
    HOLDS = "lets nothing more in"
    NOT_OPEN = "not open"
    BUSY = "inside a call"
    SOURCE_WAITS = "a source that is not called"
    SHUT = "a gate that is shut"
    SILENT = "emits nothing"


@dataclass(frozen=True, slots=True)
class Finding:
    """Why a node does not continue.

    Attributes:
        kind: of reason.
        node: its name.
        calculator: the name of its calculator.
        stream: what it waits for, "" for no stream.
        up_to: the time up to which that stream has to be settled, None if any packet does; of a call that failed:
            its input time.
        bound: of that stream now: nothing earlier can still come. None if there is no stream.
        packets: how many packets the node has left over, by stream.
        sentence: the reason.
        way_out: what probably helps.
    """

    kind: Kind
    node: str
    calculator: str
    sentence: str
    way_out: str
    stream: str = ""
    up_to: int | None = None
    bound: int | None = None
    packets: Mapping[str, int] = field(default_factory=dict)

    def __str__(self) -> str:
        return f"{self.sentence}\n  {self.way_out}"

    def as_dict(self) -> dict[str, Any]:
        """Return the finding as JSON data; special times by their names."""
        return {
            "kind": self.kind.name.lower(),
            "node": self.node,
            "calculator": self.calculator,
            "stream": self.stream or None,
            "up_to": time_or_name(self.up_to),
            "bound": time_or_name(self.bound),
            "packets": dict(self.packets),
            "sentence": self.sentence,
            "way_out": self.way_out,
        }


def time_or_name(time: int | None) -> int | str | None:
    """Return a time as JSON data: a number, or the name of a special one."""
    if time is None:
        return None
    shown = describe(time)
    return int(time) if shown.lstrip("-").isdecimal() else shown


def packets_of(count: int, stream: str) -> str:
    """Return "1 packet of "a"" or "3 packets of "a""."""
    return f'{counted(count, "packet")} of "{stream}"'


def waiting_behind(packets: Mapping[str, int]) -> str:
    """Return "; 2 packets wait behind it" for the packets that wait for a call; "" for none."""
    waiting = sum(packets.values())
    return f"; {counted(waiting, 'packet')} {'waits' if waiting == 1 else 'wait'} behind it" if waiting else ""


def counted(count: int, thing: str) -> str:
    """Return "1 thing" or "3 things"."""
    return f"{count} {thing}{'' if count == 1 else 's'}"
