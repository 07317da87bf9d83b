"""Processes that are forked from one that uses the GPU: whatever they got of it is refused, and nothing waits."""

from __future__ import annotations

import multiprocessing
import os
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
import pytest

from graphkit import CalculatorGraph
from graphkit.errors import GpuError
from graphkit.formats import ImageFrame
from graphkit.gpu import GPU_SERVICE, GpuResources
from graphkit.gpu._service import close_idle

if TYPE_CHECKING:
    from collections.abc import Callable

    InChild: TypeAlias = Callable[[Callable[[], Any]], Any]

pytestmark = [
    pytest.mark.skipif(not hasattr(os, "fork"), reason="this system does not fork"),
    # Python 3.12 and later warn of what is tested here.
    pytest.mark.filterwarnings("ignore:.*multi-threaded, use of fork:DeprecationWarning"),
]

REFUSED = (
    GpuError,
    "this process was forked from one that uses the GPU, which OpenGL does not survive; start processes with "
    'multiprocessing.get_context("spawn").',
)
GRAPH = """
    input_stream: "frame" output_stream: "edges"
    node { calculator: "ImageFrameToGpuBufferCalculator" input_stream: "frame" output_stream: "gpu_frame" }
    node { calculator: "SobelEdgesCalculator" input_stream: "gpu_frame" output_stream: "edges" }
"""
FRAME = ImageFrame(np.zeros((8, 8, 4), np.uint8))


def run_graph(resources: GpuResources | None = None) -> str:
    graph = CalculatorGraph(GRAPH)
    if resources is not None:
        graph.set_service(GPU_SERVICE, resources)
    with graph:
        graph.add_packet_to_input_stream("frame", FRAME, 0)
    return "ran"


def test_a_graph_does_not_get_what_the_parent_kept(egl: None, in_child: InChild) -> None:
    close_idle()
    assert run_graph() == "ran"
    assert in_child(run_graph) == REFUSED
    assert run_graph() == "ran", "the parent still has it"


def test_a_graph_is_not_run_on_what_the_parent_lent(gpu: GpuResources, in_child: InChild) -> None:
    assert run_graph(gpu) == "ran"
    assert in_child(lambda: run_graph(gpu)) == REFUSED


@pytest.mark.parametrize(
    "use",
    [
        pytest.param(lambda gpu, _: gpu.run(lambda context: context.name), id="run"),
        pytest.param(lambda gpu, _: gpu.context(), id="context that is there"),
        pytest.param(lambda gpu, _: gpu.context("new"), id="new context"),
        pytest.param(lambda gpu, _: gpu.group.contexts[0].run(os.getpid), id="run in a context"),
        pytest.param(lambda gpu, _: gpu.group.contexts[0].gl, id="moderngl's context"),
        pytest.param(lambda gpu, _: gpu.group.contexts[0].executor().schedule(os.getpid), id="executor"),
        pytest.param(lambda gpu, drawn: drawn.array(), id="pixels that were never read"),
        pytest.param(lambda gpu, _: GpuResources.create(), id="new resources"),
    ],
)
def test_what_the_program_holds_is_refused(gpu: GpuResources, in_child: InChild, use: Callable[..., Any]) -> None:
    drawn = gpu.upload(FRAME)
    gpu.run(lambda context: drawn.writing(context) and drawn.written(context))
    assert in_child(lambda: use(gpu, drawn)) == REFUSED


def test_what_needs_no_gpu_goes_on(gpu: GpuResources, in_child: InChild) -> None:
    gpu.context()
    read = gpu.upload(FRAME)

    def use() -> tuple[int, int]:
        gpu.close()
        return int(read.array().sum()), gpu.pool.in_use

    assert in_child(use) == (0, 0)


def test_a_fork_on_the_thread_of_a_context_is_refused_too(gpu: GpuResources) -> None:
    theirs, ours = multiprocessing.Pipe(duplex=False)

    def fork() -> int:
        pid = os.fork()
        if pid:
            return pid
        try:
            ours.send(str(gpu.run(lambda context: context.name)))
        except GpuError as exc:
            ours.send((GpuError, str(exc)))
        os._exit(0)

    pid = gpu.group.context().run(fork)
    assert theirs.poll(20)
    assert theirs.recv() == REFUSED
    os.waitpid(pid, 0)


def test_locks_that_others_held_are_not_waited_for(gpu: GpuResources, in_child: InChild) -> None:
    gpu.context()
    with gpu.group._lock, gpu.pool._lock, gpu.group.cuda._lock:
        found = in_child(lambda: (gpu.pool.in_use, gpu.close()))
    assert found == (0, None)
