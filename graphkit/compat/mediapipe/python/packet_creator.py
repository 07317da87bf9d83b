"""``mediapipe.packet_creator``: packets of numbers, strings, pictures, messages and lists."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from graphkit.compat._packets import from_message
from graphkit.compat.mediapipe.python._framework_bindings.image import Image
from graphkit.compat.mediapipe.python._framework_bindings.image_frame import ImageFormat, ImageFrame, frame_of
from graphkit.compat.mediapipe.python._framework_bindings.packet import Packet
from graphkit.formats import Image as GraphkitImage

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from graphkit.formats import ImageFrame as Frame

__all__ = [
    "create_bool",
    "create_bool_vector",
    "create_double",
    "create_float",
    "create_float_array",
    "create_float_vector",
    "create_image",
    "create_image_frame",
    "create_image_vector",
    "create_int",
    "create_int16",
    "create_int32",
    "create_int64",
    "create_int8",
    "create_int_array",
    "create_int_vector",
    "create_matrix",
    "create_packet_vector",
    "create_proto",
    "create_proto_vector",
    "create_string",
    "create_string_to_packet_map",
    "create_string_vector",
    "create_uint16",
    "create_uint32",
    "create_uint64",
    "create_uint8",
]

_LIMITS: Final = {
    "int": (-(2**31), 2**31 - 1),
    **{f"int{bits}": (-(2 ** (bits - 1)), 2 ** (bits - 1) - 1) for bits in (8, 16, 32, 64)},
    **{f"uint{bits}": (0, 2**bits - 1) for bits in (8, 16, 32, 64)},
}


def _whole(kind: str) -> Callable[[Any], Packet]:
    low, high = _LIMITS[kind]
    function = f"create_{kind}"

    def create(value: Any) -> Packet:
        if isinstance(value, float | str) or not hasattr(value, "__index__"):
            raise _incompatible(function, kind, value)
        number = int(value)
        if number > high:
            raise OverflowError(f"{number} execeeds the maximum value of {kind} data type: {high}")
        if number < low:
            raise OverflowError(f"{number} goes below the minimum value of {kind} data type: {low}")
        return Packet(number, cpp_type=kind)

    create.__name__ = create.__qualname__ = function
    create.__doc__ = f"Return a packet of a whole number from {low} to {high}; raises OverflowError beyond."
    return create


def _incompatible(function: str, wanted: str, value: Any) -> TypeError:
    return TypeError(f"{function}(): incompatible function arguments: it takes {wanted}, found {value!r}")


create_int = _whole("int")
create_int8 = _whole("int8")
create_int16 = _whole("int16")
create_int32 = _whole("int32")
create_int64 = _whole("int64")
create_uint8 = _whole("uint8")
create_uint16 = _whole("uint16")
create_uint32 = _whole("uint32")
create_uint64 = _whole("uint64")


def create_bool(value: bool) -> Packet:
    """Return a packet of a truth value."""
    return Packet(bool(value), cpp_type="bool")


def create_float(value: float) -> Packet:
    """Return a packet of a number."""
    return Packet(_number("create_float", value), cpp_type="float")


def create_double(value: float) -> Packet:
    """Return a packet of a number."""
    return Packet(_number("create_double", value), cpp_type="double")


def create_string(value: str | bytes) -> Packet:
    """Return a packet of a text, or of bytes."""
    if not isinstance(value, str | bytes):
        raise _incompatible("create_string", "str or bytes", value)
    return Packet(value, cpp_type="::std::string")


def create_int_array(value: Iterable[int]) -> Packet:
    """Return a packet of a list of whole numbers."""
    return Packet([int(item) for item in value], cpp_type="int[]")


def create_int_vector(value: Iterable[int]) -> Packet:
    """Return a packet of a list of whole numbers."""
    return Packet([int(item) for item in value], cpp_type="::std::vector<int>")


def create_bool_vector(value: Iterable[bool]) -> Packet:
    """Return a packet of a list of truth values."""
    return Packet([bool(item) for item in value], cpp_type="::std::vector<bool>")


def create_float_array(value: Iterable[float]) -> Packet:
    """Return a packet of a list of numbers."""
    return Packet([float(item) for item in value], cpp_type="float[]")


def create_float_vector(value: Iterable[float]) -> Packet:
    """Return a packet of a list of numbers."""
    return Packet([float(item) for item in value], cpp_type="::std::vector<float>")


def create_string_vector(value: Iterable[str]) -> Packet:
    """Return a packet of a list of texts."""
    return Packet([str(item) for item in value], cpp_type="::std::vector<::std::string>")


def create_packet_vector(value: Iterable[Packet]) -> Packet:
    """Return a packet of a list of packets."""
    return Packet(list(value), cpp_type="::std::vector<::mediapipe::Packet>")


def create_string_to_packet_map(value: Mapping[str, Packet]) -> Packet:
    """Return a packet of packets by name."""
    return Packet(dict(value), cpp_type="::std::map<::std::string, ::mediapipe::Packet>")


def create_matrix(matrix: Any, *, transpose: bool = False) -> Packet:
    """Return a packet of a copy of a matrix, float32.

    Args:
        matrix: (rows, columns).
        transpose: exchange rows and columns.
    """
    array = np.array(matrix.T if transpose else matrix, np.float32, order="C")
    return Packet(array, cpp_type="::mediapipe::Matrix")


def create_image_frame(data: Any, *, image_format: ImageFormat | None = None, copy: bool | None = None) -> Packet:
    """Return a packet of an ImageFrame, or of an array and what its samples mean.

    Args:
        data: an ImageFrame, or (H, W) or (H, W, channels).
        image_format: of an array.
        copy: None copies an array that may be written to, and refers to a read-only one.

    Raises:
        ValueError: an array without a format, or copy=False for one that may be written to.
    """
    return Packet(_frame(data, image_format, copy), cpp_type="::mediapipe::ImageFrame")


def create_image(data: Any, *, image_format: ImageFormat | None = None, copy: bool | None = None) -> Packet:
    """Return a packet of an Image, or of an array and what its samples mean; arguments as create_image_frame."""
    return Packet(GraphkitImage(_frame(data, image_format, copy)), cpp_type="::mediapipe::Image")


def create_image_vector(value: Iterable[Image]) -> Packet:
    """Return a packet of a list of images."""
    images = [GraphkitImage(image.frame) for image in value]
    return Packet(images, cpp_type="::std::vector<::mediapipe::Image>")


def create_proto(message: Any) -> Packet:
    """Return a packet of a protobuf message; inside a graph it is the payload that the message stands for."""
    return Packet(from_message(message), cpp_type=f"::{message.DESCRIPTOR.full_name.replace('.', '::')}")


def create_proto_vector(messages: Iterable[Any]) -> Packet:
    """Return a packet of a list of protobuf messages."""
    return Packet([from_message(message) for message in messages], cpp_type="::std::vector<::mediapipe::...>")


def _number(function: str, value: Any) -> float:
    if isinstance(value, str) or not hasattr(value, "__float__"):
        raise _incompatible(function, "a number", value)
    return float(value)


def _frame(data: Any, image_format: ImageFormat | None, copy: bool | None) -> Frame:
    if isinstance(data, ImageFrame | Image):
        return data.frame
    if image_format is None:
        raise ValueError("Please provide 'image_format' with 'data': what its samples mean")
    if copy is False and data.flags.writeable:
        raise ValueError(
            "'data' is still writable. Taking a reference of the data to create a packet is not allowed."
        )
    if copy:
        data = np.array(data)
    return frame_of(image_format, data)
