"""The GPUs of this machine as EGL sees them, and which one to take.

The choice is a number, a part of a device's name, ``software``, ``cuda:0`` or ``auto``. It comes from the caller
(``gpu_device``), else from the environment variable GRAPHKIT_GPU_DEVICE, else it is ``auto``: the first device
that works, hardware before software.
"""

from __future__ import annotations

import ctypes
import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from graphkit.errors import GpuError, NoGpuDeviceError
from graphkit.gpu import _egl as egl_layer
from graphkit.gpu._egl import EglDisplay

if TYPE_CHECKING:
    from graphkit.gpu._egl import Egl

ENVIRONMENT: Final = "GRAPHKIT_GPU_DEVICE"
_RENDERER: Final = 0x335F
_DRM_FILE: Final = 0x3233
_CUDA: Final = 0x323A
_AT_MOST: Final = 64


@dataclass(frozen=True, slots=True)
class GpuDevice:
    """A device that may make OpenGL contexts.

    Attributes:
        index: its number, by which it may be asked for.
        handle: the EGLDeviceEXT; 0 for the default display of a library that cannot enumerate.
        name: for people.
        software: whether it draws on the CPU.
        cuda: number of the same device in CUDA, None where it has none.
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
    """Return the devices in EGL's order; raises NoEglError where EGL is not installed."""
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
    if "EGL_NV_device_cuda" in extensions and egl.has("eglQueryDeviceAttribEXT"):
        number = ctypes.c_ssize_t()
        if egl.call("eglQueryDeviceAttribEXT", handle, _CUDA, ctypes.byref(number)):
            cuda = number.value
    name = text(_RENDERER) if "EGL_EXT_device_query_name" in extensions else ""
    file = text(_DRM_FILE) if "EGL_EXT_device_drm" in extensions else ""
    if not name:
        name = "software (Mesa)" if software else f"{'NVIDIA' if cuda is not None else 'GPU'} {file}".strip()
    return GpuDevice(index, handle, name, software, cuda)


def candidates(wish: str | None = None, egl: Egl | None = None) -> tuple[GpuDevice, ...]:
    """Return the devices that answer to *wish* (see the module), best first.

    Raises:
        NoEglError: EGL is not installed.
        NoGpuDeviceError: no device, or none that answers.
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


def open_display(wish: str | None = None, egl: Egl | None = None) -> tuple[GpuDevice, EglDisplay]:
    """Return the first device that answers to *wish* and works, with its display.

    Raises:
        NoEglError: EGL is not installed.
        NoGpuDeviceError: no device answers, or none of them can be initialised.
    """
    egl = egl or egl_layer.library()
    failures = []
    for device in candidates(wish, egl):
        try:
            return device, EglDisplay.open(egl, device.handle, device.name)
        except GpuError as exc:
            failures.append(str(exc))
    raise NoGpuDeviceError(f"no GPU device can be initialised: {'; '.join(failures)}")
