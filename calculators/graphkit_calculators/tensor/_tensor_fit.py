"""How a tensor of a graph goes into an input of a model: as it is, as planes, or not at all and why.

A ``.onnx`` says nothing of what its sizes mean. Where one input takes a picture as (N, H, W, C) and another as
(N, C, H, W), the sizes tell which: those that the model leaves open fit anything.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from graphkit.errors import InferenceError

if TYPE_CHECKING:
    from graphkit.formats import Tensor
    from graphkit.inference import TensorInfo


_CHANNELS = (1, 3, 4)


def reads_planes(info: TensorInfo, tensor: Tensor, path: str) -> bool:
    """Return whether the input takes the tensor as (N, C, H, W) although its logical shape is (N, H, W, C).

    Raises:
        InferenceError: the tensor fits neither way, or holds values of another kind; the message says what to set.
    """
    if not _holds_such_values(info, tensor):
        raise InferenceError(_sentence(info, tensor, path) + _advice_on_values(info, tensor))
    pixels = info.takes(tensor.shape)
    if info.channels_first or len(tensor.shape) != 4:
        planes = False
    else:
        n, h, w, c = tensor.shape
        planes = info.takes((n, c, h, w))
    if pixels and planes:
        return tensor.layout == "NCHW"  # every size is open, or they are alike: as it lies in memory
    if pixels or planes:
        return planes
    raise InferenceError(_sentence(info, tensor, path) + _advice_on_shape(info, tensor))


def _holds_such_values(info: TensorInfo, tensor: Tensor) -> bool:
    """Return whether values of the tensor's type mean the same to the model: whole numbers are no fractions.

    Bytes of 0 to 255 in a model for 0 to 1 would run, and give nonsense.
    """
    whole = [np.issubdtype(dtype, np.integer) for dtype in (tensor.dtype, info.dtype)]
    return whole[0] == whole[1] and np.can_cast(tensor.dtype, info.dtype, "same_kind")


def described(info: TensorInfo) -> str:
    """Return name, shape and type of an input or output; an open size is a question mark."""
    sizes = ", ".join("?" if size is None else str(size) for size in info.shape)
    return f"'{info.name}' ({sizes}{',' if len(info.shape) == 1 else ''}) {info.dtype.name}"


def _sentence(info: TensorInfo, tensor: Tensor, path: str) -> str:
    return f"{path} takes {described(info)}, but got {tensor.shape} {tensor.dtype.name}{_origin(tensor)}."


def _origin(tensor: Tensor) -> str:
    return f", which {tensor.origin}" if tensor.origin else ""


def _advice_on_values(info: TensorInfo, tensor: Tensor) -> str:
    if tensor.origin and tensor.dtype.kind in "ui" and info.dtype.kind == "f":
        limits = np.iinfo(tensor.dtype)
        return (
            " Set output_tensor_float_range { min: 0 max: 1 } of that node, or what the model was trained with; "
            f"{{ min: {limits.min} max: {limits.max} }} makes the same numbers."
        )
    if info.dtype not in (np.uint8, np.int8) or not tensor.origin:
        return f" Give it a tensor of {info.dtype.name}."
    kind = "uint" if info.dtype == np.uint8 else "int"
    limits = np.iinfo(info.dtype)
    return f" Set output_tensor_{kind}_range {{ min: {limits.min} max: {limits.max} }} of that node."


def _advice_on_shape(info: TensorInfo, tensor: Tensor) -> str:
    picture = _picture_sizes(info, tensor)
    if picture is None:
        return " Give it a tensor of that shape; input_output_config says which tensor is which input."
    height, width, channels = picture
    if channels not in (None, tensor.shape[3]):
        return _advice_on_channels(channels)
    sizes = [
        f"output_tensor_{name}: {wanted}"
        for name, wanted, found in (("width", width, tensor.shape[2]), ("height", height, tensor.shape[1]))
        if wanted not in (None, found)
    ]
    if sizes:
        return f" Set {' and '.join(sizes)} of {'that node' if tensor.origin else 'the node that makes it'}."
    return " One picture is one tensor; export the model for a batch of 1."


def _advice_on_channels(channels: int) -> str:
    if channels == 3:
        return (
            " Give it pictures in colour (SRGB, SRGBA): ColorConvertCalculator makes three equal channels of a "
            "gray one, GRAY_IN to RGB_OUT."
        )
    if channels == 1:
        return " Give it gray pictures (GRAY8): ColorConvertCalculator makes them, RGB_IN to GRAY_OUT."
    return " Tensors of pictures have 3 channels, or 1 for gray ones."


def _picture_sizes(info: TensorInfo, tensor: Tensor) -> tuple[int | None, int | None, int | None] | None:
    """Return height, width and channels of a picture as the input takes it; None where it takes none."""
    if len(info.shape) != 4 or len(tensor.shape) != 4:
        return None
    _, first, second, last = info.shape
    pixels, planes = (first, second, last), (second, last, first)
    if info.channels_first:
        return pixels
    # A size of 1, 3 or 4 may be channels; where two may, the picture that fits but for them is meant.
    _, height, width, _ = tensor.shape
    if first in _CHANNELS and (last not in _CHANNELS or (second in (None, height) and last in (None, width))):
        return planes
    return pixels if last in _CHANNELS else planes
