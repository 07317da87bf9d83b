"""Graph services: objects that a graph lends to its nodes, such as GPU resources or a clock."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, Generic, NamedTuple, TypeVar

from graphkit.errors import GraphStateError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from graphkit.framework._executor import Executor
    from graphkit.framework._views import GraphView, NodeView

S = TypeVar("S")


class GraphService(Generic[S]):
    """The key of a service; a calculator requests it in its contract and gets the object from its context.

    Args:
        name: for messages.
        default: makes the object for graphs that were given none; None: the program must give it.
        close: ends an object that ``default`` made, after the run it was made for.
        executor: returns the name and executor that must run a node, given the object and a node that requests
            the service and names no executor itself.
    """

    __slots__ = ("close", "default", "executor", "name")

    def __init__(
        self,
        name: str,
        default: Callable[[], S] | None = None,
        close: Callable[[S], None] | None = None,
        executor: Callable[[S, NodeView], tuple[str, Executor]] | None = None,
    ) -> None:
        self.name = name
        self.default = default
        self.close = close
        self.executor = executor

    def __repr__(self) -> str:
        return f"GraphService({self.name})"


class FlowControl(NamedTuple):
    """What keeps the number of frames in flight small.

    Attributes:
        drop: True: limiters inside the graph drop the frames they cannot take, as live video wants it.
            False: the program that feeds the graph waits instead, so limiters let every frame pass.
    """

    drop: bool = True


FLOW_CONTROL: Final[GraphService[FlowControl]] = GraphService("flow control", FlowControl)
"""How limiters behave in this run; FlowLimiterCalculator requests it."""


def _look_at_none(session: Any) -> None:
    """Do nothing with the model."""


class InferenceSettings(NamedTuple):
    """Settings of a program or the command line for the models of a graph; they override the graph's.

    Attributes:
        provider: "cpu", "cuda", "tensorrt" or "auto"; None leaves it to each node's delegate.
        threads: threads inside one inference; None leaves it to the node, then to the thread budget.
        opened: called by each node with the model that it runs, a `graphkit.inference.Session`, when it opens.
        batches: whether two regions of a frame (hands, faces, people) go through a model in one run; None for that
            on CUDA, where starting a run costs more than a second region does, and only there.
    """

    provider: str | None = None
    threads: int | None = None
    opened: Callable[[Any], None] = _look_at_none
    batches: bool | None = None


INFERENCE: Final[GraphService[InferenceSettings]] = GraphService("inference", InferenceSettings)
"""Where models run; InferenceCalculator requests it."""


IDLE_CORES: Final[GraphService[Callable[[], int]]] = GraphService("idle cores")
"""How many cores are idle now; -1 unless the program waits for the graph. A run provides it itself (S53)."""


class RunServices:
    """The services of one run: what the program gave, and what was made because it gave none.

    Args:
        plan: of the graph.
        given: objects by service.

    Attributes:
        objects: by service.

    Raises:
        GraphStateError: a service that cannot be made was not given.
    """

    def __init__(self, plan: GraphView, given: Mapping[GraphService[Any], Any]) -> None:
        self.objects = dict(given)
        self._made: list[GraphService[Any]] = []
        try:
            for service, optional in plan.services.items():
                if service not in self.objects:
                    self._make(plan, service, optional=optional)
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """End the objects that were made for the run, the last one first. Closing twice is fine."""
        while self._made:
            service = self._made.pop()
            if service.close is not None:
                service.close(self.objects[service])

    def _make(self, plan: GraphView, service: GraphService[Any], *, optional: bool) -> None:
        if service.default is not None:
            self.objects[service] = service.default()
            self._made.append(service)
        elif not optional:
            asker = next(node.name for node in plan.nodes if service in node.contract.services)
            raise GraphStateError(
                f'node "{asker}" requires service "{service.name}"; call set_service() before the run'
            )
