"""Whether a failure is the fault of one clip, or of what all clips share."""

from __future__ import annotations

import errno
from typing import TYPE_CHECKING, Final

from graphkit.errors import (
    CalculatorError,
    ConfigError,
    ContractError,
    FileError,
    GraphValidationError,
    InferenceError,
    NoEglError,
    NoGpuDeviceError,
    OutputError,
    PackageError,
    RegistryError,
    ResourceNotFoundError,
    SidePacketError,
    UsageError,
    VideoWriteError,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

_SHARED: Final = (
    ConfigError,
    ContractError,
    GraphValidationError,
    InferenceError,
    NoEglError,
    NoGpuDeviceError,
    PackageError,
    RegistryError,
    ResourceNotFoundError,
    SidePacketError,
)
_FULL: Final = frozenset({errno.ENOSPC, errno.EDQUOT})
_BROKEN: Final = frozenset({errno.EIO, errno.EROFS, errno.ESTALE})


def fails_every_clip(error: BaseException) -> bool:
    """Return whether the next clip would fail likewise: a graph, a model or a package, or a disk without room."""
    parts = list(_parts(error))
    writing = any(isinstance(part, OutputError | VideoWriteError) for part in parts)
    if any(isinstance(part, OSError) and is_out_of_room(part, writing=writing) for part in parts):
        return True
    if isinstance(error, CalculatorError):
        # Nodes open the same way for every clip, but for those that read the clip themselves.
        return error.phase in ("construction", "open") and not isinstance(error.cause, FileError | OSError)
    return isinstance(error, _SHARED) or (isinstance(error, UsageError) and error.parameter == "modules")


def is_out_of_room(error: OSError, *, writing: bool = True) -> bool:
    """Return whether the disk is full, or, when something was written, broken."""
    return error.errno in _FULL or (writing and error.errno in _BROKEN)


def _parts(error: BaseException | None) -> Iterator[BaseException]:
    """Yield an error, and what it is due to."""
    while error is not None:
        yield error
        error = error.cause if isinstance(error, CalculatorError) else error.__cause__
