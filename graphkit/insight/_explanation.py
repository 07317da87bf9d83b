"""Explanation: why nothing comes out, or what happens, at one moment of a run."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from graphkit.errors import CancelledError
from graphkit.framework._timestamp import describe
from graphkit.insight._failures import error_as_dict
from graphkit.insight._findings import Kind, counted, time_or_name

if TYPE_CHECKING:
    from collections.abc import Mapping

    from graphkit.insight._findings import Finding


@dataclass(frozen=True, slots=True)
class NodeReport:
    """One node at that moment.

    Attributes:
        name: of the node.
        calculator: the name of its calculator.
        state: "not open", "open", "busy" (a call is ready or under way), "failed" or "closed".
        has_run: whether process() was called, or is about to be.
        packets: how many packets it has not taken yet, by stream.
        bounds: of its input streams, by name: nothing earlier can still come.
        waits_for: the streams that keep it from those packets, and up to which time each has to be settled; None
            if it needs a packet, whatever its time.
    """

    name: str
    calculator: str
    state: str
    packets: Mapping[str, int]
    bounds: Mapping[str, int]
    waits_for: Mapping[str, int | None]
    has_run: bool = True

    def as_dict(self) -> dict[str, Any]:
        """Return the report as JSON data."""
        return {
            "name": self.name,
            "calculator": self.calculator,
            "state": self.state,
            "has_run": self.has_run,
            "packets": dict(self.packets),
            "bounds": {name: time_or_name(bound) for name, bound in self.bounds.items()},
            "waits_for": {name: time_or_name(until) for name, until in self.waits_for.items()},
        }


@dataclass(frozen=True, slots=True)
class Explanation:
    """What a run does and waits for; ``str()`` gives it as text for people.

    Attributes:
        state: "idle", "busy", "ended" or "failed".
        findings: why nodes do not continue, those that others wait for first.
        nodes: all of the graph, and the observers of the program.
        inputs: graph inputs that are open: what they are settled up to, by name.
        left_over: packets that no node has taken.
        error: what ended the run, None in a good one.
        dropped: how many packets nodes such as a FlowLimiterCalculator dropped before any work, by node.
        lost: how many packets the queues of a node lost, as its input policy wants, by node; if counted.
    """

    state: str
    findings: tuple[Finding, ...]
    nodes: tuple[NodeReport, ...]
    inputs: Mapping[str, int]
    left_over: int
    error: BaseException | None = None
    dropped: Mapping[str, int] = field(default_factory=dict)
    lost: Mapping[str, int] = field(default_factory=dict)

    @property
    def stalled(self) -> tuple[Finding, ...]:
        """The findings of nodes that have packets and cannot take them."""
        return tuple(finding for finding in self.findings if finding.kind in (Kind.HOLDS, Kind.WAITS, Kind.CYCLE))

    def __str__(self) -> str:
        return "\n".join([self.headline, *map(str, self.findings)])

    @property
    def headline(self) -> str:
        """The state of the whole graph, in a sentence or two."""
        left = f"{counted(self.left_over, 'packet')} {'was' if self.left_over == 1 else 'were'} never processed"
        if self.state == "failed":
            return f"The run {self._how_it_failed()}; {left if self.left_over else 'no packet was left over'}."
        if self.state == "ended":
            return f"The run has ended; {left if self.left_over else self._processed()}."
        if self.state == "busy":
            return (
                "The graph is at work." if not self.findings else "The graph is at work, and this is in the way:"
            )
        return self._idle()

    def _how_it_failed(self) -> str:
        """Return how the run ended early; what the error says is told where it is raised."""
        if isinstance(self.error, CancelledError):
            return "was cancelled"
        return "failed" if isinstance(self.error, Exception) else f"was ended by {type(self.error).__name__}"

    def _processed(self) -> str:
        """Return the sentence that every packet was processed, except those that a node dropped."""
        drops = [f'node "{name}" dropped {counted(n, "frame")}' for name, n in self.dropped.items()]
        drops += [
            f'the input policy of node "{name}" dropped {counted(n, "packet")}' for name, n in self.lost.items()
        ]
        if not drops:
            return "every packet was processed"
        return f"{' and '.join(drops)}, every other packet was processed"

    def _idle(self) -> str:
        """Return what an idle graph waits for."""
        idle = "The graph is idle: nothing is ready or running."
        if any(finding.kind is not Kind.SHUT for finding in self.findings):
            return idle
        if not self.inputs:
            return f"{idle} Every packet was processed."
        names = ", ".join(f'"{name}" (bound {describe(bound)})' for name, bound in self.inputs.items())
        return f"{idle} Every packet was processed; it waits for its inputs: {names}."

    def as_dict(self) -> dict[str, Any]:
        """Return the explanation as JSON data."""
        return {
            "state": self.state,
            "headline": self.headline,
            "error": error_as_dict(self.error),
            "left_over": self.left_over,
            "dropped": dict(self.dropped),
            "lost": dict(self.lost),
            "findings": [finding.as_dict() for finding in self.findings],
            "nodes": [node.as_dict() for node in self.nodes],
            "inputs": {name: time_or_name(bound) for name, bound in self.inputs.items()},
        }

    def to_json(self) -> str:
        """Return the explanation as JSON text."""
        return json.dumps(self.as_dict(), indent=2)
