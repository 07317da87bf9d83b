"""A file gives the same result every time, an Immediate node included: that of feeding frame by frame (S41)."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from graphkit import CalculatorGraph
from graphkit.framework import ApplicationThreadExecutor, Executor
from graphkit.jobs import JobSettings, Limits, run_video, video_job
from graphkit.jobs._arrival_order import depends_on_arrival

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

IMMEDIATE = 'input_stream_handler { input_stream_handler: "ImmediateInputStreamHandler" }'
SLOW = 'node { calculator: "SampleSlow" input_stream: "input_video" output_stream: "slow" }'
LATEST = (
    'node { calculator: "SampleLatest" input_stream: "PICTURE:input_video" input_stream: "SLOW:slow" '
    f'output_stream: "latest" {IMMEDIATE} }}'
)
SHOWN = 'node { calculator: "SampleInvert" input_stream: "input_video" output_stream: "output_video" }'


@pytest.fixture
def graph(make_graph: Callable[..., CalculatorGraph]) -> CalculatorGraph:
    """A slow branch that joins a fast one where nothing is waited for."""
    return make_graph(SLOW, LATEST, SHOWN)


@pytest.mark.parametrize("in_flight", [1, 4])
@pytest.mark.parametrize("filmed", [True, False])
def test_each_frame_gets_what_the_slow_branch_made_of_the_one_before(
    graph, clip: Path, tmp_path: Path, in_flight: int, filmed: bool
) -> None:
    lines = tmp_path / "latest.jsonl"
    settings = JobSettings(tmp_path / "out.mp4" if filmed else None, dumps={"latest": lines})
    settings.limits = Limits(in_flight)
    summary = video_job(graph, clip, settings).run()
    entries = [json.loads(line) for line in lines.read_text().splitlines()]
    at = [i * 40_000 for i in range(12)]
    assert [(entry["timestamp"], entry["packet"]) for entry in entries] == list(zip(at, [-1, *at], strict=False))
    assert summary.frames == 12


def test_the_graph_keeps_its_own_executors(graph, clip: Path) -> None:
    class Counted(ApplicationThreadExecutor):
        scheduled = 0

        def schedule(self, task) -> None:
            Counted.scheduled += 1
            super().schedule(task)

    mine: Executor = Counted()
    graph.set_executor("", mine)
    run_video(graph, clip)
    assert graph.executor("") is mine
    assert Counted.scheduled > 0
    graph.set_executor("", None)
    run_video(graph, clip)
    assert graph.executor("") is None


def node(name: str, policy: str = "", more: str = "") -> str:
    handler = f'input_stream_handler {{ input_stream_handler: "{policy}" }}' if policy else ""
    return (
        f'node {{ calculator: "{name}" input_stream: "a" input_stream: "b" output_stream: "c" '
        f'output_stream: "d" {handler} {more} }}'
    )


LIMITER = (
    'node { calculator: "FlowLimiterCalculator" input_stream: "a" input_stream: "FINISHED:c" '
    'input_stream_info { tag_index: "FINISHED" back_edge: true } output_stream: "c" }'
)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param(node("PassThroughCalculator"), False, id="the default policy"),
        pytest.param(node("PassThroughCalculator", "ImmediateInputStreamHandler"), True, id="Immediate"),
        pytest.param(node("PassThroughCalculator", "FixedSizeInputStreamHandler"), True, id="FixedSize"),
        pytest.param(node("PassThroughCalculator", "TimestampAlignInputStreamHandler"), True, id="TimestampAlign"),
        pytest.param(node("PassThroughCalculator", "SyncSetInputStreamHandler"), True, id="SyncSet"),
        pytest.param(node("PassThroughCalculator", "BarrierInputStreamHandler"), False, id="Barrier"),
        pytest.param(node("PassThroughCalculator", "EarlyCloseInputStreamHandler"), False, id="EarlyClose"),
        pytest.param(
            'node { calculator: "PassThroughCalculator" input_stream: "a" output_stream: "c" ' + IMMEDIATE + " }",
            False,
            id="one input is always in order",
        ),
        pytest.param(
            'node { calculator: "PacketSequencerCalculator" input_stream: "INPUT:a" input_stream: "TICK:b" '
            'output_stream: "OUTPUT:c" }',
            True,
            id="a calculator that asks for it",
        ),
        pytest.param(LIMITER, False, id="a limiter, which lets all pass"),
        pytest.param(
            'node { calculator: "PreviousLoopbackCalculator" input_stream: "MAIN:a" input_stream: "LOOP:b" '
            'output_stream: "PREV_LOOP:c" }',
            False,
            id="a loop",
        ),
    ],
)
def test_graphs_whose_results_depend_on_the_order_of_arrival(text: str, expected: bool) -> None:
    graph = CalculatorGraph(f'input_stream: "a" input_stream: "b" {text}')
    assert depends_on_arrival(graph.plan) is expected


@pytest.mark.parametrize(
    "name",
    [
        "hand_tracking/hand_tracking_desktop_live.pbtxt",
        "hand_tracking/hand_tracking_desktop_live_gpu.pbtxt",
        "pose_tracking/pose_tracking_cpu.pbtxt",
        "pose_tracking/pose_tracking_gpu.pbtxt",
    ],
)
def test_the_graphs_that_come_along_are_fed_ahead(name: str) -> None:
    assert not depends_on_arrival(CalculatorGraph(name).plan)
