from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from graphkit import Calculator, CalculatorGraph, Input, Output, calculator
from graphkit.errors import GlContextLostError
from graphkit.formats import ImageFrame
from graphkit.gpu import GPU_SERVICE, GlCalculatorHelper
from graphkit.gpu._devices import ENVIRONMENT
from graphkit.gpu._service import close_idle

if TYPE_CHECKING:
    from collections.abc import Iterator

    from graphkit import CalculatorContext, CalculatorContract
    from graphkit.gpu import GpuResources

take, keep = GPU_SERVICE.default, GPU_SERVICE.close
assert take is not None
assert keep is not None


@pytest.fixture(autouse=True)
def _nothing_idle(egl: None) -> Iterator[None]:
    close_idle()
    yield
    close_idle()


def used() -> GpuResources:
    resources = take()
    resources.context()
    return resources


def test_the_next_graph_takes_over() -> None:
    first = used()
    keep(first)
    second = take()
    assert second is first
    keep(second)


def test_graphs_that_run_together_have_each_their_own() -> None:
    first, second = used(), used()
    assert first is not second
    keep(first)
    keep(second)
    assert (first.group.is_open, second.group.is_open) == (True, False)


def test_another_choice_of_device_is_heeded(monkeypatch: pytest.MonkeyPatch) -> None:
    first = used()
    keep(first)
    monkeypatch.setenv(ENVIRONMENT, "0")
    second = take()
    assert second is not first
    assert not first.group.is_open
    second.close()


def test_lost_contexts_are_not_handed_on() -> None:
    resources = used()
    with pytest.raises(GlContextLostError):
        resources.context().lose("for a test")
    keep(resources)
    assert not resources.group.is_open


def test_many_contexts_are_not_kept() -> None:
    resources = used()
    for i in range(4):
        resources.context(f"number {i}")
    keep(resources)
    assert not resources.group.is_open


def test_what_is_kept_holds_no_textures() -> None:
    resources = used()
    context = resources.context()
    buffers = [resources.upload(ImageFrame(np.zeros((9, 9, 4), np.uint8))) for _ in range(3)]
    for buffer in buffers:
        context.run(buffer.reading, context)
        context.run(buffer.read_done, context)
        buffer.release()
    keep(resources)
    assert resources.pool.live == 0


@calculator("TestGlStalls")
class Stalls(Calculator):
    """The first call waits for the test; each is noted."""

    tick = Input(int)
    tock = Output(int)
    log: list[Any]
    begun: threading.Event
    go_on: threading.Event

    @classmethod
    def update_contract(cls, cc: CalculatorContract) -> None:
        GlCalculatorHelper.update_contract(cc)

    def process(self, cc: CalculatorContext) -> None:
        self.log.append(self.tick(cc))
        if not self.begun.is_set():
            self.begun.set()
            self.go_on.wait(60)


def test_a_busy_graph_lets_others_use_its_context(gpu: GpuResources) -> None:
    Stalls.log, Stalls.begun, Stalls.go_on = [], threading.Event(), threading.Event()
    graph = CalculatorGraph(
        'input_stream: "a" node { calculator: "TestGlStalls" input_stream: "a" output_stream: "b" }'
    )
    graph.set_service(GPU_SERVICE, gpu)
    with graph:
        for t in range(5):
            graph.add_packet_to_input_stream("a", t, timestamp=t)
        assert Stalls.begun.wait(60)
        gpu.context().post(lambda: Stalls.log.append("command"))
        Stalls.go_on.set()
    assert Stalls.log == [0, "command", 1, 2, 3, 4]
