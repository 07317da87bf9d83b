"""PerId: a state, such as a filter or a mask before, for each of several things that are followed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Generic, TypeVar

from graphkit.errors import FormatError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence, Sized

T = TypeVar("T")


class PerId(Generic[T]):
    """Holds a state for each id that was in the frame before; whoever is not in a frame is forgotten.

    Args:
        make: makes the state of somebody new.
    """

    def __init__(self, make: Callable[[], T]) -> None:
        self._make = make
        self._states: dict[int, T] = {}

    def of(self, ids: Sequence[int]) -> list[T]:
        """Return the states of the ids of a frame, in their order.

        Raises:
            FormatError: an id occurs twice.
        """
        if len(set(ids)) != len(ids):
            raise FormatError(f"TRACKING_IDS are {list(ids)}; each id may occur once in a frame.")
        self._states = {id_: self._states[id_] if id_ in self._states else self._make() for id_ in ids}
        return [self._states[id_] for id_ in ids]

    def forget(self) -> None:
        """Forget everybody."""
        self._states = {}


def want_as_many(ids: Sequence[int], **lists: Sized | None) -> None:
    """Raise FormatError where a list (by tag) is there and has not one element for each id."""
    for tag, found in lists.items():
        if found is not None and len(found) != len(ids):
            raise FormatError(
                f"{tag} has {len(found)} elements and TRACKING_IDS {len(ids)}; each needs the id of its index."
            )
