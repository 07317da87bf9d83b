"""Graphs where shaders compute as they may on a card: what is found is what the CPU finds."""

from __future__ import annotations

from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from emulated_card import emulate
from fake_cuda import FakeCuda, lend
from graphkit import CalculatorGraph
from graphkit.formats import ImageFrame
from graphkit.framework import INFERENCE, InferenceSettings
from graphkit.gpu import GPU_SERVICE, GpuResources, GpuTensor
from graphkit.video import VideoReader
from graphkit_calculators.tensor._gpu_warp import GpuWarp
from graphkit_calculators.tensor._image_warp import to_planes, warp_roi
from graphkit_calculators.tensor._roi import Roi

FRAMES = 3
MEDIA = Path(__file__).parents[2] / "examples" / "media"
MOST_PIXELS = 0.05
MOST_MASK = 1 / 512
RGB = np.random.default_rng(5).integers(0, 256, (90, 131, 3), dtype=np.uint8)


@pytest.fixture
def card(egl: None, monkeypatch: pytest.MonkeyPatch) -> Any:
    """GPU resources whose shaders compute as on a card, and the list of those that do."""
    changed = emulate(monkeypatch)
    with GpuResources.create() as gpu:
        if gpu.context().run(lambda: gpu.context().gl.version_code) < 430:
            pytest.skip("this OpenGL has no double precision, or no compute shaders")
        yield gpu, changed


def run(graph: str, clip: str, watched: tuple[str, ...], gpu: GpuResources | None, **side: Any) -> list[list[Any]]:
    """Return the payloads of the watched streams in a few frames."""
    found = CalculatorGraph(graph)
    found.set_service(INFERENCE, InferenceSettings(provider="cpu"))
    if gpu is not None:
        found.set_service(GPU_SERVICE, gpu)
    seen: list[list[Any]] = [[] for _ in watched]
    for name, kept in zip(watched, seen, strict=True):
        found.observe_output_stream(name, lambda packet, kept=kept: kept.append(packet.payload))
    (fed,) = found.plan.graph_inputs.names
    found.start_run(side)
    with found, VideoReader(MEDIA / clip) as reader:
        for number, frame in enumerate(islice(reader, FRAMES)):
            picture = ImageFrame(frame.data.copy())
            found.add_packet_to_input_stream(fed, picture if gpu is None else gpu.upload(picture), number * 33_333)
            found.wait_until_idle()
    return seen


def apart(ours: Any, theirs: Any, size: tuple[int, int]) -> float:
    """Return the longest way between the same landmarks, in pixels."""
    return float(np.hypot(*((ours - theirs) * size).T).max())


def test_hands(card: Any) -> None:
    gpu, changed = card
    graphs = [f"graphs/hand_tracking/hand_tracking_desktop_live{kind}.pbtxt" for kind in ("", "_gpu")]
    (cpu,) = run(graphs[0], "hand_cup.mp4", ("landmarks",), None)
    (there,) = run(graphs[1], "hand_cup.mp4", ("hand_landmarks",), gpu)
    assert changed
    assert [len(hands) for hands in there] == [len(hands) for hands in cpu]
    assert len(cpu) == FRAMES
    for ours, theirs in zip(there, cpu, strict=True):
        for mine, other in zip(ours, theirs, strict=True):
            assert apart(mine.xy, other.xy, (640, 480)) <= MOST_PIXELS


def test_a_pose_and_its_mask(card: Any) -> None:
    gpu, changed = card
    graphs = [f"graphs/pose_tracking/pose_tracking_{kind}.pbtxt" for kind in ("cpu", "gpu")]
    watched = ("pose_landmarks", "segmentation_mask")
    cpu, cpu_masks = run(graphs[0], "pose_balance.mp4", watched, None, enable_segmentation=True)
    there, masks = run(graphs[1], "pose_balance.mp4", watched, gpu, enable_segmentation=True)
    assert any("card_texture" in shader for shader in changed)
    assert len(there) == len(cpu) == len(masks) == len(cpu_masks) == FRAMES
    for mine, other in zip(there, cpu, strict=True):
        assert apart(mine.xy, other.xy, (540, 650)) <= MOST_PIXELS
    for ours, theirs in zip(masks, cpu_masks, strict=True):
        one, two = ours.array(), theirs.data
        assert 0.05 < (two > 0.5).mean() < 0.9
        assert np.abs(one - two).max() <= MOST_MASK


def test_irises(card: Any) -> None:
    gpu, _ = card
    graphs = [f"graphs/iris_tracking/iris_tracking_{kind}.pbtxt" for kind in ("cpu", "gpu")]
    (cpu,) = run(graphs[0], "astronaut.png", ("iris_landmarks",), None)
    (there,) = run(graphs[1], "astronaut.png", ("iris_landmarks",), gpu)
    assert len(there) == len(cpu) == 1
    assert apart(there[0].xy, cpu[0].xy, (512, 512)) == 0


@pytest.mark.parametrize("on_cuda", [False, True], ids=["drawn", "sampled for CUDA"])
def test_samples_half_way_between_two_steps(card: Any, on_cuda: bool) -> None:
    """Regions in which one bit of a division is a step of 1/32 pixel: the tensor is that of memory nonetheless."""
    gpu, changed = card
    if on_cuda:
        lend(gpu, FakeCuda())
    warp = GpuWarp(None, replicate=True)
    levels = to_planes(np.arange(256, dtype=np.uint8)[None], 1 / 255, 0.0).ravel()
    buffer = gpu.upload(ImageFrame(RGB.copy()))
    for turn in np.linspace(-3, 3, 40):
        roi = Roi(61.0 + turn / 7, 44.0, 35.0 + 1 / 64, 35.0, float(turn))
        expected = to_planes(warp_roi(RGB, roi, (224, 224), replicate=True), 1 / 255, 0.0)
        cut = warp.cut(buffer, roi, (224, 224))
        if on_cuda:
            loan = GpuTensor(buffer, levels, cut=cut).borrow(0)
            assert loan is not None
            (found,) = gpu.group.cuda._link._runtime.mapped.values()
            np.testing.assert_array_equal(found.reshape(expected.shape), expected)
            loan.give_back()
            gpu.context("cuda interop").run(lambda: None)
        else:
            np.testing.assert_array_equal(to_planes(cut.draw().array(), 1 / 255, 0.0), expected)
    assert any("card_quotient" in shader for shader in changed)
