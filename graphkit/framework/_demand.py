"""Demand: which part of a stream is read, and how a calculator may use that.

Most calculators do not need it. One that reads less than all of its inputs, or that can leave outputs
out, has a method of one of the protocols here; the runtime asks it when a run starts.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple, Protocol, runtime_checkable

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from graphkit.framework._packet import Packet
    from graphkit.framework._views import NodeView


class Demand(NamedTuple):
    """What is read of a stream's packets.

    Attributes:
        elements: indices of the elements that are read of each list; None for all, or for payloads that are no
            lists. Empty: no node reads the payloads, whether or not one waits for their timestamps.
        length: the minimum list length that readers of single elements assume.
    """

    elements: frozenset[int] | None
    length: int = 0

    def __bool__(self) -> bool:
        return self.elements is None or bool(self.elements)

    def joined(self, other: Demand) -> Demand:
        """Return what two readers read together."""
        length = max(self.length, other.length)
        if self.elements is None or other.elements is None:
            return Demand(None, length)
        return Demand(self.elements | other.elements, length)


EVERYTHING: Final = Demand(None)
"""All of it."""
NOTHING: Final = Demand(frozenset())
"""None of it."""


@runtime_checkable
class ReadsSelectively(Protocol):
    """A calculator that may read less than all of its inputs."""

    @classmethod
    def demanded_inputs(
        cls, node: NodeView, demanded: Sequence[Demand], side_packets: Mapping[str, Packet[Any]]
    ) -> list[Demand]:
        """Return what *node* reads of each of its inputs in a run, so that other nodes need not make the rest.

        Reading less than the packets that come is allowed only if that does not change the outputs.

        Args:
            node: of this class.
            demanded: what is read of each of its outputs.
            side_packets: those known when the run starts, by name; an empty packet if none is given. One that
                is missing here is made later.
        """


@runtime_checkable
class MakesKnownSidePackets(Protocol):
    """A calculator whose options alone decide values of its output side packets."""

    @classmethod
    def known_side_packets(cls, node: NodeView) -> dict[str, Any]:
        """Return those values of *node*, by name."""


@runtime_checkable
class MakesSelectively(Protocol):
    """A calculator that can leave outputs out."""

    def restrict_outputs(self, demanded: Sequence[Demand]) -> None:
        """Record what is read of each output; called before ``open``. The rest may be left out.

        A list keeps its length if elements are left out, see `Demand`.
        """
