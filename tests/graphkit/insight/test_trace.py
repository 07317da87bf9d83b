"""Traces: what a file holds when it is read back, how much of a run it keeps, and what a full disk makes of it."""

from __future__ import annotations

import gzip
import json
from collections import Counter, defaultdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from graphkit import Calculator, CalculatorContext, CalculatorGraph, Input, Output, calculator
from graphkit._process.parts import part
from graphkit.errors import ArgumentError, OutputError
from graphkit.framework._ledger_rows import CALL, QUEUED, Topic, WorkingThread
from graphkit.insight import Trace
from graphkit.insight._chrome_format import trace_events
from graphkit.insight._events import Events
from graphkit.insight._trace_file import write_events

if TYPE_CHECKING:
    from collections.abc import Iterator

FULL = Path("/dev/full")


@calculator("TraceWorks")
class Works(Calculator):
    """Does a part of the work inside its call, on a thread of the executor."""

    blocking = True
    a = Input(int, tag="A")
    out = Output(int, tag="OUT")

    def process(self, cc: CalculatorContext) -> None:
        with part("inference"), part("upload"):
            self.out.send(cc, 1)


GRAPH = """
input_stream: "a"
node { name: "split" calculator: "PassThroughCalculator" input_stream: "a" output_stream: "b" }
node { name: "one" calculator: "TraceWorks" input_stream: "A:b" output_stream: "OUT:c" }
node { name: "two" calculator: "TraceWorks" input_stream: "A:b" output_stream: "OUT:d" }
node { name: "join" calculator: "PassThroughCalculator" input_stream: "c" input_stream: "d"
       output_stream: "e" output_stream: "f" }
"""
FRAMES = 20


def run(graph: CalculatorGraph, frames: int = FRAMES) -> None:
    with graph:
        for at in range(frames):
            graph.add_packet_to_input_stream("a", at, at * 1000)


def read(path: Path) -> dict[str, Any]:
    text = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    found: dict[str, Any] = json.loads(text)
    return found


@pytest.fixture(params=["trace.json", "trace.json.gz"])
def traced(tmp_path: Path, request: pytest.FixtureRequest) -> list[dict[str, Any]]:
    """The events of a run, read back from a file."""
    graph, trace = CalculatorGraph(GRAPH), Trace()
    graph.add_instrument(trace)
    run(graph)
    count = trace.write(tmp_path / request.param)
    found = read(tmp_path / request.param)
    assert found["otherData"] == {"program": "graphkit", "events_lost": 0}
    events: list[dict[str, Any]] = found["traceEvents"]
    assert len(events) == count
    assert [path.name for path in tmp_path.iterdir()] == [request.param]
    return events


def of(events: list[dict[str, Any]], phase: str) -> Iterator[dict[str, Any]]:
    return (event for event in events if event["ph"] == phase)


def test_every_call_is_there_once(traced: list[dict[str, Any]]) -> None:
    calls = Counter(event["name"] for event in of(traced, "X") if event["cat"] == "process")
    assert calls == dict.fromkeys(("split", "one", "two", "join"), FRAMES)
    first = next(event for event in of(traced, "X") if event["name"] == "join")
    assert first["args"] == {
        "calculator": "PassThroughCalculator", "timestamp": "0", "in": "c @ 0, d @ 0", "out": "e @ 0, f @ 0",
    }  # fmt: skip
    others = Counter(event["cat"] for event in of(traced, "X"))
    assert (others["open"], others["close"], others["part"]) == (4, 4, 4 * FRAMES)


def test_slices_of_a_thread_nest(traced: list[dict[str, Any]]) -> None:
    assert_nested(traced)
    inside = [event for event in of(traced, "X") if event["name"] in ("upload", "inference")]
    assert len(inside) == 4 * FRAMES


def assert_nested(events: list[dict[str, Any]]) -> None:
    """Of two slices of a thread one lies within the other, or they lie apart."""
    threads = defaultdict(list)
    for event in of(events, "X"):
        begin = round(1000 * event["ts"])
        threads[event["tid"]].append((begin, -round(1000 * event["dur"]), event["name"]))
    for slices in threads.values():
        ends: list[int] = []
        for begin, negative, name in sorted(slices):
            while ends and ends[-1] <= begin:
                ends.pop()
            assert not ends or begin - negative <= ends[-1], f"{name} at {begin} ends after what it began in"
            ends.append(begin - negative)


def test_arrows_meet(traced: list[dict[str, Any]]) -> None:
    """Each begins at the end of a call that emitted the packet, and ends at the begin of one that took it."""
    starts, ends = ({event["id"]: event for event in of(traced, phase)} for phase in "sf")
    assert starts.keys() == ends.keys()
    assert len(starts) == 4 * FRAMES  # b to one and two, c and d to join
    slices = [event for event in of(traced, "X") if event["cat"] == "process"]
    leave = {(event["tid"], round(1000 * (event["ts"] + event["dur"]))): event["name"] for event in slices}
    enter = {(event["tid"], round(1000 * event["ts"])): event["name"] for event in slices}
    pairs: Counter[tuple[str, str, str]] = Counter()
    for number, start in starts.items():
        end = ends[number]
        assert start["ts"] <= end["ts"]
        assert end["bp"] == "e"
        pairs[
            leave[start["tid"], round(1000 * start["ts"])],
            start["name"],
            enter[end["tid"], round(1000 * end["ts"])],
        ] += 1
    assert pairs == dict.fromkeys(
        [("split", "b", "one"), ("split", "b", "two"), ("one", "c", "join"), ("two", "d", "join")], FRAMES
    )


def test_threads_have_names(traced: list[dict[str, Any]]) -> None:
    named = {event["tid"]: event["args"]["name"] for event in of(traced, "M") if event["name"] == "thread_name"}
    assert {event["tid"] for event in of(traced, "X")} <= named.keys()
    assert "MainThread" in named.values()


def test_depths_go_up_and_down_to_nothing(traced: list[dict[str, Any]]) -> None:
    depths = [event["args"]["packets"] for event in of(traced, "C") if event["name"] == "packets that wait"]
    assert max(depths) >= 2
    assert min(depths) == depths[-1] == 0


def test_drops_are_marked(tmp_path: Path) -> None:
    graph, trace = (
        CalculatorGraph(
            'input_stream: "a" input_stream: "b" '
            'node { name: "pair" calculator: "PassThroughCalculator" input_stream: "a" input_stream: "b" '
            'output_stream: "c" output_stream: "d" '
            'input_stream_handler { input_stream_handler: "FixedSizeInputStreamHandler" } }'
        ),
        Trace(),
    )
    graph.add_instrument(trace)
    run(graph, 5)
    trace.write(tmp_path / "t.json")
    drops = list(of(read(tmp_path / "t.json")["traceEvents"], "i"))
    assert [(d["name"], d["args"]) for d in drops] == [
        ("dropped: a", {"node": "pair", "timestamp": str(at)}) for at in (0, 1000, 2000, 3000)
    ]


def test_what_a_limiter_drops_is_marked(tmp_path: Path) -> None:
    graph = CalculatorGraph("""
        input_stream: "a"
        node { name: "limiter" calculator: "FlowLimiterCalculator" input_stream: "a" input_stream: "FINISHED:c"
               input_stream_info { tag_index: "FINISHED" back_edge: true } output_stream: "b"
               options { [mediapipe.FlowLimiterCalculatorOptions.ext] { max_in_flight: 1 max_in_queue: 0 } } }
        node { name: "work" calculator: "TraceWorks" input_stream: "A:b" output_stream: "OUT:c" executor: "x" }
        executor { name: "x" type: "ApplicationThreadExecutor" }
    """)
    trace = Trace()
    graph.add_instrument(trace)
    run(graph, 4)
    trace.write(tmp_path / "t.json")
    drops = [event["args"] for event in of(read(tmp_path / "t.json")["traceEvents"], "i")]
    assert drops == [{"node": "limiter", "timestamp": str(at)} for at in (1000, 2000, 3000)]


def test_of_a_million_events_the_newest_are_kept_and_it_is_said(tmp_path: Path) -> None:
    events = Events(1000)
    main = WorkingThread()
    call, queued = events.number_of(Topic(CALL, "n", made=("s",))), events.number_of(Topic(QUEUED, "m", "s"))
    for number in range(500_000):
        begin = number * 1e-6
        events.write((begin, begin + 5e-7, main, number, call))
        events.write((begin + 6e-7, begin + 6e-7, 1, number, queued))
        if not number % 1000:
            events.hand_over()
    assert events.lost == 999_000
    write_events(tmp_path / "t.json", trace_events(events, {}), events.lost)
    found = read(tmp_path / "t.json")
    assert found["otherData"]["events_lost"] == 999_000
    said = next(of(found["traceEvents"], "i"))
    assert said["name"] == "The oldest 999000 events were dropped."
    calls = list(of(found["traceEvents"], "X"))
    assert [call["args"]["timestamp"] for call in (calls[0], calls[-1])] == ["499500", "499999"]


def test_an_arrow_whose_begin_is_lost_is_left_out(tmp_path: Path) -> None:
    graph, trace = CalculatorGraph(GRAPH), Trace(most_events=40)
    graph.add_instrument(trace)
    run(graph)
    trace.write(tmp_path / "t.json")
    events = read(tmp_path / "t.json")["traceEvents"]
    assert trace.lost > 0
    assert {event["id"] for event in of(events, "s")} == {event["id"] for event in of(events, "f")}
    assert_nested(events)


@pytest.mark.skipif(not FULL.exists(), reason="needs Linux's /dev/full")
def test_a_full_disk_is_one_clear_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / ".t.json.part").symlink_to(FULL)
    (tmp_path / "t.json").write_text("older")
    with pytest.raises(OutputError) as caught:
        write_events(tmp_path / "t.json", iter(["x" * 100_000]), 0)
    assert str(caught.value) == (
        f"{tmp_path / 't.json'}: the trace cannot be written: No space left on device. Choose another place."
    )
    assert (tmp_path / "t.json").read_text() == "older"
    assert [path.name for path in tmp_path.iterdir()] == ["t.json"]


def test_it_may_listen_before_and_after_the_run(tmp_path: Path) -> None:
    graph, trace = CalculatorGraph(GRAPH), Trace()
    graph.add_instrument(trace)
    trace.listen()
    with part("decode"):
        pass
    run(graph, 1)
    with part("encode"):
        pass
    trace.write(tmp_path / "t.json")
    with part("too late"):
        pass
    trace.write(tmp_path / "t.json")
    events = read(tmp_path / "t.json")["traceEvents"]
    parts = Counter(event["name"] for event in of(events, "X") if event["cat"] == "part")
    assert parts == {"decode": 1, "inference": 2, "upload": 2, "encode": 1}


def test_a_trace_keeps_at_least_one_event() -> None:
    with pytest.raises(ArgumentError, match="a trace cannot keep 0 events"):
        Trace(most_events=0)
