from __future__ import annotations

import os
import threading
from typing import TYPE_CHECKING

import pytest

from graphkit.errors import (
    ArgumentError,
    GlCallError,
    GlContextLostError,
    GpuError,
    GpuOutOfMemoryError,
    GpuReleasedError,
    ShaderCompileError,
    WrongThreadError,
)
from graphkit.gpu import Fence, FullFrameProgram, GlContext, GpuResources
from graphkit.gpu._command_thread import CommandThread
from graphkit.gpu._raw_gl import TIMEOUT_EXPIRED

if TYPE_CHECKING:
    from collections.abc import Callable

PATIENCE_S = 60


def test_run_brings_the_value_back_from_the_contexts_thread(gpu: GpuResources) -> None:
    context = gpu.context()
    assert context.run(lambda a, b: (a + b, threading.current_thread().name), 1, 2) == (3, "gl-shared")


def test_run_raises_what_the_function_raised(gpu: GpuResources) -> None:
    error = ValueError("mine")

    def fail() -> None:
        raise error

    with pytest.raises(ValueError, match="mine") as caught:
        gpu.context().run(fail)
    assert caught.value is error


def test_run_inside_run_is_a_plain_call(gpu: GpuResources) -> None:
    context = gpu.context()
    assert context.run(lambda: context.run(lambda: GlContext.current() is context))
    assert GlContext.current() is None


def test_waiting_lets_other_threads_run(gpu: GpuResources) -> None:
    begun, go_on = threading.Event(), threading.Event()

    def wait() -> str:
        begun.set()
        return "went on" if go_on.wait(60) else "stuck"

    answers: list[str] = []
    waiter = threading.Thread(target=lambda: answers.append(gpu.context().run(wait)))
    waiter.start()
    assert begun.wait(60)
    go_on.set()
    waiter.join()
    assert answers == ["went on"]


def test_commands_come_in_order_and_between_tasks(gpu: GpuResources) -> None:
    context, seen = gpu.context(), []
    executor = context.executor()

    def long_task() -> None:
        context.post(lambda: seen.append("posted meanwhile"))
        executor.schedule(lambda: seen.append("next task"))
        context.run_pending()
        seen.append("long task")

    executor.schedule(long_task)
    context.run(lambda: None)
    context.run(lambda: None)  # the next task went behind the first of these
    assert seen == ["posted meanwhile", "long task", "next task"]


def test_contexts_have_threads_of_their_own_and_are_kept_by_name(gpu: GpuResources) -> None:
    names = [gpu.context(name).run(lambda: threading.current_thread().name) for name in ("", "side", "side")]
    assert names == ["gl-shared", "gl-side", "gl-side"]
    assert gpu.context("side") is gpu.context("side")
    assert len(gpu.group.contexts) == 2


def test_resources_are_called_what_draws_once_that_is_known(gpu: GpuResources) -> None:
    assert gpu.device_name
    renderer = gpu.run(lambda context: str(context.gl.info["GL_RENDERER"]))
    assert gpu.device_name == (f"software, {renderer}" if gpu.context().software else renderer)
    assert repr(gpu) == f"GpuResources({gpu.device_name})"


def test_opengl_off_its_thread_is_refused(gpu: GpuResources) -> None:
    with pytest.raises(
        WrongThreadError, match=r'on thread "MainThread", but GL context "shared".*run_in_gl_context'
    ):
        _ = gpu.context().gl


def test_opengl_on_another_contexts_thread_is_refused(gpu: GpuResources) -> None:
    context = gpu.context()
    with pytest.raises(WrongThreadError, match='on thread "gl-side"'):
        gpu.context("side").run(lambda: context.gl)


def test_a_closed_context_says_so(egl: None) -> None:
    gpu = GpuResources.create()
    context = gpu.context()
    gpu.close()
    gpu.close()
    with pytest.raises(GpuReleasedError, match='GL context "shared" is closed'):
        context.run(lambda: None)
    with pytest.raises(GpuReleasedError, match="these GpuResources are closed"):
        gpu.context("another")


def test_resources_that_are_dropped_open_warn_and_end(egl: None) -> None:
    gpu = GpuResources.create()
    context = gpu.context()
    ended = threading.Event()
    context._thread._end = _both(context._thread._end, ended.set)
    with pytest.warns(ResourceWarning, match="unclosed GpuResources"):
        del gpu
    assert ended.wait(60)


def _both(first: Callable[[], None], second: Callable[[], None]) -> Callable[[], None]:
    def both() -> None:
        first()
        second()

    return both


def test_contexts_need_no_window_system(gpu: GpuResources, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DISPLAY", raising=False)
    with GpuResources.create() as other:
        assert other.context().max_texture_size >= 1024


@pytest.mark.parametrize(
    ("code", "error", "message"),
    [
        pytest.param(0x0501, GlCallError, "GL_INVALID_VALUE 0x0501 .* after a test", id="refused call"),
        pytest.param(
            0x0505, GpuOutOfMemoryError, r"no GPU memory is left for a test \(9 cats in use", id="memory"
        ),
        pytest.param(
            0x0507, GlContextLostError, "GL_CONTEXT_LOST 0x0507 after a test.*Start the graph", id="lost"
        ),
    ],
)
def test_errors_of_opengl_are_typed(gpu: GpuResources, code: int, error: type[Exception], message: str) -> None:
    context = gpu.context()
    context.raw.get_error = lambda: code
    with pytest.raises(error, match=message):
        context.run(context.check_errors, "a test", "9 cats")


def test_no_error_is_no_error(gpu: GpuResources) -> None:
    gpu.context().run(gpu.context().check_errors, "nothing")


def test_a_real_error_is_met(gpu: GpuResources) -> None:
    context = gpu.context()

    def wrong() -> None:
        context.raw.pixel_store(0x0CF5, 3)  # an alignment of 3
        context.check_errors("a wrong call")

    with pytest.raises(GlCallError, match="GL_INVALID_VALUE"):
        context.run(wrong)


def test_a_lost_context_stays_lost_and_leaves_others_alone(gpu: GpuResources) -> None:
    lost, other = gpu.context("lost"), gpu.context("other")
    lost.raw.get_error = lambda: 0x0507
    for _ in range(2):
        with pytest.raises(GlContextLostError, match='GL context "lost" was lost'):
            lost.run(lost.check_errors, "a test")
    assert other.run(lambda: other.gl.version_code) >= 330


def test_a_shader_that_does_not_compile_shows_the_line(gpu: GpuResources) -> None:
    source = """
        out vec4 color;
        void main() {
            color = vec4(undeclared);
        }
    """
    with pytest.raises(ShaderCompileError) as caught:
        gpu.run(lambda context: FullFrameProgram(context, source, name="MyFilter"))
    assert caught.value.line == 3
    assert str(caught.value).startswith(
        "MyFilter:3: the shader does not compile:\n  3 | color = vec4(undeclared);\n"
    )


def test_a_shader_may_bring_its_version(gpu: GpuResources) -> None:
    source = "#version 330\nout vec4 color;\nvoid main() { colour = vec4(1); }"
    with pytest.raises(ShaderCompileError) as caught:
        gpu.run(lambda context: FullFrameProgram(context, source))
    assert caught.value.line == 3


def test_a_fork_of_a_process_that_uses_the_gpu_is_refused_instead_of_hanging(
    gpu: GpuResources, monkeypatch: pytest.MonkeyPatch
) -> None:
    gpu.context()
    monkeypatch.setattr(os, "getpid", lambda: -1)
    with pytest.raises(GpuError, match=r'start processes with multiprocessing.get_context\("spawn"\)'):
        gpu.context("new")


def test_a_context_that_waits_holds_no_other_back(gpu: GpuResources) -> None:
    slow, fast = gpu.context("slow"), gpu.context("fast")
    begun, go_on, went_on = threading.Event(), threading.Event(), []

    def wait() -> None:
        begun.set()
        went_on.append(go_on.wait(PATIENCE_S))

    slow.post(wait)
    assert begun.wait(PATIENCE_S)
    assert (
        fast.run(lambda: fast.gl.version_code) >= 330
    )  # with one lock it would wait for the other's patience to end
    go_on.set()
    slow.run(lambda: None)
    assert went_on == [True]


def test_a_thread_that_has_ended_is_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    """The system gives its number to the next thread, which must not take itself for it."""
    ended = CommandThread("ended", lambda: None, lambda: None)
    number = ended.run(threading.get_ident)
    ended.stop()
    monkeypatch.setattr(threading, "get_ident", lambda: number)
    assert not ended.is_here
    with pytest.raises(RuntimeError, match="thread ended has stopped"):
        ended.run(lambda: None)


UNIFORMS = """
    // uniform float commented;
    uniform sampler2D frame;
    uniform float weights[3];
    uniform vec2 unused, size;
    out vec4 color;
    void main() { color = vec4(size, weights[1], texture(frame, size).r); }
"""


def test_a_uniform_that_the_shader_does_not_declare_is_refused(gpu: GpuResources) -> None:
    def misspelt(context: GlContext) -> None:
        program = FullFrameProgram(context, UNIFORMS, name="MyFilter")
        program.set(frame=0, size=(1.0, 1.0))
        program.set(unused=(0.0, 0.0))
        program.offer(tnt=1.0)
        program.set(framed=0)

    with pytest.raises(ArgumentError) as caught:
        gpu.run(misspelt)
    assert str(caught.value) == (
        "MyFilter has no uniform \"framed\"; it declares: frame, size, unused, weights. Did you mean 'frame'?"
    )


@pytest.mark.parametrize(
    ("status", "reason"),
    [
        pytest.param(0x8253, "the driver has reset the GPU, by what this program drew", id="guilty"),
        pytest.param(0x8254, "the driver has reset the GPU, by another program", id="innocent"),
        pytest.param(0x8255, "the driver has reset the GPU, for no known reason", id="unknown"),
        pytest.param(0x1234, "the driver has reset the GPU, status 0x1234", id="no name"),
    ],
)
def test_a_reset_is_told_at_once(
    gpu: GpuResources, monkeypatch: pytest.MonkeyPatch, status: int, reason: str
) -> None:
    """A fence that is never reached is a reset where OpenGL says so, and not a minute's wait."""
    context, other = gpu.context(), gpu.context("other")
    fence = context.run(Fence, context)
    monkeypatch.setattr(other.raw, "poll_sync", lambda *_: TIMEOUT_EXPIRED)
    monkeypatch.setattr(other.raw, "client_wait_sync", lambda *_: TIMEOUT_EXPIRED)
    monkeypatch.setattr(other.raw, "reset_status", lambda: status)
    with pytest.raises(GlContextLostError) as caught:
        other.run(fence.wait_on_cpu, other)
    assert caught.value.reason == reason
    with pytest.raises(GlContextLostError):
        other.run(lambda: None)


def test_opengl_here_tells_of_resets(gpu: GpuResources) -> None:
    context = gpu.context()
    if not context._egl.tells_of_resets:
        pytest.skip("this driver does not")
    assert context.run(context.raw.reset) == ""
