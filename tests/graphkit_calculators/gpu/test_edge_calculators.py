from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np
import pytest

from graphkit import CalculatorGraph, Resources
from graphkit.errors import GraphValidationError
from graphkit.formats import ImageFormat, ImageFrame
from graphkit.gpu import GPU_SERVICE, GpuBuffer
from graphkit.testing import CalculatorRunner

if TYPE_CHECKING:
    from graphkit.gpu import GpuResources

RNG = np.random.default_rng(7)
RGB = RNG.integers(0, 256, (48, 65, 3), dtype=np.uint8)  # odd width: rows that no alignment pads


def drawn(gpu: GpuResources, name: str, frame: ImageFrame) -> np.ndarray:
    runner = CalculatorRunner(f'calculator: "{name}" input_stream: "VIDEO:a" output_stream: "VIDEO:b"')
    runner.set_service(GPU_SERVICE, gpu)
    runner.add("VIDEO", gpu.upload(frame), 5)
    (packet,) = runner.run().outputs["VIDEO"]
    assert packet.timestamp == 5
    return packet.get(GpuBuffer).array()


def luminance(rgb: np.ndarray) -> np.ndarray:
    return np.rint(rgb.astype(np.float64) @ (0.2125, 0.7154, 0.0721))


def sobel(gray: np.ndarray) -> np.ndarray:
    level = gray.astype(np.float64) / 255.0
    h, v = (
        cv2.Sobel(level, cv2.CV_64F, dx, dy, ksize=3, borderType=cv2.BORDER_REPLICATE)
        for dx, dy in ((1, 0), (0, 1))
    )
    return np.rint(np.minimum(np.hypot(h, v), 1.0) * 255.0)


def test_luminance_weighs_the_channels(gpu: GpuResources) -> None:
    out = drawn(gpu, "LuminanceCalculator", ImageFrame(RGB))
    assert out.shape == (48, 65, 4)
    assert np.abs(out[:, :, 0] - luminance(RGB)).max() <= 1
    assert (out[:, :, 1] == out[:, :, 0]).all()
    assert (out[:, :, 2] == out[:, :, 0]).all()
    assert (out[:, :, 3] == 255).all()


def test_luminance_keeps_alpha(gpu: GpuResources) -> None:
    rgba = RNG.integers(0, 256, (10, 12, 4), dtype=np.uint8)
    assert (drawn(gpu, "LuminanceCalculator", ImageFrame(rgba.copy()))[:, :, 3] == rgba[:, :, 3]).all()


def test_sobel_is_the_length_of_opencvs_gradient(gpu: GpuResources) -> None:
    gray = cv2.GaussianBlur(RGB[:, :, 0], (0, 0), 3)
    out = drawn(gpu, "SobelEdgesCalculator", ImageFrame(np.dstack([gray, gray, gray])))
    expected = sobel(gray)
    assert 0 < expected.mean() < 255
    assert np.abs(out[:, :, 0] - expected).max() <= 1


def test_edge_detection_graph_draws_the_edges_where_they_are(gpu: GpuResources) -> None:
    picture = np.zeros((40, 60, 3), np.uint8)
    picture[5:15, 10:30] = 255  # nearer to the top left: a flip would show
    graph = CalculatorGraph(Resources().resolve("mediapipe/graphs/edge_detection/edge_detection_mobile_gpu.pbtxt"))
    graph.set_service(GPU_SERVICE, gpu)
    frames = []
    graph.observe_output_stream("output_video", frames.append)
    with graph:
        graph.add_packet_to_input_stream("input_video", gpu.upload(ImageFrame(picture)), timestamp=0)
    edges = frames[0].payload.array()[:, :, 0] > 127
    expected = np.zeros((40, 60), bool)
    expected[4:16, 9:31] = True
    expected[6:14, 11:29] = False
    assert (edges == expected).all()
    assert gpu.transfers.uploads == {(60, 40): 1}
    assert gpu.transfers.readbacks == {(60, 40): 1}


def test_converters_there_and_back(gpu: GpuResources) -> None:
    graph = CalculatorGraph("""
        input_stream: "a" output_stream: "c"
        node { calculator: "ImageFrameToGpuBufferCalculator" input_stream: "a" output_stream: "b" }
        node { calculator: "LuminanceCalculator" input_stream: "b" output_stream: "l" }
        node { calculator: "GpuBufferToImageFrameCalculator" input_stream: "l" output_stream: "c" }
    """)
    graph.set_service(GPU_SERVICE, gpu)
    got = []
    graph.observe_output_stream("c", got.append)
    with graph:
        graph.add_packet_to_input_stream("a", ImageFrame(RGB), timestamp=0)
    frame = got[0].get(ImageFrame)
    assert frame.format is ImageFormat.SRGBA
    assert np.abs(frame.data[:, :, 0] - luminance(RGB)).max() <= 1


@pytest.mark.parametrize(
    ("frame", "read"),
    [
        pytest.param(ImageFrame(RGB), np.dstack([RGB, np.full((48, 65), 255, np.uint8)]), id="rgb gets an alpha"),
        pytest.param(ImageFrame(RGB[:, :, 0].copy()), RGB[:, :, 0], id="gray"),
        pytest.param(ImageFrame(RGB[:, :, 1].astype(np.float32)), RGB[:, :, 1].astype(np.float32), id="float"),
    ],
)
def test_a_picture_that_only_passes_is_not_read_back(
    gpu: GpuResources, frame: ImageFrame, read: np.ndarray
) -> None:
    graph = CalculatorGraph("""
        input_stream: "a" output_stream: "c"
        node { calculator: "ImageFrameToGpuBufferCalculator" input_stream: "a" output_stream: "b" }
        node { calculator: "GpuBufferToImageFrameCalculator" input_stream: "b" output_stream: "c" }
    """)
    graph.set_service(GPU_SERVICE, gpu)
    got = []
    graph.observe_output_stream("c", got.append)
    with graph:
        graph.add_packet_to_input_stream("a", frame, timestamp=0)
    assert (got[0].get(ImageFrame).data == read).all()
    assert not gpu.transfers.readbacks


def test_read_back_passes_frames_as_they_are(gpu: GpuResources) -> None:
    runner = CalculatorRunner('calculator: "GpuBufferToImageFrameCalculator" input_stream: "a" output_stream: "b"')
    runner.set_service(GPU_SERVICE, gpu)
    frame = ImageFrame(RGB)
    runner.add(0, frame, 1)
    assert runner.run().outputs[0][0].payload is frame


@pytest.mark.parametrize(
    ("graph", "converter"),
    [
        pytest.param(
            """
            input_stream: "a"
            node { calculator: "ImageFrameToGpuBufferCalculator" input_stream: "a" output_stream: "b" }
            node { calculator: "ColorConvertCalculator" input_stream: "RGBA_IN:b" output_stream: "GRAY_OUT:c" }
            """,
            "GpuBufferToImageFrameCalculator",
            id="gpu into cpu",
        ),
        pytest.param(
            """
            input_stream: "a"
            node { calculator: "ColorConvertCalculator" input_stream: "RGBA_IN:a" output_stream: "RGB_OUT:b" }
            node { calculator: "LuminanceCalculator" input_stream: "b" output_stream: "c" }
            """,
            "ImageFrameToGpuBufferCalculator",
            id="cpu into gpu",
        ),
    ],
)
def test_the_wrong_kind_of_picture_names_the_converter(graph: str, converter: str) -> None:
    with pytest.raises(GraphValidationError, match=converter):
        CalculatorGraph(graph)


def test_a_filter_without_streams_says_which_it_takes() -> None:
    with pytest.raises(
        GraphValidationError, match="LuminanceCalculator takes one input stream, tag VIDEO or untagged"
    ):
        CalculatorGraph('node { calculator: "LuminanceCalculator" output_stream: "b" }')
