"""Payloads as JSON values, and back.

A payload becomes what protobuf's JSON mapping makes of its MediaPipe message; a list becomes a list,
a scalar itself. The frequent types are written without a detour over the message, with the same
result.
"""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from graphkit.errors import FormatError
from graphkit.formats._anchor import Anchors
from graphkit.formats._classification import Classification
from graphkit.formats._detection import Detection
from graphkit.formats._image import Image
from graphkit.formats._image_frame import ImageFrame
from graphkit.formats._landmarks import LandmarkList, NormalizedLandmarkList
from graphkit.formats._location import BinaryMask, BoundingBox, Location, RelativeBoundingBox
from graphkit.formats._matrix import matrix_to_proto
from graphkit.formats._payload import MessagePayload
from graphkit.formats._rect import NormalizedRect, Rect
from graphkit.formats._sequence import MessageSequence
from graphkit.formats._shapes import Color
from graphkit.formats._shortest import shortest_float, shortest_floats, special_float
from graphkit.schema import pool

if TYPE_CHECKING:
    from collections.abc import Callable

Json = Any
"""What `json.dumps` takes: dicts, lists, strings, numbers, booleans, None."""


def to_json(payload: object) -> Json:
    """Return the JSON value of a payload.

    Floats of messages are printed with as few digits as read back the same float32; 64-bit integers
    of messages, NaN and the infinities are strings.

    Raises:
        FormatError: the payload is an image, or of a type without a JSON form.
    """
    kind = type(payload)
    writer = _WRITERS.get(kind)
    if writer is not None:
        return writer(payload)
    if isinstance(payload, list | tuple):
        return [None if item is None else to_json(item) for item in payload]
    if isinstance(payload, np.generic):
        return shortest_float(float(payload)) if isinstance(payload, np.float32) else to_json(payload.item())
    if isinstance(payload, MessageSequence):
        return _sequence(payload)
    if isinstance(payload, MessagePayload):
        return _message(payload.to_proto())
    if isinstance(payload, ImageFrame | Image):
        message = f"{payload!r} cannot be dumped as JSON; write images as a video or as image files."
        raise FormatError(message, found=type(payload))
    return _foreign(payload)


def _foreign(payload: object) -> Json:
    from google.protobuf.message import Message

    if isinstance(payload, Message):
        return _message(payload)
    raise FormatError(
        f"{type(payload).__name__} has no JSON form. What can be dumped: messages such as "
        "NormalizedLandmarkList, lists of them, numbers, strings and matrices.",
        found=type(payload),
    )


def _array(array: Any) -> Json:
    """Return a matrix as its message, any other array as lists in lists."""
    return _message(matrix_to_proto(array)) if array.ndim == 2 else _nested(array)


def _nested(array: Any) -> Json:
    if array.ndim == 0:
        return to_json(array[()])
    return [_nested(inner) if isinstance(inner, np.ndarray) else to_json(inner) for inner in array]


def _message(message: Any) -> Json:
    from google.protobuf import json_format

    return json_format.MessageToDict(message, descriptor_pool=pool())


def _landmarks(payload: NormalizedLandmarkList | LandmarkList) -> Json:
    names = ["x", "y", "z"]
    columns = [0, 1, 2]
    if payload.has_visibility:
        names.append("visibility")
        columns.append(3)
    if payload.has_presence:
        names.append("presence")
        columns.append(4)
    if not len(payload):
        return {}
    values = iter(shortest_floats(payload.data[:, columns]))
    # zip() takes one value of each repetition of the iterator in turn: a row.
    return {"landmark": [dict(zip(names, row, strict=True)) for row in zip(*[values] * len(names), strict=True)]}


def _normalized_rect(rect: NormalizedRect) -> Json:
    return _with_id(
        rect,
        {
            "xCenter": shortest_float(rect.x_center),
            "yCenter": shortest_float(rect.y_center),
            "height": shortest_float(rect.height),
            "width": shortest_float(rect.width),
            "rotation": shortest_float(rect.rotation),
        },
    )


def _rect(rect: Rect) -> Json:
    return _with_id(
        rect,
        {
            "xCenter": rect.x_center,
            "yCenter": rect.y_center,
            "height": rect.height,
            "width": rect.width,
            "rotation": shortest_float(rect.rotation),
        },
    )


def _with_id(rect: Rect | NormalizedRect, value: dict[str, Json]) -> Json:
    if rect.rect_id is not None:
        value["rectId"] = str(rect.rect_id)
    return value


def _classification(payload: Classification) -> Json:
    value: dict[str, Json] = {"index": payload.index, "score": shortest_float(payload.score)}
    if payload.label is not None:
        value["label"] = payload.label
    if payload.display_name is not None:
        value["displayName"] = payload.display_name
    return value


def _detection(payload: Detection) -> Json:
    location = _location(payload.location)
    keypoints = _keypoints(payload)
    if keypoints:
        location = (location or {}) | {"relativeKeypoints": keypoints}
    value = {
        "label": list(payload.label),
        "labelId": list(payload.label_id),
        "score": [shortest_float(score) for score in payload.score],
        "locationData": location,
        "featureTag": payload.feature_tag,
        "trackId": payload.track_id,
        "detectionId": _int64(payload.detection_id),
        "associatedDetections": [
            {"id": other.id, "confidence": shortest_float(other.confidence)}
            for other in payload.associated_detections
        ],
        "displayName": list(payload.display_name),
        "timestampUsec": _int64(payload.timestamp_usec),
    }
    return {name: field for name, field in value.items() if field is not None and field != []}


def _location(location: Location | None) -> dict[str, Json] | None:
    match location:
        case None:
            return None
        case RelativeBoundingBox():
            box: dict[str, Json] = {name: shortest_float(v) for name, v in location._asdict().items()}
            return {"format": "RELATIVE_BOUNDING_BOX", "relativeBoundingBox": box}
        case BoundingBox(xmin, ymin, width, height):
            box = {"xmin": xmin, "ymin": ymin, "width": width, "height": height}
            return {"format": "BOUNDING_BOX", "boundingBox": box}
        case BinaryMask(width, height, intervals):
            mask: dict[str, Json] = {"width": width, "height": height}
            if intervals:
                runs = [{"y": y, "leftX": left, "rightX": right} for y, left, right in intervals]
                mask["rasterization"] = {"interval": runs}
            return {"format": "MASK", "mask": mask}
        case _:
            return {"format": "GLOBAL"}


def _keypoints(payload: Detection) -> list[dict[str, Json]]:
    values = iter(shortest_floats(payload.relative_keypoints))
    keypoints: list[dict[str, Json]] = [{"x": x, "y": y} for x, y in zip(values, values, strict=True)]
    for index, keypoint in enumerate(keypoints):
        if payload.keypoint_label:
            keypoint["keypointLabel"] = payload.keypoint_label[index]
        if payload.keypoint_score:
            keypoint["score"] = shortest_float(payload.keypoint_score[index])
    return keypoints


def _int64(value: int | None) -> str | None:
    return None if value is None else str(value)


def _sequence(payload: MessageSequence[Any]) -> Json:
    return {_camel(payload.FIELD): [to_json(item) for item in payload]} if len(payload) else {}


def _camel(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(word.capitalize() for word in rest)


def _anchors(payload: Anchors) -> Json:
    values = iter(shortest_floats(payload.data))
    names = ("xCenter", "yCenter", "h", "w")
    return [dict(zip(names, row, strict=True)) for row in zip(values, values, values, values, strict=True)]


def _same(payload: Json) -> Json:
    return payload


_WRITERS: Final[dict[type, Callable[[Any], Json]]] = {
    NormalizedLandmarkList: _landmarks,
    LandmarkList: _landmarks,
    NormalizedRect: _normalized_rect,
    Rect: _rect,
    Classification: _classification,
    Detection: _detection,
    Anchors: _anchors,
    Color: Color._asdict,
    np.ndarray: _array,
    bool: _same,
    int: _same,
    str: _same,
    float: special_float,
    bytes: lambda payload: base64.b64encode(payload).decode("ascii"),
}
