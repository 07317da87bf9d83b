"""Sessions on CUDA, played by one on the CPU: who waits for whom, and what becomes of one whose card fails."""

from __future__ import annotations

import ctypes
import logging
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import numpy as np
import onnxruntime
import pytest
from onnx import TensorProto, helper

from graphkit.errors import InferenceError
from graphkit.inference import DeviceArray, load, unload_all
from graphkit.inference import _bound_runs as bound_runs
from graphkit.inference import _device_memory as device_memory
from graphkit.inference import _providers as providers
from graphkit.inference import _starting as starting

if TYPE_CHECKING:
    from collections.abc import Iterator

X = np.arange(6, dtype=np.float32).reshape(2, 3)
CONV = Path(__file__).parents[2] / "data" / "inference" / "ops" / "conv_valid.tflite"
PICTURES = np.random.default_rng(2).random((2, 6, 5, 2), np.float32)
MEMORY = "CUDA failure 2: out of memory ; GPU=0"
TOLD = f"<bytes>: ONNX Runtime failed on cuda: {MEMORY}"


def model(addend: float = 1.0, rows: int | str = 2) -> bytes:
    """Return a model of its own for each number: x + addend."""
    value = helper.make_tensor("addend", TensorProto.FLOAT, [1], [addend])
    graph = helper.make_graph(
        [helper.make_node("Add", ["x", "addend"], ["y"])],
        "g",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, [rows, 3])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, [rows, 3])],
        [value],
    )
    made = helper.make_model(graph, ir_version=8, opset_imports=[helper.make_opsetid("", 17)])
    return bytes(made.SerializeToString())


class Card:
    """ONNX Runtime's sessions on a card that may have no memory, when they start or when they run."""

    def __init__(self) -> None:
        self.no_room, self.no_memory, self.records_nothing = False, False, False
        self.threads: set[str] = set()
        self.calls: list[str] = []

    def session(self, content: bytes, settings: Any, providers: list[Any], enable_fallback: int) -> Any:
        if isinstance(providers[0], str):
            return onnxruntime.InferenceSession(content, settings, providers=providers)
        if self.no_room:
            raise RuntimeError(MEMORY)
        if self.records_nothing and "enable_cuda_graph" in providers[0][1]:
            raise RuntimeError("not all nodes are on CUDA")
        session = onnxruntime.InferenceSession(content, settings, providers=["CPUExecutionProvider"])
        return _CardSession(self, session, providers[0][1])


class _CardSession:
    def __init__(self, card: Card, session: Any, settings: dict[str, str]) -> None:
        self._card, self._session, self._settings = card, session, settings

    def __getattr__(self, name: str) -> Any:
        return getattr(self._session, name)

    def get_providers(self) -> list[str]:
        return ["CUDAExecutionProvider", "CPUExecutionProvider"]

    def get_provider_options(self) -> dict[str, dict[str, str]]:
        return {"CUDAExecutionProvider": self._settings}

    def run(self, names: list[str], feeds: dict[str, Any]) -> Any:
        if self._card.no_memory:
            raise RuntimeError(MEMORY)
        return self._session.run(names, feeds)

    def io_binding(self) -> Any:
        return _Binding(self._card, self._session.io_binding())

    def run_with_iobinding(self, binding: _Binding) -> None:
        self._card.calls.append("run")
        self._card.threads.add(threading.current_thread().name)
        if self._card.no_memory:
            raise RuntimeError(MEMORY)
        self._session.run_with_iobinding(binding.real)


class _Binding:
    def __init__(self, card: Card, real: Any) -> None:
        self._card, self.real = card, real

    def __getattr__(self, name: str) -> Any:
        def call(*arguments: Any) -> Any:
            self._card.calls.append(name)
            return getattr(self.real, name)(*arguments)

        return call


@pytest.fixture
def card(monkeypatch: pytest.MonkeyPatch) -> Iterator[Card]:
    """Have CUDA, on a card that can be made to fail."""
    card = Card()
    monkeypatch.setattr(providers, "cuda_fault", lambda: None)
    runtime = type("Runtime", (), {"InferenceSession": staticmethod(card.session), "__version__": "1"})
    same = ("SessionOptions", "GraphOptimizationLevel", "get_available_providers", "get_build_info", "OrtValue")
    for name in same:
        setattr(runtime, name, staticmethod(getattr(onnxruntime, name)))
    monkeypatch.setattr(starting, "onnx_runtime", lambda: runtime)
    monkeypatch.delenv("GRAPHKIT_CUDA_GRAPHS", raising=False)
    unload_all()
    yield card
    unload_all()


def on_device(pixels: np.ndarray[Any, Any]) -> DeviceArray:
    return DeviceArray(pixels.ctypes.data, pixels.shape, pixels.dtype, 0, "cpu")


def test_a_run_waits_for_itself_and_for_nothing_else(card: Card) -> None:
    session = load(model(), provider="cuda")
    (found,) = session.run([on_device(X)])
    np.testing.assert_array_equal(found, X + 1)
    assert "synchronize_inputs" not in card.calls
    assert "synchronize_outputs" not in card.calls
    assert card.calls.index("bind_input") < card.calls.index("run")


def test_a_session_for_each_device(card: Card) -> None:
    one, other = load(model(), provider="cuda"), load(model(), provider="cuda", device=1)
    assert (one.cuda_device, other.cuda_device) == (0, 1)
    assert load(model(), provider="cuda", device=1) is other


def test_no_room_for_the_model(card: Card) -> None:
    card.no_room = True
    session = load(model(), provider="auto")
    assert (session.provider, session.cuda_device) == ("cpu", None)
    assert session.provider_reason == f"ONNX Runtime could not start cuda: {MEMORY}"
    np.testing.assert_array_equal(session.run([X])[0], X + 1)
    for asked in (model(), model(2.0)):  # one that "auto" has put on the CPU already, and a new one
        with pytest.raises(
            InferenceError, match=r"(could not|cannot) start (it on )?cuda: CUDA failure 2: out of"
        ):
            load(asked, provider="cuda")


def test_a_card_that_fails_while_it_runs(card: Card, caplog: pytest.LogCaptureFixture) -> None:
    session = load(model(), provider="auto")
    np.testing.assert_array_equal(session.run([X])[0], X + 1)
    assert (session.provider, session.cuda_device) == ("cuda", 0)
    card.no_memory = True
    with caplog.at_level(logging.WARNING, "graphkit.inference"):
        for _ in range(3):
            np.testing.assert_array_equal(session.run([X])[0], X + 1)
    assert [record.getMessage() for record in caplog.records] == [
        f"{TOLD} It goes on on cpu, for as long as this process lasts."
    ]
    assert (session.provider, session.cuda_device, session.provider_reason) == ("cpu", None, TOLD)
    card.no_memory = False
    assert load(model(), provider="auto") is session, "one that was given up stays given up"


def test_two_rows_go_on_on_the_cpu_as_two_rows(card: Card, caplog: pytest.LogCaptureFixture) -> None:
    one, two = (load(CONV, provider="auto", rows=rows) for rows in (1, 2))
    card.no_memory = True
    (found,) = two.run([PICTURES])
    assert (two.provider, one.provider) == ("cpu", "cuda")
    assert len([record for record in caplog.records if "It goes on on cpu" in record.getMessage()]) == 1
    alone = load(CONV, provider="cpu")
    for index in (0, 1):
        np.testing.assert_array_equal(found[index], alone.run([PICTURES[index : index + 1]])[0][0])


def test_a_card_that_was_asked_for_is_not_given_up(card: Card) -> None:
    session = load(model(), provider="cuda")
    card.no_memory = True
    with pytest.raises(InferenceError, match="out of memory"):
        session.run([X])
    assert session.provider == "cuda"


def test_inputs_that_no_device_takes_are_the_callers(card: Card) -> None:
    session = load(model(), provider="auto")
    with pytest.raises(InferenceError, match="input 'x' has shape"):
        session.run([X[:1]])
    assert session.provider == "cuda"


def test_memory_of_the_card_is_not_read_elsewhere(card: Card) -> None:
    """Who lent it has the same in memory, and runs the model on that."""
    session = load(model(), provider="auto")
    card.no_memory = True
    with pytest.raises(InferenceError, match="out of memory"):
        session.run([on_device(X)])
    assert session.provider == "cuda"
    np.testing.assert_array_equal(session.run([X])[0], X + 1)
    assert session.provider == "cpu"


def test_what_is_bound_stays_bound(card: Card) -> None:
    session = load(model(), provider="cuda")
    other = X + 10
    first, *more = [session.run([on_device(each)])[0] for each in (X, X, X, other)]
    assert [name for name in card.calls if name.startswith("bind")] == ["bind_output", "bind_input", "bind_input"]
    np.testing.assert_array_equal(first, X + 1)
    np.testing.assert_array_equal(more[-1], other + 1)


def test_outputs_of_changing_sizes(card: Card) -> None:
    session = load(model(rows="n"), provider="cuda")
    for rows in (2, 3, 1, 2):
        given = np.arange(3 * rows, dtype=np.float32).reshape(rows, 3)
        np.testing.assert_array_equal(session.run([on_device(given)])[0], given + 1)


@pytest.fixture
def graphs(card: Card, monkeypatch: pytest.MonkeyPatch) -> list[tuple[int, int]]:
    """Have models run by CUDA graphs; returns the device and size of each copy."""
    copies: list[tuple[int, int]] = []

    def copy(device: int, target: int, source: int, size: int) -> None:
        copies.append((device, size))
        ctypes.memmove(target, source, size)

    def in_memory(shape: list[int], dtype: Any, device_type: str, device: int) -> Any:
        assert (device_type, device) == ("cuda", 0)
        return onnxruntime.OrtValue.ortvalue_from_shape_and_type(shape, dtype, "cpu", 0)

    monkeypatch.setenv("GRAPHKIT_CUDA_GRAPHS", "1")
    values = SimpleNamespace(ortvalue_from_shape_and_type=in_memory)
    monkeypatch.setattr(bound_runs, "onnx_runtime", lambda: SimpleNamespace(OrtValue=values))
    monkeypatch.setattr(bound_runs, "copy_within_device", copy)
    return copies


def test_a_recorded_run_reads_and_writes_the_same_memory(card: Card, graphs: list[tuple[int, int]]) -> None:
    session = load(model(), provider="cuda")
    assert session.captures
    found = [session.run([given])[0] for given in (on_device(X), X + 5, on_device(X), X * 2)]
    for one, expected in zip(found, (X, X + 5, X, X * 2), strict=True):
        np.testing.assert_array_equal(one, expected + 1)
    assert graphs == [(0, X.nbytes)] * 2
    bound = [name for name in card.calls if name.startswith("bind")]
    assert bound == ["bind_ortvalue_input", "bind_ortvalue_output"]


def test_all_runs_are_recorded_and_played_on_one_thread(card: Card, graphs: list[tuple[int, int]]) -> None:
    session = load(model(), provider="cuda")
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda number: session.run([X + np.float32(number)])[0], range(20)))
    for number, one in enumerate(found):
        np.testing.assert_array_equal(one, X + number + 1)
    assert len(card.threads) == 1
    assert "cuda graph" in card.threads.pop()


def test_one_row_and_two_are_recorded_each(card: Card, graphs: list[tuple[int, int]]) -> None:
    """CUDA graphs are of one size."""
    pictures = [np.ascontiguousarray(PICTURES[:rows].transpose(0, 3, 1, 2)) for rows in (1, 2)]
    expected = load(CONV, provider="cpu").run([PICTURES[:1]])[0]
    for rows, planes in enumerate(pictures, start=1):
        session = load(CONV, provider="cuda", rows=rows)
        for _ in range(2):
            np.testing.assert_array_equal(session.run([on_device(planes)])[0][:1], expected)
    assert graphs == [(0, pictures[0].nbytes)] * 2 + [(0, pictures[1].nbytes)] * 2
    assert card.calls.count("bind_ortvalue_input") == 2


@pytest.mark.parametrize(
    ("rows", "reason"),
    [
        pytest.param(2, "not all nodes are on CUDA", id="refused"),
        pytest.param("n", "it leaves sizes open", id="open"),
    ],
)
def test_a_model_that_cannot_be_recorded_runs_without(
    card: Card, graphs: list[tuple[int, int]], caplog: pytest.LogCaptureFixture, rows: int | str, reason: str
) -> None:
    card.records_nothing = rows == 2
    with caplog.at_level(logging.WARNING, "graphkit.inference"):
        session = load(model(rows=rows), provider="cuda")
    assert [record.getMessage() for record in caplog.records] == [f"a model runs without a CUDA graph: {reason}"]
    assert (session.provider, session.captures) == ("cuda", False)
    np.testing.assert_array_equal(session.run([on_device(X)])[0], X + 1)
    assert not graphs


def test_nothing_is_recorded_unless_somebody_asks(card: Card) -> None:
    assert not load(model(), provider="cuda").captures


@pytest.mark.parametrize("fails", [None, "cudaSetDevice", "cudaMemcpyAsync", "cudaStreamSynchronize"])
def test_copies_on_the_device(monkeypatch: pytest.MonkeyPatch, fails: str | None) -> None:
    told: list[tuple[Any, ...]] = []

    def function(name: str) -> Any:
        return lambda *arguments: told.append((name, *arguments)) or (2 if name == fails else 0)

    names = ("cudaSetDevice", "cudaMemcpyAsync", "cudaStreamSynchronize")
    runtime = SimpleNamespace(**{name: function(name) for name in names})
    monkeypatch.setattr(device_memory, "_runtime", lambda: runtime)
    if fails is None:
        device_memory.copy_within_device(1, 0x2000, 0x1000, 64)
        assert told == [
            ("cudaSetDevice", 1),
            ("cudaMemcpyAsync", 0x2000, 0x1000, 64, 3, 2),
            ("cudaStreamSynchronize", 2),
        ]
    else:
        with pytest.raises(
            InferenceError, match=rf"^{fails} failed \(error 2\) while a tensor was copied on cuda:1"
        ):
            device_memory.copy_within_device(1, 0x2000, 0x1000, 64)
