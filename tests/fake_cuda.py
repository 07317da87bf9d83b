"""CUDA, played by a class that maps the buffers of OpenGL into memory, and keeps CUDA's rules."""

from __future__ import annotations

import ctypes
import threading
from typing import TYPE_CHECKING, Any

import numpy as np

from graphkit import inference
from graphkit.errors import CudaError
from graphkit.gpu import GlContext
from graphkit.gpu._cuda_interop import CudaInterop

if TYPE_CHECKING:
    from collections.abc import Callable

    import pytest

    from graphkit.gpu import GpuResources
    from graphkit.inference import Session

ARRAY_BUFFER, BUFFER_SIZE = 0x8892, 0x8764


class FakeCuda:
    """Keeps CUDA's rules: mapped once at a time, on the thread of one context. Addresses are those of copies."""

    device_type = "cpu"

    def __init__(self, *, devices: tuple[int, ...] = (0,), broken: str = "") -> None:
        self.devices, self.broken = devices, broken
        self.calls: list[str] = []
        self.threads: set[str] = set()
        self.registered: set[int] = set()
        self.mapped: dict[int, Any] = {}

    def _called(self, name: str) -> None:
        self.calls.append(name)
        self.threads.add(threading.current_thread().name)
        if name == self.broken:
            raise CudaError(name, 999, "as planned")

    def gl_devices(self) -> tuple[int, ...]:
        self._called("gl_devices")
        return self.devices

    def set_device(self, device: int) -> None:
        self._called("set_device")
        assert device == self.devices[0]

    def stream(self) -> int:
        self._called("stream")
        return 0x51

    def register_buffer(self, buffer: int) -> int:
        self._called("register_buffer")
        assert buffer not in self.registered
        self.registered.add(buffer)
        return buffer

    def map(self, resource: int, stream: int) -> None:
        self._called("map")
        assert resource in self.registered
        assert resource not in self.mapped
        self.mapped[resource] = contents(resource)

    def synchronize(self, stream: int) -> None:
        self._called("synchronize")
        assert stream == 0x51

    def pointer(self, resource: int) -> tuple[int, int]:
        self._called("pointer")
        if self.broken == "address":
            return 0, self.mapped[resource].nbytes
        return self.mapped[resource].ctypes.data, self.mapped[resource].nbytes

    def unmap(self, resource: int, stream: int) -> None:
        self._called("unmap")
        del self.mapped[resource]

    def unregister(self, resource: int) -> None:
        self._called("unregister")
        assert resource not in self.mapped
        self.registered.remove(resource)

    def destroy_stream(self, stream: int) -> None:
        self._called("destroy_stream")


def contents(buffer: int) -> np.ndarray[Any, Any]:
    """Return a copy of a buffer of the current context."""
    context = GlContext.current()
    assert context is not None
    quick, size = context.raw.quick, ctypes.c_int32()
    quick("glBindBuffer", None, ctypes.c_uint, ctypes.c_uint)(ARRAY_BUFFER, buffer)
    parameter = quick("glGetBufferParameteriv", None, ctypes.c_uint, ctypes.c_uint, ctypes.c_void_p)
    parameter(ARRAY_BUFFER, BUFFER_SIZE, ctypes.byref(size))
    found = np.empty(size.value // 4, np.float32)
    read = ("glGetBufferSubData", None, ctypes.c_uint, ctypes.c_ssize_t, ctypes.c_ssize_t, ctypes.c_void_p)
    quick(*read)(ARRAY_BUFFER, 0, size.value, found.ctypes.data)
    return found


def replace_loading(monkeypatch: pytest.MonkeyPatch, load: Callable[..., Session]) -> None:
    """Have *load* load the models of graphs; none of them gets a twin with a second thread, as on CUDA."""

    def load_ahead(source: Any, **how: Any) -> inference.Ahead[Session]:
        work = inference.Ahead(lambda: load(source, **how))
        work.result()
        return work

    monkeypatch.setattr(inference, "load", load)
    monkeypatch.setattr(inference, "load_ahead", load_ahead)
    monkeypatch.setattr(inference.IdleCoreRunner, "serves", staticmethod(lambda session: False))


def lend(gpu: GpuResources, cuda: FakeCuda) -> None:
    """Have *gpu* lend its tensors to *cuda*, as where a model of the graph runs there."""
    fake: Any = cuda
    gpu.group.cuda = CudaInterop(lambda context: fake)
    gpu.group.cuda.is_usable(gpu.group)
