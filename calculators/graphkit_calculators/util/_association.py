"""Keeping one of several things that overlap: what the Association calculators share."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Generic, TypeVar

from graphkit import Calculator, Input, Options, Output, option, options
from graphkit.errors import ContractError
from graphkit_calculators.util._rect_math import intersection_over_union

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from graphkit import CalculatorContext, CalculatorContract
    from graphkit_calculators.util._rect_math import Box

T = TypeVar("T")


@options("mediapipe.AssociationCalculatorOptions", extension=275124847)
class AssociationCalculatorOptions:
    """Two things with an intersection over union above the threshold are taken for the same one."""

    min_similarity_threshold: float = option(1, default=1.0)


class Association(Calculator, Generic[T]):
    """Base of the Association calculators; a subclass says what box and id its element has.

    Attributes:
        previous: port of the tag PREV; the subclass declares it, and the ports of elements and result.
    """

    options = Options(AssociationCalculatorOptions)
    elements: ClassVar[Input[Any]]
    previous: ClassVar[Input[Any]]
    associated: ClassVar[Output[Any]]

    @staticmethod
    def box(element: T) -> Box:
        """Return left, top, right, bottom of an element, in fractions of the image."""
        raise NotImplementedError

    @staticmethod
    def id_of(element: T) -> int | None:
        """Return the id that a tracker gave the element."""
        raise NotImplementedError

    @staticmethod
    def with_id(element: T, id_: int) -> T:
        """Return a copy of the element that has the id."""
        raise NotImplementedError

    @classmethod
    def update_contract(cls, cc: CalculatorContract) -> None:
        """Check the threshold."""
        threshold = cls.options(cc).min_similarity_threshold
        if threshold < 0:
            raise ContractError(f"min_similarity_threshold is {threshold}; it must be 0 or above.")

    def open(self, cc: CalculatorContext) -> None:
        """Read the threshold."""
        self._threshold = self.options(cc).min_similarity_threshold

    def process(self, cc: CalculatorContext) -> None:
        """Emit the elements that are left, those of later streams last."""
        kept: list[tuple[Box, T]] = []
        for packet in self.elements.packets(cc):
            for element in packet.get_or(()):
                self._add(element, kept)
        result = [element for _, element in kept]
        previous = self.previous.get(cc)
        if previous:
            result = self._with_previous_ids(kept, previous)
        self.associated.send(cc, self.selected(cc, result))

    def selected(self, cc: CalculatorContext, left: list[T]) -> list[T]:
        """Return what is emitted of the elements that are left: all of them."""
        return left

    def _add(self, element: T, kept: list[tuple[Box, T]]) -> None:
        """Append *element* in the place of those it overlaps; it takes over the id of the last of them."""
        box = self.box(element)
        if kept:
            overlapped = [entry for entry in kept if self._same(box, entry[0])]
            if overlapped:
                kept[:] = [entry for entry in kept if not any(entry is other for other in overlapped)]
                element = self._inherit(element, (other for _, other in overlapped))
        kept.append((box, element))

    def _with_previous_ids(self, kept: Iterable[tuple[Box, T]], previous: Sequence[T]) -> list[T]:
        boxes = [(self.box(element), element) for element in previous]
        return [
            self._inherit(element, (other for other_box, other in boxes if self._same(box, other_box)))
            for box, element in kept
        ]

    def _same(self, a: Box, b: Box) -> bool:
        return intersection_over_union(a, b) > self._threshold

    def _inherit(self, element: T, others: Iterable[T]) -> T:
        ids = [id_ for other in others if (id_ := self.id_of(other)) is not None]
        return self.with_id(element, ids[-1]) if ids else element
