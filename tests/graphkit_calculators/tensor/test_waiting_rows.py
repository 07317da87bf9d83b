"""InferenceCalculator with BATCH_END: two inputs of a loop in one run, at the times at which they came."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from fake_cuda import replace_loading
from graphkit import Timestamp, inference
from graphkit.errors import CalculatorError, InferenceError
from graphkit.formats import Model, Tensor
from graphkit.framework import INFERENCE, InferenceSettings
from graphkit.inference import Session, load
from graphkit.testing import CalculatorRunner
from graphkit_calculators.tensor._waiting_rows import ENVIRONMENT

if TYPE_CHECKING:
    from collections.abc import Sequence

ROOT = Path(__file__).parents[3]
MODEL = ROOT / "tests" / "data" / "inference" / "ops" / "conv_valid.tflite"
ATTENTION = ROOT / "graphs" / "modules" / "face_landmark" / "face_landmark_with_attention.tflite"
LIST = 'input_stream: "TENSORS:in" output_stream: "TENSORS:out"'
SINGLE = 'input_stream: "TENSOR:in" output_stream: "TENSOR:out"'
TOGETHER, ALONE = InferenceSettings("cpu", batches=True), InferenceSettings("cpu")


@pytest.fixture
def runs(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The rows of each run."""
    found: list[int] = []
    run = Session.run

    def counted(session: Session, arrays: Sequence[Any]) -> Any:
        found.append(arrays[0].shape[0])
        return run(session, arrays)

    monkeypatch.setattr(Session, "run", counted)
    return found


def shape() -> tuple[int, ...]:
    return load(MODEL, provider="cpu").inputs[0].empty().shape


def given(count: int, layout: Any = "NHWC") -> list[Tensor]:
    arrays = np.random.default_rng(5).random((count, *shape()), np.float32)
    return [Tensor(one.copy() if layout == "NHWC" else one.transpose(0, 3, 1, 2).copy(), layout) for one in arrays]


def runner(
    settings: InferenceSettings, streams: str = LIST, model: Path = MODEL, more: str = ""
) -> CalculatorRunner:
    made = CalculatorRunner(
        f"""
        calculator: "InferenceCalculator" {streams} input_stream: "BATCH_END:end"
        input_side_packet: "MODEL:model" {more}
        """
    )
    made.side_packets["MODEL"] = Model(model)
    made.set_service(INFERENCE, settings)
    return made


def outcome(settings: InferenceSettings, loops: list[list[Tensor | None]], **more: Any) -> dict[int, np.ndarray]:
    """Return the outputs by their times; each loop ends with BATCH_END, also where its last item is missing."""
    made = runner(settings, **more)
    tag: Any = "TENSORS" if more.get("streams", LIST) == LIST else ("TENSOR", 0)
    time = 0
    for loop in loops:
        for tensor in loop:
            if tensor is not None:
                made.add(tag, [tensor] if tag == "TENSORS" else tensor, time)
            time += 1
        time += not loop
        made.add("BATCH_END", Timestamp(1000 + time), time - 1)
    made.run()
    packets = made.outputs[tag]
    tensors = [packet.payload[0] if tag == "TENSORS" else packet.payload for packet in packets]
    assert all(tensor.shape[0] == 1 for tensor in tensors)
    return {int(packet.timestamp): tensor.nhwc() for packet, tensor in zip(packets, tensors, strict=True)}


LOOPS = [
    pytest.param([[0, 1]], [2], id="two"),
    pytest.param([[0]], [1], id="one"),
    pytest.param([[]], [], id="none"),
    pytest.param([[0, 1, 2]], [2, 1], id="three"),
    pytest.param([[0, 1, 2, 3], [0, 1]], [2, 2, 2], id="four, and two in the next frame"),
    pytest.param([[0], [1], [], [2, 3]], [1, 1, 2], id="frames of one, of none and of two"),
    pytest.param([[None, 1, 2]], [2], id="the first is missing"),
    pytest.param([[0, 1, None]], [2], id="the last is missing"),
    pytest.param([[None], [0, 1]], [2], id="the only one is missing"),
]


@pytest.mark.parametrize("streams", [LIST, SINGLE], ids=["a list", "a tensor"])
@pytest.mark.parametrize("layout", ["NHWC", "NCHW"])
@pytest.mark.parametrize(("loops", "rows"), LOOPS)
def test_the_same_at_the_same_times(
    loops: list[list[int | None]], rows: list[int], layout: str, streams: str, runs: list[int]
) -> None:
    tensors = given(4, layout)
    fed = [[None if index is None else tensors[index] for index in loop] for loop in loops]
    together = outcome(TOGETHER, fed, streams=streams)
    assert runs == rows
    runs.clear()
    alone = outcome(ALONE, fed, streams=streams)
    assert runs == [1] * sum(rows)
    assert together.keys() == alone.keys()
    for time, found in together.items():
        np.testing.assert_array_equal(found, alone[time])


def test_what_waits_at_the_end_is_not_lost(runs: list[int]) -> None:
    made = runner(TOGETHER)
    for time, tensor in enumerate(given(2)):
        made.add("TENSORS", [tensor], time)
    made.run()
    assert [int(packet.timestamp) for packet in made.outputs["TENSORS"]] == [0, 1]
    assert runs == [2]


def test_bounds_move_where_nothing_comes() -> None:
    """Else what follows a frame without a hand would wait for the next one."""
    made = runner(TOGETHER)
    made.add("BATCH_END", Timestamp(7), 3)
    made.set_bound("TENSORS", 4)
    made.run()
    assert not made.outputs["TENSORS"]
    assert made.output_bounds["TENSORS"] == 4


def test_tensors_of_other_shapes_go_alone_and_are_named(runs: list[int]) -> None:
    wrong = Tensor(np.zeros((1, 2, 2, 1), np.float32))
    with pytest.raises(CalculatorError, match=r"\(1, 2, 2, 1\)"):
        outcome(TOGETHER, [[given(1)[0], wrong]])
    assert 2 not in runs


def test_a_model_that_may_mix_rows_runs_alone(caplog: pytest.LogCaptureFixture, runs: list[int]) -> None:
    faces = [Tensor(np.full((1, 192, 192, 3), share, np.float32)) for share in (0.2, 0.7)]
    with caplog.at_level(logging.INFO, "graphkit.inference"):
        found = outcome(TOGETHER, [faces], model=ATTENTION)
    assert list(found) == [0, 1]
    assert runs == [1, 1]
    (line,) = [record for record in caplog.records if "one by one" in record.getMessage()]
    assert line.levelno == logging.INFO
    assert line.getMessage().startswith(f"regions go through {ATTENTION} one by one: ")


def test_wired_tensors_go_alone(runs: list[int]) -> None:
    wired = (
        "options { [mediapipe.InferenceCalculatorOptions.ext] { input_output_config { "
        "input_tensor_indices_map { model_tensor_indices: 0 } } } }"
    )
    assert list(outcome(TOGETHER, [list(given(2))], more=wired)) == [0, 1]
    assert runs == [1, 1]


class Card:
    """Models "on CUDA" that run on the CPU; the second of them, for two rows, as told."""

    def __init__(self, pair: Any) -> None:
        self.pair = pair

    def load(self, source: Any, *, provider: str, rows: int = 1, **more: Any) -> Session:
        if rows > 1 and isinstance(self.pair, Exception):
            raise self.pair
        session = load(source, provider="cpu", rows=rows, **more)
        session.cuda_device = 0 if rows == 1 else self.pair
        return session


@pytest.mark.parametrize(
    ("pair", "batches", "rows", "reason"),
    [
        pytest.param(0, None, [2], "", id="on CUDA"),
        pytest.param(0, False, [1, 1], "", id="on CUDA, and not wanted"),
        pytest.param(None, None, [1, 1], "for two it runs on cpu: ", id="started on the CPU"),
        pytest.param(InferenceError("no memory"), None, [1, 1], "no memory", id="not started"),
    ],
)
def test_on_cuda_it_is_done_by_itself(
    pair: Any,
    batches: bool | None,
    rows: list[int],
    reason: str,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    runs: list[int],
) -> None:
    replace_loading(monkeypatch, Card(pair).load)
    try:
        found = outcome(InferenceSettings("auto", batches=batches), [list(given(2))])
    finally:
        inference.unload_all()
    assert list(found) == [0, 1]
    assert runs == rows
    told = [record.getMessage() for record in caplog.records if record.levelno >= logging.WARNING]
    wanted = f"regions go through {MODEL} one by one: {reason}"
    assert (told == []) if not reason else told[0].startswith(wanted)


@pytest.mark.parametrize(("batches", "rows"), [(None, [1, 1]), (True, [2])])
def test_it_can_be_switched_off(
    batches: bool | None, rows: list[int], monkeypatch: pytest.MonkeyPatch, runs: list[int]
) -> None:
    """By a variable, which is not asked if the program says what it wants."""
    monkeypatch.setenv(ENVIRONMENT, "0")
    replace_loading(monkeypatch, Card(0).load)
    try:
        outcome(InferenceSettings("auto", batches=batches), [list(given(2))])
    finally:
        inference.unload_all()
    assert runs == rows
