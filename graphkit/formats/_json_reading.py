"""The way back from JSON values to payloads of a known type."""

from __future__ import annotations

import base64
import binascii
from typing import TYPE_CHECKING, Any, Final, TypeVar, cast, get_args, get_origin

import numpy as np

from graphkit.errors import FormatError
from graphkit.errors._base import shortened
from graphkit.formats._anchor import Anchors
from graphkit.formats._image_size import ImageSize
from graphkit.formats._matrix import matrix_from_proto
from graphkit.formats._shapes import Color
from graphkit.formats._type_names import type_name
from graphkit.schema import message_class, pool

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")


def from_json(kind: type[T], value: Any) -> T:
    """Make a payload of type *kind* of what `to_json` made, or of any value of the same meaning.

    Args:
        kind: a payload type with a message, ``list[X]`` of one, bool, int, float, str, bytes,
            numpy.ndarray (a matrix), Anchors or ImageSize.
        value: as `json.loads` returns it.

    Raises:
        FormatError: *value* does not describe a *kind*, or *kind* has no JSON form.
    """
    return cast("T", _read(kind, value))


def _read(kind: Any, value: Any) -> Any:
    if get_origin(kind) is list:
        return [_read(get_args(kind)[0], item) for item in _expect(list, kind, value)]
    if kind in _SCALARS:
        return _scalar(kind, value)
    if reader := _READERS.get(kind):
        return reader(value)
    if message_name := getattr(kind, "PROTO", None):
        return kind.from_proto(_parse(message_name, value))
    raise FormatError(f"{type_name(kind)} cannot be read from JSON.", expected=kind, found=value)


def _parse(message_name: str, value: Any) -> Any:
    from google.protobuf import json_format

    message: Any = message_class(message_name)()
    try:
        json_format.ParseDict(_expect(dict, message_name, value), message, descriptor_pool=pool())
    except Exception as exc:  # ParseError, and for odd or deep values any error of protobuf, such as SystemError
        raise _refused(value, message_name, shortened(str(exc), 200)) from exc
    if missing := message.FindInitializationErrors():
        raise _refused(value, message_name, f"{', '.join(missing)} must be there.")
    return message


def _refused(value: Any, expected: str, why: str) -> FormatError:
    return FormatError(f"{_show(value)} is not a {expected}: {why}", expected=expected, found=value)


_SCALARS: Final = frozenset((bool, int, float, str, bytes))
_SPECIAL: Final = {"NaN": float("nan"), "Infinity": float("inf"), "-Infinity": float("-inf")}


def _scalar(kind: type, value: Any) -> Any:
    if kind is bytes:
        return _bytes(_expect(str, kind, value))
    if kind is float and isinstance(value, str) and value in _SPECIAL:
        return _SPECIAL[value]
    if kind is float and isinstance(value, int) and not isinstance(value, bool):
        return _number(float, value)
    if kind is int and isinstance(value, str) and value.removeprefix("-").isdecimal():
        return _number(int, value)
    return _expect(kind, kind, value)


def _number(kind: type[int | float], value: Any) -> Any:
    try:
        return kind(value)
    except (ValueError, OverflowError) as exc:
        raise _refused(value, type_name(kind), str(exc)) from exc


def _bytes(value: str) -> bytes:
    try:
        return base64.b64decode(value, validate=True)
    except binascii.Error as exc:
        raise FormatError(f"{_show(value)} is not bytes in base64: {exc}", expected=bytes, found=value) from exc


def _image_size(value: Any) -> ImageSize:
    match value:
        case [int(width), int(height)]:
            return ImageSize(width, height)
    message = f"{_show(value)} is not an ImageSize; expected [width, height]."
    raise FormatError(message, expected=ImageSize, found=value)


def _anchors(value: Any) -> Anchors:
    return Anchors.from_protos(_parse("mediapipe.Anchor", item) for item in _expect(list, Anchors, value))


_READERS: Final[dict[Any, Callable[[Any], Any]]] = {
    np.ndarray: lambda value: matrix_from_proto(_parse("mediapipe.MatrixData", value)),
    Color: lambda value: Color.from_proto(_parse("mediapipe.Color", value)),
    Anchors: _anchors,
    ImageSize: _image_size,
}


def _expect(form: type, kind: Any, value: Any) -> Any:
    # bool is a kind of int to Python, not to a graph.
    if not isinstance(value, form) or (form is int and isinstance(value, bool)):
        message = f"{_show(value)} is not a {type_name(kind)}; expected a JSON {_JSON_NAMES[form]}."
        raise FormatError(message, expected=_JSON_NAMES[form], found=value)
    return value


_JSON_NAMES: Final = {
    dict: "object",
    list: "list",
    bool: "true or false",
    int: "whole number",
    float: "number",
    str: "string",
}


def _show(value: Any) -> str:
    try:
        text = repr(value)
    except (ValueError, RecursionError):  # a number of thousands of digits, lists of thousands of lists
        return f"this {type(value).__name__}"
    return text if len(text) <= 60 else text[:57] + "..."
