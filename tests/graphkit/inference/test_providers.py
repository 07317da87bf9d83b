"""Which provider is taken, and the line that says why."""

from __future__ import annotations

import importlib.metadata
import logging
import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import onnxruntime
import pytest

from graphkit.errors import InferenceError
from graphkit.inference import _cuda_libraries as cuda_libraries
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
    monkeypatch.delenv("NVIDIA_TF32_OVERRIDE", raising=False)


@pytest.fixture
def with_gpu(monkeypatch: pytest.MonkeyPatch) -> None:
    built_with(monkeypatch, "TensorrtExecutionProvider", "CUDAExecutionProvider")
    monkeypatch.setattr(providers, "driver_fault", lambda: None)
    monkeypatch.setattr(providers, "library_fault", lambda names: None)
    monkeypatch.setattr(providers, "load_all", lambda major: None)


def test_cpu_is_taken_without_a_look_at_the_gpu(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(providers, "driver_fault", lambda: pytest.fail("probed"))
    choice = providers.choose("cpu")
    assert (choice.provider, choice.onnx_providers) == ("cpu", ("CPUExecutionProvider",))


@pytest.mark.usefixtures("with_gpu")
def test_cuda_runs_without_tf32_and_without_a_search_for_algorithms() -> None:
    for asked in ("auto", "cuda"):
        choice = providers.choose(asked)
        assert choice.provider == "cuda"
        settings = {"device_id": "0", "use_tf32": "0", "cudnn_conv_algo_search": "HEURISTIC"}
        assert choice.onnx_providers == (("CUDAExecutionProvider", settings), "CPUExecutionProvider")
    assert os.environ["NVIDIA_TF32_OVERRIDE"] == "0"


@pytest.mark.usefixtures("with_gpu")
def test_tf32_is_left_to_who_asks_for_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NVIDIA_TF32_OVERRIDE", "1")
    assert providers.choose("cuda").provider == "cuda"
    assert os.environ["NVIDIA_TF32_OVERRIDE"] == "1"


@pytest.mark.usefixtures("with_gpu")
@pytest.mark.parametrize("provider", ["cuda", "tensorrt"])
def test_the_gpu_is_named_by_its_number(provider: str) -> None:
    choice = providers.choose(provider, device=2)
    assert choice.device == 2
    assert all(settings["device_id"] == "2" for _, settings in choice.onnx_providers[:-1])
    assert providers.choose("cpu", device=2).device == 0


@pytest.mark.usefixtures("with_gpu")
def test_tensorrt_comes_before_cuda() -> None:
    first, second, last = providers.choose("tensorrt").onnx_providers
    assert first == ("TensorrtExecutionProvider", {"device_id": "0"}), "half precision only where somebody asks"
    assert (second[0], last) == ("CUDAExecutionProvider", "CPUExecutionProvider")


@pytest.mark.usefixtures("with_gpu")
def test_half_precision_is_tensorrts_and_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GRAPHKIT_TENSORRT_FP16", "1")
    first, second, _ = providers.choose("tensorrt").onnx_providers
    assert first == ("TensorrtExecutionProvider", {"device_id": "0", "trt_fp16_enable": "1"})
    assert not any("fp16" in option for option in second[1])


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
    assert providers.choose("cpu", "the graph asks for it").reason == "the graph asks for it"


@pytest.mark.usefixtures("with_gpu")
def test_who_asks_for_cuda() -> None:
    assert providers.choose("cuda", "the graph asks for it").reason == "the graph asks for it"
    assert providers.choose("auto", "the graph").reason == "an NVIDIA GPU and its libraries were found"


def test_missing_libraries_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    built_with(monkeypatch, "CUDAExecutionProvider")
    monkeypatch.setattr(providers, "driver_fault", lambda: None)
    monkeypatch.setattr(cuda_libraries, "needed", lambda version: ["libnone.so.1", "libc.so.6", "libnope.so"])
    assert providers.choose("auto").reason == (
        "libnone.so.1 and libnope.so not found "
        "(pip install 'onnxruntime-gpu[cuda,cudnn]' brings the NVIDIA libraries)"
    )


def test_missing_tensorrt(monkeypatch: pytest.MonkeyPatch) -> None:
    built_with(monkeypatch, "CUDAExecutionProvider")
    monkeypatch.setattr(providers, "driver_fault", lambda: None)
    monkeypatch.setattr(providers, "load_all", lambda major: None)
    with pytest.raises(
        InferenceError, match="'tensorrt' cannot be used: this onnxruntime is built without TensorRT"
    ):
        providers.choose("tensorrt")


class Driver:
    """Stands for libcuda: what its calls return, how many devices it shows, and which CUDA it knows."""

    def __init__(self, init: int, devices: int, version: int = 99000) -> None:
        self.init, self.devices, self.version = init, devices, version

    def cuInit(self, flags: int) -> int:  # noqa: N802
        return self.init

    def cuDeviceGetCount(self, count: object) -> int:  # noqa: N802
        count._obj.value = self.devices  # type: ignore[attr-defined]
        return 0

    def cuDriverGetVersion(self, version: object) -> int:  # noqa: N802
        version._obj.value = self.version  # type: ignore[attr-defined]
        return 0


START = "the NVIDIA driver does not start "
FABRIC = f"{START}(its system is not ready: start nvidia-fabricmanager; cuInit gave 802)"
TWO_VERSIONS = (
    f"{START}(it and its library are of two versions: restart the machine, or the container with the host's "
    "libraries; cuInit gave 803)"
)
OLD = "the NVIDIA driver knows CUDA 12, this onnxruntime is built for CUDA 13: update the driver"
HIDDEN = '; CUDA_VISIBLE_DEVICES="-1" decides what it shows'


@pytest.mark.parametrize(
    ("driver", "visible", "fault"),
    [
        pytest.param(Driver(0, 1), None, None, id="a device"),
        pytest.param(Driver(0, 0), None, "the NVIDIA driver shows no GPU", id="no device"),
        pytest.param(Driver(100, 0), None, f"{START}(it finds no GPU; cuInit gave 100)", id="no start"),
        pytest.param(Driver(802, 0), None, FABRIC, id="no fabric manager"),
        pytest.param(Driver(803, 0), None, TWO_VERSIONS, id="two versions"),
        pytest.param(Driver(1234, 0), None, f"{START}(cuInit gave 1234)", id="no words"),
        pytest.param(Driver(100, 0), "-1", f"{START}(it finds no GPU; cuInit gave 100){HIDDEN}", id="hidden"),
        pytest.param(Driver(0, 1, 12080), None, OLD, id="too old"),
        pytest.param(Driver(0, 1, 13000), None, None, id="new enough"),
    ],
)
def test_driver(driver: Driver, visible: str | None, fault: str | None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    if visible is not None:
        monkeypatch.setenv("CUDA_VISIBLE_DEVICES", visible)
    monkeypatch.setattr(providers, "cuda_major", lambda: "13")
    monkeypatch.setattr(providers, "_cuda_started", {})
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
    assert session.provider_reason.startswith("ONNX Runtime could not start cuda: lib")
    assert "cannot open shared object file" in session.provider_reason


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

    monkeypatch.setattr(importlib.metadata, "distribution", version)
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
