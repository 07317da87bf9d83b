"""Models with a second thread: the same values, and only while a core is idle."""

from __future__ import annotations

import threading
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from graphkit.errors import InferenceError
from graphkit.inference import IdleCoreRunner, load
from graphkit.inference import _idle_cores as idle_cores
from graphkit.inference import _stages as stages
from graphkit.inference import _twin as twin

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
        self.stages = 1

    def run(self, arrays: Any) -> Any:
        self.log.append(self.name)
        self.clock[0] += self.seconds
        return arrays

    def warm_up(self) -> None:
        self.log.append(f"{self.name} warms up")


@pytest.fixture
def log() -> list[str]:
    return []


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    now = [1.0]
    monkeypatch.setattr(twin.time, "perf_counter", lambda: now[0])
    monkeypatch.setattr(twin, "cores_are_taken", lambda: False)
    return now


def not_cut(number: int, threads: int) -> Any:
    raise AssertionError("the model has one stage")


def runner(log: list[str], clock: list[float], idle: Any = lambda: 1, helped: float = 6.0) -> IdleCoreRunner:
    plain: Any = Played("plain", 10.0, log, clock)
    twin: Any = Played("twin", helped, log, clock)
    return IdleCoreRunner(plain, lambda: twin, idle, not_cut)


def test_the_twin_runs_where_it_is_quicker(log: list[str], clock: list[float]) -> None:
    run = runner(log, clock)
    assert [run([number]) for number in range(30)] == [[number] for number in range(30)]
    assert log[:5] == [*["plain"] * 4, "twin warms up"]
    assert set(log[5:20]) == {"twin"}


def test_without_an_idle_core_it_does_not(log: list[str], clock: list[float]) -> None:
    run = runner(log, clock, idle=lambda: 0)
    for _ in range(100):
        run([])
    assert set(log) == {"plain"}


def test_not_tried_while_the_cores_are_taken(
    log: list[str], clock: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(twin, "cores_are_taken", lambda: True)
    run = runner(log, clock)
    for _ in range(100):
        run([])
    assert set(log) == {"plain"}


def test_another_run_in_the_process_takes_the_core(log: list[str], clock: list[float]) -> None:
    begun, go_on = threading.Event(), threading.Event()

    class Long:
        stages = 1

        def run(self, arrays: Any) -> Any:
            begun.set()
            assert go_on.wait(60)
            return arrays

    other: Any = Long()
    elsewhere = threading.Thread(target=IdleCoreRunner(other, lambda: other, lambda: 1, not_cut), args=([],))
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
    first = IdleCoreRunner(plain, lambda: twin, lambda: 1, not_cut)
    for _ in range(10):
        first([])
    log.clear()
    IdleCoreRunner(plain, lambda: twin, lambda: 1, not_cut)([])
    assert log == ["twin warms up", "twin"]


PICTURE = np.zeros((1, 2, 3, 4), np.float32)


class InStages:
    """A model of two stages beside another run that ends when the first stage does.

    Attributes:
        run: its runner.
        idle: cores, when the whole or the first stage begins, and when the second stage begins.
    """

    def __init__(self, log: list[str], clock: list[float], whole_seconds: float = 10.0) -> None:
        self.idle, self._log, self._clock, self.loaded = [0, 1], log, clock, 0
        plain: Any = Played("plain", whole_seconds, log, clock)
        plain.stages = 2
        self.run = IdleCoreRunner(plain, lambda: plain, self._idle, self._stage)

    def _idle(self) -> int:
        return self.idle[bool(self._log) and self._log[-1].startswith("stage 0")]

    def _stage(self, number: int, threads: int) -> Any:
        self.loaded += 1
        made: Any = Played(f"stage {number} on {threads}", 5.0 if threads == 1 else 3.0, self._log, self._clock)
        return made


@pytest.fixture
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Stages are loaded on this thread."""
    monkeypatch.setattr(stages.helpers, "begin", lambda work: work.do())


@pytest.mark.usefixtures("at_once")
@pytest.mark.parametrize(
    ("free", "plain_first"),
    [
        pytest.param(True, 0, id="the machine has a free core, too"),
        pytest.param(False, 4, id="the clock has to tell whether it is quicker"),
    ],
)
def test_a_long_run_has_help_from_when_a_core_becomes_idle(
    free: bool, plain_first: int, log: list[str], clock: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stages, "a_core_is_free", lambda: free)
    model = InStages(log, clock)
    found = [model.run([PICTURE])[0].shape for _ in range(24)]
    assert log[:8] == ["plain"] * 8
    assert log[8:12] == [f"stage {stage} on {threads} warms up" for stage in (0, 1) for threads in (1, 2)]
    assert log[12 : 12 + 2 * plain_first] == ["stage 0 on 1", "stage 1 on 1"] * plain_first
    assert log[12 + 2 * plain_first :] == ["stage 0 on 1", "stage 1 on 2"] * (16 - plain_first)
    assert found == [(1, 2, 3, 4)] * 8 + [(1, 3, 4, 2)] * 16, "a stage hands on its channels first"
    assert model.loaded == 2 * 2


@pytest.mark.usefixtures("at_once")
def test_a_run_whose_twin_is_not_quicker_goes_in_stages(log: list[str], clock: list[float]) -> None:
    """The core that is idle when it begins may be needed soon; whether it is idle then is asked again."""
    model = InStages(log, clock)
    for _ in range(8):
        model.run([PICTURE])
    log.clear()
    model.idle = [1, 0]
    for _ in range(4):
        model.run([PICTURE])
    assert [entry[:7] for entry in log] == ["stage 0", "stage 1"] * 4
    assert {entry for entry in log if entry.startswith("stage 1")} == {"stage 1 on 1"}


@pytest.mark.usefixtures("at_once")
def test_a_short_run_is_not_cut(log: list[str], clock: list[float]) -> None:
    model = InStages(log, clock, whole_seconds=0.002)
    for _ in range(100):
        model.run([])
    assert set(log) == {"plain"}
    assert not model.loaded


@pytest.mark.usefixtures("at_once")
def test_no_stages_while_the_program_does_not_wait(log: list[str], clock: list[float]) -> None:
    model = InStages(log, clock)
    model.idle = [-1, -1]
    for _ in range(100):
        model.run([])
    assert set(log) == {"plain"}
    assert not model.loaded


@pytest.mark.usefixtures("at_once")
def test_a_model_that_cannot_be_loaded_in_stages_runs_as_a_whole(
    log: list[str], clock: list[float], caplog: pytest.LogCaptureFixture
) -> None:
    def refuse(number: int, threads: int) -> Any:
        raise InferenceError("no memory")

    plain: Any = Played("plain", 10.0, log, clock)
    plain.stages = 3
    runs = IdleCoreRunner(plain, lambda: plain, lambda: 0, refuse)
    for _ in range(30):
        runs([])
    assert log == ["plain"] * 30
    assert caplog.messages == ["a model runs without stages: no memory"]


@pytest.mark.parametrize(
    ("line", "taken", "free"),
    [
        pytest.param("0.50 0.30 0.20 1/300 4711\n", False, True, id="only this one"),
        pytest.param("9.00 9.00 9.00 2/300 4711\n", False, False, id="as many as cores"),
        pytest.param("0.10 0.10 0.10 3/300 4711\n", True, False, id="more"),
        pytest.param("nonsense", False, False, id="not understood"),
        pytest.param(None, False, False, id="not told"),
    ],
)
def test_threads_that_want_to_run(
    line: str | None, taken: bool, free: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = tmp_path / "loadavg"
    if line is not None:
        told.write_text(line)
    monkeypatch.setattr(twin, "usable_cores", lambda: 2)
    monkeypatch.setattr(twin, "runnable_threads", partial(twin.runnable_threads, told))
    assert twin.cores_are_taken() is taken
    assert twin.a_core_is_free() is free


def test_who_may_have_a_twin() -> None:
    assert IdleCoreRunner.serves(load(SMALL, provider="cpu"))
    assert not IdleCoreRunner.serves(load(SMALL, provider="cpu", threads=2))
    own = ROOT / "tests" / "data" / "inference"
    for path in own.rglob("*.onnx"):
        assert not IdleCoreRunner.serves(load(path, provider="cpu")), "its maker may compute otherwise on two"
