"""Where the time went: by stage, what was in use, and the sentence about it."""

from __future__ import annotations

import json

import pytest

from graphkit import CalculatorGraph
from graphkit.app.bench import stages
from graphkit.app.bench import time_breakdown as module
from graphkit.app.bench.meter import READING, UPLOADING, Clocks, Meter, Work
from graphkit.app.bench.time_breakdown import StageTime, TimeBreakdown, break_down

PLAN = CalculatorGraph(
    """
    input_stream: "in"
    node {
      name: "loop" calculator: "PreviousLoopbackCalculator"
      input_stream: "MAIN:in" input_stream: "LOOP:c" input_stream_info { tag_index: "LOOP" back_edge: true }
      output_stream: "PREV_LOOP:b"
    }
    node { name: "inside" calculator: "PassThroughCalculator" input_stream: "b" output_stream: "c" }
    node { name: "renderer__x" calculator: "PassThroughCalculator" input_stream: "c" output_stream: "d" }
    """
).plan


def clocks(wall: float, cpu: float, encoding: float = 0.0, **libraries: float) -> Clocks:
    return Clocks(wall, cpu, encoding, {name.replace("_", ":"): value for name, value in libraries.items()})


@pytest.fixture
def meter(monkeypatch: pytest.MonkeyPatch) -> Meter:
    """Ten seconds on two cores: 11 s of processor."""
    made = Meter()
    made.made = clocks(98, 0)
    made.began = clocks(100, 1, encoding=0.1, av_h264=0.5)
    made.drained = clocks(109, 11, encoding=2.1, av_h264=1.5, llvmpipe=0.5, other=0.1)
    made.works = [
        Work("inside", "graphkit-1", 99, 99.5, 0.5),  # before the first frame was fed
        Work("inside", "graphkit-1", 100, 104, 3.0),
        Work("loop", "gl-shared", 103, 106, 1.0),
        Work("renderer__x", "graphkit-2", 106, 107, 0.5),
        Work("observer of d", "graphkit-2", 107, 108, 0.25),
        Work(READING, "graphkit-decode", 100, 102, 0.75),
        Work(UPLOADING, "MainThread", 102, 103, 0.25),
    ]
    monkeypatch.setattr(module.Clocks, "now", lambda: clocks(110, 12))
    return made


def test_seconds_by_stage(meter: Meter) -> None:
    found = break_down(meter, PLAN, frames=5, cores=2)
    assert (found.frames, found.opening_s, found.wall_s, found.cpu_s, found.cores) == (5, 2, 10, 11, 2)
    assert {share.stage: (share.cpu_s, share.waited_s) for share in found.stages} == {
        stages.DECODE: (1.0, 0.0),
        stages.TO_RGB: (0.75, 1.25),
        stages.UPLOAD: (0.25, 0.75),
        stages.SMALL: (4.0, 3.0),
        stages.DRAW: (0.5, 0.5),
        stages.RESULTS: (0.25, 0.75),
        stages.ENCODE: (3.0, 0.0),  # 2 while the graph ran, 1 after it
        stages.DRIVER: (0.5, 0.0),
        stages.ENGINE: (0.75, 0.0),
    }


def test_nothing_is_counted_twice_or_lost(meter: Meter) -> None:
    found = break_down(meter, PLAN, frames=5, cores=2)
    assert sum(share.cpu_s for share in found.stages) == pytest.approx(found.cpu_s)


def test_what_was_in_use(meter: Meter) -> None:
    # The loop: 100 to 106, where two of its nodes overlap for a second.
    assert break_down(meter, PLAN, frames=5, cores=2).busy == {
        "processor": 0.55, "decoding": 0.2, "loop": 0.6, "opengl": 0.3, "encoding": 0.3,
    }  # fmt: skip


def told(**busy: float) -> TimeBreakdown:
    rows = (StageTime("warps", 1.0, 0.0), StageTime("landmark model", 3.0, 0.0))
    return TimeBreakdown(10, 0.5, 5.0, 4.0, 2, rows, busy)


@pytest.mark.parametrize(
    ("busy", "sentence"),
    [
        pytest.param(
            {"processor": 0.9, "loop": 0.95},
            "The processor is the limit: 2 cores are 90 % busy, most of it: landmark model, 75 %.",
            id="processor",
        ),
        pytest.param(
            {"processor": 0.5, "loop": 0.8, "encoding": 0.3},
            "The tracking loop (one frame after the other) is the limit, in use 80 % of the time; 2 cores are "
            "50 % busy, most of it: landmark model, 75 %.",
            id="loop",
        ),
        pytest.param(
            {"processor": 0.5, "loop": 0.6, "encoding": 0.3},
            "Nothing is in use all the time: the tracking loop (one frame after the other) is in use 60 % of the "
            "time, 2 cores are 50 % busy, most of it: landmark model, 75 %.",
            id="nothing",
        ),
        pytest.param(
            {"processor": 0.5},
            "Nothing is in use all the time: 2 cores are 50 % busy, most of it: landmark model, 75 %.",
            id="nothing else known",
        ),
    ],
)
def test_the_sentence(busy: dict[str, float], sentence: str) -> None:
    assert told(**busy).limit() == sentence


def test_json_there_and_back() -> None:
    made = told(processor=0.5, loop=0.6)
    value = json.loads(json.dumps(made.as_json()))
    assert TimeBreakdown.from_json(value) == made
    assert value["stages"][1]["share"] == 0.75
    assert value["limit"] == made.limit()
