"""Which provider is taken, and the line that says why."""

from __future__ import annotations

import importlib.metadata
import logging
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import onnxruntime
import pytest

from graphkit.errors import InferenceError
from graphkit.inference import _providers as providers
from graphkit.inference import load

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[3]
MODEL = ROOT / "tests" / "data" / "inference" / "ops" / "pools.tflite"


@pytest.fixture(autouse=True)
def fresh() -> Iterator[None]:
    """Forget what was probed, before and after."""
    cached = (providers.cuda_fault, providers.tensorrt_fault, providers.warn_of_two_runtimes)
    for function in cached:
        function.cache_clear()
    yield
    for function in cached:
        function.cache_clear()


def built_with(monkeypatch: pytest.MonkeyPatch, *names: str) -> None:
    monkeypatch.setattr(onnxruntime, "get_available_providers", lambda: [*names, "CPUExecutionProvider"])
    monkeypatch.setattr(onnxruntime, "preload_dlls", lambda: None, raising=False)


@pytest.fixture
def with_gpu(monkeypatch: pytest.MonkeyPatch) -> None:
    built_with(monkeypatch, "TensorrtExecutionProvider", "CUDAExecutionProvider")
    monkeypatch.setattr(providers, "driver_fault", lambda: None)
    monkeypatch.setattr(providers, "library_fault", lambda names: None)


def test_cpu_is_taken_without_a_look_at_the_gpu(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(providers, "driver_fault", lambda: pytest.fail("probed"))
    choice = providers.choose("cpu")
    assert (choice.provider, choice.onnx_providers) == ("cpu", ("CPUExecutionProvider",))


@pytest.mark.usefixtures("with_gpu")
def test_cuda_runs_without_tf32() -> None:
    for asked in ("auto", "cuda"):
        choice = providers.choose(asked)
        assert choice.provider == "cuda"
        assert choice.onnx_providers == (("CUDAExecutionProvider", {"use_tf32": "0"}), "CPUExecutionProvider")


@pytest.mark.usefixtures("with_gpu")
def test_tensorrt_comes_before_cuda() -> None:
    first, second, last = providers.choose("tensorrt").onnx_providers
    assert first == "TensorrtExecutionProvider"
    assert (second[0], last) == ("CUDAExecutionProvider", "CPUExecutionProvider")


def test_build_without_cuda(monkeypatch: pytest.MonkeyPatch) -> None:
    built_with(monkeypatch)
    choice = providers.choose("auto")
    assert choice.provider == "cpu"
    assert choice.reason == "this onnxruntime is built without CUDA (onnxruntime-gpu has it)"
    with pytest.raises(InferenceError) as caught:
        providers.choose("cuda")
    assert str(caught.value) == (
        f"provider 'cuda' cannot be used: {choice.reason}. "
        'Use "auto", which takes what there is, or "cpu" (provider).'
    )


def test_who_asks_for_it() -> None:
    assert providers.choose("cpu").reason == "it was asked for"
    assert providers.choose("cpu", "the graph").reason == "the graph asks for it"


@pytest.mark.usefixtures("with_gpu")
def test_who_asks_for_cuda() -> None:
    assert providers.choose("cuda", "the graph").reason == "the graph asks for it"
    assert providers.choose("auto", "the graph").reason == "an NVIDIA GPU and its libraries were found"


def test_missing_libraries_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    built_with(monkeypatch, "CUDAExecutionProvider")
    monkeypatch.setattr(providers, "driver_fault", lambda: None)
    monkeypatch.setattr(providers, "_cuda_libraries", lambda version: ["libnone.so.1", "libc.so.6", "libnope.so"])
    assert providers.choose("auto").reason == (
        "libnone.so.1 and libnope.so not found "
        "(pip install 'onnxruntime-gpu[cuda,cudnn]' brings the NVIDIA libraries)"
    )


def test_missing_tensorrt(monkeypatch: pytest.MonkeyPatch) -> None:
    built_with(monkeypatch, "CUDAExecutionProvider")
    monkeypatch.setattr(providers, "driver_fault", lambda: None)
    monkeypatch.setattr(providers, "library_fault", lambda names: None)
    with pytest.raises(
        InferenceError, match="'tensorrt' cannot be used: this onnxruntime is built without TensorRT"
    ):
        providers.choose("tensorrt")


class Driver:
    """Stands for libcuda: what its calls return, and how many devices it shows."""

    def __init__(self, init: int, devices: int) -> None:
        self.init, self.devices = init, devices

    def cuInit(self, flags: int) -> int:  # noqa: N802
        return self.init

    def cuDeviceGetCount(self, count: object) -> int:  # noqa: N802
        count._obj.value = self.devices  # type: ignore[attr-defined]
        return 0


@pytest.mark.parametrize(
    ("driver", "fault"),
    [
        pytest.param(Driver(0, 1), None, id="a device"),
        pytest.param(Driver(0, 0), "the NVIDIA driver shows no GPU", id="no device"),
        pytest.param(Driver(100, 0), r"the NVIDIA driver does not start (cuInit gave 100)", id="no start"),
    ],
)
def test_driver(driver: Driver, fault: str | None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(providers.ctypes, "CDLL", lambda name: driver)
    assert providers.driver_fault() == fault


def test_no_driver(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(name: str) -> None:
        raise OSError(name)

    monkeypatch.setattr(providers.ctypes, "CDLL", missing)
    assert providers.driver_fault() == "no NVIDIA driver (libcuda.so.1 not found)"


@pytest.fixture
def with_a_promise_of_cuda(monkeypatch: pytest.MonkeyPatch) -> None:
    """The probes say that CUDA is usable; ONNX Runtime will find that it is not."""
    if providers.cuda_fault() is None or "CUDAExecutionProvider" not in onnxruntime.get_available_providers():
        pytest.skip("needs an ONNX Runtime with CUDA on a machine without")
    monkeypatch.setattr(providers, "cuda_fault", lambda: None)


@pytest.mark.usefixtures("with_a_promise_of_cuda")
def test_fallback_of_onnx_runtime_is_told() -> None:
    session = load(MODEL, provider="auto")
    assert session.provider == "cpu"
    assert session.provider_reason == "ONNX Runtime could not start cuda although its libraries are there"


@pytest.mark.usefixtures("with_a_promise_of_cuda")
def test_fallback_is_refused_where_cuda_was_asked_for() -> None:
    with pytest.raises(InferenceError, match=r"pools.tflite: ONNX Runtime could not start cuda"):
        load(MODEL, provider="cuda")


@pytest.mark.parametrize("both", [True, False], ids=["both", "one"])
def test_two_runtimes_are_said_once(
    both: bool, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def version(name: str) -> str:
        if name == "onnxruntime" and not both:
            raise importlib.metadata.PackageNotFoundError(name)
        return "1.0"

    monkeypatch.setattr(importlib.metadata, "version", version)
    with caplog.at_level(logging.WARNING, "graphkit.inference"):
        providers.choose("cpu")
        providers.choose("cpu")
    assert caplog.text.count("pip uninstall -y onnxruntime onnxruntime-gpu && pip install onnxruntime-gpu") == both


def test_a_machine_without_cuda_sees_no_error_text(tmp_path: Path) -> None:
    program = f"from graphkit.inference import load; print(load({str(MODEL)!r}, provider='auto').provider)"
    environment = {"GRAPHKIT_CACHE_DIR": str(tmp_path), "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, env=environment, check=True
    )
    assert done.stdout.strip() in ("cpu", "cuda")
    assert done.stderr == ""
