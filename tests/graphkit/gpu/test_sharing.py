"""Several contexts on one set of textures, and what is left when they are gone."""

from __future__ import annotations

import gc
import os
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from graphkit import CalculatorGraph, calculator
from graphkit.formats import ImageFrame
from graphkit.gpu import GPU_SERVICE, GlSimpleCalculator
from graphkit.gpu._service import close_idle

if TYPE_CHECKING:
    from collections.abc import Iterator

    from graphkit import Packet
    from graphkit.gpu import GpuResources

WIDTH, HEIGHT = 96, 64

GRAPH = """
    input_stream: "a" output_stream: "c" max_queue_size: 8
    node { calculator: "TestGlShift" input_stream: "a" output_stream: "b" }
    node {
      calculator: "TestGlInvert" input_stream: "b" output_stream: "c"
      options { [mediapipe.GlContextOptions.ext] { gl_context_name: "second" } }
    }
"""


@calculator("TestGlShift")
class Shift(GlSimpleCalculator):
    """Slow on purpose, so that a reader that does not wait sees the old picture."""

    fragment_shader = """
        uniform sampler2D frame;
        out vec4 color;

        void main() {
            ivec2 size = textureSize(frame, 0);
            vec4 pixel = texelFetch(frame, (ivec2(gl_FragCoord.xy) + ivec2(1, 0)) % size, 0);
            float nothing = 0.0;
            for (int i = 0; i < 40; i++) nothing += fract(sin(gl_FragCoord.x * float(i))) * 1e-7;
            color = pixel + nothing;
        }
    """


@calculator("TestGlInvert")
class Invert(GlSimpleCalculator):
    fragment_shader = """
        uniform sampler2D frame;
        out vec4 color;

        void main() {
            color = 1.0 - texelFetch(frame, ivec2(gl_FragCoord.xy), 0);
        }
    """


def picture(t: int) -> np.ndarray:
    """Return a picture unlike that of any other *t* below 65536, in every pixel."""
    ramp = np.arange(WIDTH * HEIGHT, dtype=np.uint32).reshape(HEIGHT, WIDTH) + 77 * t
    return np.stack(
        [ramp & 255, (ramp >> 8) & 255, np.full_like(ramp, t & 255), np.full_like(ramp, t >> 8)], axis=2
    ).astype(np.uint8)


def test_a_thousand_frames_through_two_contexts(gpu: GpuResources) -> None:
    bad: list[int] = []
    seen = 0

    def check(packet: Packet[Any]) -> None:
        nonlocal seen
        t = int(packet.timestamp)
        seen += 1
        if not np.array_equal(packet.payload.array(), 255 - np.roll(picture(t), -1, axis=1)):
            bad.append(t)

    graph = CalculatorGraph(GRAPH)
    graph.set_service(GPU_SERVICE, gpu)
    graph.observe_output_stream("c", check)
    with graph:
        for t in range(1000):
            graph.add_packet_to_input_stream("a", gpu.upload(ImageFrame(picture(t))), timestamp=t)
    assert (seen, bad) == (1000, [])
    assert gpu.transfers.uploads == gpu.transfers.readbacks == {(WIDTH, HEIGHT): 1000}
    assert gpu.pool.in_use == 0
    # Three pictures a frame. A loaded machine makes bursts, after which the pool shrinks and grows again.
    assert gpu.pool.created < 300


def test_frames_come_and_go_and_memory_stays(gpu: GpuResources) -> None:
    graph = CalculatorGraph(GRAPH)
    graph.set_service(GPU_SERVICE, gpu)
    source = gpu.upload(ImageFrame(picture(1)))
    live, resident = [], []
    with graph:
        for t in range(3000):
            graph.add_packet_to_input_stream("a", source, timestamp=t)
            if t % 500 == 499:
                graph.wait_until_idle()
                live.append(gpu.pool.live)
                resident.append(resident_bytes())
    assert max(live) <= 20  # two queues of 8, one in each node's hands, one being drawn in each context
    assert resident[-1] - resident[0] < 4 << 20
    assert gpu.transfers.uploads == {(WIDTH, HEIGHT): 1}  # GPU to GPU edges copy nothing
    assert not gpu.transfers.readbacks


def resident_bytes() -> int:
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def gl_threads() -> set[str]:
    return {thread.name for thread in threading.enumerate() if thread.name.startswith("gl-")}


def settle() -> None:
    gc.collect()
    close_idle()
    for thread in threading.enumerate():
        if thread.name.startswith("gl-"):
            thread.join(60)


@pytest.fixture
def _no_gl_threads(egl: None) -> Iterator[None]:
    settle()  # what errors of earlier tests held on to
    assert not gl_threads()
    yield
    settle()
    assert not gl_threads()


@pytest.mark.usefixtures("_no_gl_threads")
def test_graphs_with_resources_of_their_own_start_and_stop_and_leave_nothing() -> None:
    graph = CalculatorGraph(
        GRAPH.replace('input_stream: "a" output', 'input_stream: "f" output', 1)
        + 'node { calculator: "ImageFrameToGpuBufferCalculator" input_stream: "f" output_stream: "a" }'
    )
    pictures: list[np.ndarray] = []
    graph.observe_output_stream("c", lambda packet: pictures.append(packet.payload.array().copy()))
    resident = []
    for run in range(200):
        with graph:
            graph.add_packet_to_input_stream("f", ImageFrame(picture(run)), timestamp=0)
        assert np.array_equal(pictures.pop(), 255 - np.roll(picture(run), -1, axis=1))
        if run >= 19:
            resident.append(resident_bytes())
    assert gl_threads() == {"gl-shared", "gl-second"}  # for the next graph
    assert resident[-1] - resident[0] < 4 << 20


@pytest.mark.usefixtures("_no_gl_threads")
def test_a_picture_that_outlives_its_graph_can_be_read() -> None:
    graph = CalculatorGraph("""
        input_stream: "f" output_stream: "b"
        node { calculator: "ImageFrameToGpuBufferCalculator" input_stream: "f" output_stream: "a" }
        node { calculator: "TestGlInvert" input_stream: "a" output_stream: "b" }
    """)
    got: list[Any] = []
    graph.observe_output_stream("b", got.append)
    with graph:
        graph.add_packet_to_input_stream("f", ImageFrame(picture(3)), timestamp=0)
    close_idle()
    assert gl_threads() == {"gl-shared"}
    assert np.array_equal(got.pop().payload.array(), 255 - picture(3))
