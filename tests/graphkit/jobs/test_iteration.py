"""A graph as an iterator: rows in the order of time, ends good and bad, tables, event loops."""

from __future__ import annotations

import asyncio
import gc
import sys
import threading
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest

from graphkit import ImageFrame, iterate
from graphkit.errors import (
    ArgumentError,
    CalculatorError,
    FormatError,
    GraphStateError,
    PackageError,
    VideoOpenError,
)
from graphkit.jobs import JobSettings, Limits, run_video
from graphkit.video import VideoReader

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

INVERT = 'node { calculator: "SampleInvert" input_stream: "input_video" output_stream: "output_video" }'
HANDS = """node {
  calculator: "SampleHands" input_stream: "input_video"
  output_stream: "LANDMARKS:landmarks" output_stream: "HANDEDNESS:handedness"
  options { [jobtest.SampleOptions.ext] { every: 4 at: 5 } }
}"""
FAIL = """node {
  calculator: "SampleFail" input_stream: "input_video" output_stream: "output_video"
  options { [jobtest.SampleOptions.ext] { at: 5 } }
}"""
SOURCE = 'node { calculator: "SampleSource" output_stream: "output_video" }'

MakeGraph = "Callable[..., CalculatorGraph]"


@pytest.fixture(autouse=True)
def no_threads_left() -> Iterator[None]:
    """Whatever a test does, no run goes on after it."""
    yield
    gc.collect()
    assert [thread.name for thread in threading.enumerate() if thread.name == "graphkit-rows"] == []


def test_a_row_for_each_frame_in_order(make_graph: Any, clip: Path) -> None:
    times = []
    for frame, inverted in (rows := iterate(make_graph(INVERT), clip, "output_video")):
        assert isinstance(frame, ImageFrame)
        assert abs(int(frame.data.mean()) + int(inverted.data.mean()) - 255) <= 1
        times.append(rows.summary.frames if rows.summary else 0)
    assert len(times) == 12
    assert rows.summary is not None
    assert (rows.summary.frames, rows.summary.failed, rows.summary.interrupted) == (12, False, False)


def test_rows_know_their_time_and_a_stream_without_a_packet_is_none(make_graph: Any, clip: Path) -> None:
    graph = make_graph(HANDS, outputs=("landmarks",))
    rows = list(iterate(graph, clip, "landmarks", "handedness"))
    assert [row.timestamp for row in rows] == [index * 40_000 for index in range(12)]
    assert [row.payloads["landmarks"] is None for row in rows] == [index % 4 == 3 for index in range(12)]
    assert [len(row[1] or ()) for row in rows][4:6] == [1, 2]
    assert rows[0].frame is rows[0][0]
    assert repr(rows[3]) == "Row(at 120000: ImageFrame(64x48, SRGB), landmarks=None, handedness=None)"
    assert list(iterate(graph, clip).streams) == ["landmarks"]


@pytest.mark.parametrize("source", ["pairs", "arrays", "reader", "mapping"])
def test_what_may_be_fed(make_graph: Any, clip: Path, source: str) -> None:
    arrays = [np.full((4, 4, 3), 10 * index, np.uint8) for index in range(3)]
    reader = VideoReader(clip)
    given: dict[str, Any] = {
        "pairs": ((index, ImageFrame(array)) for index, array in enumerate(arrays)),
        "arrays": list(enumerate(arrays)),
        "reader": reader,
        "mapping": {"input_video": clip},
    }
    rows = list(iterate(make_graph(INVERT), given[source]))
    reader.close()
    assert len(rows) == (3 if source in ("pairs", "arrays") else 12)
    assert all(isinstance(row[1], ImageFrame) for row in rows)


def test_a_graph_that_feeds_itself(make_graph: Any) -> None:
    settings = JobSettings(limits=Limits(max_frames=3))
    rows = list(iterate(make_graph(SOURCE, inputs=()), settings=settings))
    assert len(rows) >= 3
    assert all(row.frame is row[1] for row in rows)


@pytest.mark.parametrize(
    ("how", "message"),
    [
        pytest.param({"source": 3}, "source: found int; give a file, files by stream,", id="a number"),
        pytest.param(
            {"streams": ("outptu_video",)}, 'streams: the graph has no stream "outptu_video". Did you', id="name"
        ),
    ],
)
def test_what_is_refused(make_graph: Any, clip: Path, how: dict[str, Any], message: str) -> None:
    with pytest.raises(ArgumentError) as caught:
        list(iterate(make_graph(INVERT), how.get("source", clip), *how.get("streams", ())))
    assert str(caught.value).startswith(message)


def test_a_clip_that_cannot_be_read(make_graph: Any, tmp_path: Path) -> None:
    (tmp_path / "no.mp4").write_bytes(b"nothing")
    with pytest.raises(VideoOpenError):
        next(iterate(make_graph(INVERT), tmp_path / "no.mp4"))


def test_items_that_are_no_pairs(make_graph: Any) -> None:
    with pytest.raises(FormatError, match=r"^what is fed are \(microseconds, payload\) pairs .* found int$"):
        list(iterate(make_graph(INVERT), [1, 2]))


def test_an_error_in_the_graph_is_raised_where_the_loop_stands(make_graph: Any, clip: Path) -> None:
    graph = make_graph(FAIL)
    seen: list[int] = []
    with pytest.raises(CalculatorError, match="SampleFail"):
        seen.extend(row.timestamp for row in iterate(graph, clip))
    assert seen == [index * 40_000 for index in range(len(seen))]
    assert len(seen) <= 5
    assert len(list(iterate(make_graph(INVERT), clip))) == 12


def test_a_loop_that_ends_early_leaves_the_graph_usable(make_graph: Any, clip: Path) -> None:
    graph = make_graph(INVERT)
    for index, _ in enumerate(rows := iterate(graph, clip)):
        if index == 2:
            break
    with rows:
        pass
    assert len(list(iterate(graph, clip))) == 12


def test_a_loop_that_was_interrupted_makes_room_for_the_next(make_graph: Any, clip: Path) -> None:
    graph = make_graph(INVERT)

    def loop(rows: Any) -> None:
        for index, _ in enumerate(rows):
            if index == 2:
                raise KeyboardInterrupt

    interrupted = iterate(graph, clip)
    with pytest.raises(KeyboardInterrupt):
        loop(interrupted)
    assert len(list(iterate(graph, clip))) == 12
    assert list(interrupted) == []


def test_a_slow_reader_holds_the_graph_up(make_graph: Any, clip: Path) -> None:
    rows = iterate(make_graph(INVERT), clip)
    next(rows)
    for _ in range(20):
        threading.Event().wait(0.005)
    assert rows.summary is not None
    assert rows.summary.frames < 12
    assert len(list(rows)) == 11


def test_a_table_is_that_of_a_dump(make_graph: Any, clip: Path, tmp_path: Path) -> None:
    graph = make_graph(HANDS, outputs=("landmarks",))
    run_video(graph, clip, dumps={"landmarks": tmp_path / "landmarks.csv"})
    table = iterate(graph, clip, "landmarks").to_dataframe()
    pd.testing.assert_frame_equal(table, pd.read_csv(tmp_path / "landmarks.csv"))
    assert set(table["handedness"]) == {"Left", "Right"}
    assert (table["frame_width"] == 64).all()


def test_tables_of_several_streams(make_graph: Any, clip: Path) -> None:
    tables = iterate(make_graph(HANDS, outputs=("landmarks",)), clip, "landmarks", "input_video").to_dataframe()
    assert list(tables) == ["landmarks", "input_video"]
    assert len(tables["input_video"]) == 12


def test_a_table_needs_pandas_and_a_fresh_iteration(
    make_graph: Any, clip: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = iterate(make_graph(INVERT), clip)
    next(rows)
    with pytest.raises(GraphStateError, match=r"^to_dataframe\(\) runs the graph itself; call it in place of"):
        rows.to_dataframe()
    rows.close()
    monkeypatch.setitem(sys.modules, "pandas", None)
    with pytest.raises(PackageError, match=r"^the package pandas: not installed. Fix: .*pip install pandas$"):
        iterate(make_graph(INVERT), clip, "input_video").to_dataframe()


def test_an_event_loop_goes_on_meanwhile(make_graph: Any, clip: Path) -> None:
    async def count() -> tuple[int, int]:
        ticks = frames = 0

        async def tick() -> None:
            nonlocal ticks
            while True:
                ticks += 1
                await asyncio.sleep(0)

        ticking = asyncio.create_task(tick())
        async with iterate(make_graph(INVERT), clip) as rows:
            async for frame, inverted in rows:
                assert frame.width == inverted.width
                frames += 1
        ticking.cancel()
        return frames, ticks

    frames, ticks = asyncio.run(count())
    assert frames == 12
    assert ticks > 12


def test_a_task_that_is_cancelled_ends_the_run(make_graph: Any, clip: Path) -> None:
    graph = make_graph(INVERT)

    async def main() -> None:
        begun = asyncio.Event()

        async def loop() -> None:
            async with iterate(graph, clip) as rows:
                async for _ in rows:
                    begun.set()
                    await asyncio.sleep(0)

        task = asyncio.create_task(loop())
        await begun.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(main())
    assert len(list(iterate(graph, clip))) == 12


def test_it_tells_what_it_is(make_graph: Any, clip: Path) -> None:
    graph = make_graph(INVERT)
    assert repr(graph.plan) == "GraphPlan(unnamed, 1 nodes, 2 streams, in: input_video, out: output_video)"
    assert repr(graph) == f"CalculatorGraph({graph.plan!r}, not running)"
    assert (
        repr(graph.plan.nodes[0]) == "NodePlan(0: SampleInvert, SampleInvert, 1 inputs, 1 outputs, at <text>:3:1)"
    )
    rows = iterate(graph, "clip.mp4")
    assert repr(rows) == f"RowIterator(output_video of {graph.plan!r} over 'clip.mp4', not begun)"
    poller = graph.add_output_stream_poller("output_video")
    assert repr(poller) == 'OutputStreamPoller("output_video", 0 packets wait)'
    with VideoReader(clip) as reader:
        assert repr(reader) == f"VideoReader({str(clip)!r}, 64x48, 25 fps, 12 frames)"


def test_streams_may_be_a_list_and_limits_may_be_arguments(make_graph: Any, clip: Path) -> None:
    rows = iterate(make_graph(HANDS), clip, ["landmarks", "handedness"], max_frames=3, settings=JobSettings())
    assert rows.streams == ("landmarks", "handedness")
    assert len(list(rows)) == 3


def test_a_video_in_one_call_takes_settings_too(make_graph: Any, clip: Path) -> None:
    settings = JobSettings(limits=Limits(max_frames=5), dumps={"landmarks": clip.with_name("l.jsonl")})
    assert run_video(make_graph(HANDS), clip, settings=settings).frames == 5
    summary = run_video(make_graph(HANDS), clip, settings=settings, max_frames=2)
    assert (summary.frames, [file.path.name for file in summary.files]) == (2, ["l.jsonl"])


def test_an_interrupt_while_it_waits_ends_the_run(
    make_graph: Any, clip: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A notebook keeps the traceback, which keeps the iterator."""
    rows = iterate(make_graph(HANDS), clip, "landmarks")
    next(rows)
    collector = rows._collector
    assert collector is not None

    def interrupted() -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(collector, "next", interrupted)
    with pytest.raises(KeyboardInterrupt) as kept:
        next(rows)
    assert kept.traceback
    assert [thread.name for thread in threading.enumerate() if thread.name == "graphkit-rows"] == []
