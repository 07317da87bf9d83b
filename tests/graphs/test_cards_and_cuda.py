"""Machines on which OpenGL and CUDA see different cards, or one of them none: what runs where, what is said."""

from __future__ import annotations

import logging
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from fake_cuda import FakeCuda, replace_loading
from graphkit import CalculatorGraph, inference
from graphkit.errors import CudaUnavailableError, GpuOutOfMemoryError
from graphkit.formats import ImageFrame
from graphkit.framework import INFERENCE, InferenceSettings
from graphkit.gpu import GPU_SERVICE
from graphkit.gpu import _tensor_buffer as tensor_buffer
from graphkit.gpu._cuda_interop import CudaInterop, runtime_for
from graphkit.inference import load
from graphkit.video import VideoReader

if TYPE_CHECKING:
    from collections.abc import Iterator

    from graphkit.gpu import GpuResources
    from graphkit.inference import Session

CLIP = Path(__file__).parents[2] / "examples" / "media" / "hand_cup.mp4"
GRAPH = "graphs/modules/hand_landmark/hand_landmark_tracking_gpu.pbtxt"
NO_CARD = "OpenGL draws on no device that CUDA may use"


class Machine:
    """Models "on CUDA" that run on the CPU, and the devices that they were asked for on."""

    def __init__(self) -> None:
        self.devices: list[int] = []
        self.sessions: list[Session] = []

    def load(self, source: Any, *, provider: str, device: int, **more: Any) -> Session:
        """Stand for `graphkit.inference.load`."""
        self.devices.append(device)
        session = load(source, provider="cpu", **more)
        session.cuda_device = None if provider == "cpu" else device
        self.sessions.append(session)
        return session


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch) -> Iterator[Machine]:
    found = Machine()
    replace_loading(monkeypatch, found.load)
    yield found
    for session in found.sessions:
        session.cuda_device = None


def hands(gpu: GpuResources, provider: str = "auto") -> int:
    """Return in how many of three frames there is a hand."""
    seen: list[Any] = []
    graph = CalculatorGraph(GRAPH)
    graph.set_service(GPU_SERVICE, gpu)
    graph.set_service(INFERENCE, InferenceSettings(provider=provider))
    graph.observe_output_stream("multi_hand_landmarks", seen.append)
    graph.start_run({"num_hands": 1, "model_complexity": 0, "use_prev_landmarks": True})
    with graph, VideoReader(CLIP) as reader:
        for number, frame in enumerate(islice(reader, 3)):
            graph.add_packet_to_input_stream("image", gpu.upload(ImageFrame(frame.data.copy())), number)
            graph.wait_until_idle()
    return len(seen)


def told(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [record.getMessage() for record in caplog.records if record.levelno >= logging.WARNING]


def lender(cuda: FakeCuda) -> CudaInterop:
    fake: Any = cuda
    return CudaInterop(lambda context: fake)


@pytest.fixture
def drawing(gpu: GpuResources) -> GpuResources:
    if gpu.context().run(lambda: gpu.context().gl.version_code) < 430:
        pytest.skip("this OpenGL has no compute shaders")
    return gpu


@pytest.mark.parametrize("number", [0, 1])
def test_models_run_on_the_card_that_draws(drawing: GpuResources, machine: Machine, number: int) -> None:
    drawing.group.cuda = lender(cuda := FakeCuda(devices=(number,)))
    assert hands(drawing) == 3
    assert set(machine.devices) == {number}
    assert not drawing.transfers.readbacks
    assert "map" in cuda.calls


def test_cuda_is_not_started_for_models_on_the_cpu(drawing: GpuResources, machine: Machine) -> None:
    drawing.group.cuda = lender(cuda := FakeCuda())
    assert hands(drawing, "cpu") == 3
    assert not cuda.calls
    assert set(machine.devices) == {0}


def test_a_card_that_draws_and_that_cuda_does_not_see(
    drawing: GpuResources, machine: Machine, caplog: pytest.LogCaptureFixture
) -> None:
    drawing.group.cuda = lender(FakeCuda(devices=()))
    assert hands(drawing) == 3
    assert drawing.group.cuda.fault == NO_CARD
    assert drawing.transfers.readbacks


@pytest.mark.parametrize(
    ("fault", "level"),
    [
        pytest.param(None, logging.WARNING, id="CUDA sees a card"),
        pytest.param("no NVIDIA driver", logging.INFO, id="no card at all"),
    ],
)
def test_a_card_that_cuda_sees_and_that_does_not_draw(
    drawing: GpuResources,
    machine: Machine,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    fault: str | None,
    level: int,
) -> None:
    """Mesa draws, models run on the card: tensors go through memory. Who has no card is not bothered with that."""
    monkeypatch.setattr(inference, "cuda_fault", lambda: fault)
    monkeypatch.setattr("graphkit.gpu._cuda_interop.logger.disabled", False)
    drawing.group.cuda = CudaInterop(runtime_for)
    with caplog.at_level(logging.INFO, "graphkit.gpu"):
        assert hands(drawing) == 3
    lines = [record for record in caplog.records if "through memory" in record.getMessage()]
    vendor = drawing.run(lambda context: context.gl.info["GL_VENDOR"])
    assert [(record.levelno, record.getMessage()) for record in lines] == [
        (level, f"tensors go from OpenGL to models through memory: OpenGL is not NVIDIA's but that of {vendor}")
    ]


def test_switched_off_is_nothing_to_be_warned_of(
    drawing: GpuResources, machine: Machine, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("GRAPHKIT_CUDA_INTEROP", "0")
    monkeypatch.setattr(inference, "cuda_fault", lambda: None)
    drawing.group.cuda = CudaInterop(runtime_for)
    assert hands(drawing) == 3
    assert not told(caplog)
    assert drawing.group.cuda.fault == "GRAPHKIT_CUDA_INTEROP=0 switches it off"


def test_no_memory_left_for_a_tensor(
    drawing: GpuResources, machine: Machine, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """The first tensor that OpenGL has no room for goes through memory, as all after it; the hands are found."""

    def no_room(*_: Any) -> None:
        raise GpuOutOfMemoryError("a buffer of 1 MB", "the rest")

    monkeypatch.setattr("graphkit.gpu._cuda_interop.TensorBuffer", no_room)
    drawing.group.cuda = lender(FakeCuda())
    assert hands(drawing) == 3
    (line,) = told(caplog)
    assert line.startswith("tensors go from OpenGL to CUDA through memory from now on: no GPU memory is left for")
    assert drawing.transfers.readbacks


def test_a_shader_that_the_card_refuses(
    drawing: GpuResources, machine: Machine, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(tensor_buffer, "_SHADER", "#version 430 core\nvoid main() { nonsense; }\nSAMPLING")
    drawing.group.cuda = lender(FakeCuda())
    assert hands(drawing) == 3
    (line,) = told(caplog)
    assert "the shader does not compile" in line


def test_libraries_of_cuda_that_are_missing(
    drawing: GpuResources, machine: Machine, caplog: pytest.LogCaptureFixture
) -> None:
    def unusable(context: Any) -> Any:
        raise CudaUnavailableError("libcublas.so.13 not found")

    drawing.group.cuda = CudaInterop(unusable)
    assert hands(drawing) == 3
    assert drawing.group.cuda.fault == "libcublas.so.13 not found"
