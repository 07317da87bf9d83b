from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from graphkit import CalculatorGraph
from graphkit.formats import ImageFrame
from graphkit.gpu import GPU_SERVICE
from graphkit.testing import CalculatorRunner

if TYPE_CHECKING:
    from graphkit.gpu import GpuResources

RNG = np.random.default_rng(4)
BASE = np.dstack([RNG.integers(0, 256, (8, 12, 3), dtype=np.uint8), np.full((8, 12), 255, np.uint8)])


def overlaid(gpu: GpuResources, overlay: np.ndarray, options: str = "") -> np.ndarray:
    runner = CalculatorRunner(f"""
        calculator: "GlOverlayCalculator"
        input_stream: "VIDEO:v" input_stream: "OVERLAY:o" output_stream: "VIDEO:d"
        node_options {{ [type.googleapis.com/graphkit.GlOverlayCalculatorOptions] {{ {options} }} }}
    """)
    runner.set_service(GPU_SERVICE, gpu)
    runner.add("VIDEO", gpu.upload(ImageFrame(BASE.copy())), 0)
    runner.add("OVERLAY", gpu.upload(ImageFrame(overlay.copy())), 0)
    array: np.ndarray = runner.run().outputs["VIDEO"][0].payload.array()
    return array


@pytest.mark.parametrize("opacity", [1.0, 0.5, 0.0])
def test_a_picture_covers_by_its_alpha(gpu: GpuResources, opacity: float) -> None:
    over = RNG.integers(0, 256, (8, 12, 4), dtype=np.uint8)
    share = over[:, :, 3:] / 255.0 * opacity
    expected = BASE[:, :, :3] * (1.0 - share) + over[:, :, :3] * share
    out = overlaid(gpu, over, f"opacity: {opacity}")
    assert np.abs(out[:, :, :3] - expected).max() <= 1
    assert (out[:, :, 3] == 255).all()


def test_one_channel_is_painted_in_the_color_of_the_options(gpu: GpuResources) -> None:
    mask = np.zeros((8, 12), np.uint8)
    mask[1:3, 2:9] = 255
    out = overlaid(gpu, mask, "red: 10 green: 200 blue: 30")
    expected = BASE.copy()
    expected[1:3, 2:9, :3] = (10, 200, 30)
    assert (out == expected).all()


def test_an_overlay_of_another_size_is_stretched(gpu: GpuResources) -> None:
    half = np.zeros((4, 6, 4), np.uint8)
    half[:, :3] = (255, 0, 0, 255)
    out = overlaid(gpu, half)
    assert (out[:, :5] == (255, 0, 0, 255)).all()
    assert (out[:, 7:] == BASE[:, 7:]).all()


def test_a_frame_without_overlay_passes_as_it_is(gpu: GpuResources) -> None:
    runner = CalculatorRunner("""
        calculator: "GlOverlayCalculator"
        input_stream: "VIDEO:v" input_stream: "OVERLAY:o" output_stream: "VIDEO:d"
    """)
    runner.set_service(GPU_SERVICE, gpu)
    frame = gpu.upload(ImageFrame(BASE.copy()))
    runner.add("VIDEO", frame, 0)
    runner.add("OVERLAY", gpu.upload(ImageFrame(BASE.copy())), 1)
    (packet,) = runner.run().outputs["VIDEO"]
    assert packet.payload is frame
    assert packet.timestamp == 0


def test_the_classic_mixed_graph_moves_each_picture_once(gpu: GpuResources) -> None:
    graph = CalculatorGraph("""
        input_stream: "frame" output_stream: "drawn"
        node { calculator: "LuminanceCalculator" input_stream: "frame" output_stream: "luma" }
        node { calculator: "GpuBufferToImageFrameCalculator" input_stream: "luma" output_stream: "cpu" }
        node { calculator: "ColorConvertCalculator" input_stream: "RGBA_IN:cpu" output_stream: "RGB_OUT:rgb" }
        node { calculator: "ImageFrameToGpuBufferCalculator" input_stream: "rgb" output_stream: "over" }
        node {
          calculator: "GlOverlayCalculator"
          input_stream: "VIDEO:frame" input_stream: "OVERLAY:over" output_stream: "VIDEO:drawn"
        }
    """)
    graph.set_service(GPU_SERVICE, gpu)
    got = []
    graph.observe_output_stream("drawn", got.append)
    with graph:
        for t in range(5):
            graph.add_packet_to_input_stream("frame", gpu.upload(ImageFrame(BASE.copy())), timestamp=t)
    assert len(got) == 5
    assert gpu.transfers.uploads == {(12, 8): 2 * 5}  # the frame, the overlay
    assert gpu.transfers.readbacks == {(12, 8): 5}  # for the CPU; nobody has looked at the result
    gray = np.rint(BASE[:, :, :3] @ (0.2125, 0.7154, 0.0721))
    assert np.abs(got[4].payload.array()[:, :, 1] - gray).max() <= 1
