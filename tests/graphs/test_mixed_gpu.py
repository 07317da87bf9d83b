"""Graphs that mix CPU and GPU: what crosses between the two, what the program gets, and where the edges lie."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import cv2
import numpy as np
import pytest

from graphkit import CalculatorGraph, Resources, calculator
from graphkit.formats import ImageFrame
from graphkit.gpu import GPU_SERVICE, GlSimpleCalculator, GpuBufferFormat

if TYPE_CHECKING:
    from graphkit import Packet
    from graphkit.gpu import GpuBuffer, GpuResources

WIDTH, HEIGHT, FRAMES = 120, 80, 10
FRAME_BYTES, EDGE_BYTES = WIDTH * HEIGHT * 4, WIDTH * HEIGHT


@calculator("TestMixedDraw")
class Draw(GlSimpleCalculator):
    """Copies a frame, so that its pixels are on the GPU and nowhere else."""

    fragment_shader = """
        uniform sampler2D frame;
        out vec4 color;

        void main() {
            color = texelFetch(frame, ivec2(gl_FragCoord.xy), 0);
        }
    """


def picture(t: int = 0) -> np.ndarray:
    """Return a gray frame with a bright rectangle nearer to the top left, so that a flip would show."""
    pixels = np.full((HEIGHT, WIDTH, 4), (60, 60, 60, 255), np.uint8)
    pixels[10:30, 20 + t : 60 + t, :3] = 220
    return pixels


def expected(pixels: np.ndarray) -> np.ndarray:
    edges = cv2.Canny(cv2.cvtColor(pixels, cv2.COLOR_RGBA2GRAY), 60, 150)
    out = pixels.copy()
    out[edges > 0] = (0, 255, 0, 255)
    return out


def mixed_graph(gpu: GpuResources, *, drawn: bool) -> CalculatorGraph:
    """Return the shipped graph; with *drawn* behind a node whose frames have never been in memory."""
    path = Resources().resolve("mediapipe/graphs/mixed/canny_overlay_callback.pbtxt")
    text = path.read_text(encoding="utf-8")
    if drawn:
        text = text.replace('"input_video" ', '"frames" ').replace('VIDEO:input_video"', 'VIDEO:drawn"')
        text += 'node { calculator: "TestMixedDraw" input_stream: "frames" output_stream: "drawn" }'
    graph = CalculatorGraph(text)
    graph.set_service(GPU_SERVICE, gpu)
    return graph


def run(gpu: GpuResources, on_frame: Any, *, drawn: bool) -> None:
    graph = mixed_graph(gpu, drawn=drawn)
    graph.start_run({"on_frame": on_frame})
    for t in range(FRAMES):
        stream = "frames" if drawn else "input_video"
        graph.add_packet_to_input_stream(stream, gpu.upload(ImageFrame(picture(t))), timestamp=t)
    graph.close_all_input_streams()
    graph.wait_until_done(60)


@pytest.mark.parametrize("drawn", [False, True], ids=["uploaded frame", "drawn frame"])
def test_the_program_gets_every_frame_with_its_edges_in_place(gpu: GpuResources, drawn: bool) -> None:
    got: list[Packet[GpuBuffer]] = []
    run(gpu, got.append, drawn=drawn)
    assert [int(packet.timestamp) for packet in got] == list(range(FRAMES))
    for t, packet in enumerate(got):
        wanted = expected(picture(t))
        assert 50 < (wanted[:, :, 1] == 255).sum() < 500
        np.testing.assert_array_equal(packet.payload.array(), wanted)


@pytest.mark.parametrize("asks", [False, True], ids=["no pixels", "pixels"])
@pytest.mark.parametrize("drawn", [False, True], ids=["uploaded frame", "drawn frame"])
def test_nothing_crosses_that_nobody_asks_for(gpu: GpuResources, drawn: bool, asks: bool) -> None:
    run(gpu, (lambda packet: packet.payload.image_frame()) if asks else (lambda packet: None), drawn=drawn)
    transfers = gpu.transfers
    # Up: the frame and its edges. Down: the frame for the CPU, unless memory has it, and what the program asks.
    full_reads = FRAMES * (drawn + asks)
    assert transfers.uploads == {(WIDTH, HEIGHT): 2 * FRAMES}
    assert transfers.upload_bytes == FRAMES * (FRAME_BYTES + EDGE_BYTES)
    assert transfers.readbacks.total() == full_reads
    assert transfers.readback_bytes == full_reads * FRAME_BYTES


def test_a_mask_is_one_channel_and_covers_by_its_red(gpu: GpuResources) -> None:
    mask = np.zeros((HEIGHT, WIDTH), np.uint8)
    mask[:, ::2], mask[5] = 255, 128
    buffer = gpu.upload(ImageFrame(mask))
    assert buffer.format is GpuBufferFormat.R8
    graph = CalculatorGraph("""
        input_stream: "v" input_stream: "o" output_stream: "d"
        node {
          calculator: "GlOverlayCalculator"
          input_stream: "VIDEO:v" input_stream: "OVERLAY:o" output_stream: "VIDEO:d"
          node_options {
            [type.googleapis.com/graphkit.GlOverlayCalculatorOptions] { red: 200 green: 0 blue: 100 }
          }
        }
    """)
    graph.set_service(GPU_SERVICE, gpu)
    got: list[Packet[GpuBuffer]] = []
    graph.observe_output_stream("d", got.append)
    with graph:
        graph.add_packet_to_input_stream("v", gpu.upload(ImageFrame(picture())), timestamp=0)
        graph.add_packet_to_input_stream("o", buffer, timestamp=0)
    share = (mask / 255.0)[:, :, None]
    wanted = picture()[:, :, :3] * (1 - share) + np.array((200, 0, 100)) * share
    assert np.abs(got[0].payload.array()[:, :, :3] - wanted).max() <= 1
    assert gpu.transfers.upload_bytes == FRAME_BYTES + EDGE_BYTES


def test_frames_pass_between_gpu_nodes_without_a_copy(gpu: GpuResources) -> None:
    graph = CalculatorGraph(
        'input_stream: "s0"'
        + "".join(
            f'node {{ calculator: "TestMixedDraw" input_stream: "s{i}" output_stream: "s{i + 1}" }}'
            for i in range(8)
        )
    )
    graph.set_service(GPU_SERVICE, gpu)
    got: list[Packet[GpuBuffer]] = []
    graph.observe_output_stream("s8", got.append)
    with graph:
        graph.add_packet_to_input_stream("s0", gpu.upload(ImageFrame(picture())), timestamp=0)
    assert gpu.transfers.uploads == {(WIDTH, HEIGHT): 1}
    assert not gpu.transfers.readbacks
    np.testing.assert_array_equal(got[0].payload.array(), picture())
