"""How a payload keeps an array: read-only, and out of reach of the code that made it.

A packet has many readers and may wait in a queue, so what it holds must not change. An array that owns its memory
is made read-only and kept as it is: no copy. A view is one window on memory that others may still write to (a
capture buffer that is filled again, a file mapped into memory); it is copied unless no one else can.
"""

from __future__ import annotations

import sys
from typing import Any, Final, TypeAlias

import numpy as np

from graphkit.errors import FormatError
from graphkit.framework._packet import keep_with

Array: TypeAlias = np.ndarray[Any, np.dtype[Any]]

_getrefcount: Final = sys.getrefcount
# Owners that no other program writes through and whose memory is not used again while they live.
_PRIVATE_OWNERS: Final = {
    ("builtins", "bytearray"),
    ("av.video.plane", "VideoPlane"),
    ("graphkit.gpu._host_memory", "Lease"),
}


def check_array(value: Any, payload: str) -> None:
    """Raise FormatError unless *value* is a numpy array.

    Args:
        value: what was given.
        payload: the name of the type that is made of it.
    """
    if type(value) is np.ndarray:
        return
    if isinstance(value, np.ma.MaskedArray):
        message = f"{payload}: found a masked array; give its masked elements a value with filled()."
        raise FormatError(message, expected=np.ndarray, found=np.ma.MaskedArray)
    if not isinstance(value, np.ndarray):
        kind = type(value)
        name = kind.__name__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__name__}"
        message = f"{payload}: found {name}, expected a numpy array; numpy.asarray() makes one of most."
        raise FormatError(message, expected=np.ndarray, found=kind)


def read_only(data: Array) -> Array:
    """Return *data* made read-only, or a read-only copy if its memory could still be changed elsewhere."""
    if type(data) is not np.ndarray or (data.base is not None and not _is_private(data)):
        data = _copy(data)
    data.setflags(write=False)
    return data


def _is_private(view: Array) -> bool:
    """Whether the memory behind *view* can be written only through it; protects it if that is enough."""
    owner: Any = view.base
    while owner is not None:
        # A count of no more than _ALONE says that only the view below holds this owner.
        alone = _getrefcount(owner) <= _ALONE
        if not isinstance(owner, np.ndarray):
            return type(owner) is bytes or (alone and _kind(owner) in _PRIVATE_OWNERS)
        if owner.flags.writeable:
            if not alone:
                return False
            owner.setflags(write=False)
        owner = owner.base
    return True


def _copy(data: Array) -> Array:
    if data.ndim == 3 and data.strides[2] < 0:
        # Channels turned round: plane by plane takes a quarter of the time of numpy's own loop.
        copy = np.empty(data.shape, data.dtype)
        for channel in range(data.shape[2]):
            copy[:, :, channel] = data[:, :, channel]
        return copy
    return np.array(data)


def _kind(owner: Any) -> tuple[str, str]:
    return type(owner).__module__, type(owner).__name__


def _count_of_one() -> int:
    """Return what `_is_private` counts for an owner that one view holds: it depends on the interpreter."""
    view = np.zeros(2, np.uint8)[:1]
    owner: Any = view.base
    while owner is not None:
        return _getrefcount(owner)
    raise AssertionError("a view has a base")


_ALONE: Final = _count_of_one()

keep_with(np.ndarray, read_only)  # a matrix is a packet's payload as it is
keep_with(np.memmap, read_only)
