from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import pytest

from graphkit import Calculator, CalculatorGraph, Input, OneOf, Output, calculator
from graphkit.errors import (
    CalculatorError,
    GpuError,
    GpuReleasedError,
    NoEglError,
    PacketTypeError,
    ShaderCompileError,
    WrongThreadError,
)
from graphkit.formats import Image, ImageFrame
from graphkit.gpu import GPU_SERVICE, GlCalculatorHelper, GlSimpleCalculator, GpuBuffer, GpuBufferFormat
from graphkit.gpu import _resources as resources_module
from graphkit.gpu._service import close_idle

if TYPE_CHECKING:
    from graphkit import CalculatorContext, CalculatorContract
    from graphkit.gpu import GlTexture, GpuResources

PICTURE = np.random.default_rng(5).integers(0, 256, (12, 20, 4), dtype=np.uint8)


@calculator("TestGlNegative")
class Negative(GlSimpleCalculator):
    fragment_shader = """
        in vec2 sample_coordinate;
        uniform sampler2D frame;
        out vec4 color;

        void main() {
            vec4 pixel = texture(frame, sample_coordinate);
            color = vec4(1.0 - pixel.rgb, pixel.a);
        }
    """


@calculator("TestGlHalf")
class Half(GlSimpleCalculator):
    """Everything a filter may override, and the threads it is called on."""

    calls: ClassVar[list[tuple[str, str]]] = []

    def note(self, what: str) -> None:
        self.calls.append((what, threading.current_thread().name))

    def get_output_dimensions(self, width: int, height: int) -> tuple[int, int]:
        return width // 2, height // 2

    def get_output_format(self, source: GpuBufferFormat) -> GpuBufferFormat:
        return GpuBufferFormat.R32F

    def gl_setup(self) -> None:
        self.note("setup")

    def gl_bind(self) -> None:
        self.note("bind")

    def gl_render(self, src: GlTexture, dst: GlTexture) -> None:
        self.note("render")
        assert (src.size, dst.size) == ((20, 12), (10, 6))
        self.helper.gl.clear(0.25)

    def gl_teardown(self) -> None:
        self.note("teardown")


@calculator("TestGlFails")
class Fails(Negative):
    def gl_render(self, src: GlTexture, dst: GlTexture) -> None:
        raise ZeroDivisionError("in gl_render")


@calculator("TestGlBadCall")
class BadCall(Negative):
    def gl_render(self, src: GlTexture, dst: GlTexture) -> None:
        self.helper.raw.pixel_store(0x0CF5, 3)


@calculator("TestGlBadShader")
class BadShader(GlSimpleCalculator):
    fragment_shader = "out vec4 color;\nvoid main() { color = 1 }\n"


@calculator("TestGlMixed")
class Mixed(Calculator):
    """GPU and CPU in one: draws, reads its own drawing back, emits three kinds of picture."""

    picture = Input[GpuBuffer | ImageFrame | Image](OneOf(GpuBuffer, ImageFrame, Image))
    buffer = Output(GpuBuffer, "GPU")
    frame = Output(ImageFrame, "CPU")
    image = Output(Image, "IMAGE")

    @classmethod
    def update_contract(cls, cc: CalculatorContract) -> None:
        GlCalculatorHelper.update_contract(cc)

    def open(self, cc: CalculatorContext) -> None:
        self.helper = GlCalculatorHelper(cc)

    def process(self, cc: CalculatorContext) -> None:
        self.helper.run_in_gl_context(self.draw, cc)

    def draw(self, cc: CalculatorContext) -> None:
        with self.helper.create_source_texture(self.picture(cc)) as src:
            dst = self.helper.create_destination_texture(src.width, src.height)
            self.helper.bind_framebuffer(dst).clear(src.width / 255, src.height / 255, 0.0, 1.0)
        self.frame.send(cc, dst.get_frame(ImageFrame))
        self.image.send(cc, dst.get_frame(Image))
        self.buffer.send(cc, dst.get_frame(GpuBuffer))
        dst.release()
        with pytest.raises(GpuReleasedError, match="call get_frame"):
            dst.get_frame(GpuBuffer)


@calculator("TestGlOffThread")
class OffThread(Negative):
    def process(self, cc: CalculatorContext) -> None:
        caught: list[BaseException] = []

        def elsewhere() -> None:
            try:
                self.helper.create_destination_texture(4, 4)
            except WrongThreadError as exc:
                caught.append(exc)

        thread = threading.Thread(target=elsewhere)
        thread.start()
        thread.join()
        raise caught[0]


@calculator("TestGlForgetful")
class Forgetful(Negative):
    """Draws in process() itself, and its node runs elsewhere."""

    call: ClassVar[str] = ""

    def process(self, cc: CalculatorContext) -> None:
        what = {"set": lambda: self.shader.set(frame=0), "render": self.shader.render, "texture": self._use}
        what[self.call]()

    def _use(self) -> None:
        self.helper.run_in_gl_context(self.helper.create_destination_texture, 4, 4).use(0)


@calculator("TestGlNoContract")
class NoContract(Calculator):
    def open(self, cc: CalculatorContext) -> None:
        GlCalculatorHelper(cc)


def graph_of(gpu: GpuResources, *names: str, options: str = "") -> tuple[CalculatorGraph, list[Any]]:
    nodes = "".join(
        f'node {{ calculator: "{name}" input_stream: "s{i}" output_stream: "s{i + 1}" {options} }}'
        for i, name in enumerate(names)
    )
    graph = CalculatorGraph(f'input_stream: "s0" {nodes}')
    graph.set_service(GPU_SERVICE, gpu)
    got: list[Any] = []
    graph.observe_output_stream(f"s{len(names)}", got.append)
    return graph, got


def push(graph: CalculatorGraph, gpu: GpuResources, count: int = 1) -> None:
    with graph:
        for t in range(count):
            graph.add_packet_to_input_stream("s0", gpu.upload(ImageFrame(PICTURE)), timestamp=t)


def test_a_filter_of_a_dozen_lines(gpu: GpuResources) -> None:
    graph, got = graph_of(gpu, "TestGlNegative", "TestGlNegative", "TestGlNegative")
    push(graph, gpu, 3)
    assert [int(packet.timestamp) for packet in got] == [0, 1, 2]
    for packet in got:
        assert (packet.payload.array()[:, :, :3] == 255 - PICTURE[:, :, :3]).all()
        assert (packet.payload.array()[:, :, 3] == PICTURE[:, :, 3]).all()


def test_what_a_filter_overrides_is_called_on_the_gl_thread(gpu: GpuResources) -> None:
    Half.calls.clear()
    graph, got = graph_of(gpu, "TestGlHalf")
    push(graph, gpu, 2)
    steps = ["setup", "bind", "render", "bind", "render", "teardown"]
    assert Half.calls == [(step, "gl-shared") for step in steps]
    assert (got[0].payload.format, got[0].payload.array().shape) == (GpuBufferFormat.R32F, (6, 10))
    assert (got[0].payload.array() == 0.25).all()


@pytest.mark.parametrize(
    ("options", "thread"),
    [
        pytest.param("", "gl-shared", id="shared"),
        pytest.param(
            'options { [mediapipe.GlContextOptions.ext] { gl_context_name: "mine" } }', "gl-mine", id="by name"
        ),
    ],
)
def test_a_node_runs_in_the_context_its_options_name(gpu: GpuResources, options: str, thread: str) -> None:
    Half.calls.clear()
    graph, _ = graph_of(gpu, "TestGlHalf", options=options)
    push(graph, gpu)
    assert {name for _, name in Half.calls} == {thread}


def test_a_graph_names_the_context_of_its_nodes(gpu: GpuResources) -> None:
    Half.calls.clear()
    graph = CalculatorGraph("""
        input_stream: "s0"
        graph_options { [type.googleapis.com/mediapipe.GlContextOptions] { gl_context_name: "graphs" } }
        node { calculator: "TestGlHalf" input_stream: "s0" output_stream: "s1" }
    """)
    graph.set_service(GPU_SERVICE, gpu)
    push(graph, gpu)
    assert {name for _, name in Half.calls} == {"gl-graphs"}


@calculator("TestGlTwoContexts")
class TwoContexts(Calculator):
    """Runs in one context by its contract and has a helper for another one."""

    picture = Input(GpuBuffer)
    threads = Output(list[str])

    @classmethod
    def update_contract(cls, cc: CalculatorContract) -> None:
        GlCalculatorHelper.update_contract(cc, context_name="contract")

    def open(self, cc: CalculatorContext) -> None:
        self._helpers = [GlCalculatorHelper(cc), GlCalculatorHelper(cc, context_name="helper")]

    def process(self, cc: CalculatorContext) -> None:
        picture = self.picture(cc)
        drawn = [helper.run_in_gl_context(self._drawn, helper, picture) for helper in self._helpers]
        self.threads.send(cc, [threading.current_thread().name, *drawn])

    def _drawn(self, helper: GlCalculatorHelper, picture: GpuBuffer) -> str:
        with helper.create_source_texture(picture) as source:
            assert source.size == (20, 12)
        return threading.current_thread().name


def test_a_calculator_names_contexts_in_its_contract_and_through_its_helpers(gpu: GpuResources) -> None:
    graph, got = graph_of(gpu, "TestGlTwoContexts")
    push(graph, gpu)
    assert got[0].payload == ["gl-contract", "gl-contract", "gl-helper"]
    assert {context.name for context in gpu.group.contexts} == {"shared", "contract", "helper"}


def test_a_node_that_names_an_executor_goes_over_for_its_drawing(gpu: GpuResources) -> None:
    Half.calls.clear()
    graph = CalculatorGraph("""
        input_stream: "s0" executor { name: "own" type: "ThreadPoolExecutor" }
        node { calculator: "TestGlHalf" input_stream: "s0" output_stream: "s1" executor: "own" }
    """)
    graph.set_service(GPU_SERVICE, gpu)
    push(graph, gpu)
    assert {name for _, name in Half.calls} == {"gl-shared"}


@pytest.mark.parametrize("kind", ["buffer", "frame", "image in memory", "image on the gpu"])
def test_the_helper_takes_and_gives_every_kind_of_picture(gpu: GpuResources, kind: str) -> None:
    frame = ImageFrame(PICTURE)
    given = {
        "buffer": gpu.upload(frame),
        "frame": frame,
        "image in memory": Image(frame),
        "image on the gpu": Image(gpu.upload(frame)),
    }[kind]
    graph = CalculatorGraph("""
        input_stream: "a"
        node {
          calculator: "TestGlMixed" input_stream: "a"
          output_stream: "GPU:g" output_stream: "CPU:c" output_stream: "IMAGE:i"
        }
    """)
    graph.set_service(GPU_SERVICE, gpu)
    got: dict[str, Any] = {}
    for name in "gci":
        graph.observe_output_stream(name, lambda packet, name=name: got.update({name: packet.payload}))
    with graph:
        graph.add_packet_to_input_stream("a", given, timestamp=0)
    assert (got["c"].data == (20, 12, 0, 255)).all()
    assert got["i"].cpu() == got["c"]
    assert got["g"].image_frame() == got["c"]
    assert gpu.transfers.uploads == {(20, 12): 1}
    assert gpu.transfers.readbacks == {(20, 12): 1}


def test_a_texture_becomes_nothing_but_pictures(gpu: GpuResources) -> None:
    with pytest.raises(PacketTypeError, match="expected a GpuBuffer, an ImageFrame or an Image, found str"):
        GlCalculatorHelper.gpu_buffer(None, "text")  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("name", "cause", "message"),
    [
        pytest.param("TestGlFails", ZeroDivisionError, "in gl_render", id="exception in gl_render"),
        pytest.param("TestGlBadCall", GpuError, "GL_INVALID_VALUE.*gl_render of BadCall", id="refused call"),
        pytest.param(
            "TestGlBadShader", ShaderCompileError, r"BadShader.fragment_shader:2: .*\n  2 \| ", id="shader"
        ),
        pytest.param(
            "TestGlOffThread", WrongThreadError, "create_destination_texture was called", id="off thread"
        ),
    ],
)
def test_a_failing_filter_fails_its_graph_and_no_other(
    gpu: GpuResources, name: str, cause: type[Exception], message: str
) -> None:
    good, got = graph_of(gpu, "TestGlNegative")
    good.start_run()
    bad, _ = graph_of(gpu, name)
    with pytest.raises(CalculatorError, match=message) as caught:
        push(bad, gpu)
    assert isinstance(caught.value.cause, cause)
    good.add_packet_to_input_stream("s0", gpu.upload(ImageFrame(PICTURE)), timestamp=0)
    good.close_all_input_streams()
    good.wait_until_done(60)
    assert (got[0].payload.array()[:, :, :3] == 255 - PICTURE[:, :, :3]).all()


@pytest.mark.parametrize("what", ["set", "render", "texture"])
def test_drawing_on_the_thread_of_another_executor_is_refused(
    gpu: GpuResources, monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    """OpenGL would draw nothing and say nothing."""
    monkeypatch.setattr(Forgetful, "call", what)
    graph = CalculatorGraph("""
        input_stream: "s0" executor { name: "own" type: "ThreadPoolExecutor" }
        node { calculator: "TestGlForgetful" input_stream: "s0" output_stream: "s1" executor: "own" }
    """)
    graph.set_service(GPU_SERVICE, gpu)
    with pytest.raises(CalculatorError, match=r"was called on thread .*run_in_gl_context") as caught:
        push(graph, gpu)
    assert isinstance(caught.value.cause, WrongThreadError)


def test_a_helper_without_a_contract_says_what_is_missing() -> None:
    graph = CalculatorGraph('node { calculator: "TestGlNoContract" }')
    with pytest.raises(CalculatorError, match=r'node ".*" has no GPU; its update_contract must call'):
        graph.run()


def test_no_egl_fails_the_start_with_the_fix(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(make: object, device: str | None) -> None:
        raise NoEglError("libEGL.so.1", "not there")

    close_idle()
    monkeypatch.setattr(resources_module, "take_device", missing)
    graph = CalculatorGraph(
        'input_stream: "a" node { calculator: "TestGlNegative" input_stream: "a" output_stream: "b" }'
    )
    for _ in range(2):
        with pytest.raises(NoEglError, match="apt-get install libegl1"):
            graph.start_run()


@calculator("TestGlOwnOpen")
class OwnOpen(Negative):
    def open(self, cc: CalculatorContext) -> None:
        self.level = 3


def test_an_open_of_ones_own_has_to_call_the_base_class(gpu: GpuResources) -> None:
    graph, _ = graph_of(gpu, "TestGlOwnOpen")
    with pytest.raises(
        CalculatorError, match=r"open\(\) of OwnOpen does not call super\(\)\.open\(cc\): call it first"
    ):
        push(graph, gpu)
