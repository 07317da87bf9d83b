"""Values of a program as payloads, and payloads as what mediapipe's programs get: messages, arrays, numbers."""

from __future__ import annotations

import enum
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from graphkit.compat.mediapipe.framework import formats
from graphkit.formats import Image, ImageFrame, payload_type

if TYPE_CHECKING:
    from collections.abc import Callable

    from graphkit.config import GraphPlan
    from graphkit.framework import PacketType

RGB_CHANNELS: Final = 3
MESSAGES: Final = formats
"""Its modules of messages are imported before there is a result: they set the module of its class."""


class PacketDataType(enum.Enum):
    """What a stream carries, for `SolutionBase`'s ``stream_type_hints``."""

    STRING = "string"
    BOOL = "bool"
    BOOL_LIST = "bool_list"
    INT = "int"
    INT_LIST = "int_list"
    FLOAT = "float"
    FLOAT_LIST = "float_list"
    AUDIO = "matrix"
    IMAGE = "image"
    IMAGE_LIST = "image_list"
    IMAGE_FRAME = "image_frame"
    PROTO = "proto"
    PROTO_LIST = "proto_list"


_BY_CLASS: Final[dict[type[Any], PacketDataType]] = {
    str: PacketDataType.STRING,
    bool: PacketDataType.BOOL,
    int: PacketDataType.INT,
    float: PacketDataType.FLOAT,
    np.ndarray: PacketDataType.AUDIO,
    Image: PacketDataType.IMAGE,
    ImageFrame: PacketDataType.IMAGE_FRAME,
}
_NUMBERS: Final[dict[PacketDataType, tuple[tuple[type[Any], ...], Callable[[Any], object]]]] = {
    PacketDataType.INT: ((int, np.integer), int),
    PacketDataType.FLOAT: ((int, float, np.integer, np.floating), float),
    PacketDataType.BOOL: ((bool, np.bool_), bool),
}
"""The types that mediapipe takes as numbers, and what each becomes."""


def kind_of(plan: GraphPlan, stream: str) -> PacketDataType:
    """Return what *stream* carries; raises RuntimeError if the graph does not tell."""
    packet_type = plan.streams[plan.stream_ids[stream]].packet_type
    if not packet_type.types:
        raise RuntimeError(
            f'Unable to find the type for stream "{stream}". The graph takes any packet there: give its type in '
            "stream_type_hints"
        )
    return _kind(packet_type)


def _kind(packet_type: PacketType) -> PacketDataType:
    for accepted in packet_type.types:
        if isinstance(accepted, type) and accepted in _BY_CLASS:
            return _BY_CLASS[accepted]
    listed = any(not isinstance(accepted, type) for accepted in packet_type.types)
    if listed:
        return PacketDataType.PROTO_LIST
    return PacketDataType.PROTO if packet_type.types else PacketDataType.IMAGE_FRAME


def payload_for(kind: PacketDataType, value: Any) -> Any:
    """Return *value* of a program as the payload of a stream that carries *kind*.

    Raises:
        AttributeError, IndexError, ValueError, TypeError: a picture that is none, in mediapipe's exception types.
        NotImplementedError: lists of messages, and audio.
    """
    if kind in (PacketDataType.IMAGE, PacketDataType.IMAGE_FRAME):
        frame = picture(value)
        return Image(frame) if kind is PacketDataType.IMAGE else frame
    if kind in (PacketDataType.PROTO_LIST, PacketDataType.AUDIO, PacketDataType.IMAGE_LIST):
        raise NotImplementedError(
            "SolutionBase can only process non-audio and non-proto-list data. "
            f"{kind.name} type is not supported yet."
        )
    return from_message(value) if kind is PacketDataType.PROTO else value


def picture(value: Any) -> ImageFrame:
    """Return an RGB picture of the program as a frame with pixels of its own.

    Args:
        value: (H, W, 3) uint8, RGB, rows from the top; a view or a read-only array is fine.
    """
    shape = getattr(value, "shape", None)
    if shape is None:
        raise AttributeError(
            f"{type(value).__name__!r} object has no attribute 'shape': process() takes a picture, an RGB array "
            "(H, W, 3) of uint8. cv2.imread and VideoCapture.read give None where there is none"
        )
    if len(shape) < 3:
        raise IndexError(
            f"tuple index out of range: the picture has the shape {shape}, without channels; "
            "cv2.cvtColor(image, cv2.COLOR_GRAY2RGB) makes the three that are needed"
        )
    if len(shape) != 3 or shape[2] != RGB_CHANNELS:
        raise ValueError(f"Input image must contain three channel rgb data. Found the shape {shape}")
    if not np.can_cast(value.dtype, np.uint8, "safe"):
        raise TypeError(
            f"Cannot cast array data from dtype({value.dtype.name!r}) to dtype('uint8') according to the rule "
            "'safe': pictures are uint8, 0 to 255"
        )
    if 0 in shape:
        raise RuntimeError(f"the picture is empty: its shape is {shape}")
    return ImageFrame(np.array(value, np.uint8, order="C"))


def side_value(plan: GraphPlan, name: str, value: Any) -> Any:
    """Return *value* as the input side packet *name*; raises TypeError if it cannot be that."""
    planned = plan.side_packets.get(name)
    if planned is None:
        return value
    kind = _kind(planned.packet_type)
    if kind not in _NUMBERS or not planned.packet_type.types:
        return value
    wanted, convert = _NUMBERS[kind]
    if not isinstance(value, wanted):
        raise TypeError(
            f"create_{kind.value}(): incompatible function arguments: side packet {name!r} takes {kind.value}, "
            f"found {value!r}"
        )
    return convert(value)


def content_of(payload: Any) -> Any:
    """Return *payload* as a program of mediapipe gets it."""
    if isinstance(payload, Image):
        payload = payload.cpu()
    if isinstance(payload, ImageFrame):
        return payload.data
    if hasattr(payload, "to_proto"):
        return payload.to_proto()
    if isinstance(payload, list | tuple):
        return [content_of(item) for item in payload]
    return payload


def from_message(message: Any) -> Any:
    descriptor = getattr(message, "DESCRIPTOR", None)
    if descriptor is None:
        return message
    kind: Any = payload_type(descriptor.full_name.replace(".", "::"))
    return kind.from_proto(message)
