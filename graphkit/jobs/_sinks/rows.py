"""Rows of the things that a table may hold: which columns each has, and the texts of one. No file, no stream."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final, NamedTuple, TypeAlias

from graphkit.formats import (
    FACE_LANDMARK_NAMES,
    HAND_LANDMARK_NAMES,
    POSE_LANDMARK_NAMES,
    BoundingBox,
    Classification,
    ClassificationList,
    Detection,
    Image,
    ImageFrame,
    LandmarkList,
    NormalizedLandmarkList,
    NormalizedRect,
    Rect,
    RelativeBoundingBox,
    WholeImage,
)
from graphkit.formats._face_mesh import FACE_LANDMARKS
from graphkit.formats._shortest import shortest_float, shortest_texts
from graphkit.gpu import GpuBuffer

if TYPE_CHECKING:
    from collections.abc import Callable

FrameSize: TypeAlias = "tuple[int, int] | None"
_Rows: TypeAlias = "list[str]"

_NAMES: Final = {
    len(names): names
    for names in (
        HAND_LANDMARK_NAMES, POSE_LANDMARK_NAMES, FACE_LANDMARK_NAMES[:FACE_LANDMARKS], FACE_LANDMARK_NAMES,
    )
}  # fmt: skip


@lru_cache(maxsize=32)
def _landmark_heads(count: int) -> tuple[str, ...]:
    """Return the index and the name of each of *count* landmarks."""
    names = _NAMES.get(count, ("",) * count)
    return tuple(f"{index},{name}," for index, name in enumerate(names))


def _landmark_rows(landmarks: Any, _: FrameSize) -> _Rows:
    given = 5 if landmarks.has_presence else 4 if landmarks.has_visibility else 3
    values = iter(shortest_texts(landmarks.data[:, :given]))
    heads, missing = _landmark_heads(len(landmarks)), "," * (5 - given)
    if landmarks.has_presence and not landmarks.has_visibility:
        each = zip(heads, *[values] * given, strict=True)
        return [f"{head}{x},{y},{z},,{presence}" for head, x, y, z, _, presence in each]
    return [
        f"{head}{','.join(row)}{missing}"
        for head, row in zip(heads, zip(*[values] * given, strict=True), strict=True)
    ]


def _detection_rows(detection: Detection, frame: FrameSize) -> _Rows:
    named = detection.label or detection.display_name or detection.label_id
    label = quoted(str(named[0])) if named else ""
    score = shortest_float(detection.score[0]) if detection.score else ""
    points = ";".join(f"{shortest_float(x)} {shortest_float(y)}" for x, y in detection.relative_keypoints.tolist())
    return [f"{label},{score},{_box(detection.location, frame)},{points}"]


def _box(location: object, frame: FrameSize) -> str:
    """Return xmin, ymin, width and height in fractions of the frame; empty ones if there is no such box."""
    match location:
        case RelativeBoundingBox():
            return ",".join(str(shortest_float(value)) for value in location)
        case BoundingBox(left, top, width, height) if frame is not None:
            across, down = frame
            return f"{left / across},{top / down},{width / across},{height / down}"
        case WholeImage():
            return "0.0,0.0,1.0,1.0"
    return ",,,"


def _rect_rows(rect: NormalizedRect | Rect, _: FrameSize) -> _Rows:
    sides = (rect.x_center, rect.y_center, rect.width, rect.height)
    place = ",".join(str(v if isinstance(v, int) else shortest_float(v)) for v in sides)
    identity = "" if rect.rect_id is None else rect.rect_id
    return [f"{place},{shortest_float(rect.rotation)},{identity}"]


def _classification_rows(classes: Classification | ClassificationList, _: FrameSize) -> _Rows:
    each = [classes] if isinstance(classes, Classification) else classes
    return [f"{c.index},{quoted(c.label or c.display_name or '')},{shortest_float(c.score)}" for c in each]


def _picture_rows(picture: ImageFrame | Image | GpuBuffer, _: FrameSize) -> _Rows:
    shown = picture.source if isinstance(picture, Image) else picture
    form = shown.format.name if isinstance(shown, ImageFrame | GpuBuffer) else ""
    return [f"{picture.width},{picture.height},{form}"]


def _value_rows(value: object, _: FrameSize) -> _Rows:
    return [quoted(str(value))]


def quoted(text: str) -> str:
    """Return *text* as a field of a .csv."""
    return '"' + text.replace('"', '""') + '"' if any(c in text for c in ',"\r\n') else text


class Thing(NamedTuple):
    """What a stream carries one or several of.

    Attributes:
        columns: its own.
        rows: makes the rows of one, given the size of the frame if it is known.
        in_frame: its coordinates are fractions of a frame, whose size the table tells.
    """

    columns: str
    rows: Callable[[Any, FrameSize], _Rows]
    in_frame: bool = False


_LANDMARKS: Final = "index,name,x,y,z,visibility,presence"
_RECT: Final = "x_center,y_center,width,height,rotation,rect_id"
_CLASSES: Final = Thing("index,label,score", _classification_rows)
_PICTURE: Final = Thing("width,height,format", _picture_rows)
_VALUE: Final = Thing("value", _value_rows)

THINGS: Final[dict[Any, Thing]] = {
    NormalizedLandmarkList: Thing(_LANDMARKS, _landmark_rows, in_frame=True),
    LandmarkList: Thing(_LANDMARKS, _landmark_rows),
    Detection: Thing("label,score,xmin,ymin,width,height,keypoints", _detection_rows, in_frame=True),
    NormalizedRect: Thing(_RECT, _rect_rows, in_frame=True),
    Rect: Thing(_RECT, _rect_rows),
    Classification: _CLASSES,
    ClassificationList: _CLASSES,
    **dict.fromkeys((ImageFrame, Image, GpuBuffer), _PICTURE),
    **dict.fromkeys((bool, int, float, str), _VALUE),
}
