"""Models with a second thread: the same values, and only while a core is idle."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from graphkit.inference import IdleCoreRunner, load
from graphkit.inference import _idle_cores as idle_cores

ROOT = Path(__file__).parents[3]
MODELS = sorted((ROOT / "graphs" / "modules").rglob("*.tflite"))
SMALL = ROOT / "graphs" / "modules" / "face_landmark" / "face_landmark.tflite"


@pytest.mark.parametrize("path", [pytest.param(path, id=path.stem) for path in MODELS])
def test_two_threads_give_the_same_to_the_last_bit(path: Path) -> None:
    alone, helped = load(path, provider="cpu", threads=1), load(path, provider="cpu", threads=2, spin=True)
    random = np.random.default_rng(1)
    for _ in range(3):
        image = random.random(alone.inputs[0].shape, dtype=np.float32)
        for one, two in zip(alone.run([image]), helped.run([image]), strict=True):
            np.testing.assert_array_equal(one, two)


class Played:
    """A session that notes its runs; *seconds* is what the clock says that one takes."""

    def __init__(self, name: str, seconds: float, log: list[str], clock: list[float]) -> None:
        self.name, self.seconds, self.log, self.clock = name, seconds, log, clock

    def run(self, arrays: Any) -> Any:
        self.log.append(self.name)
        self.clock[0] += self.seconds
        return arrays


@pytest.fixture
def log() -> list[str]:
    return []


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    now = [1.0]
    monkeypatch.setattr(idle_cores.time, "perf_counter", lambda: now[0])
    monkeypatch.setattr(idle_cores, "cores_are_taken", lambda: False)
    return now


def runner(log: list[str], clock: list[float], idle: Any = lambda: 1, helped: float = 6.0) -> IdleCoreRunner:
    plain: Any = Played("plain", 10.0, log, clock)
    twin: Any = Played("twin", helped, log, clock)
    return IdleCoreRunner(plain, lambda: twin, idle)


def test_the_twin_runs_where_it_is_quicker(log: list[str], clock: list[float]) -> None:
    run = runner(log, clock)
    assert [run([number]) for number in range(30)] == [[number] for number in range(30)]
    assert log[:4] == ["plain"] * 4
    assert set(log[4:20]) == {"twin"}


def test_without_an_idle_core_it_does_not(log: list[str], clock: list[float]) -> None:
    run = runner(log, clock, idle=lambda: 0)
    for _ in range(100):
        run([])
    assert set(log) == {"plain"}


def test_not_tried_while_the_cores_are_taken(
    log: list[str], clock: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(idle_cores, "cores_are_taken", lambda: True)
    run = runner(log, clock)
    for _ in range(100):
        run([])
    assert set(log) == {"plain"}


def test_another_run_in_the_process_takes_the_core(log: list[str], clock: list[float]) -> None:
    begun, go_on = threading.Event(), threading.Event()

    class Long:
        def run(self, arrays: Any) -> Any:
            begun.set()
            assert go_on.wait(60)
            return arrays

    other: Any = Long()
    elsewhere = threading.Thread(target=IdleCoreRunner(other, lambda: other, lambda: 1), args=([],))
    elsewhere.start()
    assert begun.wait(60)
    run = runner(log, clock)
    for _ in range(100):
        run([])
    go_on.set()
    elsewhere.join(60)
    assert set(log) == {"plain"}
    run([])
    assert not idle_cores._running


def test_what_is_learned_serves_other_graphs(log: list[str], clock: list[float]) -> None:
    plain: Any = Played("plain", 10.0, log, clock)
    twin: Any = Played("twin", 6.0, log, clock)
    first = IdleCoreRunner(plain, lambda: twin, lambda: 1)
    for _ in range(10):
        first([])
    log.clear()
    IdleCoreRunner(plain, lambda: twin, lambda: 1)([])
    assert log == ["twin"]


@pytest.mark.parametrize(
    ("line", "taken"),
    [
        pytest.param("0.50 0.30 0.20 1/300 4711\n", False, id="only this one"),
        pytest.param("9.00 9.00 9.00 2/300 4711\n", False, id="as many as cores"),
        pytest.param("0.10 0.10 0.10 3/300 4711\n", True, id="more"),
        pytest.param("nonsense", False, id="not understood"),
    ],
)
def test_threads_that_want_to_run(line: str, taken: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(idle_cores, "usable_cores", lambda: 2)
    (tmp_path / "loadavg").write_text(line)
    assert idle_cores.cores_are_taken(tmp_path / "loadavg") is taken


def test_a_system_that_does_not_tell_of_its_load(tmp_path: Path) -> None:
    assert idle_cores.cores_are_taken(tmp_path / "missing") is False


def test_who_may_have_a_twin() -> None:
    assert IdleCoreRunner.serves(load(SMALL, provider="cpu"))
    assert not IdleCoreRunner.serves(load(SMALL, provider="cpu", threads=2))
    own = ROOT / "tests" / "data" / "inference"
    for path in own.rglob("*.onnx"):
        assert not IdleCoreRunner.serves(load(path, provider="cpu")), "its maker may compute otherwise on two"
