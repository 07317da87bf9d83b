"""TensorsToSegmentationCalculator in graphs that draw on the GPU: the mask of memory, and where it lies."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from graphkit.formats import Image, ImageFrame, ImageSize, Tensor
from graphkit.gpu import GPU_SERVICE, GpuBufferFormat, GpuTensor
from graphkit.testing import CalculatorRunner

if TYPE_CHECKING:
    from graphkit.gpu import GpuResources

LOGITS = np.random.default_rng(4).normal(0, 3, (1, 30, 40, 2)).astype(np.float32)


def mask_of(
    gpu: GpuResources | None, channels: int, options: str, size: ImageSize | None = None, *, for_gpu: bool = True
) -> Image:
    sized = 'input_stream: "OUTPUT_SIZE:size"' if size else ""
    run = CalculatorRunner(
        f"""
        calculator: "TensorsToSegmentationCalculator"
        input_stream: "TENSORS:in" {sized} output_stream: "MASK:out"
        options {{ [mediapipe.TensorsToSegmentationCalculatorOptions.ext] {{ {options} }} }}
        """
    )
    if gpu is not None:
        run.set_service(GPU_SERVICE, gpu)
    run.add("TENSORS", [Tensor(LOGITS[..., :channels].copy(), for_gpu=for_gpu)], 0)
    if size is not None:
        run.add("OUTPUT_SIZE", size, 0)
    found: Image = run.run().outputs["MASK"][0].payload
    return found


@pytest.mark.parametrize(
    ("channels", "options"),
    [
        pytest.param(1, "", id="none"),
        pytest.param(1, "activation: SIGMOID gpu_origin: TOP_LEFT", id="sigmoid"),
        pytest.param(2, "activation: SOFTMAX output_layer_index: 0", id="softmax"),
    ],
)
def test_the_mask_of_memory(gpu: GpuResources, channels: int, options: str) -> None:
    found = mask_of(gpu, channels, options)
    assert found.uses_gpu
    buffer: Any = found.source
    assert buffer.format is GpuBufferFormat.R32F
    np.testing.assert_array_equal(buffer.array(), mask_of(None, channels, options).cpu().data)
    assert gpu.transfers.uploads == {}, "nobody has drawn with it yet"


@pytest.mark.parametrize("size", [ImageSize(133, 71), ImageSize(40, 30)], ids=["larger", "its own"])
def test_another_size_is_made_on_the_gpu(gpu: GpuResources, size: ImageSize) -> None:
    found = mask_of(gpu, 1, "activation: SIGMOID", size)
    assert (found.width, found.height) == size
    uploads = {} if size == (40, 30) else {(40, 30): 1}
    assert gpu.transfers.uploads == uploads, "the small mask, and only where it is drawn with"
    assert gpu.transfers.readbacks == {}
    expected = mask_of(None, 1, "activation: SIGMOID", size).cpu().data
    np.testing.assert_allclose(found.cpu().data, expected, atol=4e-3)


def test_it_stays_in_memory_where_the_graph_has_no_gpu() -> None:
    assert not mask_of(None, 1, "").uses_gpu


def test_it_stays_in_memory_where_the_model_was_meant_for_the_cpu(gpu: GpuResources) -> None:
    assert not mask_of(gpu, 1, "", for_gpu=False).uses_gpu


def test_what_is_on_the_gpu_is_for_the_gpu(gpu: GpuResources) -> None:
    levels = np.linspace(0, 1, 256, dtype=np.float32)
    grey = np.arange(12, dtype=np.uint8).reshape(3, 4)
    tensor = GpuTensor(gpu.upload(ImageFrame(grey)), levels)
    run = CalculatorRunner(
        'calculator: "TensorsToSegmentationCalculator" input_stream: "TENSORS:in" output_stream: "MASK:out"'
    )
    run.set_service(GPU_SERVICE, gpu)
    run.add("TENSORS", [tensor], 0)
    found = run.run().outputs["MASK"][0].payload
    assert found.uses_gpu
    np.testing.assert_array_equal(found.cpu().data, levels[grey])
