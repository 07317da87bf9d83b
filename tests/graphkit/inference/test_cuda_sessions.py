"""Sessions on CUDA, played by one on the CPU: who waits for whom, and what becomes of one whose card fails."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

import numpy as np
import onnxruntime
import pytest
from onnx import TensorProto, helper

from graphkit.errors import InferenceError
from graphkit.inference import DeviceArray, load, unload_all
from graphkit.inference import _providers as providers
from graphkit.inference import _starting as starting

if TYPE_CHECKING:
    from collections.abc import Iterator

X = np.arange(6, dtype=np.float32).reshape(2, 3)
MEMORY = "CUDA failure 2: out of memory ; GPU=0"
TOLD = f"<bytes>: ONNX Runtime failed on cuda: {MEMORY}"


def model(addend: float = 1.0) -> bytes:
    """Return a model of its own for each number: x + addend."""
    value = helper.make_tensor("addend", TensorProto.FLOAT, [1], [addend])
    graph = helper.make_graph(
        [helper.make_node("Add", ["x", "addend"], ["y"])],
        "g",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, [2, 3])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, [2, 3])],
        [value],
    )
    made = helper.make_model(graph, ir_version=8, opset_imports=[helper.make_opsetid("", 17)])
    return bytes(made.SerializeToString())


class Card:
    """ONNX Runtime's sessions on a card that may have no memory, when they start or when they run."""

    def __init__(self) -> None:
        self.no_room, self.no_memory = False, False
        self.calls: list[str] = []

    def session(self, content: bytes, settings: Any, providers: list[Any], enable_fallback: int) -> Any:
        if isinstance(providers[0], str):
            return onnxruntime.InferenceSession(content, settings, providers=providers)
        if self.no_room:
            raise RuntimeError(MEMORY)
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
    runtime = type("Runtime", (), {"InferenceSession": staticmethod(card.session)})
    for name in ("SessionOptions", "GraphOptimizationLevel", "get_available_providers", "OrtValue"):
        setattr(runtime, name, staticmethod(getattr(onnxruntime, name)))
    monkeypatch.setattr(starting, "onnx_runtime", lambda: runtime)
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
