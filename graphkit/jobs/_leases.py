"""Leases: what a job lends its graph for one run, takes back afterwards, and reports."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import Counter
from typing import TYPE_CHECKING, Any, Final

from graphkit.framework import FLOW_CONTROL, IDLE_CORES, INFERENCE, FlowControl, InferenceSettings

if TYPE_CHECKING:
    from collections.abc import Sequence

    from graphkit.framework import GraphService, Instrument
    from graphkit.graph import CalculatorGraph
    from graphkit.inference import Session
    from graphkit.jobs._summary import Summary

_NAMES: Final = {"cpu": "the CPU", "cuda": "CUDA", "tensorrt": "TensorRT"}


class Lease(ABC):
    """What a graph has for one run. ``give_back`` follows a successful ``lend``, ``close`` comes always."""

    @abstractmethod
    def lend(self) -> None:
        """Lend it; raises GraphStateError if the graph runs already."""

    @abstractmethod
    def give_back(self) -> None:
        """Leave the graph as it was."""

    def close(self) -> None:  # noqa: B027 - optional hook
        """Free what was made for the job, whether it was lent or not."""

    def report(self, summary: Summary) -> None:  # noqa: B027 - optional hook
        """Add to the summary of the job what the graph did with it."""


class ServiceLease(Lease):
    """A service; what the program had lent before is lent again afterwards.

    Args:
        graph: not running.
        service: what the nodes ask for.
        value: what they get.
    """

    def __init__(self, graph: CalculatorGraph, service: GraphService[Any], value: Any) -> None:
        self._graph, self._service, self._value = graph, service, value

    def lend(self) -> None:
        """Lend it."""
        self._before = self._graph.service(self._service)
        self._graph.set_service(self._service, self._value)

    def give_back(self) -> None:
        """Lend what was lent before."""
        self._graph.set_service(self._service, self._before)


class FlowLease(ServiceLease):
    """Whether limiters inside the graph drop frames, as live input needs it, or let all pass.

    Args:
        graph: not running.
        drop: they do.
    """

    def __init__(self, graph: CalculatorGraph, *, drop: bool) -> None:
        super().__init__(graph, FLOW_CONTROL, FlowControl(drop=drop))

    def report(self, summary: Summary) -> None:
        """Add the frames that the limiters dropped."""
        plan = self._graph.plan
        limiters = {f"{node.name}-dropped" for node in plan.nodes if node.calculator == "FlowLimiterCalculator"}
        dropped = sum(count for name, count in self._graph.counters().items() if name in limiters)
        summary.dropped_in_graph = dropped if self._value.drop else 0


class CoresLease(ServiceLease):
    """No idle cores: what is left beside one frame decodes, draws and encodes others.

    Args:
        graph: not running.
    """

    def __init__(self, graph: CalculatorGraph) -> None:
        super().__init__(graph, IDLE_CORES, _none_idle)


class InstrumentsLease(Lease):
    """Instruments that watch the run of a job.

    Args:
        graph: not running.
        instruments: see above.
    """

    def __init__(self, graph: CalculatorGraph, instruments: Sequence[Instrument]) -> None:
        self._graph, self._instruments = graph, instruments

    def lend(self) -> None:
        """Let them watch."""
        for instrument in self._instruments:
            self._graph.add_instrument(instrument)

    def give_back(self) -> None:
        """Let them watch no more."""
        for instrument in self._instruments:
            self._graph.remove_instrument(instrument)


def _none_idle() -> int:
    return -1


class InferenceLease(ServiceLease):
    """The provider that the program chose, with a report of the models that the run really uses."""

    def __init__(self, graph: CalculatorGraph) -> None:
        self._sessions: dict[int, Session] = {}
        settings = graph.service(INFERENCE) or InferenceSettings()
        super().__init__(graph, INFERENCE, settings._replace(opened=self._opened))

    def _opened(self, session: Session) -> None:
        self._sessions[id(session)] = session

    def report(self, summary: Summary) -> None:
        """Add a line for each provider in use: how many models it runs and why it was taken."""
        counts = Counter((session.provider, session.provider_reason) for session in self._sessions.values())
        summary.providers = [
            f"{number} model{'s' if number > 1 else ''} on {_NAMES.get(provider, provider)} ({reason})"
            for (provider, reason), number in sorted(counts.items())
        ]
