"""Lists of landmarks: one float32 array each, with named columns."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any, ClassVar, Final, NamedTuple, Self, TypeAlias

import numpy as np

from graphkit.errors import FormatError
from graphkit.formats._read_only import check_array, read_only
from graphkit.formats._sequence import MessageSequence
from graphkit.formats._skeletons import names_of
from graphkit.formats._tables import html_table
from graphkit.schema import message_class

if TYPE_CHECKING:
    from collections.abc import Iterator

Floats: TypeAlias = np.ndarray[tuple[int, ...], np.dtype[np.float32]]

COLUMNS: Final = 5
_VISIBILITY: Final = 3
_PRESENCE: Final = 4
_HEAD: Final = 2
_FIELD: Final = 5
"""Bytes of a serialised landmark: a key and a length, then for each number a key and four bytes."""
_COLUMN_NAMES: Final = ("x", "y", "z", "visibility", "presence")


@lru_cache(maxsize=32)
def _empty_wire(count: int, columns: tuple[int, ...]) -> bytes:
    """Return a serialised list of *count* landmarks in which the numbers are 0."""
    fields = b"".join(bytes((((column + 1) << 3) | 5, 0, 0, 0, 0)) for column in columns)
    return (bytes((1 << 3 | 2, len(fields))) + fields) * count


class Landmark(NamedTuple):
    """One landmark read out of a list; a probability the list does not have is None."""

    x: float
    y: float
    z: float
    visibility: float | None = None
    presence: float | None = None


def _numbers(values: Any, what: str) -> np.ndarray[Any, Any]:
    try:
        return np.asarray(values, np.float32)
    except (TypeError, ValueError) as exc:
        raise FormatError(f"{what} needs numbers in equal rows, found {type(values).__name__}: {exc}") from exc


class _LandmarkArray:
    """What the two kinds of list share; they differ in the unit of x, y and z."""

    __slots__ = ("data", "has_presence", "has_visibility")

    PROTO: ClassVar[str]

    data: Floats
    has_visibility: bool
    has_presence: bool

    def __init__(self, data: Floats, has_visibility: bool = False, has_presence: bool = False) -> None:
        check_array(data, type(self).__name__)
        if data.ndim != 2 or data.shape[1] != COLUMNS or data.dtype != np.float32:
            raise FormatError(
                f"{type(self).__name__} needs a float32 array of shape (N, {COLUMNS}) with columns x, y, z, "
                f"visibility, presence; found {data.dtype.name} of shape {data.shape}. from_xyz() takes fewer.",
                expected=f"float32 (N, {COLUMNS})",
                found=f"{data.dtype.name} {data.shape}",
            )
        self.data = read_only(data)
        self.has_visibility = has_visibility
        self.has_presence = has_presence

    @classmethod
    def from_xyz(cls, xyz: np.ndarray[Any, Any], visibility: Any = None, presence: Any = None) -> Self:
        """Make a list from (N, 3) or (N, 2) coordinates and, if given, N probabilities each.

        Raises:
            FormatError: *xyz* or probabilities are of another shape, or no numbers.
        """
        xyz = _numbers(xyz, f"{cls.__name__}.from_xyz()")
        if xyz.ndim != 2 or xyz.shape[1] not in (2, 3):
            message = f"{cls.__name__}.from_xyz() needs shape (N, 3) or (N, 2), found {xyz.shape}."
            raise FormatError(message, expected="(N, 3) or (N, 2)", found=xyz.shape)
        data = np.zeros((len(xyz), COLUMNS), np.float32)
        data[:, : xyz.shape[1]] = xyz
        for column, given, name in ((_VISIBILITY, visibility, "visibility"), (_PRESENCE, presence, "presence")):
            if given is not None:
                values = _numbers(given, f"{name} of {cls.__name__}.from_xyz()")
                if values.shape not in ((), (len(xyz),)):
                    raise FormatError(
                        f"{name} of {cls.__name__}.from_xyz() needs one number or {len(xyz)}, one per landmark; "
                        f"found shape {values.shape}.",
                        expected=(len(xyz),),
                        found=values.shape,
                    )
                data[:, column] = values
        return cls(data, visibility is not None, presence is not None)

    @property
    def x(self) -> Floats:
        """(N,) view."""
        return self.data[:, 0]

    @property
    def y(self) -> Floats:
        """(N,) view."""
        return self.data[:, 1]

    @property
    def z(self) -> Floats:
        """(N,) view; smaller is nearer to the camera."""
        return self.data[:, 2]

    @property
    def xy(self) -> Floats:
        """(N, 2) view."""
        return self.data[:, :2]

    @property
    def xyz(self) -> Floats:
        """(N, 3) view."""
        return self.data[:, :3]

    @property
    def visibility(self) -> Floats:
        """(N,) view, 0 to 1: the chance that the point is not hidden. Only with `has_visibility`."""
        return self.data[:, _VISIBILITY]

    @property
    def presence(self) -> Floats:
        """(N,) view, 0 to 1: the chance that the point is in the image. Only with `has_presence`."""
        return self.data[:, _PRESENCE]

    def with_xyz(self, xyz: np.ndarray[Any, Any]) -> Self:
        """Return a list with other coordinates, (N, 3) or (N, 2), and the same probabilities.

        Raises:
            FormatError: *xyz* is of another shape.
        """
        if xyz.shape not in ((len(self), 3), (len(self), 2)):
            raise FormatError(
                f"with_xyz() of {len(self)} landmarks needs shape ({len(self)}, 3) or ({len(self)}, 2), "
                f"found {xyz.shape}.",
                expected=(len(self), 3),
                found=xyz.shape,
            )
        data = self.data.copy()
        data[:, : xyz.shape[1]] = xyz
        return type(self)(data, self.has_visibility, self.has_presence)

    def __len__(self) -> int:
        return len(self.data)

    def __getitem__(self, index: int) -> Landmark:
        return self._landmark(self.data[index].tolist())

    def __iter__(self) -> Iterator[Landmark]:
        return map(self._landmark, self.data.tolist())

    def _landmark(self, row: list[float]) -> Landmark:
        x, y, z, visibility, presence = row
        return Landmark(
            x, y, z, visibility if self.has_visibility else None, presence if self.has_presence else None
        )

    def to_proto(self) -> Any:
        """Return the protobuf message."""
        return message_class(self.PROTO).FromString(self._wire())

    def _wire(self) -> bytes:
        """Return the serialised message, made in a tenth of the time that adding landmarks to one takes."""
        columns = self._columns()
        wire = bytearray(_empty_wire(len(self), tuple(columns)))
        if wire:
            strides = (_HEAD + len(columns) * _FIELD, _FIELD)
            numbers: Floats = np.ndarray((len(self), len(columns)), "<f4", wire, _HEAD + 1, strides)
            numbers[:] = self.data[:, columns]
        return bytes(wire)

    @classmethod
    def from_proto(cls, message: Any) -> Self:
        """Make a list of a protobuf message, from this or any other pool.

        A list has a probability for all of its landmarks or for none: if some carry one, the others
        get 0, which is what reading the unset field gives. An unset z likewise becomes 0.
        """
        points = message.landmark
        rows = [(p.x, p.y, p.z, p.visibility, p.presence) for p in points]
        data = np.array(rows, np.float32).reshape(-1, COLUMNS)
        has_visibility = any(p.HasField("visibility") for p in points)
        has_presence = any(p.HasField("presence") for p in points)
        return cls(data, has_visibility, has_presence)

    def __eq__(self, other: object) -> bool:
        if type(other) is not type(self):
            return NotImplemented
        assert isinstance(other, _LandmarkArray)
        if (self.has_visibility, self.has_presence) != (other.has_visibility, other.has_presence):
            return False
        columns = self._columns()
        return np.array_equal(self.data[:, columns], other.data[:, columns])

    def _columns(self) -> list[int]:
        """The columns that mean something."""
        return [0, 1, 2, *[_VISIBILITY] * self.has_visibility, *[_PRESENCE] * self.has_presence]

    __hash__ = None  # type: ignore[assignment]  # equal by contents

    def __repr__(self) -> str:
        extra = ", visibility" * self.has_visibility + ", presence" * self.has_presence
        return f"{type(self).__name__}({len(self)} landmarks{self._extent()}{extra})"

    def _extent(self) -> str:
        """Return the range of the coordinates, for people."""
        if not len(self.data):
            return ""
        low, high = self.data.min(axis=0), self.data.max(axis=0)
        return "".join(f", {name} {low[i]:.2f} to {high[i]:.2f}" for i, name in enumerate("xy"))

    def _repr_html_(self) -> str:
        columns = ["", "name", *_COLUMN_NAMES[:3]]
        columns += ["visibility"] * self.has_visibility + ["presence"] * self.has_presence
        names = names_of(len(self))
        numbers = self.data[:, self._columns()].tolist()
        rows = [(i, names[i] if names else "", *row) for i, row in enumerate(numbers)]
        return html_table(repr(self), columns, rows)


class NormalizedLandmarkList(_LandmarkArray):
    """Landmarks in an image: x in widths, y in heights of it, z on the scale of x.

    Args:
        data: (N, 5) float32 with columns x, y, z, visibility, presence; taken over without a copy
            and made read-only.
        has_visibility: the fourth column means something.
        has_presence: the fifth column means something.

    Raises:
        FormatError: another shape or dtype.
    """

    __slots__ = ()

    PROTO: ClassVar[str] = "mediapipe.NormalizedLandmarkList"


class LandmarkList(_LandmarkArray):
    """Landmarks in space: metres (world landmarks) or pixels.

    Args:
        data: (N, 5) float32 with columns x, y, z, visibility, presence; taken over without a copy
            and made read-only.
        has_visibility: the fourth column means something.
        has_presence: the fifth column means something.

    Raises:
        FormatError: another shape or dtype.
    """

    __slots__ = ()

    PROTO: ClassVar[str] = "mediapipe.LandmarkList"


class NormalizedLandmarkListCollection(MessageSequence[NormalizedLandmarkList]):
    """One `NormalizedLandmarkList` per thing that was found."""

    __slots__ = ()

    PROTO: ClassVar[str] = "mediapipe.NormalizedLandmarkListCollection"
    FIELD = "landmark_list"
    ITEM = NormalizedLandmarkList


class LandmarkListCollection(MessageSequence[LandmarkList]):
    """One `LandmarkList` per thing that was found."""

    __slots__ = ()

    PROTO: ClassVar[str] = "mediapipe.LandmarkListCollection"
    FIELD = "landmark_list"
    ITEM = LandmarkList
