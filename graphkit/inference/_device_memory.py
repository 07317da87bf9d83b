"""Copies within the memory of a GPU, through CUDA's own library: ONNX Runtime takes addresses, and copies none."""

from __future__ import annotations

import ctypes
from functools import cache
from typing import Any, Final

from graphkit.errors import InferenceError
from graphkit.inference._providers import cuda_major

_BETWEEN_DEVICES: Final = 3
_STREAM_OF_THREAD: Final = 2
"""The stream that each thread has of its own: waiting for it waits for no other thread."""


@cache
def _runtime() -> Any:
    library = ctypes.CDLL(f"libcudart.so.{cuda_major()}")
    pointer = ctypes.c_void_p
    library.cudaSetDevice.argtypes = (ctypes.c_int,)
    library.cudaMemcpyAsync.argtypes = (pointer, pointer, ctypes.c_size_t, ctypes.c_int, pointer)
    library.cudaStreamSynchronize.argtypes = (pointer,)
    return library


def copy_within_device(device: int, target: int, source: int, size: int) -> None:
    """Copy *size* bytes between two addresses of a device; done when this returns.

    Raises:
        InferenceError: CUDA refused.
    """
    runtime = _runtime()
    for name, arguments in (
        ("cudaSetDevice", (device,)),
        ("cudaMemcpyAsync", (target, source, size, _BETWEEN_DEVICES, _STREAM_OF_THREAD)),
        ("cudaStreamSynchronize", (_STREAM_OF_THREAD,)),
    ):
        code = getattr(runtime, name)(*arguments)
        if code != 0:
            raise InferenceError(f"{name} failed (error {code}) while a tensor was copied on cuda:{device}")
