"""The prior boxes of a detector."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self, TypeAlias

import numpy as np

from graphkit.errors import FormatError
from graphkit.formats._read_only import check_array, read_only
from graphkit.schema import message_class

if TYPE_CHECKING:
    from collections.abc import Iterable

Floats: TypeAlias = np.ndarray[tuple[int, ...], np.dtype[np.float32]]


class Anchors:
    """All anchors of a model, in the order of its output.

    Args:
        data: (N, 4) float32 with columns x_center, y_center, h, w in fractions of the input image;
            kept read-only, as by `Tensor`.

    Raises:
        FormatError: no array, or another shape.
    """

    __slots__ = ("data",)

    data: Floats

    def __init__(self, data: Floats) -> None:
        check_array(data, "Anchors")
        if data.ndim != 2 or data.shape[1] != 4:
            raise FormatError(
                f"Anchors need shape (N, 4): x_center, y_center, h, w; found {data.shape}.",
                expected="(N, 4)",
                found=data.shape,
            )
        self.data = read_only(data)

    def __len__(self) -> int:
        return len(self.data)

    def to_protos(self) -> list[Any]:
        """Return one ``mediapipe.Anchor`` per row."""
        make = message_class("mediapipe.Anchor")
        return [make(x_center=x, y_center=y, h=h, w=w) for x, y, h, w in self.data.tolist()]

    @classmethod
    def from_protos(cls, messages: Iterable[Any]) -> Self:
        """Make the anchors of some ``mediapipe.Anchor`` messages."""
        rows = [(anchor.x_center, anchor.y_center, anchor.h, anchor.w) for anchor in messages]
        return cls(np.array(rows, np.float32).reshape(-1, 4))

    def __eq__(self, other: object) -> bool:
        return np.array_equal(self.data, other.data) if isinstance(other, Anchors) else NotImplemented

    __hash__ = None  # type: ignore[assignment]  # equal by contents

    def __repr__(self) -> str:
        return f"Anchors({len(self)})"
