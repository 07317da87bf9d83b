"""CUDA's runtime through ctypes: the calls that let a model read a buffer of OpenGL in place.

It is the very library that ONNX Runtime has loaded, so both see the same device and the same memory. Ten functions
with plain arguments need no package of bindings, whose version would have to fit that library's.
"""

from __future__ import annotations

import ctypes
from typing import Any, Final

from graphkit.errors import CudaError, CudaUnavailableError

_Pointer, _Int, _Unsigned = ctypes.c_void_p, ctypes.c_int, ctypes.c_uint
_AddressOfPointer = ctypes.POINTER(_Pointer)

_NOT_READY: Final = 600
_ALL_DEVICES: Final = 1
_READ_ONLY: Final = 1
_NON_BLOCKING: Final = 1
_AT_MOST: Final = 16

# Calls that start CUDA or wait release the interpreter's lock; the others keep it: taking it again costs
# milliseconds if other threads are busy.
_SLOW: Final[dict[str, tuple[Any, ...]]] = {
    "cudaGLGetDevices": (ctypes.POINTER(_Unsigned), ctypes.POINTER(_Int), _Unsigned, _Int),
    "cudaSetDevice": (_Int,),
    "cudaStreamCreateWithFlags": (_AddressOfPointer, _Unsigned),
    "cudaStreamSynchronize": (_Pointer,),
    "cudaGraphicsGLRegisterBuffer": (_AddressOfPointer, _Unsigned, _Unsigned),
}
_QUICK: Final[dict[str, tuple[Any, ...]]] = {
    "cudaStreamQuery": (_Pointer,),
    "cudaStreamDestroy": (_Pointer,),
    "cudaGraphicsMapResources": (_Int, _AddressOfPointer, _Pointer),
    "cudaGraphicsResourceGetMappedPointer": (_AddressOfPointer, ctypes.POINTER(ctypes.c_size_t), _Pointer),
    "cudaGraphicsUnmapResources": (_Int, _AddressOfPointer, _Pointer),
    "cudaGraphicsUnregisterResource": (_Pointer,),
}


class CudaRuntime:
    """The functions of libcudart. All but ``stream`` and ``unregister`` want an OpenGL context on their thread.

    Args:
        slow: the library, loaded to be called without the interpreter's lock.
        quick: the same library, loaded to be called with it.

    Attributes:
        device_type: what ONNX Runtime calls the memory that ``map`` gives.

    Raises:
        CudaUnavailableError: the library lacks a function.
    """

    device_type = "cuda"

    def __init__(self, slow: Any, quick: Any) -> None:
        self._functions: dict[str, Any] = {}
        for library, functions in ((slow, _SLOW), (quick, _QUICK)):
            for name, arguments in functions.items():
                function = getattr(library, name, None)
                if function is None:
                    raise CudaUnavailableError(f"CUDA's runtime library has no {name}")
                function.restype, function.argtypes = _Int, arguments
                self._functions[name] = function
        self._describe = quick.cudaGetErrorString
        self._describe.restype, self._describe.argtypes = ctypes.c_char_p, (_Int,)

    @classmethod
    def load(cls) -> CudaRuntime:
        """Return the runtime that ONNX Runtime uses; raises CudaUnavailableError."""
        from graphkit.inference import cuda_fault, cuda_major

        fault = cuda_fault()
        if fault is not None:
            raise CudaUnavailableError(fault)
        name = f"libcudart.so.{cuda_major()}"
        try:
            return cls(ctypes.CDLL(name), ctypes.PyDLL(name))
        except OSError as exc:
            raise CudaUnavailableError(f"{name} cannot be loaded ({exc})") from exc

    def gl_devices(self) -> tuple[int, ...]:
        """Return CUDA's numbers of the devices that the current OpenGL context draws on; raises CudaError.

        CUDA counts the devices that the program may see; EGL counts them all. So this is asked, not EGL.
        """
        count, devices = _Unsigned(), (_Int * _AT_MOST)()
        self._call("cudaGLGetDevices", ctypes.byref(count), devices, _AT_MOST, _ALL_DEVICES)
        return tuple(devices[: count.value])

    def set_device(self, device: int) -> None:
        """Make *device* current on this thread; raises CudaError."""
        self._call("cudaSetDevice", device)

    def stream(self) -> int:
        """Return a new stream that waits for no other; raises CudaError."""
        stream = _Pointer()
        self._call("cudaStreamCreateWithFlags", ctypes.byref(stream), _NON_BLOCKING)
        return stream.value or 0

    def synchronize(self, stream: int) -> None:
        """Wait until the work in *stream* is done; raises CudaError, for earlier calls as well."""
        code = self._functions["cudaStreamQuery"](stream)
        if code == _NOT_READY:
            self._call("cudaStreamSynchronize", stream)
        else:
            self._check("cudaStreamQuery", code)

    def destroy_stream(self, stream: int) -> None:
        """Free *stream*; raises CudaError."""
        self._call("cudaStreamDestroy", stream)

    def register_buffer(self, buffer: int) -> int:
        """Return a resource that stands for OpenGL's *buffer*, for CUDA to read; raises CudaError."""
        resource = _Pointer()
        self._call("cudaGraphicsGLRegisterBuffer", ctypes.byref(resource), buffer, _READ_ONLY)
        return resource.value or 0

    def map(self, resource: int, stream: int) -> None:
        """Map *resource* for CUDA until ``unmap``; work in *stream* comes after that of OpenGL.

        Raises:
            CudaError: CUDA refused.
        """
        self._call("cudaGraphicsMapResources", 1, ctypes.byref(_Pointer(resource)), stream)

    def pointer(self, resource: int) -> tuple[int, int]:
        """Return the device address of a mapped *resource* and its size in bytes; raises CudaError."""
        address, size = _Pointer(), ctypes.c_size_t()
        self._call(
            "cudaGraphicsResourceGetMappedPointer", ctypes.byref(address), ctypes.byref(size), resource
        )  # fmt: skip
        return address.value or 0, size.value

    def unmap(self, resource: int, stream: int) -> None:
        """Return *resource* to OpenGL, after the work in *stream*; raises CudaError."""
        self._call("cudaGraphicsUnmapResources", 1, ctypes.byref(_Pointer(resource)), stream)

    def unregister(self, resource: int) -> None:
        """Free *resource*; raises CudaError."""
        self._call("cudaGraphicsUnregisterResource", resource)

    def _call(self, name: str, *arguments: Any) -> None:
        self._check(name, self._functions[name](*arguments))

    def _check(self, name: str, code: int) -> None:
        if code != 0:
            raise CudaError(name, code, (self._describe(code) or b"unknown error").decode())
