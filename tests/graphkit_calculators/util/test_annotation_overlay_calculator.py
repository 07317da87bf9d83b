from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from graphkit import Calculator, CalculatorGraph, Input, Output, Packet, SideOutput, Status, calculator
from graphkit.errors import CalculatorError, GraphValidationError
from graphkit.formats import (
    Color,
    FilledRectangle,
    Image,
    ImageFormat,
    ImageFrame,
    Rectangle,
    RenderAnnotation,
    RenderData,
    VideoHeader,
)
from graphkit.testing import CalculatorRunner

if TYPE_CHECKING:
    from graphkit import CalculatorContext

HEADER = VideoHeader(ImageFormat.SRGB, 20, 10, 1.0, 30.0)
RED, GREEN, BLUE = Color(255, 0, 0), Color(0, 255, 0), Color(0, 0, 255)
ON_IMAGE = """
    calculator: "AnnotationOverlayCalculator"
    input_stream: "IMAGE:image"
    input_stream: "a"
    input_stream: "b"
    input_stream: "VECTOR:0:c"
    output_stream: "IMAGE:drawn"
"""


def box(color: Color, left: int) -> RenderData:
    shape = FilledRectangle(Rectangle(left, 0, left + 4, 10))
    return RenderData([RenderAnnotation(shape, 1.0, color)])


def image(*shape: int, value: int = 9) -> ImageFrame:
    return ImageFrame(np.full(shape, value, np.uint8))


def draw(frame: ImageFrame, **scenes: Any) -> ImageFrame:
    runner = CalculatorRunner(ON_IMAGE)
    keys: dict[str, tuple[str, int]] = {"a": ("", 0), "b": ("", 1), "c": ("VECTOR", 0)}
    runner.add("IMAGE", frame, 1)
    for name, key in keys.items():
        if name in scenes:
            runner.add(key, scenes[name], 1)
        else:
            runner.set_bound(key, 2)
    (packet,) = runner.run().outputs["IMAGE"]
    drawn: ImageFrame = packet.payload
    return drawn


def test_scenes_are_drawn_in_the_order_of_the_streams() -> None:
    drawn = draw(image(10, 20, 3), a=box(RED, 0), b=box(GREEN, 2), c=[box(BLUE, 4), box(RED, 6)])
    row = drawn.data[5].tolist()
    assert row[0] == [*RED]
    assert row[2] == [*GREEN]
    assert row[4] == [*BLUE]
    assert row[6] == row[9] == [*RED]
    assert row[10] == [9, 9, 9]


def test_the_input_is_left_alone() -> None:
    frame = image(10, 20, 3)
    before = frame.data.copy()
    draw(frame, a=box(RED, 0))
    np.testing.assert_array_equal(frame.data, before)


@pytest.mark.parametrize(
    ("shape", "expected"),
    [
        pytest.param((10, 20, 3), ImageFormat.SRGB, id="rgb"),
        pytest.param((10, 20, 4), ImageFormat.SRGBA, id="rgba"),
        pytest.param((10, 20), ImageFormat.SRGB, id="gray-becomes-rgb"),
    ],
)
def test_formats(shape: tuple[int, ...], expected: ImageFormat) -> None:
    drawn = draw(image(*shape), a=box(RED, 0))
    assert drawn.format == expected
    assert drawn.data[5, 0, :3].tolist() == [*RED]
    assert drawn.data[5, 19, :3].tolist() == [9, 9, 9]
    assert draw(image(*shape)).format == expected


def test_padded_rows_are_drawn_on_too() -> None:
    padded = np.full((10, 32, 3), 9, np.uint8)[:, :20]
    assert draw(ImageFrame(padded), a=box(RED, 0)).data[5, 0].tolist() == [*RED]


@pytest.mark.parametrize(
    "scenes",
    [pytest.param({}, id="no-packets"), pytest.param({"a": RenderData([]), "c": []}, id="empty-packets")],
)
def test_with_nothing_to_draw_the_image_itself_is_passed_on(scenes: dict[str, Any]) -> None:
    frame = image(10, 20, 3)
    assert draw(frame, **scenes) is frame


def test_without_an_image_nothing_is_emitted() -> None:
    runner = CalculatorRunner(ON_IMAGE)
    runner.add(0, box(RED, 0), 1)
    for key in ("IMAGE", 1, "VECTOR"):
        runner.set_bound(key, 2)
    assert runner.run().outputs["IMAGE"] == []


def test_a_canvas_where_no_image_is_connected() -> None:
    runner = CalculatorRunner("""
        calculator: "AnnotationOverlayCalculator" input_stream: "a" output_stream: "IMAGE:drawn"
        options { [mediapipe.AnnotationOverlayCalculatorOptions.ext] {
            canvas_width_px: 30 canvas_height_px: 12 canvas_color { r: 1 g: 2 b: 3 } } }
    """)
    runner.add(0, box(RED, 0), 1)
    runner.add(0, RenderData([]), 2)
    first, second = (packet.payload for packet in runner.run().outputs["IMAGE"])
    assert (first.width, first.height, first.format) == (30, 12, ImageFormat.SRGB)
    assert first.data[0, 0].tolist() == [*RED]
    assert (second.data == (1, 2, 3)).all()


def test_universal_images() -> None:
    runner = CalculatorRunner("""
        calculator: "AnnotationOverlayCalculator"
        input_stream: "UIMAGE:image" input_stream: "a" output_stream: "UIMAGE:drawn"
    """)
    frame = Image(image(10, 20, 3))
    for timestamp, scene in enumerate((box(RED, 0), RenderData([]))):
        runner.add("UIMAGE", frame, timestamp)
        runner.add(0, scene, timestamp)
    drawn, untouched = (packet.payload for packet in runner.run().outputs["UIMAGE"])
    assert drawn.cpu().data[5, 0].tolist() == [*RED]
    assert untouched is frame


@pytest.mark.parametrize(
    ("inputs", "output", "found"),
    [
        pytest.param(["IMAGE"], "UIMAGE", "found IMAGE in and UIMAGE out", id="other-kind"),
        pytest.param(["IMAGE", "UIMAGE"], "IMAGE", "found IMAGE and UIMAGE in and IMAGE out", id="two-images"),
        pytest.param([], "UIMAGE", "found IMAGE in and UIMAGE out", id="canvas-of-the-other-kind"),
    ],
)
def test_an_image_stays_what_it_is(inputs: list[str], output: str, found: str) -> None:
    streams = " ".join(f'input_stream: "{tag}:{tag.lower()}"' for tag in inputs)
    with pytest.raises(GraphValidationError, match=found):
        CalculatorRunner(f"""
            calculator: "AnnotationOverlayCalculator"
            {streams} input_stream: "a" output_stream: "{output}:drawn"
        """).run()


def test_other_formats_are_refused() -> None:
    with pytest.raises(CalculatorError, match=r"cannot draw on ImageFrame.*VEC32F1"):
        draw(ImageFrame(np.zeros((10, 20), np.float32)), a=box(RED, 0))


@calculator("TestHeaderSource")
class HeaderSource(Calculator):
    image = Output(ImageFrame, "IMAGE")

    def open(self, cc: CalculatorContext) -> None:
        cc.outputs["IMAGE"].set_header(Packet(HEADER))

    def process(self, cc: CalculatorContext) -> Status:
        return Status.STOP


@calculator("TestHeaderSink")
class HeaderSink(Calculator):
    image = Input(ImageFrame, "IMAGE")
    header = SideOutput(VideoHeader, "HEADER")

    def open(self, cc: CalculatorContext) -> None:
        self.header.set(cc, cc.inputs.header("IMAGE").payload)

    def process(self, cc: CalculatorContext) -> None: ...


def test_the_header_of_the_video_is_handed_on() -> None:
    graph = CalculatorGraph("""
        output_side_packet: "header"
        node { calculator: "TestHeaderSource" output_stream: "IMAGE:image" }
        node { calculator: "AnnotationOverlayCalculator" input_stream: "IMAGE:image" output_stream: "IMAGE:drawn" }
        node { calculator: "TestHeaderSink" input_stream: "IMAGE:drawn" output_side_packet: "HEADER:header" }
    """)
    graph.start_run({})
    graph.wait_until_done()
    assert graph.output_side_packet("header") == HEADER


@pytest.mark.parametrize(
    ("node", "message"),
    [
        pytest.param(
            "", "expected an IMAGE, UIMAGE or IMAGE_GPU input, render data, or both; found no input", id="no-input"
        ),
        pytest.param(
            'input_stream: "a" '
            "options { [mediapipe.AnnotationOverlayCalculatorOptions.ext] { canvas_width_px: 0 } }",
            "the canvas is 0 x 1080 pixels; both must be above 0",
            id="no-canvas",
        ),
    ],
)
def test_contradictions_are_found_before_the_run(node: str, message: str) -> None:
    with pytest.raises(GraphValidationError, match=message):
        CalculatorRunner(f'calculator: "AnnotationOverlayCalculator" {node} output_stream: "IMAGE:drawn"').run()


def test_what_nobody_reads_is_not_drawn(monkeypatch: pytest.MonkeyPatch) -> None:
    drawn: list[int] = []
    monkeypatch.setattr(
        "graphkit_calculators.util.annotation_overlay_calculator.AnnotationRenderer.render",
        lambda self, pixels, scenes: drawn.append(len(scenes)),
    )
    graph = CalculatorGraph(
        """
        input_stream: "frames" input_stream: "scene"
        output_stream: "annotated"
        node { calculator: "AnnotationOverlayCalculator" input_stream: "IMAGE:frames" input_stream: "scene"
          output_stream: "IMAGE:annotated" }
        """
    )
    frame = ImageFrame(np.zeros((8, 8, 3), np.uint8))
    scene = box(RED, 0)
    seen: list[object] = []
    graph.observe_output_stream("scene", lambda packet: None)
    for observed in (False, True):
        if observed:
            graph.observe_output_stream("annotated", seen.append)
        with graph:
            graph.add_packet_to_input_stream("frames", frame, 0)
            graph.add_packet_to_input_stream("scene", scene, 0)
            graph.wait_until_idle()
            assert graph.output_stream_bound("annotated") == 1
        assert len(drawn) == len(seen) == observed
