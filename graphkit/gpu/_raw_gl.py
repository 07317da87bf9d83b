"""The few OpenGL calls that moderngl lacks, or makes while holding the interpreter's lock.

A call that returns at once keeps the lock (PYFUNCTYPE): releasing it costs milliseconds when other Python threads
are busy. A call that may wait for the GPU or moves a frame releases it (CFUNCTYPE).
"""

from __future__ import annotations

import ctypes
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Callable

NO_ERROR: Final = 0
OUT_OF_MEMORY: Final = 0x0505
CONTEXT_LOST: Final = 0x0507
TEXTURE_2D: Final = 0x0DE1
MAX_TEXTURE_SIZE: Final = 0x0D33
PACK_ALIGNMENT, PACK_ROW_LENGTH, PACK_BUFFER = 0x0D05, 0x0D02, 0x88EB
UNPACK_ALIGNMENT, UNPACK_ROW_LENGTH, UNPACK_BUFFER = 0x0CF5, 0x0CF2, 0x88EC
_PACK_REST: Final = (0x0D00, 0x0D03, 0x0D04)
_UNPACK_REST: Final = (0x0CF0, 0x0CF3, 0x0CF4)
"""Swapped bytes, skipped rows, skipped pixels."""
_COLOR_ATTACHMENT0: Final = 0x8CE0
SYNC_GPU_COMMANDS_COMPLETE: Final = 0x9117
SYNC_FLUSH_COMMANDS_BIT: Final = 0x1
TIMEOUT_IGNORED: Final = 0xFFFFFFFFFFFFFFFF
ALREADY_SIGNALED, TIMEOUT_EXPIRED, CONDITION_SATISFIED, WAIT_FAILED = 0x911A, 0x911B, 0x911C, 0x911D

_RESETS: Final = {0x8253: "by what this program drew", 0x8254: "by another program", 0x8255: "for no known reason"}
_ERRORS: Final = {
    0x0500: "GL_INVALID_ENUM", 0x0501: "GL_INVALID_VALUE", 0x0502: "GL_INVALID_OPERATION",
    0x0503: "GL_STACK_OVERFLOW", 0x0504: "GL_STACK_UNDERFLOW", 0x0505: "GL_OUT_OF_MEMORY",
    0x0506: "GL_INVALID_FRAMEBUFFER_OPERATION", 0x0507: "GL_CONTEXT_LOST",
}  # fmt: skip

_Enum, _Int, _Size, _Pointer, _Time = (
    ctypes.c_uint32, ctypes.c_int32, ctypes.c_int32, ctypes.c_void_p, ctypes.c_uint64,
)  # fmt: skip


class RawGl:
    """OpenGL functions by address.

    Args:
        address: returns the address of a function by name.
    """

    def __init__(self, address: Callable[[str], int]) -> None:
        self._address = address
        self.reset_status: Callable[[], int] = _no_reset
        self.get_error: Callable[[], int] = self.quick("glGetError", _Enum)
        self.get_integer: Callable[[int, Any], None] = self.quick("glGetIntegerv", None, _Enum, _Pointer)
        self.pixel_store: Callable[[int, int], None] = self.quick("glPixelStorei", None, _Enum, _Int)
        self.bind_buffer: Callable[[int, int], None] = self.quick("glBindBuffer", None, _Enum, _Enum)
        self.read_buffer: Callable[[int], None] = self.quick("glReadBuffer", None, _Enum)
        self.flush: Callable[[], None] = self.quick("glFlush", None)
        self.fence_sync: Callable[[int, int], int] = self.quick("glFenceSync", _Pointer, _Enum, _Enum)
        self.delete_sync: Callable[[int], None] = self.quick("glDeleteSync", None, _Pointer)
        self.wait_sync: Callable[[int, int, int], None] = self.quick("glWaitSync", None, _Pointer, _Enum, _Time)
        wait = ("glClientWaitSync", _Enum, _Pointer, _Enum, _Time)
        self.poll_sync: Callable[[int, int, int], int] = self.quick(*wait)
        self.client_wait_sync: Callable[[int, int, int], int] = self.slow(*wait)
        self.finish: Callable[[], None] = self.slow("glFinish", None)
        self.read_pixels: Callable[..., None] = self.slow(
            "glReadPixels", None, _Int, _Int, _Size, _Size, _Enum, _Enum, _Pointer
        )
        self.tex_sub_image: Callable[..., None] = self.slow(
            "glTexSubImage2D", None, _Enum, _Int, _Int, _Int, _Size, _Size, _Enum, _Enum, _Pointer
        )

    def quick(self, name: str, result: Any, *arguments: Any) -> Any:
        """Return function *name*, called with the interpreter's lock held: for calls that never wait."""
        return ctypes.PYFUNCTYPE(result, *arguments)(self._address(name))

    def slow(self, name: str, result: Any, *arguments: Any) -> Any:
        """Return function *name*, called without the interpreter's lock: for calls that may wait."""
        return ctypes.CFUNCTYPE(result, *arguments)(self._address(name))

    def watch_for_resets(self) -> None:
        """Have ``reset`` ask OpenGL, of a context of 4.5 or later made with reset notification."""
        self.reset_status = self.quick("glGetGraphicsResetStatus", _Enum)

    def reset(self) -> str:
        """Return what is known of a reset of the GPU, "" if there was none or OpenGL does not tell."""
        status = self.reset_status()
        if status == NO_ERROR:
            return ""
        return f"the driver has reset the GPU, {_RESETS.get(status, f'status 0x{status:04x}')}"

    def unpack_from_memory(self, row_pixels: int) -> None:
        """Have uploads read memory, a row every *row_pixels*, whatever was set before."""
        self.bind_buffer(UNPACK_BUFFER, 0)
        self.pixel_store(UNPACK_ALIGNMENT, 1)
        self.pixel_store(UNPACK_ROW_LENGTH, row_pixels)
        for name in _UNPACK_REST:
            self.pixel_store(name, 0)

    def pack_into_memory(self) -> None:
        """Have the bound framebuffer read into memory without gaps, whatever was set before.

        A row length set before would make OpenGL write beyond the memory it is given.
        """
        self.bind_buffer(PACK_BUFFER, 0)
        self.read_buffer(_COLOR_ATTACHMENT0)
        self.pixel_store(PACK_ALIGNMENT, 1)
        self.pixel_store(PACK_ROW_LENGTH, 0)
        for name in _PACK_REST:
            self.pixel_store(name, 0)

    def integer(self, name: int) -> int:
        """Return an integer of the context's state."""
        value = ctypes.c_int32()
        self.get_integer(name, ctypes.byref(value))
        return value.value


def _no_reset() -> int:
    return NO_ERROR


def error_name(code: int) -> str:
    """Return the name of a GL error code."""
    return f"{_ERRORS.get(code, 'GL error')} 0x{code:04x}"
