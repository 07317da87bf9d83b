"""Ledgers: traces and profiles that read rows say the same as an instrument whose hooks are called."""

from __future__ import annotations

import json
import random
import threading
from collections import Counter, defaultdict
from itertools import count
from math import inf, nan
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from graphkit import Calculator, CalculatorContext, CalculatorGraph, Input, Instrument, Output, calculator
from graphkit.errors import GraphkitError
from graphkit.framework import EMPTY
from graphkit.framework._ledger import Ledger, LedgerInstrument, ledger_of
from graphkit.insight import Profile, Trace
from graphkit.insight._counts import Counts
from graphkit.insight._waits import Arrivals
from robustness.engine_config import config_of
from robustness.engine_nodes import Book
from robustness.engine_programs import random_program
from robustness.program import Record

if TYPE_CHECKING:
    from pathlib import Path

    from graphkit import Timestamp
    from robustness.program import Program


class Reference(Instrument):
    """Counts what a profile counts, and keeps what a trace keeps, from its hooks."""

    def __init__(self) -> None:
        self.calls: list[tuple[str, ...]] = []
        self.most: defaultdict[str, int] = defaultdict(int)
        self.dropped: Counter[str] = Counter()
        self.came: dict[tuple[str, str, int], float] = {}
        self.waited: defaultdict[str, list[float]] = defaultdict(list)
        self.made: dict[tuple[str, int], float] = {}
        self.arrows: Counter[str] = Counter()
        self._lock = threading.Lock()

    def packet_queued(self, node: str, stream: str, timestamp: Timestamp, waiting: int, at: float) -> None:
        self.most[node] = max(self.most[node], waiting)
        self.came[node, stream, int(timestamp)] = at

    def packet_dropped(self, node: str, stream: str, timestamp: Timestamp, at: float) -> None:
        self.dropped[node] += 1
        self.came.pop((node, stream, int(timestamp)), None)

    def processed(self, cc: CalculatorContext, begin: float, seconds: float) -> None:
        names = cc.inputs.tag_map.names
        taken = [(n, p.timestamp) for n, p in zip(names, cc.inputs, strict=True) if p._payload is not EMPTY]
        made = [(shard.name, packet.timestamp) for shard in cc.outputs for packet in shard.queue]
        listed = [", ".join(f"{name} @ {time}" for name, time in some) for some in (taken, made)]
        self.calls.append((cc.node_name, str(cc.input_timestamp), listed[0], listed[1]))
        for stream, time in taken:
            at = self.came.pop((cc.node_name, stream, int(time)), None)
            if at is not None:
                self.waited[cc.node_name].append(begin - at)
            with self._lock:
                self.arrows[stream] += self.made.get((stream, int(time)), inf) <= begin  # else it was called ahead
        self.made.update({(stream, int(time)): begin + seconds for stream, time in made})


class Ticking:
    """A clock that only the program moves, but for a millionth at each look of any thread."""

    def __init__(self) -> None:
        self.seconds, self._looks = 0, count()

    def __call__(self) -> float:
        return self.seconds + next(self._looks) * 1e-6


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Ticking:
    """The clock of the engine and of profiles."""
    made = Ticking()
    for module in ("_runtime.instruments", "_runtime.listeners", "insight._profile"):
        monkeypatch.setattr(f"graphkit.{module}.perf_counter", made)
    return made


def drive(graph: CalculatorGraph, program: Program, clock: Ticking) -> bool:
    """Run a program, a second after each of its steps; return whether it came to its end."""
    try:
        graph.start_run({"book": Book(program, Record())})
        for action in (action for epoch in program.epochs for action in epoch):
            if action[0] == "push":
                graph.add_packet_to_input_stream(action[1], action[3], max(action[2], -1000))
                graph.wait_until_idle(60)
                clock.seconds += 1
        graph.close_all_packet_sources()
        graph.wait_until_done(60)
    except GraphkitError:  # programs that are to fail
        graph.cancel_quietly()
        return False
    return True


@pytest.mark.parametrize("first", range(0, 120, 40))
def test_rows_say_what_hooks_say(first: int, clock: Ticking, tmp_path: Path) -> None:
    compared = sum(agrees(seed, clock, tmp_path / "t.json") for seed in range(first, first + 40))
    assert compared >= 15


def agrees(seed: int, clock: Ticking, path: Path) -> bool:
    """Compare the instruments in the run of a random program, if it does not fail."""
    program = random_program(random.Random(seed))
    if program.pollers:
        return False
    graph, seen, profile, trace = CalculatorGraph(config_of(program.graph)), Reference(), Profile(), Trace()
    for instrument in (seen, profile, trace):
        graph.add_instrument(instrument)
    if not drive(graph, program, clock):
        return False
    rows = {row.name: row for row in profile.nodes()}
    calls = Counter(name for name, *_ in seen.calls)
    assert {name: row.calls for name, row in rows.items() if row.calls} == calls, seed
    assert {name: row.queue for name, row in rows.items() if row.queue} == dict(seen.most), seed
    assert profile.packets_lost() == {name: count for name, count in seen.dropped.items() if count}, seed
    ahead = any(node.pure for node in program.graph.nodes)  # calls ahead, in vain, depend on threads (S36)
    for name, waits in seen.waited.items() if not ahead else ():
        assert rows[name].waited == pytest.approx(sum(waits) / len(waits), abs=0.01), (seed, name)
    trace.write(path)
    events = json.loads(path.read_text())["traceEvents"]
    told = Counter(
        (e["name"], e["args"]["timestamp"], e["args"]["in"], e["args"]["out"])
        for e in events
        if e.get("cat") == "process"
    )
    assert told == Counter(seen.calls), seed
    assert ahead or Counter(e["name"] for e in events if e["ph"] == "s") == +seen.arrows, seed
    return True


CHAIN = """
input_stream: "a"
node { name: "one" calculator: "PassThroughCalculator" input_stream: "a" output_stream: "b" }
node { name: "two" calculator: "PassThroughCalculator" input_stream: "b" output_stream: "c" }
"""


def test_a_profile_whose_hooks_are_overridden_has_them_called() -> None:
    class Mine(Profile):
        def __init__(self) -> None:
            super().__init__()
            self.queued: Counter[str] = Counter()

        def packet_queued(self, node: str, stream: str, timestamp: Timestamp, waiting: int, at: float) -> None:
            self.queued[stream] += 1
            super().packet_queued(node, stream, timestamp, waiting, at)

    mine, plain = Mine(), Profile()
    assert ledger_of(mine) is None
    assert isinstance(ledger_of(plain), Counts)
    graph = CalculatorGraph(CHAIN)
    graph.add_instrument(mine)
    graph.add_instrument(plain)
    with graph:
        for at in range(5):
            graph.add_packet_to_input_stream("a", at, at)
    assert mine.queued == {"a": 5, "b": 5}
    ours, theirs = ([(r.name, r.calls, r.queue, r.waiting) for r in p.nodes()] for p in (mine, plain))
    assert sorted(ours) == sorted(theirs) == [("one", 5, 1, 0), ("two", 5, 1, 0)]
    assert mine.packets_by_stream() == {"a": 5, "b": 5}
    assert plain.packets_by_stream() == {"a": 5, "b": 5, "c": 5}


@calculator("LedgersSeveral")
class Several(Calculator):
    """Emits as many packets as its packet says, at the times after its own."""

    a = Input(int)
    out = Output(int)

    def process(self, cc: CalculatorContext) -> None:
        for i in range(self.a.get(cc)):
            self.out.send(cc, i, int(cc.input_timestamp) + i)


def test_calls_that_emit_several_packets_or_at_other_times_keep_them_all(tmp_path: Path) -> None:
    graph, trace = CalculatorGraph("""
        input_stream: "a"
        node { name: "some" calculator: "LedgersSeveral" input_stream: "a" output_stream: "b" }
        node { name: "end" calculator: "PassThroughCalculator" input_stream: "b" output_stream: "c" }
    """), Trace()  # fmt: skip
    graph.add_instrument(trace)
    with graph:
        for at, packets in ((0, 3), (10, 1), (20, 0)):
            graph.add_packet_to_input_stream("a", packets, at)
    trace.write(tmp_path / "t.json")
    events = json.loads((tmp_path / "t.json").read_text())["traceEvents"]
    calls = sorted((e["ts"], e["args"]["in"], e["args"]["out"]) for e in events if e["name"] == "some")
    assert [call[1:] for call in calls] == [
        ("a @ 0", "b @ 0, b @ 1, b @ 2"),
        ("a @ 10", "b @ 10"),
        ("a @ 20", ""),
    ]
    assert sum(e["ph"] == "s" for e in events) == 4


def test_a_node_may_have_more_shapes_than_are_kept(tmp_path: Path) -> None:
    inputs = "".join(f'input_stream: "i{i}" ' for i in range(8))
    outputs = "".join(f'output_stream: "o{i}" ' for i in range(8))
    graph, trace, profile = (
        CalculatorGraph(f'{inputs} node {{ name: "n" calculator: "PassThroughCalculator" {inputs} {outputs} }}'),
        Trace(),
        Profile(),
    )
    for instrument in (trace, profile):
        graph.add_instrument(instrument)
    with graph:
        for at in range(1, 256):
            for i in range(8):
                if at >> i & 1:
                    graph.add_packet_to_input_stream(f"i{i}", 1, at)
                else:
                    graph.set_input_stream_timestamp_bound(f"i{i}", at + 1)
    (row,) = profile.nodes()
    assert (row.calls, row.waiting) == (255, 0)
    assert profile.packets_by_stream()["o7"] == 128
    trace.write(tmp_path / "t.json")
    events = json.loads((tmp_path / "t.json").read_text())["traceEvents"]
    taken = {e["args"]["timestamp"]: e["args"]["in"] for e in events if e["name"] == "n"}
    assert taken == {str(at): ", ".join(f"i{i} @ {at}" for i in range(8) if at >> i & 1) for at in range(1, 256)}
    assert len(trace._events.topics) < 120


def test_what_a_profile_cannot_count_is_said_and_the_run_goes_on(caplog: pytest.LogCaptureFixture) -> None:
    class Broken(Ledger):
        def keep(self, rows: list[Any]) -> None:
            raise ValueError("broken")

    graph, instrument = CalculatorGraph(CHAIN), LedgerInstrument(Broken())
    graph.add_instrument(instrument)
    with graph:
        for at in range(2000):
            graph.add_packet_to_input_stream("a", at, at)
    assert len(instrument._ledger.rows) < 25_000
    assert "Broken failed; what it was to count is lost" in caplog.text


def test_packets_that_are_only_polled_do_not_pile_up_rows() -> None:
    graph, profile = CalculatorGraph('input_stream: "a"'), Profile()
    poller = graph.add_output_stream_poller("a")
    graph.add_instrument(profile)
    with graph:
        for at in range(10_000):
            graph.add_packet_to_input_stream("a", at, at)
            poller.next()
        assert len(profile._counts.rows) < 25_000
    assert profile.packets_by_stream() == {"a": 10_000}


def test_no_arrow_leads_from_one_run_to_the_next(tmp_path: Path) -> None:
    graph, trace = CalculatorGraph(CHAIN), Trace()
    graph.add_instrument(trace)
    trace.listen()
    for _ in range(2):
        with graph:
            for at in range(3):
                graph.add_packet_to_input_stream("a", at, at)
    trace.write(tmp_path / "t.json")
    events = json.loads((tmp_path / "t.json").read_text())["traceEvents"]
    calls = [e for e in events if e.get("cat") == "process" and e["name"] == "one"]
    starts = sorted(e["ts"] for e in events if e["ph"] == "s")
    assert starts == sorted(round(e["ts"] + e["dur"], 3) for e in calls)


def test_packets_that_no_call_takes_are_forgotten() -> None:
    arrivals = Arrivals()
    for first in range(0, 10_000, 500):
        times = range(first, first + 500)
        arrivals.add([time << 20 for time in times], [float(time) for time in times])
        arrivals.add_times(times, [float(time) for time in times])
        arrivals.forget({0: 7})
    assert len(arrivals._packets) <= 5_507
    assert len(arrivals._times) == 1000
    assert arrivals.leave([9_999 << 20, 9_999 << 20], np.array([1e6, 1e6])).tolist() == [
        9999.0,
        pytest.approx(nan, nan_ok=True),
    ]
