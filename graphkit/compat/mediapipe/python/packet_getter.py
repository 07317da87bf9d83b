"""``mediapipe.packet_getter``: what is inside a packet; ValueError if it is something else."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from graphkit.compat._packets import content_of
from graphkit.compat.mediapipe.python._framework_bindings.image import Image
from graphkit.compat.mediapipe.python._framework_bindings.image_frame import ImageFrame
from graphkit.formats import Image as GraphkitImage
from graphkit.formats import ImageFrame as Frame

if TYPE_CHECKING:
    from graphkit.compat.mediapipe.python._framework_bindings.packet import Packet

__all__ = [
    "get_bool",
    "get_bool_list",
    "get_bytes",
    "get_float",
    "get_float_list",
    "get_image",
    "get_image_frame",
    "get_image_list",
    "get_int",
    "get_int_list",
    "get_matrix",
    "get_packet_list",
    "get_proto",
    "get_proto_list",
    "get_str",
    "get_str_list",
    "get_str_to_packet_dict",
    "get_uint",
]

T = TypeVar("T")


def get_str(packet: Packet) -> str:
    """Return a text."""
    payload: str | bytes = _get(packet, str, bytes)  # type: ignore[assignment]  # one of the two
    return payload if isinstance(payload, str) else payload.decode()


def get_bytes(packet: Packet) -> bytes:
    """Return bytes; a text as UTF-8."""
    payload: str | bytes = _get(packet, str, bytes)  # type: ignore[assignment]  # one of the two
    return payload if isinstance(payload, bytes) else payload.encode()


def get_bool(packet: Packet) -> bool:
    """Return a truth value."""
    return _get(packet, bool)


def get_int(packet: Packet) -> int:
    """Return a whole number."""
    return _get(packet, int)


def get_uint(packet: Packet) -> int:
    """Return a whole number from 0."""
    number = _get(packet, int)
    if number < 0:
        raise ValueError(f"Packet doesn't contain an unsigned number: {number}")
    return number


def get_float(packet: Packet) -> float:
    """Return a number."""
    return float(_get(packet, float, int))


def get_int_list(packet: Packet) -> list[int]:
    """Return a list of whole numbers."""
    return _list(packet, int)


def get_bool_list(packet: Packet) -> list[bool]:
    """Return a list of truth values."""
    return _list(packet, bool)


def get_float_list(packet: Packet) -> list[float]:
    """Return a list of numbers."""
    return _list(packet, float)


def get_str_list(packet: Packet) -> list[str]:
    """Return a list of texts."""
    return _list(packet, str)


def get_packet_list(packet: Packet) -> list[Packet]:
    """Return a list of packets."""
    return list(_get(packet, list, tuple))


def get_str_to_packet_dict(packet: Packet) -> dict[str, Packet]:
    """Return packets by name."""
    return dict(_get(packet, dict))


def get_image_frame(packet: Packet) -> Any:
    """Return an ImageFrame."""
    return ImageFrame.of(_get(packet, Frame))


def get_image(packet: Packet) -> Any:
    """Return an Image."""
    return Image.of(_get(packet, GraphkitImage).cpu())


def get_image_list(packet: Packet) -> list[Any]:
    """Return a list of images."""
    return [Image.of(image.cpu()) for image in _list(packet, GraphkitImage)]


def get_matrix(packet: Packet) -> Any:
    """Return a matrix, (rows, columns) float32."""
    return _get(packet, np.ndarray)


def get_proto(packet: Packet) -> Any:
    """Return a protobuf message."""
    return _message(_present(packet))


def get_proto_list(packet: Packet) -> list[Any]:
    """Return a list of protobuf messages."""
    return [_message(item) for item in _get(packet, list, tuple)]


def _present(packet: Packet) -> Any:
    if packet.is_empty():
        raise ValueError("Packet is empty: there is nothing at this time")
    return packet.payload


def _get(packet: Packet, *kinds: type[T]) -> T:
    payload = _present(packet)
    if not isinstance(payload, kinds):
        wanted = " or ".join(kind.__name__ for kind in kinds)
        raise ValueError(f"Packet doesn't contain {wanted} but {type(payload).__name__}")
    return payload


def _list(packet: Packet, kind: type[T]) -> list[T]:
    items = list(_get(packet, list, tuple))
    for item in items:
        if not isinstance(item, kind):
            raise ValueError(f"Packet doesn't contain a list of {kind.__name__}: it holds {item!r}")
    return items


def _message(payload: Any) -> Any:
    message = content_of(payload)
    if not hasattr(message, "DESCRIPTOR"):
        raise ValueError(f"Packet doesn't contain a protobuf message but {type(payload).__name__}")
    return message
