"""Graph services: objects that a graph lends to its nodes, such as GPU resources or a clock."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

S = TypeVar("S")


@dataclass(frozen=True, eq=False)
class GraphService(Generic[S]):
    """The key of a service; a calculator asks for it in its contract and gets the object from its context.

    Attributes:
        name: for messages.
        default: makes the object for graphs that were given none; None: the program must give it.
    """

    name: str
    default: Callable[[], S] | None = None

    def __repr__(self) -> str:
        return f"GraphService({self.name})"


@dataclass(frozen=True, slots=True)
class FlowControl:
    """Who keeps the number of frames in flight small.

    Attributes:
        drop: True: limiters inside the graph drop the frames they cannot take, as live video wants it.
            False: whoever feeds the graph waits instead, so limiters let every frame pass.
    """

    drop: bool = True


FLOW_CONTROL: Final[GraphService[FlowControl]] = GraphService("flow control", FlowControl)
"""How limiters behave in this run; FlowLimiterCalculator asks for it."""


@dataclass(frozen=True, slots=True)
class InferenceSettings:
    """What a program or the command line says about the models of a graph, over what the graph says.

    Attributes:
        provider: "cpu", "cuda", "tensorrt" or "auto"; None leaves it to each node's delegate.
        threads: threads inside one inference; None leaves it to the node, then to the thread budget.
    """

    provider: str | None = None
    threads: int | None = None


INFERENCE: Final[GraphService[InferenceSettings]] = GraphService("inference", InferenceSettings)
"""Where models run; InferenceCalculator asks for it."""
