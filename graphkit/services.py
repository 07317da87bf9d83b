"""Graph services: objects that a graph lends to its nodes, such as GPU resources or a clock."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, TypeVar

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
