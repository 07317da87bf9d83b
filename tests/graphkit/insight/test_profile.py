"""Profiles: how often, how long, how long waited, how many at once; as a table and as JSON."""

from __future__ import annotations

import json
import random
from typing import TYPE_CHECKING

import numpy as np
import pytest

from graphkit import Calculator, CalculatorContext, CalculatorGraph, Input, Output, calculator
from graphkit._process.parts import part
from graphkit.insight import Profile
from graphkit.insight._profile_table import duration, shown_names
from graphkit.insight._tallies import Tallies

if TYPE_CHECKING:
    from collections.abc import Callable


class Clock:
    """A clock that only moves when somebody works."""

    now = 100.0

    def __call__(self) -> float:
        return self.now


@calculator("ProfiledWork")
class ProfiledWork(Calculator):
    """Works for as many seconds as its packet says."""

    a = Input(float, tag="A")
    out = Output(float, tag="OUT")
    clock: Clock

    def process(self, cc: CalculatorContext) -> None:
        with part("inference"):
            self.clock.now += self.a.get(cc)
        self.out.send(cc, self.a.get(cc))


GRAPH = """
input_stream: "a" input_stream: "b"
node { name: "slow" calculator: "ProfiledWork" input_stream: "A:a" output_stream: "OUT:c" }
node { name: "join" calculator: "PassThroughCalculator" input_stream: "c" input_stream: "b"
       output_stream: "d" output_stream: "e" }
"""


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """A clock in the hands of the test, for all that a profile looks at."""
    made = Clock()
    monkeypatch.setattr(ProfiledWork, "clock", made, raising=False)
    for module in ("_runtime.instruments", "_runtime.listeners", "_process.parts", "insight._profile"):
        monkeypatch.setattr(f"graphkit.{module}.perf_counter", made)
    return made


@pytest.fixture
def profile(clock: Clock) -> Profile:
    """Of a run in which "slow" takes 1, 2 and 3 s, and "join" waits 10 s for its other input."""
    graph, profile = CalculatorGraph(GRAPH), Profile()
    graph.add_instrument(profile)
    with graph:
        for at, seconds in enumerate((1.0, 2.0, 3.0)):
            graph.add_packet_to_input_stream("a", seconds, at)
        clock.now += 10
        for at in range(3):
            graph.add_packet_to_input_stream("b", 0.0, at)
    return profile


def test_what_it_counts(profile: Profile) -> None:
    slow, join = profile.nodes()
    assert (slow.name, slow.calculator, slow.calls, slow.total) == ("slow", "ProfiledWork", 3, 6.0)
    assert (slow.mean, slow.longest, slow.share, slow.threads) == (2.0, 3.0, 1.0, 1)
    assert slow.p95 == pytest.approx(3.0, rel=0.01)
    assert slow.deviation == pytest.approx((2 / 3) ** 0.5)
    assert (slow.waited, slow.queue, slow.dropped) == (0.0, 1, 0)
    assert (join.calls, join.queue) == (3, 3)
    assert join.waited == pytest.approx((15 + 13 + 10 + 0 + 0 + 0) / 6)  # three waited, three came last
    assert join.latency == pytest.approx((16 + 15 + 13) / 3)
    assert profile.seconds == 16.0
    assert slow.rate == pytest.approx(3 / 16)


def test_parts_are_counted_beside_the_nodes(profile: Profile) -> None:
    (row,) = profile.parts()
    assert (row.name, row.calls, row.total, row.share) == ("inference", 3, 6.0, 6 / 16)


def test_streams_are_counted(profile: Profile) -> None:
    assert profile.packets_by_stream() == {"a": 3, "b": 3, "c": 3, "d": 3, "e": 3}


def test_the_table(profile: Profile) -> None:
    assert str(profile).split("\n") == [
        "2 nodes in 16.0 s",
        "node  calls    mean     p95   total    share  waited  dropped  queue",
        "slow      3  2.00 s  3.00 s  6.00 s  100.0 %                       1",
        "join      3                            0.0 %  6.33 s               3",
        "",
        "part       times    mean     p95   total  share of the time",
        "inference      3  2.00 s  3.00 s  6.00 s             37.5 %",
    ]


def test_json_has_mediapipes_names(profile: Profile) -> None:
    read = json.loads(profile.to_json())
    assert read["seconds"] == 16.0
    assert read["nodes"][0] == {
        "name": "slow", "calculator": "ProfiledWork", "completed": 3, "dropped": 0, "fps": 0.188,
        "time_mean": 2e6, "time_stddev": 816496.581, "time_total": 6e6, "time_percent": 100.0, "time_p95": 3e6,
        "time_max": 3e6, "input_latency_mean": 0.0, "thread_count": 1, "waited_mean": 0.0, "queue_high_water": 1,
        "open_time": 0.0,
    }  # fmt: skip
    assert read["parts"][0]["name"] == "inference"


def test_drops_of_the_queue_and_of_limiters_are_counted() -> None:
    graph, profile = CalculatorGraph("""
        input_stream: "a" input_stream: "b"
        node { name: "pair" calculator: "PassThroughCalculator" input_stream: "a" input_stream: "b"
               output_stream: "c" output_stream: "d"
               input_stream_handler { input_stream_handler: "FixedSizeInputStreamHandler" } }
    """), Profile()  # fmt: skip
    graph.add_instrument(profile)
    with graph:
        for at in range(5):
            graph.add_packet_to_input_stream("a", 1, at)
        graph.add_packet_to_input_stream("b", 1, 4)
    (row,) = profile.nodes()
    assert (row.dropped, row.calls) == (4, 1)


@calculator("ProfiledSideBySide")
class ProfiledSideBySide(Calculator):
    pure = True
    blocking = True
    a = Input(int)
    b = Input(int)
    out = Output(int)

    def process(self, cc: CalculatorContext) -> None:
        self.out.send(cc, self.a.get(cc))


def test_calls_side_by_side_each_take_their_own_packets(caplog: pytest.LogCaptureFixture) -> None:
    graph, profile = CalculatorGraph("""
        input_stream: "a" input_stream: "b" num_threads: 4
        node { name: "many" calculator: "ProfiledSideBySide" input_stream: "a" input_stream: "b"
               output_stream: "c" }
    """), Profile()  # fmt: skip
    graph.add_instrument(profile)
    with graph:
        for at in range(2000):
            graph.add_packet_to_input_stream("a", at, at)
            graph.add_packet_to_input_stream("b", at, at)
    (row,) = profile.nodes()
    assert (row.calls, row.waiting) == (2000, 0)
    assert 0 <= row.waited < 60
    assert not caplog.records


def test_a_config_may_ask_for_it() -> None:
    text = 'input_stream: "a" node { calculator: "PassThroughCalculator" input_stream: "a" output_stream: "b" } '
    assert CalculatorGraph(text).profile is None
    graph = CalculatorGraph(text + "profiler_config { enable_profiler: true }")
    assert graph.profile is not None
    for _ in range(2):
        with graph:
            graph.add_packet_to_input_stream("a", 1, 0)
        assert [row.calls for row in graph.profile.nodes()] == [1]


@pytest.mark.parametrize(
    ("path", "name"),
    [
        pytest.param("", "trace", id="none"),
        pytest.param("/tmp/mediapipe/hands_", "hands_", id="an absolute path"),
        pytest.param("../../etc/passwd", "passwd", id="a way out"),
        pytest.param("C:\\\\traces\\\\x", "x", id="of another system"),
        pytest.param("/tmp/..", "trace", id="a folder above"),
        pytest.param("/tmp/.bashrc", "bashrc", id="hidden"),
    ],
)
def test_a_config_never_says_where(path: str, name: str) -> None:
    graph = CalculatorGraph(
        'input_stream: "a" node { calculator: "PassThroughCalculator" input_stream: "a" output_stream: "b" } '
        f'profiler_config {{ trace_enabled: true trace_log_path: "{path}" }}'
    )
    assert (graph.plan.profiler.trace, graph.plan.profiler.trace_name) == (True, name)
    assert graph.profile is None


@pytest.mark.parametrize(
    ("draw", "share"),
    [
        pytest.param(lambda dice: dice.random() * 1e-3, 0.95, id="even"),
        pytest.param(lambda dice: dice.lognormvariate(-9, 1), 0.95, id="with a tail"),
        pytest.param(lambda dice: dice.lognormvariate(-9, 1), 0.5, id="the middle"),
        pytest.param(lambda dice: dice.choice((1e-6, 5e-2)), 0.95, id="two kinds"),
    ],
)
def test_quantiles_are_right_to_an_eighth(draw: Callable[[random.Random], float], share: float) -> None:
    dice, tallies = random.Random(1), Tallies()
    seen = sorted(draw(dice) for _ in range(2000))
    exact = seen[int(share * len(seen)) - 1]
    tallies.add(np.full(2000, 3), np.array(seen))
    whole = tallies.of(3)
    assert exact <= whole.quantile(share) * 1.0001
    assert whole.quantile(share) <= exact * 1.126
    for half in (0, 1):
        tallies.add(np.full(1000, 5), np.array(seen[half::2]))
    both = tallies.of(5)
    assert (both.count, both.longest, both.quantile(share)) == (2000, whole.longest, whole.quantile(share))
    assert (both.mean, both.deviation) == (pytest.approx(whole.mean), pytest.approx(whole.deviation))


def test_nothing_has_no_quantile() -> None:
    tallies = Tallies()
    tallies.add(np.array([3]), np.array([1.0]))
    for number in (7, -1):
        nothing = tallies.of(number)
        assert nothing.count == 0
    assert (nothing.quantile(0.95), nothing.mean, nothing.deviation, nothing.longest) == (0.0, 0.0, 0.0, 0.0)


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0.0, ""),
        (1.234e-6, "1.23 us"),
        (12.34e-6, "12.3 us"),
        (123.4e-6, "123 us"),
        (4.5e-3, "4.50 ms"),
        (75.0, "75.0 s"),
    ],
)
def test_durations(seconds: float, text: str) -> None:
    assert duration(seconds) == text


def test_long_names_lose_their_beginning_unless_two_end_alike() -> None:
    deep = "__".join(f"subgraph{i}" for i in range(9))
    same = [f"{'a' * 70}__end", f"{'b' * 70}__end"]
    shown = shown_names(["short", f"{deep}__Node", *same])
    assert shown == {
        "short": "short",
        f"{deep}__Node": "...subgraph4__subgraph5__subgraph6__subgraph7__subgraph8__Node",
        **{name: name for name in same},
    }


def test_nodes_that_take_no_time_are_summed_up(clock: Clock) -> None:
    quick = "".join(
        f'node {{ name: "n{i}" calculator: "PassThroughCalculator" input_stream: "a" output_stream: "o{i}" }} '
        for i in range(40)
    )
    graph, profile = CalculatorGraph(GRAPH + quick), Profile()
    graph.add_instrument(profile)
    with graph:
        graph.add_packet_to_input_stream("a", 2.0, 0)
    lines = str(profile).splitlines()
    assert lines[0] == "42 nodes in 2.00 s"
    assert lines[2].split()[0] == "slow"
    assert [line.split()[:3] for line in lines if "others" in line] == [["22", "others", "22"]]
    assert len(profile.nodes()) == 42
