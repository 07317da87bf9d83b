"""AnnotationOverlayCalculator on GpuBuffers: what is drawn on the CPU lies where it would lie there."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from graphkit.errors import CalculatorError, GraphValidationError
from graphkit.formats import (
    Color,
    FilledOval,
    FilledRectangle,
    GradientLine,
    ImageFrame,
    Line,
    Oval,
    Rectangle,
    RenderAnnotation,
    RenderData,
    Text,
)
from graphkit.gpu import GPU_SERVICE, GpuBuffer
from graphkit.testing import CalculatorRunner

if TYPE_CHECKING:
    from graphkit.gpu import GpuResources


WIDTH, HEIGHT = 122, 86  # no multiple of four
RGB = np.random.default_rng(5).integers(0, 256, (HEIGHT, WIDTH, 3), dtype=np.uint8)
RED, BLACK = Color(255, 0, 0), Color(0, 0, 0)


def scene(*annotations: RenderAnnotation) -> RenderData:
    return RenderData(list(annotations))


def everything() -> RenderData:
    line = {"x_start": 5, "y_start": 70, "x_end": 110, "y_end": 20}
    return scene(
        RenderAnnotation(Rectangle(0.1, 0.1, 0.5, 0.4, normalized=True), 2.0, RED),
        RenderAnnotation(FilledRectangle(Rectangle(60, 5, 80, 15)), 1.0, BLACK),
        RenderAnnotation(FilledOval(Oval(Rectangle(70, 40, 90, 60))), 1.0, Color(2, 2, 2)),
        RenderAnnotation(Line(**line), 3.0, Color(0, 200, 40)),
        RenderAnnotation(GradientLine(**line, color1=RED, color2=BLACK), 3.0, RED),
        RenderAnnotation(Text("Left", 5, 80, 20), 2.0, Color(10, 20, 250)),
    )


def draw(gpu: GpuResources, image: ImageFrame | GpuBuffer, scenes: RenderData, options: str = "") -> np.ndarray:
    tag = "IMAGE_GPU" if isinstance(image, GpuBuffer) else "IMAGE"
    runner = CalculatorRunner(f"""
        calculator: "AnnotationOverlayCalculator"
        input_stream: "{tag}:image" input_stream: "scene" output_stream: "{tag}:drawn"
        options {{ [mediapipe.AnnotationOverlayCalculatorOptions.ext] {{ {options} }} }}
    """)
    runner.set_service(GPU_SERVICE, gpu)
    runner.add(tag, image, 4)
    runner.add(0, scenes, 4)
    (packet,) = runner.run().outputs[tag]
    return packet.payload.array() if tag == "IMAGE_GPU" else packet.payload.data


def test_the_picture_is_that_of_the_cpu(gpu: GpuResources) -> None:
    expected = draw(gpu, ImageFrame(RGB.copy()), everything())
    drawn = draw(gpu, gpu.upload(ImageFrame(RGB.copy())), everything())
    changed = (expected != RGB).any(axis=2)
    assert 0.1 < changed.mean() < 0.6
    np.testing.assert_array_equal(drawn[:, :, :3], expected)
    assert (drawn[:, :, 3] == 255).all()


def test_the_frame_is_not_read_back(gpu: GpuResources) -> None:
    draw(gpu, gpu.upload(ImageFrame(RGB.copy())), everything())
    assert gpu.transfers.uploads == {(WIDTH, HEIGHT): 2}, "the frame and the drawing"
    assert gpu.transfers.readbacks == {(WIDTH, HEIGHT): 1}, "the result, by this test"


def test_a_canvas_is_empty_again_for_the_next_frame(gpu: GpuResources) -> None:
    runner = CalculatorRunner("""
        calculator: "AnnotationOverlayCalculator"
        input_stream: "IMAGE_GPU:image" input_stream: "scene" output_stream: "IMAGE_GPU:drawn"
    """)
    runner.set_service(GPU_SERVICE, gpu)
    boxes = [FilledRectangle(Rectangle(left, 0, left + 10, HEIGHT)) for left in (0, 50)]
    for timestamp, box in enumerate(boxes):
        runner.add("IMAGE_GPU", gpu.upload(ImageFrame(RGB.copy())), timestamp)
        runner.add(0, scene(RenderAnnotation(box, 1.0, RED)), timestamp)
    second = runner.run().outputs["IMAGE_GPU"][1].payload.array()
    np.testing.assert_array_equal(second[:, :10, :3], RGB[:, :10])
    assert (second[:, 50:60, :3] == RED[:3]).all()


def test_with_nothing_to_draw_the_frame_itself_is_passed_on(gpu: GpuResources) -> None:
    drawn = draw(gpu, gpu.upload(ImageFrame(RGB.copy())), scene())
    np.testing.assert_array_equal(drawn[:, :, :3], RGB)
    assert not gpu.transfers.uploads
    assert not gpu.transfers.readbacks


def test_a_smaller_canvas(gpu: GpuResources) -> None:
    box = FilledRectangle(Rectangle(0.25, 0.5, 0.75, 1.0, normalized=True))
    drawn = draw(
        gpu, gpu.upload(ImageFrame(RGB.copy())), scene(RenderAnnotation(box, 1.0, RED)), "gpu_scale_factor: 0.5"
    )
    red = (drawn[:, :, :3] == RED[:3]).all(axis=2)
    rows, columns = np.flatnonzero(red.any(axis=1)), np.flatnonzero(red.any(axis=0))
    assert gpu.transfers.uploads == {(WIDTH, HEIGHT): 1, (WIDTH // 2, HEIGHT // 2): 1}
    assert abs(columns[0] - WIDTH / 4) <= 2
    assert abs(columns[-1] - WIDTH * 3 / 4) <= 2
    assert abs(rows[0] - HEIGHT / 2) <= 2
    assert rows[-1] == HEIGHT - 1


def test_a_picture_with_its_bottom_first_is_drawn_on_upside_down(gpu: GpuResources) -> None:
    buffer = gpu.upload(ImageFrame(RGB[::-1].copy()))
    drawn = draw(gpu, buffer, everything(), "gpu_uses_top_left_origin: false")
    np.testing.assert_array_equal(drawn[::-1, :, :3], draw(gpu, ImageFrame(RGB.copy()), everything()))


def test_other_formats_are_refused(gpu: GpuResources) -> None:
    with pytest.raises(
        CalculatorError, match=r"cannot draw on GpuBuffer\(122x86, R8\); convert it to RGBA8 first"
    ):
        draw(gpu, gpu.upload(ImageFrame(RGB[:, :, 0].copy())), everything())


def test_a_gpu_buffer_stays_one() -> None:
    with pytest.raises(GraphValidationError, match="found IMAGE_GPU in and IMAGE out"):
        CalculatorRunner("""
            calculator: "AnnotationOverlayCalculator"
            input_stream: "IMAGE_GPU:image" input_stream: "scene" output_stream: "IMAGE:drawn"
        """).run()
