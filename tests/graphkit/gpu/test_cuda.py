"""The binding of CUDA's runtime, over a library of Python functions."""

from __future__ import annotations

import ctypes
from types import SimpleNamespace
from typing import Any

import pytest

from graphkit import inference
from graphkit.errors import CudaError, CudaUnavailableError
from graphkit.gpu._cuda import CudaRuntime
from graphkit.inference import _providers as providers


class Library:
    """Stands for libcudart; `fails` names the functions that return 999, `busy` makes streams unfinished."""

    def __init__(self, *fails: str, lacks: str = "", busy: bool = False) -> None:
        self.calls: list[tuple[Any, ...]] = []
        self._fails, self._lacks, self._busy = fails, lacks, busy

    def loaded(self) -> SimpleNamespace:
        names = [name for name in vars(Library) if name.startswith("cuda") and name != self._lacks]
        functions = {name: self._function(name) for name in names}
        return SimpleNamespace(cudaGetErrorString=lambda code: b"unknown error", **functions)

    def _function(self, name: str) -> Any:
        function = getattr(self, name)

        def call(*arguments: Any) -> int:
            if name in self._fails:
                return 999
            return int(function(*arguments) or 0)

        return call

    def cudaGLGetDevices(self, count: Any, devices: Any, room: int, which: int) -> None:  # noqa: N802
        assert (room, which) == (16, 1)
        count._obj.value = 2
        devices[0], devices[1] = 3, 1

    def cudaSetDevice(self, device: int) -> None:  # noqa: N802
        self.calls.append(("set", device))

    def cudaStreamCreateWithFlags(self, stream: Any, flags: int) -> None:  # noqa: N802
        assert flags == 1
        stream._obj.value = 0x51

    def cudaStreamQuery(self, stream: int) -> int:  # noqa: N802
        self.calls.append(("query", stream))
        return 600 if self._busy else 0

    def cudaStreamSynchronize(self, stream: int) -> None:  # noqa: N802
        self.calls.append(("synchronize", stream))

    def cudaStreamDestroy(self, stream: int) -> None:  # noqa: N802
        self.calls.append(("destroy", stream))

    def cudaGraphicsGLRegisterBuffer(self, resource: Any, buffer: int, flags: int) -> None:  # noqa: N802
        assert flags == 1
        resource._obj.value = 0x1000 + buffer

    def cudaGraphicsMapResources(self, count: int, resources: Any, stream: int) -> None:  # noqa: N802
        self.calls.append(("map", count, resources._obj.value, stream))

    def cudaGraphicsResourceGetMappedPointer(self, pointer: Any, size: Any, resource: int) -> None:  # noqa: N802
        pointer._obj.value, size._obj.value = (1 << 40) + resource, 640

    def cudaGraphicsUnmapResources(self, count: int, resources: Any, stream: int) -> None:  # noqa: N802
        self.calls.append(("unmap", count, resources._obj.value, stream))

    def cudaGraphicsUnregisterResource(self, resource: int) -> None:  # noqa: N802
        self.calls.append(("unregister", resource))


def runtime(library: Library) -> CudaRuntime:
    loaded = library.loaded()
    return CudaRuntime(loaded, loaded)


def test_what_goes_to_cuda_and_comes_back() -> None:
    library = Library()
    cuda = runtime(library)
    assert cuda.gl_devices() == (3, 1)
    cuda.set_device(3)
    stream, resource = cuda.stream(), cuda.register_buffer(7)
    assert (stream, resource) == (0x51, 0x1007)
    cuda.map(resource, stream)
    cuda.synchronize(stream)
    assert cuda.pointer(resource) == ((1 << 40) + 0x1007, 640)
    cuda.unmap(resource, stream)
    cuda.unregister(resource)
    cuda.destroy_stream(stream)
    assert library.calls == [
        ("set", 3), ("map", 1, 0x1007, 0x51), ("query", 0x51), ("unmap", 1, 0x1007, 0x51),
        ("unregister", 0x1007), ("destroy", 0x51),
    ]  # fmt: skip


def test_a_stream_with_work_is_waited_for() -> None:
    library = Library(busy=True)
    runtime(library).synchronize(0x51)
    assert library.calls == [("query", 0x51), ("synchronize", 0x51)]


def test_waiting_tells_what_went_wrong_before() -> None:
    with pytest.raises(CudaError, match=r"cudaStreamQuery failed: unknown error \(error 999\)"):
        runtime(Library("cudaStreamQuery")).synchronize(0x51)


@pytest.mark.parametrize("major", [12, 13])
def test_the_library_itself_has_the_functions(major: int) -> None:
    """Where it is installed; without a card every call is refused, and says why."""
    name = f"libcudart.so.{major}"
    try:
        cuda = CudaRuntime(ctypes.CDLL(name), ctypes.PyDLL(name))
    except OSError as exc:
        pytest.skip(str(exc))
    if providers.driver_fault() is None:
        assert cuda.stream()
    else:
        with pytest.raises(CudaError, match="cudaGLGetDevices failed: CUDA driver version is insufficient"):
            cuda.gl_devices()


def test_addresses_are_passed_whole() -> None:
    loaded = Library().loaded()
    CudaRuntime(loaded, loaded)
    assert loaded.cudaGraphicsUnregisterResource.argtypes == (ctypes.c_void_p,)
    assert loaded.cudaStreamSynchronize.argtypes == (ctypes.c_void_p,)


def test_a_refusal_names_the_call() -> None:
    with pytest.raises(CudaError) as caught:
        runtime(Library("cudaGraphicsGLRegisterBuffer")).register_buffer(7)
    assert (caught.value.function, caught.value.code) == ("cudaGraphicsGLRegisterBuffer", 999)
    assert str(caught.value).startswith("cudaGraphicsGLRegisterBuffer failed: unknown error (error 999).")


def test_a_library_without_opengl() -> None:
    with pytest.raises(CudaUnavailableError, match="CUDA's runtime library has no cudaGLGetDevices"):
        runtime(Library(lacks="cudaGLGetDevices"))


@pytest.mark.parametrize(
    ("fault", "message"),
    [
        pytest.param("no NVIDIA driver", "no NVIDIA driver", id="no driver"),
        pytest.param(None, r"libcudart.so.none cannot be loaded", id="no library"),
    ],
)
def test_cuda_is_missing(monkeypatch: pytest.MonkeyPatch, fault: str | None, message: str) -> None:
    monkeypatch.setattr(inference, "cuda_fault", lambda: fault)
    monkeypatch.setattr(inference, "cuda_major", lambda: "none")
    with pytest.raises(CudaUnavailableError, match=message):
        CudaRuntime.load()
