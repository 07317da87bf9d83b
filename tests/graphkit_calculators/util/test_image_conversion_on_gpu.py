"""ToImageCalculator and FromImageCalculator with GpuBuffers: nothing moves that nobody asks for."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from graphkit import CalculatorGraph
from graphkit.errors import GraphValidationError
from graphkit.formats import Image, ImageFrame
from graphkit.gpu import GPU_SERVICE, GpuBuffer
from graphkit.testing import CalculatorRunner

if TYPE_CHECKING:
    from graphkit.gpu import GpuResources


PIXELS = np.random.default_rng(2).integers(0, 256, (6, 9, 4), dtype=np.uint8)


@pytest.mark.parametrize("tag", ["IMAGE", "IMAGE_GPU"])
def test_a_buffer_becomes_an_image_without_a_copy(gpu: GpuResources, tag: str) -> None:
    run = CalculatorRunner(f'calculator: "ToImageCalculator" input_stream: "{tag}:in" output_stream: "IMAGE:out"')
    buffer = gpu.upload(ImageFrame(PIXELS))
    run.add(tag, buffer, 0)
    (packet,) = run.run().outputs["IMAGE"]
    assert packet.payload.source is buffer
    assert not gpu.transfers.uploads


def test_an_image_on_the_gpu_is_its_buffer(gpu: GpuResources) -> None:
    run = CalculatorRunner(
        'calculator: "FromImageCalculator" input_stream: "IMAGE:in" output_stream: "IMAGE_GPU:out"'
    )
    run.set_service(GPU_SERVICE, gpu)
    buffer = gpu.upload(ImageFrame(PIXELS))
    run.add("IMAGE", Image(buffer), 0)
    assert run.run().outputs["IMAGE_GPU"][0].payload is buffer
    assert not gpu.transfers.uploads
    assert not gpu.transfers.readbacks


def test_an_image_in_memory_is_uploaded_when_it_is_drawn_with(gpu: GpuResources) -> None:
    graph = CalculatorGraph("""
        input_stream: "in" output_stream: "out"
        node { calculator: "FromImageCalculator" input_stream: "IMAGE:in" output_stream: "IMAGE_GPU:buffer" }
        node { calculator: "LuminanceCalculator" input_stream: "buffer" output_stream: "out" }
    """)
    graph.set_service(GPU_SERVICE, gpu)
    seen: list[GpuBuffer] = []
    graph.observe_output_stream("out", lambda packet: seen.append(packet.get(GpuBuffer)))
    with graph:
        graph.add_packet_to_input_stream("in", Image(ImageFrame(PIXELS)), timestamp=0)
    assert gpu.transfers.uploads == {(9, 6): 1}
    expected = PIXELS[:, :, :3] @ np.array((0.2125, 0.7154, 0.0721))
    assert np.abs(seen[0].array()[:, :, 0] - expected).max() <= 1


def test_frames_need_no_gpu() -> None:
    run = CalculatorRunner(
        'calculator: "FromImageCalculator" input_stream: "IMAGE:in" output_stream: "IMAGE_CPU:out"'
    )
    frame = ImageFrame(PIXELS)
    run.add("IMAGE", Image(frame), 0)
    assert run.run().outputs["IMAGE_CPU"][0].payload is frame


def test_two_inputs_are_too_many() -> None:
    with pytest.raises(GraphValidationError, match="exactly one of IMAGE, IMAGE_CPU and IMAGE_GPU"):
        CalculatorRunner(
            """
            calculator: "ToImageCalculator" input_stream: "IMAGE_CPU:a" input_stream: "IMAGE_GPU:b"
            output_stream: "IMAGE:out"
            """
        ).run()
