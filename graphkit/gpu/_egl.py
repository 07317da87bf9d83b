"""EGL through ctypes: displays of devices, and contexts without a window, a pbuffer or an X server.

Everything here works on numbers and handles. Which device to take is `devices`' business, threads are `context`'s.
"""

from __future__ import annotations

import ctypes
import os
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from graphkit._process.threads import usable_cores
from graphkit.errors import GlContextLostError, GlVersionError, GpuError, NoEglError

if TYPE_CHECKING:
    from types import TracebackType

_LIBRARY: Final = "libEGL.so.1"
_Pointer = ctypes.c_void_p
_Int = ctypes.c_int32

NONE: Final = 0x3038
SUCCESS: Final = 0x3000
CONTEXT_LOST: Final = 0x300E
EXTENSIONS: Final = 0x3055
_OPENGL_API: Final = 0x30A2
_PLATFORM_DEVICE: Final = 0x313F
_CONTEXT_MAJOR, _CONTEXT_MINOR, _PROFILE_MASK, _CORE_PROFILE = 0x3098, 0x30FB, 0x30FD, 0x1
_SURFACE_TYPE, _PBUFFER_BIT, _RENDERABLE_TYPE, _OPENGL_BIT = 0x3033, 0x1, 0x3040, 0x8
_WIDTH, _HEIGHT = 0x3057, 0x3056
_RESET_STRATEGY, _LOSE_CONTEXT_ON_RESET = 0x31BD, 0x31BF

_WAITING: Final = "__GL_YIELD"
_FEW_CORES: Final = 4

# Drivers differ in whether asking for 3.3 gives 3.3 or the newest that contains it; compute shaders want 4.3.
_VERSIONS: Final = ((4, 6), (4, 5), (4, 3), (3, 3))
NEEDED: Final = "3.3"

_ERRORS: Final = {
    0x3000: "no error", 0x3001: "EGL_NOT_INITIALIZED", 0x3002: "EGL_BAD_ACCESS", 0x3003: "EGL_BAD_ALLOC",
    0x3004: "EGL_BAD_ATTRIBUTE", 0x3005: "EGL_BAD_CONFIG", 0x3006: "EGL_BAD_CONTEXT",
    0x3007: "EGL_BAD_CURRENT_SURFACE", 0x3008: "EGL_BAD_DISPLAY", 0x3009: "EGL_BAD_MATCH",
    0x300C: "EGL_BAD_PARAMETER", 0x300D: "EGL_BAD_SURFACE", 0x300E: "EGL_CONTEXT_LOST",
}  # fmt: skip

# name: result, arguments
_CORE: Final[dict[str, tuple[Any, tuple[Any, ...]]]] = {
    "eglGetProcAddress": (_Pointer, (ctypes.c_char_p,)),
    "eglGetError": (_Int, ()),
    "eglQueryString": (ctypes.c_char_p, (_Pointer, _Int)),
    "eglInitialize": (_Int, (_Pointer, ctypes.POINTER(_Int), ctypes.POINTER(_Int))),
    "eglBindAPI": (_Int, (_Int,)),
    "eglChooseConfig": (_Int, (_Pointer, _Pointer, ctypes.POINTER(_Pointer), _Int, ctypes.POINTER(_Int))),
    "eglCreateContext": (_Pointer, (_Pointer, _Pointer, _Pointer, _Pointer)),
    "eglDestroyContext": (_Int, (_Pointer, _Pointer)),
    "eglCreatePbufferSurface": (_Pointer, (_Pointer, _Pointer, _Pointer)),
    "eglDestroySurface": (_Int, (_Pointer, _Pointer)),
    "eglMakeCurrent": (_Int, (_Pointer, _Pointer, _Pointer, _Pointer)),
    "eglGetCurrentContext": (_Pointer, ()),
    "eglGetCurrentDisplay": (_Pointer, ()),
    "eglGetDisplay": (_Pointer, (_Pointer,)),
    "eglReleaseThread": (_Int, ()),
}
_EXTRA: Final[dict[str, tuple[Any, tuple[Any, ...]]]] = {
    "eglQueryDevicesEXT": (_Int, (_Int, ctypes.POINTER(_Pointer), ctypes.POINTER(_Int))),
    "eglQueryDeviceStringEXT": (ctypes.c_char_p, (_Pointer, _Int)),
    "eglQueryDeviceAttribEXT": (_Int, (_Pointer, _Int, ctypes.POINTER(ctypes.c_ssize_t))),
    "eglGetPlatformDisplayEXT": (_Pointer, (_Int, _Pointer, _Pointer)),
    "eglQueryDeviceBinaryEXT": (_Int, (_Pointer, _Int, _Int, _Pointer, ctypes.POINTER(_Int))),
}


class EglFault(NamedTuple):
    """What EGL says about a call that failed; as text, its name and code."""

    code: int

    def __str__(self) -> str:
        return f"{_ERRORS.get(self.code, 'error')} 0x{self.code:04x}"


class Egl:
    """The functions of libEGL, and nothing else; a test passes a class that fails on purpose.

    Raises:
        NoEglError: the library cannot be loaded.
    """

    def __init__(self, library: str = _LIBRARY) -> None:
        try:
            loaded = ctypes.CDLL(library)
        except OSError as exc:
            raise NoEglError(library, str(exc)) from exc
        self._functions: dict[str, Any] = {}
        for name, (result, arguments) in _CORE.items():
            function = getattr(loaded, name)
            function.restype, function.argtypes = result, arguments
            self._functions[name] = function
        for name, (result, arguments) in _EXTRA.items():
            if address := self.address(name):
                self._functions[name] = ctypes.CFUNCTYPE(result, *arguments)(address)

    def has(self, name: str) -> bool:
        """Return whether the library has function *name*."""
        return name in self._functions

    def call(self, name: str, *arguments: Any) -> Any:
        """Call function *name*."""
        return self._functions[name](*arguments)

    def address(self, name: str) -> int:
        """Return the address of an EGL or OpenGL function, 0 if there is none."""
        return self.call("eglGetProcAddress", name.encode()) or 0

    def error(self) -> EglFault:
        """Return the last error on this thread, and forget it."""
        return EglFault(self.call("eglGetError"))

    def extensions(self, display: int | None = None) -> frozenset[str]:
        """Return the extensions of a display; of the library itself for None."""
        text: bytes = self.call("eglQueryString", display, EXTENSIONS) or b""
        if display is None:
            self.call("eglGetError")  # libraries without client extensions complain about the question
        return frozenset(text.decode().split())


@cache
def library() -> Egl:
    """Return the process's EGL; raises NoEglError.

    NVIDIA's driver spins while it waits for the card, unless it is told to sleep; on few cores others need them.
    """
    if usable_cores() <= _FEW_CORES:
        os.environ.setdefault(_WAITING, "USLEEP")
    return Egl()


@dataclass(frozen=True)
class EglDisplay:
    """An initialised connection to a device. Never terminated: other users of the process share it.

    Attributes:
        egl: the library.
        handle: the EGLDisplay.
        name: of the device, for messages.
        extensions: of the display.
    """

    egl: Egl
    handle: int
    name: str
    extensions: frozenset[str]

    @classmethod
    def open(cls, egl: Egl, device: int, name: str) -> EglDisplay:
        """Initialise the display of an EGLDeviceEXT, of the default display for 0; raises GpuError."""
        if device:
            handle = egl.call("eglGetPlatformDisplayEXT", _PLATFORM_DEVICE, device, None)
        else:
            handle = egl.call("eglGetDisplay", None)
        major, minor = _Int(), _Int()
        if not handle or not egl.call("eglInitialize", handle, ctypes.byref(major), ctypes.byref(minor)):
            raise GpuError(f"{name}: eglInitialize failed ({egl.error()})")
        return cls(egl, handle, name, egl.extensions(handle))

    @classmethod
    def current(cls, egl: Egl, name: str) -> tuple[EglDisplay, int] | None:
        """Return the display and context that are current on this thread, None if there are none."""
        handle, context = egl.call("eglGetCurrentDisplay"), egl.call("eglGetCurrentContext")
        if not handle or not context:
            return None
        return cls(egl, handle, name, egl.extensions(handle)), context


class EglContext:
    """An OpenGL core context without a window. Also what moderngl loads its functions from.

    Args:
        display: where.
        share: handle of the context whose textures and fences it is to see, 0 for none.

    Attributes:
        tells_of_resets: whether OpenGL says when the driver has reset the GPU.

    Raises:
        GlVersionError: the device has no OpenGL 3.3 core.
    """

    def __init__(self, display: EglDisplay, share: int = 0) -> None:
        self.display = display
        self._egl = display.egl
        self._egl.call("eglBindAPI", _OPENGL_API)
        config = self._config()
        self.handle, self.tells_of_resets = self._create(config, share)
        self._surface: int | None = None
        if "EGL_KHR_surfaceless_context" not in display.extensions:
            size = (_Int * 5)(_WIDTH, 1, _HEIGHT, 1, NONE)
            self._surface = self._egl.call("eglCreatePbufferSurface", display.handle, config, size)

    def _config(self) -> int | None:
        """Return a config for pbuffers; None if contexts need none. Never one for windows."""
        if self.display.extensions & {"EGL_KHR_no_config_context", "EGL_MESA_configless_context"} and (
            "EGL_KHR_surfaceless_context" in self.display.extensions
        ):
            return None
        wanted = (_Int * 5)(_SURFACE_TYPE, _PBUFFER_BIT, _RENDERABLE_TYPE, _OPENGL_BIT, NONE)
        found, count = (_Pointer * 1)(), _Int()
        self._egl.call("eglChooseConfig", self.display.handle, wanted, found, 1, ctypes.byref(count))
        if not count.value:
            raise GlVersionError(self.display.name, NEEDED, "eglChooseConfig finds no config for OpenGL")
        return found[0]

    def _create(self, config: int | None, share: int) -> tuple[int, bool]:
        """Return a context, and whether it is one that is lost, and says so, when the driver resets the GPU."""
        for major, minor in _VERSIONS:
            version = (_CONTEXT_MAJOR, major, _CONTEXT_MINOR, minor, _PROFILE_MASK, _CORE_PROFILE)
            for strategy in ((_RESET_STRATEGY, _LOSE_CONTEXT_ON_RESET), ()):
                wanted = (*version, *strategy, NONE)
                array = (_Int * len(wanted))(*wanted)
                handle = self._egl.call("eglCreateContext", self.display.handle, config, share or None, array)
                if handle:
                    return int(handle), bool(strategy)
        raise GlVersionError(self.display.name, NEEDED, f"eglCreateContext failed: {self._egl.error()}")

    def make_current(self) -> None:
        """Bind the context to this thread; raises GlContextLostError, GpuError."""
        self._egl.call("eglBindAPI", _OPENGL_API)
        surface = self._surface
        if not self._egl.call("eglMakeCurrent", self.display.handle, surface, surface, self.handle):
            fault = self._egl.error()
            if fault.code == CONTEXT_LOST:
                raise GlContextLostError(self.display.name, str(fault))
            raise GpuError(f"{self.display.name}: eglMakeCurrent failed ({fault})")

    def destroy(self) -> None:
        """End the context, on the thread it is current on.

        The order matters: a context that is current when its thread releases EGL leaks megabytes.
        """
        handle, self.handle = self.handle, 0
        if not handle:
            return
        self._egl.call("eglMakeCurrent", self.display.handle, None, None, None)
        self._egl.call("eglDestroyContext", self.display.handle, handle)
        if self._surface:
            self._egl.call("eglDestroySurface", self.display.handle, self._surface)
        self._egl.call("eglReleaseThread")

    # What moderngl asks of the object it loads OpenGL from.

    def load_opengl_function(self, name: str) -> int:
        """Return the address of an OpenGL function."""
        return self._egl.address(name)

    def __enter__(self) -> EglContext:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Keep the context current: its thread serves nothing else."""

    def release(self) -> None:
        """Do nothing: the owner destroys the context."""
