"""The meter: processor time and waiting of nodes and parts, and threads of libraries."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING

import pytest

from graphkit import CalculatorGraph, calculator
from graphkit.app.bench.meter import UPLOADING, Meter, library_threads, uploading

if TYPE_CHECKING:
    from pathlib import Path

    from graphkit.app.bench.meter import Work

BUSY_S, WAITED_S = 0.05, 0.1
GRAPH = """
input_stream: "in"
node { name: "computes" calculator: "MeterTestComputes" input_stream: "in" output_stream: "a" }
node { name: "waits" calculator: "MeterTestWaits" input_stream: "a" output_stream: "b" }
"""


def compute() -> None:
    until = time.thread_time() + BUSY_S
    while time.thread_time() < until:
        pass


@calculator("MeterTestComputes")
def computes(value: int) -> int:
    compute()
    return value


@calculator("MeterTestWaits")
def waits(value: int) -> int:
    threading.Event().wait(WAITED_S)
    return value


@pytest.fixture
def works() -> dict[str, Work]:
    """One frame of the graph under the meter; the work by node."""
    meter = Meter()
    graph = CalculatorGraph(GRAPH)
    graph.add_instrument(meter)
    with graph:
        graph.add_packet_to_input_stream("in", 1, 0)
    return {work.name: work for work in meter.works}


def test_computing_is_processor_time(works: dict[str, Work]) -> None:
    work = works["computes"]
    assert BUSY_S <= work.cpu <= work.end - work.begin + 0.001


def test_waiting_is_not(works: dict[str, Work]) -> None:
    work = works["waits"]
    assert work.end - work.begin >= WAITED_S
    assert work.cpu < WAITED_S / 2


def test_a_node_that_fails_is_counted_too() -> None:
    meter = Meter()
    with pytest.raises(ValueError, match="no"), meter.part("failing"):
        raise ValueError("no")
    assert [work.name for work in meter.works] == ["failing"]


def test_an_upload_is_counted_on_the_thread_that_does_it() -> None:
    meter = Meter()
    wrap = uploading(meter, lambda pixels: (compute(), pixels)[1])
    assert wrap("picture") == "picture"
    (work,) = meter.works
    assert (work.name, work.thread) == (UPLOADING, threading.current_thread().name)
    assert work.cpu >= BUSY_S


def task(folder: Path, number: int, name: str, ticks: int | None = None, nanoseconds: int | None = None) -> None:
    made = folder / str(number)
    made.mkdir()
    (made / "comm").write_text(f"{name}\n")
    if nanoseconds is not None:
        (made / "schedstat").write_text(f"{nanoseconds} 5 6\n")
    if ticks is not None:
        (made / "stat").write_text(f"{number} ({name}) S " + " ".join(["0"] * 10 + [str(ticks), "0"]))


def test_threads_of_libraries_by_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.sysconf", lambda name: 100)
    ours = threading.get_native_id()
    task(tmp_path, ours, "python", nanoseconds=9_000_000_000)
    task(tmp_path, 2_000_000_001, "av:h264:df0", nanoseconds=1_500_000_000)
    task(tmp_path, 2_000_000_002, "av:h264:df0", ticks=50)  # a kernel that does not count nanoseconds
    (tmp_path / "2000000003").mkdir()  # it has just ended
    assert library_threads(tmp_path) == {"av:h264:df0": 2.0}


def test_without_a_kernel_that_tells_there_are_none(tmp_path: Path) -> None:
    assert library_threads(tmp_path / "missing") == {}


def test_the_clocks_of_this_process_go_forward() -> None:
    meter = Meter()
    meter.started(1)
    compute()
    meter.finished()
    assert meter.began is not None
    assert meter.drained is not None
    assert meter.drained.cpu - meter.began.cpu >= BUSY_S
    assert meter.drained.wall > meter.began.wall
