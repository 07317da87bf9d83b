"""The GPUs of this machine as EGL sees them, and which one to take.

The choice is a number, a part of a device's name, ``software``, ``cuda:0`` (by CUDA's number in this program) or
``auto``. It comes from the caller (``gpu_device``), else from the environment variable GRAPHKIT_GPU_DEVICE, else
it is ``auto``: the first device that works, hardware before software.
"""

from __future__ import annotations

import ctypes
import logging
import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Generic, Protocol, TypeVar
from uuid import UUID

from graphkit.errors import GlVersionError, GpuError, NoGpuDeviceError
from graphkit.gpu import _egl as egl_layer
from graphkit.gpu._egl import EglDisplay
from graphkit.gpu._visible import number_in_cuda

if TYPE_CHECKING:
    from collections.abc import Callable

    from graphkit.gpu._egl import Egl

logger = logging.getLogger("graphkit.gpu")

ENVIRONMENT: Final = "GRAPHKIT_GPU_DEVICE"
_RENDERER: Final = 0x335F
_DRM_FILE: Final = 0x3233
_CUDA: Final = 0x323A
_UUID: Final = 0x335C
_AT_MOST: Final = 64


@dataclass(frozen=True, slots=True)
class GpuDevice:
    """A device that may make OpenGL contexts.

    Attributes:
        index: its number, by which it may be asked for.
        handle: the EGLDeviceEXT; 0 for the default display of a library that cannot enumerate.
        name: for people.
        software: whether it draws on the CPU.
        cuda: number of the same device in CUDA, None if CUDA does not see it.
    """

    index: int
    handle: int
    name: str
    software: bool
    cuda: int | None = None

    def __str__(self) -> str:
        cuda = "" if self.cuda is None else f", cuda:{self.cuda}"
        return f"{self.index}: {self.name}{cuda}"


def list_devices(egl: Egl | None = None) -> tuple[GpuDevice, ...]:
    """Return the devices in EGL's order; raises NoEglError if EGL is not installed."""
    egl = egl or egl_layer.library()
    if not (egl.has("eglQueryDevicesEXT") and egl.has("eglGetPlatformDisplayEXT")):
        return (GpuDevice(0, 0, "default display", software=False),)
    handles, count = (ctypes.c_void_p * _AT_MOST)(), ctypes.c_int32()
    egl.call("eglQueryDevicesEXT", _AT_MOST, handles, ctypes.byref(count))
    return tuple(_describe(egl, i, handles[i] or 0) for i in range(count.value))


def _describe(egl: Egl, index: int, handle: int) -> GpuDevice:
    def text(name: int) -> str:
        return (egl.call("eglQueryDeviceStringEXT", handle, name) or b"").decode()

    extensions = text(egl_layer.EXTENSIONS).split()
    software = "EGL_MESA_device_software" in extensions
    cuda = None
    is_nvidia = "EGL_NV_device_cuda" in extensions and egl.has("eglQueryDeviceAttribEXT")
    if is_nvidia:
        number = ctypes.c_ssize_t()
        if egl.call("eglQueryDeviceAttribEXT", handle, _CUDA, ctypes.byref(number)):
            cuda = number_in_cuda(number.value, _uuid(egl, handle, extensions))
    name = text(_RENDERER) if "EGL_EXT_device_query_name" in extensions else ""
    file = text(_DRM_FILE) if "EGL_EXT_device_drm" in extensions else ""
    if not name:
        name = "software (Mesa)" if software else f"{'NVIDIA' if is_nvidia else 'GPU'} {file}".strip()
    return GpuDevice(index, handle, name, software, cuda)


def _uuid(egl: Egl, handle: int, extensions: list[str]) -> str:
    """Return the device's UUID as text, "" if EGL does not tell."""
    if "EGL_EXT_device_persistent_id" not in extensions or not egl.has("eglQueryDeviceBinaryEXT"):
        return ""
    value, size = ctypes.create_string_buffer(16), ctypes.c_int32()
    told = egl.call("eglQueryDeviceBinaryEXT", handle, _UUID, len(value), value, ctypes.byref(size))
    return str(UUID(bytes=value.raw)) if told and size.value == len(value) else ""


def candidates(wish: str | None = None, egl: Egl | None = None) -> tuple[GpuDevice, ...]:
    """Return the devices that match *wish* (see the module), best first.

    Raises:
        NoEglError: EGL is not installed.
        NoGpuDeviceError: no device, or none that matches.
    """
    devices = list_devices(egl)
    if not devices:
        raise NoGpuDeviceError("EGL finds no device: no driver has registered one (/usr/share/glvnd/egl_vendor.d)")
    wish = (wish or os.environ.get(ENVIRONMENT) or "auto").strip().lower()
    found = tuple(sorted((d for d in devices if _answers(d, wish)), key=lambda d: (d.software, d.index)))
    if not found:
        raise NoGpuDeviceError(f'no GPU device answers to "{wish}"', [str(d) for d in devices])
    return found


def _answers(device: GpuDevice, wish: str) -> bool:
    if wish == "auto":
        return True
    if wish == "software":
        return device.software
    if wish.isdecimal():
        return device.index == int(wish)
    if wish.startswith("cuda:"):
        return device.cuda is not None and wish == f"cuda:{device.cuda}"
    return wish in device.name.lower()


class Drawing(Protocol):
    """What draws on a device."""

    @property
    def software(self) -> bool:
        """Whether the CPU draws, whatever the device calls itself."""

    def close(self) -> None:
        """End it."""


D = TypeVar("D", bound=Drawing)


@dataclass(frozen=True, slots=True)
class Taken(Generic[D]):
    """The device that is taken.

    Attributes:
        device: which.
        drawing: what was made on it.
        failures: why those that come before it were not taken.
    """

    device: GpuDevice
    drawing: D
    failures: tuple[str, ...]


def take_device(make: Callable[[EglDisplay], D], wish: str | None = None, egl: Egl | None = None) -> Taken[D]:
    """Return the first device that matches *wish* and draws.

    A device may start and make no context (one that only computes), or draw on the CPU although it is hardware to
    EGL (Mesa's way to a card that it does not know). A device that draws itself is preferred to the latter.

    Args:
        make: makes what draws, or raises GpuError.
        wish: see the module.
        egl: the library.

    Raises:
        NoEglError: EGL is not installed.
        NoGpuDeviceError: no device matches, or none of several works.
        GlVersionError: the only one makes no context.
    """
    egl = egl or egl_layer.library()
    failures: list[GpuError] = []
    second: Taken[D] | None = None
    for device in candidates(wish, egl):
        try:
            drawing = make(EglDisplay.open(egl, device.handle, device.name))
        except GpuError as exc:
            failures.append(exc)
            continue
        taken = Taken(device, drawing, tuple(map(str, failures)))
        if not drawing.software or (device.software and second is None):
            _end(second)
            return _told(taken)
        if second is None:
            second = taken
        else:
            drawing.close()
    if second is not None:
        return _told(second)
    if len(failures) == 1 and isinstance(failures[0], GlVersionError):
        raise failures[0]
    raise NoGpuDeviceError(f"no GPU device can be initialised: {'; '.join(map(str, failures))}")


def _end(taken: Taken[D] | None) -> None:
    if taken is not None:
        taken.drawing.close()


def _told(taken: Taken[D]) -> Taken[D]:
    failures = [*taken.failures] if taken.device.software else [*taken.failures, "its driver draws there"]
    if failures and taken.drawing.software:
        logger.warning("OpenGL draws on the CPU (%s): %s", taken.device.name, "; ".join(failures))
    return taken


@dataclass(frozen=True, slots=True)
class _Opened:
    """A display without a context yet."""

    display: EglDisplay
    software: bool = False

    def close(self) -> None:
        """Do nothing: displays are the process's."""


def open_display(wish: str | None = None, egl: Egl | None = None) -> tuple[GpuDevice, EglDisplay]:
    """Return the first device that matches *wish* and starts, with its display; raises as `take_device`."""
    taken = take_device(_Opened, wish, egl)
    return taken.device, taken.drawing.display
