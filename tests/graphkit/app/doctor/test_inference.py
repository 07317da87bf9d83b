"""ONNX Runtime and why it runs where it runs."""

from __future__ import annotations

import sys
from types import SimpleNamespace
from typing import TYPE_CHECKING

import pytest

from graphkit import inference as graphkit_inference
from graphkit.app.doctor import Status, inference
from graphkit.app.doctor.hardware import Hardware
from graphkit.errors import InferenceError
from graphkit.inference import _providers as providers

if TYPE_CHECKING:
    from pathlib import Path

    from graphkit.app.doctor import Fact

NVIDIA = Hardware(nvidia=("/dev/nvidia0",))
NO_DRIVER = "no NVIDIA driver (libcuda.so.1 not found)"
WITH_CUDA = "pip install 'onnxruntime-gpu[cuda,cudnn]>=1.20'"
NO_LIBRARIES = "libcudnn.so.9 not found (pip install 'onnxruntime-gpu[cuda,cudnn]' brings the NVIDIA libraries)"
NO_CUDA = "this onnxruntime is built without CUDA (onnxruntime-gpu has it)"
NVIDIA_SMI = "install or update NVIDIA's driver until nvidia-smi works; in a container: docker run --gpus all"


def facts() -> dict[str, Fact]:
    return {fact.label: fact for fact in inference.check()}


@pytest.mark.usefixtures("user_cache")
def test_here() -> None:
    found = facts()
    assert found["ONNX Runtime"].status is Status.OK
    assert "onnxruntime" in found["ONNX Runtime"].found
    assert "CPUExecutionProvider" in found["providers"].found
    assert found["a model"].found.startswith("palm_detection_lite runs on ")
    assert found["CUDA"].found.startswith(("used: ", "not used: "))


def test_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    (fact,) = inference.check()
    assert (fact.found, fact.status) == ("not installed (no module onnxruntime)", Status.BROKEN)
    assert fact.fix.startswith("pip install ")
    assert "onnxruntime-gpu" in fact.fix


@pytest.mark.parametrize(
    ("fault", "driver_fault", "hardware", "status", "fix"),
    [
        pytest.param(
            NO_DRIVER, NO_DRIVER, Hardware(), Status.ABSENT,
            "an NVIDIA GPU and its driver; in a container: docker run --gpus all", id="no GPU",
        ),
        pytest.param(
            NO_CUDA, NO_DRIVER, Hardware(render=("/dev/dri/renderD128",)), Status.ABSENT,
            "an NVIDIA GPU and its driver; in a container: docker run --gpus all", id="another GPU",
        ),
        pytest.param(NO_DRIVER, NO_DRIVER, NVIDIA, Status.WARNING, NVIDIA_SMI, id="GPU without driver"),
        pytest.param(
            NO_DRIVER, NO_DRIVER, Hardware(driver="NVRM 535"), Status.WARNING, NVIDIA_SMI, id="kernel module alone"
        ),
        pytest.param(
            NO_LIBRARIES, None, Hardware(), Status.WARNING, WITH_CUDA, id="no libraries"
        ),
        pytest.param(
            NO_CUDA, None, NVIDIA, Status.WARNING,
            f"pip uninstall -y onnxruntime && {WITH_CUDA}", id="built without CUDA",
        ),
    ],
)  # fmt: skip
def test_why_cuda_is_not_used(
    fault: str, driver_fault: str | None, hardware: Hardware, status: Status, fix: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setattr(providers, "cuda_fault", lambda: fault)
    monkeypatch.setattr(providers, "driver_fault", lambda: driver_fault)
    monkeypatch.setattr(providers, "built_with_cuda", lambda: fault != NO_CUDA)
    monkeypatch.setattr(inference, "find_hardware", lambda: hardware)
    fact = inference.cuda_fact()
    assert (fact.found, fact.status, fact.fix) == (f"not used: {fault}", status, fix)


def test_cuda_that_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(providers, "cuda_fault", lambda: None)
    fact = inference.cuda_fact()
    assert (fact.status, fact.found) == (Status.OK, "used: an NVIDIA GPU and its libraries were found")


@pytest.mark.usefixtures("user_cache")
def test_two_builds(monkeypatch: pytest.MonkeyPatch) -> None:
    builds = {"onnxruntime": "1.22", "onnxruntime-gpu": "1.22"}
    monkeypatch.setattr(inference, "installed", lambda *names: builds)
    found = facts()
    assert found["ONNX Runtime"].found.endswith(" (onnxruntime and onnxruntime-gpu)")
    fact = found["packages"]
    assert fact.status is Status.WARNING
    assert fact.found == "onnxruntime and onnxruntime-gpu overwrite each other's files"
    assert fact.fix == "pip uninstall -y onnxruntime onnxruntime-gpu && pip install onnxruntime-gpu"


@pytest.mark.usefixtures("user_cache")
def test_a_model_that_does_not_run(tmp_path: Path) -> None:
    path = tmp_path / "work" / "modules" / "palm_detection" / "palm_detection_lite.tflite"
    path.parent.mkdir(parents=True)
    path.write_bytes(b"no model")
    fact = facts()["a model"]
    assert fact.status is Status.BROKEN
    assert fact.found.startswith(f"ModelFormatError: {path}: ")


@pytest.mark.usefixtures("user_cache")
def test_a_model_that_is_missing_is_not_told_here(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inference, "_TRIED_MODEL", "mediapipe/modules/none.tflite")
    assert "a model" not in facts()


def test_onnx_runtime_that_falls_back(monkeypatch: pytest.MonkeyPatch) -> None:
    reason = "ONNX Runtime could not start cuda although its libraries are there"
    session = SimpleNamespace(inputs=[], run=lambda inputs: [], provider="cpu", provider_reason=reason)
    monkeypatch.setattr(graphkit_inference, "load", lambda path: session)
    monkeypatch.setattr(providers, "cuda_fault", lambda: None)
    fact = facts()["a model"]
    assert (fact.found, fact.status) == ("palm_detection_lite runs on the CPU", Status.WARNING)
    assert fact.fix == f"{reason}; update NVIDIA's driver, or pip install 'onnxruntime-gpu[cuda,cudnn]>=1.20'"


def test_a_session_that_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    def load(path: Path) -> None:
        raise InferenceError(f"{path.name} fails")

    monkeypatch.setattr(graphkit_inference, "load", load)
    fact = facts()["a model"]
    assert (fact.found, fact.status) == ("InferenceError: palm_detection_lite.tflite fails", Status.BROKEN)
