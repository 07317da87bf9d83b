"""Tensors from OpenGL to a model without a copy: CUDA is played by a class that maps buffers into memory."""

from __future__ import annotations

import gc
import logging
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from fake_cuda import FakeCuda, lend
from graphkit import CalculatorGraph, inference
from graphkit.errors import CudaUnavailableError, InferenceError
from graphkit.formats import ImageFrame, NormalizedRect
from graphkit.framework import INFERENCE, InferenceSettings
from graphkit.gpu import GPU_SERVICE, GpuResources, GpuTensor
from graphkit.gpu._cuda import CudaRuntime
from graphkit.gpu._cuda_interop import CudaInterop, runtime_for
from graphkit.inference import DeviceArray, Session, load
from graphkit.inference._loader import loaded_sessions
from graphkit.testing import CalculatorRunner
from graphkit.video import VideoReader
from graphkit_calculators.tensor._image_warp import to_planes
from graphkit_calculators.tensor._model_io import ModelIo

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from graphkit.formats import Tensor

PALM = Path(__file__).parents[3] / "graphs" / "modules" / "palm_detection" / "palm_detection_lite.tflite"
CLIP = Path(__file__).parents[3] / "examples" / "media" / "hand_cup.mp4"
RNG = np.random.default_rng(5)
RGB = RNG.integers(0, 256, (90, 131, 3), dtype=np.uint8)
RECT = NormalizedRect(0.4, 0.6, 0.5, 0.6, 0.7)
ADVICE = " GRAPHKIT_CUDA_INTEROP=0 does without; if it happens with an up-to-date driver, report it."

NOWHERE = "cudaGraphicsResourceGetMappedPointer failed: 442368 bytes at 0x0 instead of 442368 (error 0)."
OTHER = (
    "the model runs on cuda:0, OpenGL draws on cuda:1, 2; loading the model with device=1, or drawing with "
    "GRAPHKIT_GPU_DEVICE=cuda:0, puts both on one"
)


@pytest.fixture
def compute(gpu: GpuResources) -> GpuResources:
    context = gpu.context()
    if context.run(lambda: context.gl.version_code) < 430:
        pytest.skip("this OpenGL has no compute shaders")
    return gpu


@pytest.fixture
def lent(compute: GpuResources) -> Callable[[FakeCuda], GpuResources]:
    """Give the GPU a CUDA of one's own."""

    def with_cuda(cuda: FakeCuda) -> GpuResources:
        lend(compute, cuda)
        return compute

    return with_cuda


@pytest.fixture
def session() -> Iterator[Session]:
    """A session on the CPU that takes itself for one on CUDA."""
    found = load(PALM, provider="cpu")
    found.cuda_device = 0
    yield found
    found.cuda_device = None


def tensor_of(gpu: GpuResources, values: str = "output_tensor_float_range { min: -1 max: 1 }") -> Tensor:
    runner = CalculatorRunner(
        f"""
        calculator: "ImageToTensorCalculator"
        input_stream: "IMAGE_GPU:image" input_stream: "NORM_RECT:rect" output_stream: "TENSORS:tensors"
        options {{
          [mediapipe.ImageToTensorCalculatorOptions.ext] {{
            output_tensor_width: 192 output_tensor_height: 192 {values}
          }}
        }}
        """
    )
    runner.set_service(GPU_SERVICE, gpu)
    runner.add("IMAGE_GPU", gpu.upload(ImageFrame(RGB.copy())), 1)
    runner.add("NORM_RECT", RECT, 1)
    tensor: Tensor = runner.run().outputs["TENSORS"][0].payload[0]
    return tensor


@pytest.mark.parametrize(
    "pixels",
    [
        pytest.param(RNG.integers(0, 256, (35, 51, 4), dtype=np.uint8), id="rgba of an odd size"),
        pytest.param(np.arange(256, dtype=np.uint8).reshape(16, 16), id="every level of gray"),
    ],
)
@pytest.mark.parametrize(("scale", "offset"), [(1 / 255, 0.0), (2 / 255, -1.0), (1.7 / 255, -0.3)])
def test_the_shader_writes_what_memory_would_hold(
    lent: Callable[[FakeCuda], GpuResources], pixels: np.ndarray[Any, Any], scale: float, offset: float
) -> None:
    cuda = FakeCuda()
    gpu = lent(cuda)
    levels = to_planes(np.arange(256, dtype=np.uint8)[None], scale, offset).ravel()
    tensor = GpuTensor(gpu.upload(ImageFrame(pixels)), levels)
    loan = tensor.borrow(0)
    assert loan is not None
    (found,) = cuda.mapped.values()
    expected = to_planes(pixels, scale, offset)
    assert tensor.stored_shape == expected.shape
    assert (loan.pointer, loan.device, loan.device_type) == (found.ctypes.data, 0, "cpu")
    np.testing.assert_array_equal(found.reshape(expected.shape), expected)
    loan.give_back()
    np.testing.assert_array_equal(tensor.data, expected)


def test_a_tensor_in_memory_and_on_the_gpu_are_equal(lent: Callable[[FakeCuda], GpuResources]) -> None:
    gpu = lent(FakeCuda())
    tensor = tensor_of(gpu)
    assert isinstance(tensor, GpuTensor)
    assert (tensor.shape, tensor.dtype, tensor.layout) == ((1, 192, 192, 3), np.float32, "NCHW")
    assert repr(tensor) == "Tensor((1, 192, 192, 3), float32, stored NCHW)"
    assert not gpu.transfers.readbacks
    with GpuResources.create() as plain:
        assert tensor == tensor_of(plain)
    assert not tensor.data.flags.writeable
    assert gpu.transfers.readbacks == {(192, 192): 1}
    with pytest.raises(AttributeError, match="'GpuTensor' object has no attribute 'nothing'"):
        tensor.nothing  # type: ignore[attr-defined]  # noqa: B018


def test_tensors_of_8_bits_are_in_memory(lent: Callable[[FakeCuda], GpuResources]) -> None:
    assert not isinstance(tensor_of(lent(FakeCuda()), "output_tensor_uint_range { min: 0 max: 255 }"), GpuTensor)


def test_the_model_reads_the_buffer(lent: Callable[[FakeCuda], GpuResources], session: Session) -> None:
    cuda = FakeCuda()
    gpu = lent(cuda)
    tensor = tensor_of(gpu)
    io = ModelIo(session)
    found = [io.run([tensor]) for _ in range(3)][-1]
    assert not gpu.transfers.readbacks
    gpu.context("cuda interop").run(lambda: None)  # what was posted is done
    once = ["map", "synchronize", "pointer", "unmap"]
    assert cuda.calls == ["gl_devices", "set_device", "stream", "register_buffer", *once * 3]
    assert cuda.threads == {"gl-cuda interop"}
    session.cuda_device = None
    for one, other in zip(found, ModelIo(session).run([tensor]), strict=True):
        np.testing.assert_array_equal(one.data, other.data)


def hands(gpu: GpuResources, frames: int) -> list[np.ndarray[Any, Any]]:
    """Return the landmarks of the hands of each frame, in a graph that feeds on its own output."""
    found: list[np.ndarray[Any, Any]] = []
    graph = CalculatorGraph("mediapipe/modules/hand_landmark/hand_landmark_tracking_gpu.pbtxt")
    graph.set_service(GPU_SERVICE, gpu)
    graph.set_service(INFERENCE, InferenceSettings(provider="cpu"))
    graph.observe_output_stream(
        "multi_hand_landmarks", lambda packet: found.extend(hand.data for hand in packet.payload)
    )
    graph.start_run({"num_hands": 1, "model_complexity": 0, "use_prev_landmarks": True})
    with VideoReader(CLIP) as reader:
        for t, frame in zip(range(frames), reader, strict=False):
            graph.add_packet_to_input_stream("image", gpu.upload(ImageFrame(frame.data.copy())), timestamp=t)
            graph.wait_until_idle()
    graph.close_all_packet_sources()
    graph.wait_until_done()
    return found


def test_hands_are_tracked_without_reading_back(
    lent: Callable[[FakeCuda], GpuResources], monkeypatch: pytest.MonkeyPatch
) -> None:
    cuda = FakeCuda()
    with GpuResources.create() as plain:
        expected = hands(plain, 4)
        assert plain.transfers.readbacks
    for session in loaded_sessions():
        monkeypatch.setattr(session, "cuda_device", 0)
    gpu = lent(cuda)
    found = hands(gpu, 4)
    assert len(found) == len(expected) == 4
    for one, other in zip(found, expected, strict=True):
        np.testing.assert_array_equal(one, other)
    assert not gpu.transfers.readbacks
    gpu.context("cuda interop").run(lambda: None)
    assert cuda.calls.count("map") == cuda.calls.count("unmap") >= 5
    assert cuda.calls.count("register_buffer") <= 4


def test_everything_is_given_back(egl: None) -> None:
    cuda: Any = FakeCuda()
    with GpuResources.create() as gpu:
        gpu.group.cuda = CudaInterop(lambda context: cuda)
        loan = tensor_of(gpu).borrow(0) if gpu.group.cuda.is_usable(gpu.group) else None
        if loan is None:
            pytest.skip(str(gpu.group.cuda.fault))
        loan.give_back()
        del loan
        gc.collect()  # the runner's graph holds the tensor
        gpu.context("cuda interop").run(lambda: None)
    assert cuda.calls[-3:] == ["unmap", "unregister", "destroy_stream"]
    assert not cuda.registered
    assert gpu.group.cuda.fault == "the GPU resources are closed"


def test_tensors_in_use_at_once_have_a_buffer_each(lent: Callable[[FakeCuda], GpuResources]) -> None:
    cuda = FakeCuda()
    tensor = tensor_of(lent(cuda))
    assert isinstance(tensor, GpuTensor)
    loans = [tensor.borrow(0) for _ in range(12)]
    assert len({loan.pointer for loan in loans if loan is not None}) == 12
    for loan in loans:
        assert loan is not None
        loan.give_back()
    again = tensor.borrow(0)
    assert again is not None
    again.give_back()
    assert cuda.calls.count("register_buffer") == 12
    assert cuda.calls.count("unregister") == 4


@pytest.mark.parametrize(
    ("cuda", "reason"),
    [
        *(
            pytest.param(FakeCuda(broken=name), f"{name} failed: as planned (error 999).{ADVICE}", id=name)
            for name in ("gl_devices", "set_device", "stream", "register_buffer", "map", "synchronize", "pointer",
                         "unmap")
        ),
        pytest.param(FakeCuda(broken="address"), NOWHERE + ADVICE, id="null pointer"),
        pytest.param(FakeCuda(devices=()), "OpenGL draws on no device that CUDA may use", id="no device"),
        pytest.param(FakeCuda(devices=(1, 2)), OTHER, id="other"),
    ],
)  # fmt: skip
def test_a_failure_costs_the_short_way_and_one_line(
    lent: Callable[[FakeCuda], GpuResources],
    session: Session,
    caplog: pytest.LogCaptureFixture,
    cuda: FakeCuda,
    reason: str,
) -> None:
    caplog.set_level(logging.INFO, "graphkit.gpu")
    with GpuResources.create() as plain:
        expected = ModelIo(session).run([tensor_of(plain)])
    caplog.clear()
    gpu = lent(cuda)
    for _ in range(3):
        found = ModelIo(session).run([tensor_of(gpu)])
        for one, other in zip(found, expected, strict=True):
            np.testing.assert_array_equal(one.data, other.data)
        if gpu.group.cuda._link is not None:
            gpu.context("cuda interop").run(lambda: None)
    told = [record.getMessage() for record in caplog.records if "through memory" in record.getMessage()
            and "without" not in record.getMessage().split(":")[0]]  # fmt: skip
    assert [line.split(": ", 1)[1] for line in told] == [reason]
    assert cuda.calls.count(cuda.broken) <= (2 if cuda.broken == "unmap" else 1)
    assert gpu.group.cuda.fault == reason
    assert not isinstance(tensor_of(gpu), GpuTensor)


def test_a_model_that_fails_on_cuda_is_run_on_copies(
    lent: Callable[[FakeCuda], GpuResources], session: Session, caplog: pytest.LogCaptureFixture
) -> None:
    gpu = lent(FakeCuda())
    tensor = tensor_of(gpu)
    expected = session.run([tensor.nhwc()])

    class Refusing:
        path, inputs, outputs, cuda_device = session.path, session.inputs, session.outputs, 0

        def run(self, arrays: list[Any]) -> list[Any]:
            if isinstance(arrays[0], DeviceArray):
                raise InferenceError("no such memory")
            return session.run(arrays)

    refusing: Any = Refusing()
    found = ModelIo(refusing).run([tensor])
    np.testing.assert_array_equal(found[0].data, expected[0])
    (record,) = [record for record in caplog.records if record.levelno >= logging.WARNING]
    assert record.getMessage() == "tensors go from OpenGL to CUDA through memory from now on: no such memory"


def test_other_sizes_are_refused_by_name(session: Session) -> None:
    array = DeviceArray(64, (1, 3, 100, 100), np.dtype(np.float32), 0, "cpu")
    with pytest.raises(
        InferenceError, match=r"input 'input_1' has shape \(1, 3, 100, 100\); the model takes \(1, 3"
    ):
        session.run([array])


def context(vendor: str, version: int) -> Any:
    gl = SimpleNamespace(info={"GL_VENDOR": vendor}, version_code=version)
    return SimpleNamespace(gl=gl, run=lambda function: function())


@pytest.mark.parametrize(
    ("vendor", "version", "environment", "fault", "reason"),
    [
        pytest.param("NVIDIA", 460, "0", None, "GRAPHKIT_CUDA_INTEROP=0 switches it off", id="switched off"),
        pytest.param("Mesa", 450, "", None, "OpenGL is not NVIDIA's but that of Mesa", id="another vendor"),
        pytest.param("NVIDIA", 330, "", None, "OpenGL 3.3 has no compute shaders; 4.3 has", id="too old"),
        pytest.param("NVIDIA", 460, "1", "no NVIDIA driver", "no NVIDIA driver", id="no CUDA"),
    ],
)
def test_where_cuda_is_not_asked(
    monkeypatch: pytest.MonkeyPatch, vendor: str, version: int, environment: str, fault: str | None, reason: str
) -> None:
    monkeypatch.setenv("GRAPHKIT_CUDA_INTEROP", environment)
    monkeypatch.setattr(inference, "cuda_fault", lambda: fault)
    with pytest.raises(CudaUnavailableError, match=f"^{reason}$"):
        runtime_for(context(vendor, version))


def test_where_cuda_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    cuda = FakeCuda()
    monkeypatch.setattr(CudaRuntime, "load", lambda: cuda)
    assert runtime_for(context("NVIDIA Corporation", 460)) is cuda


@pytest.mark.gpu
def test_on_a_card(gpu: GpuResources) -> None:
    """The real thing: the model on CUDA reads what OpenGL wrote, and finds what it finds in copies."""
    if not gpu.group.cuda.is_usable(gpu.group):
        pytest.skip(str(gpu.group.cuda.fault))
    session = load(PALM, provider="cuda")
    tensor = tensor_of(gpu)
    assert isinstance(tensor, GpuTensor)
    found = [ModelIo(session).run([tensor]) for _ in range(20)][-1]
    assert gpu.group.cuda.fault is None
    assert not gpu.transfers.readbacks
    for one, other in zip(found, session.run([tensor.nhwc()]), strict=True):
        np.testing.assert_allclose(one.data, other, rtol=0, atol=1e-3)
