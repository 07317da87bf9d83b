"""ImagePropertiesCalculator."""

from __future__ import annotations

from typing import Any
from unittest.mock import Mock

import numpy as np
import pytest

from graphkit.errors import GraphValidationError
from graphkit.formats import Image, ImageFrame, ImageSize
from graphkit.gpu import GpuBuffer, ShareGroup
from graphkit.gpu._cuda_interop import CudaInterop
from graphkit.gpu._egl import EglDisplay
from graphkit.testing import CalculatorRunner

FRAME = ImageFrame(np.zeros((4, 6, 3), np.uint8))


def runner(streams: str) -> CalculatorRunner:
    return CalculatorRunner(f'calculator: "ImagePropertiesCalculator" {streams} output_stream: "SIZE:size"')


@pytest.mark.parametrize(
    ("tag", "image"),
    [
        pytest.param("IMAGE", FRAME, id="frame"),
        pytest.param("IMAGE", Image(FRAME), id="image"),
        pytest.param("IMAGE_CPU", FRAME, id="IMAGE_CPU"),
    ],
)
def test_size(tag: str, image: Any) -> None:
    run = runner(f'input_stream: "{tag}:image"')
    run.add(tag, image, 9)
    run.run()
    assert [(packet.payload, packet.timestamp) for packet in run.outputs["SIZE"]] == [(ImageSize(6, 4), 9)]


@pytest.mark.parametrize(
    "streams",
    [pytest.param("", id="none"), pytest.param('input_stream: "IMAGE:a" input_stream: "IMAGE_CPU:b"', id="two")],
)
def test_one_input_is_needed(streams: str) -> None:
    with pytest.raises(
        GraphValidationError, match="exactly one of IMAGE, IMAGE_CPU and IMAGE_GPU must be connected"
    ):
        runner(streams).run()


def test_a_buffer_on_the_gpu_stays_there() -> None:
    run = runner('input_stream: "IMAGE_GPU:image"')
    display = Mock(spec=EglDisplay)
    run.add("IMAGE_GPU", GpuBuffer.from_image_frame(ShareGroup(display, CudaInterop()), FRAME), 3)
    (packet,) = run.run().outputs["SIZE"]
    assert packet.payload == ImageSize(6, 4)
    assert not display.mock_calls, "no context was made"
