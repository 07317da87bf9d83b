"""The order in which OpenGL, CUDA and the model take turns at one tensor. Nobody waits for the whole device."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from fake_cuda import FakeCuda, lend
from graphkit.formats import ImageFrame
from graphkit.gpu import Fence, GpuTensor
from graphkit.inference import load
from graphkit_calculators.tensor._gpu_warp import GpuWarp
from graphkit_calculators.tensor._image_warp import to_planes, warp_roi
from graphkit_calculators.tensor._model_io import ModelIo
from graphkit_calculators.tensor._roi import Roi

if TYPE_CHECKING:
    from collections.abc import Iterator

    from graphkit.gpu import GlContext, GpuResources
    from graphkit.inference import Session

PALM = Path(__file__).parents[3] / "graphs" / "modules" / "palm_detection" / "palm_detection_lite.tflite"
SIZE = (192, 192)
RGB = np.random.default_rng(9).integers(0, 256, (120, 161, 3), dtype=np.uint8)
LEVELS = to_planes(np.arange(256, dtype=np.uint8)[None], 1 / 255, 0.0).ravel()


class Recorded:
    """ONNX Runtime's session, with what it is told written down."""

    def __init__(self, real: Any, told: list[str]) -> None:
        self._real, self._told = real, told

    def __getattr__(self, name: str) -> Any:
        return getattr(self._real, name)

    def io_binding(self) -> Any:
        return RecordedBinding(self._real.io_binding(), self._told)

    def run_with_iobinding(self, binding: RecordedBinding) -> None:
        self._told.append("run")
        self._real.run_with_iobinding(binding.real)


class RecordedBinding:
    def __init__(self, real: Any, told: list[str]) -> None:
        self.real, self._told = real, told

    def __getattr__(self, name: str) -> Any:
        def call(*arguments: Any) -> Any:
            self._told.append(name)
            return getattr(self.real, name)(*arguments)

        return call


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What is done, in order; CUDA's part is written down by `card`."""
    told: list[str] = []
    waited = Fence.wait_on_cpu

    def wait_on_cpu(fence: Fence, here: GlContext) -> None:
        waited(fence, here)
        told.append("fence reached")

    monkeypatch.setattr(Fence, "wait_on_cpu", wait_on_cpu)
    return told


@pytest.fixture
def card(gpu: GpuResources, told: list[str]) -> GpuResources:
    context = gpu.context()
    if context.run(lambda: context.gl.version_code) < 430:
        pytest.skip("this OpenGL has no compute shaders")
    cuda = FakeCuda()
    cuda.calls = told
    lend(gpu, cuda)
    told.clear()
    return gpu


@pytest.fixture
def session(told: list[str]) -> Iterator[Session]:
    """A session on the CPU that takes itself for one on CUDA."""
    found = load(PALM, provider="cpu")
    real = found._session
    found.cuda_device, found._session, found._device_runs = 0, Recorded(real, told), None
    yield found
    found.cuda_device, found._session, found._device_runs = None, real, None


def tensor(gpu: GpuResources, warp: GpuWarp, roi: Roi) -> GpuTensor:
    frame = gpu.upload(ImageFrame(RGB.copy()))
    return GpuTensor(frame, LEVELS, cut=warp.cut(frame, roi, SIZE))


def settle(gpu: GpuResources) -> None:
    """Have done what was posted."""
    gpu.context("cuda interop").run(lambda: None)


def test_one_after_the_other(card: GpuResources, session: Session, told: list[str]) -> None:
    warp = GpuWarp(None, replicate=True)
    io = ModelIo(session)
    for turn in range(3):
        told.clear()
        io.run([tensor(card, warp, Roi(80.0, 60.0, 90.0, 70.0, 0.3 * turn))])
        settle(card)
        steps = [step for step in told if step not in ("bind_output", "register_buffer")]
        if "bind_input" in steps or turn == 0:  # at an address that was bound before it stays bound
            assert steps.pop(4) == "bind_input"
        assert steps == [
            "fence reached", "map", "synchronize", "pointer", "run", "copy_outputs_to_cpu", "unmap",
        ]  # fmt: skip
    assert not {"synchronize_inputs", "synchronize_outputs"} & set(told), "those wait for the whole device"


def test_two_at_once(card: GpuResources, session: Session, told: list[str]) -> None:
    """Two models borrow at the same time: each reads its own, and unmaps after its own run."""
    warp, both = GpuWarp(None, replicate=True), threading.Barrier(2)
    rois = [Roi(80.0, 60.0, 90.0, 70.0, turn) for turn in (0.2, 1.4)]
    alone = [ModelIo(session).run([tensor(card, warp, roi)]) for roi in rois]

    def run(roi: Roi) -> list[Any]:
        given = tensor(card, warp, roi)
        both.wait(60)
        return [ModelIo(session).run([given]) for _ in range(5)][-1]

    settle(card)
    told.clear()
    with ThreadPoolExecutor(2) as pool:
        together = list(pool.map(run, rois))
    settle(card)
    for one, other in zip(together, alone, strict=True):
        for mine, yours in zip(one, other, strict=True):
            np.testing.assert_array_equal(mine.data, yours.data)
    assert told.count("map") == told.count("unmap") == told.count("run") == 10
    for place in range(len(told)):
        done = [told[: place + 1].count(step) for step in ("map", "run", "unmap")]
        assert done == sorted(done, reverse=True), (
            "nothing is unmapped that was not run, or run that was not mapped"
        )


def test_the_frame_goes_to_the_tensor_in_one_step(card: GpuResources) -> None:
    """No picture is drawn in between, and the values are those of memory."""
    warp = GpuWarp(None, replicate=True)
    for turn in np.linspace(-3, 3, 12):
        roi = Roi(61.0 + turn / 7, 44.0, 35.0 + 1 / 64, 35.0, float(turn))
        given = tensor(card, warp, roi)
        before = card.group.work
        loan = given.borrow(0)
        assert loan is not None
        work = card.group.work.since(before)
        assert (work.passes, work.dispatches, work.fences) == (0, 1, 2), "one fence is the upload's"
        expected = to_planes(warp_roi(RGB, roi, SIZE, replicate=True), 1 / 255, 0.0)
        cuda: Any = card.group.cuda._link._runtime  # type: ignore[attr-defined]
        (found,) = cuda.mapped.values()
        np.testing.assert_array_equal(found.reshape(expected.shape), expected)
        loan.give_back()
        settle(card)
        np.testing.assert_array_equal(given.data, expected)


def test_two_regions_become_the_rows_of_one_tensor(card: GpuResources) -> None:
    """One after the other in one buffer: a fence, a map, and the values of memory."""
    warp = GpuWarp(None, replicate=True)
    frame = card.upload(ImageFrame(RGB.copy()))
    rois = [Roi(61.0, 44.0, 35.0, 35.0, 0.4), Roi(90.0, 70.0, 50.0, 41.0, -1.2)]
    alone = [GpuTensor(frame, LEVELS, cut=warp.cut(frame, roi, SIZE)) for roi in rois]
    whole = GpuTensor.joined(alone)
    assert (whole.shape, whole.stored_shape) == ((2, 192, 192, 3), (2, 3, 192, 192))
    before = card.group.work
    loan = whole.borrow(0)
    assert loan is not None
    work = card.group.work.since(before)
    assert (work.passes, work.dispatches, work.fences, work.hops) == (0, 2, 2, 1), "one fence is the upload's"
    expected = np.concatenate([to_planes(warp_roi(RGB, roi, SIZE, replicate=True), 1 / 255, 0.0) for roi in rois])
    cuda: Any = card.group.cuda._link._runtime  # type: ignore[attr-defined]
    (found,) = cuda.mapped.values()
    np.testing.assert_array_equal(found.reshape(expected.shape), expected)
    loan.give_back()
    settle(card)
    assert cuda.calls.count("map") == cuda.calls.count("unmap") == 1
    np.testing.assert_array_equal(whole.data, expected)
    assert not whole.data.flags.writeable


def test_nothing_is_sampled_that_nobody_wants(card: GpuResources) -> None:
    before = card.group.work
    given = tensor(card, GpuWarp(None, replicate=True), Roi(80.0, 60.0, 90.0, 70.0, 0.3))
    assert given.shape == (1, 192, 192, 3)
    assert given.stored_shape == (1, 3, 192, 192)
    work = card.group.work.since(before)
    assert (work.passes, work.dispatches, work.fences) == (0, 0, 0)
    assert not card.transfers.uploads
