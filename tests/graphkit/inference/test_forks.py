"""Processes that are forked from one that has loaded models: what does not survive is refused or made anew."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
import pytest
from onnx import TensorProto, helper

from graphkit.errors import InferenceError
from graphkit.inference import Session, load
from graphkit.inference import _providers as providers

if TYPE_CHECKING:
    from collections.abc import Callable

    InChild: TypeAlias = Callable[[Callable[[], Any]], Any]

pytestmark = [
    pytest.mark.skipif(not hasattr(os, "fork"), reason="this system does not fork"),
    pytest.mark.filterwarnings("ignore:.*multi-threaded, use of fork:DeprecationWarning"),
]
X = np.full((256, 256), -1, np.float32)


def model() -> bytes:
    """A matrix product, which ONNX Runtime splits over its threads."""
    shape = [256, 256]
    graph = helper.make_graph(
        [helper.make_node("MatMul", ["x", "x"], ["y"])],
        "g",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, shape)],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, shape)],
    )
    made = helper.make_model(graph, ir_version=8, opset_imports=[helper.make_opsetid("", 17)])
    return bytes(made.SerializeToString())


def test_a_session_without_threads_is_used_on(in_child: InChild) -> None:
    session = load(model(), provider="cpu", threads=1)
    assert in_child(lambda: load(model(), provider="cpu", threads=1) is session)
    assert in_child(lambda: float(session.run([X])[0][0, 0])) == 256


def test_a_session_with_threads_is_refused_and_can_be_loaded_again(in_child: InChild) -> None:
    session = load(model(), provider="cpu", threads=2)
    session.run([X])
    assert in_child(lambda: session.run([X])) == (
        InferenceError,
        "<bytes>: this process was forked from the one in which the model was started with 2 threads, which does "
        'not survive a fork; load the model here, or start processes with multiprocessing.get_context("spawn").',
    )
    assert in_child(lambda: float(load(model(), provider="cpu", threads=2).run([X])[0][0, 0])) == 256
    assert load(model(), provider="cpu", threads=2) is session, "the parent still has it"


def test_a_session_on_cuda_is_refused(in_child: InChild) -> None:
    cpu = load(model(), provider="cpu", threads=1)
    session = Session(cpu._session, "m.onnx", "cuda", "asked for")
    assert session.run([X])
    error, text = in_child(lambda: session.run([X]))
    assert error is InferenceError
    assert text.startswith("m.onnx: this process was forked from the one in which the model was started on cuda,")


def test_cuda_is_not_started_again(in_child: InChild, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(providers, "cuda_fault", lambda: None)
    monkeypatch.setitem(providers._cuda_started, "in", os.getpid())
    assert providers.choose("cuda").provider == "cuda"
    reason = (
        "this process was forked from one that uses CUDA, which CUDA does not survive; start processes with "
        'multiprocessing.get_context("spawn")'
    )
    assert in_child(lambda: (providers.choose("auto").provider, providers.choose("auto").reason)) == (
        "cpu",
        reason,
    )
    error, text = in_child(lambda: providers.choose("cuda"))
    assert error is InferenceError
    assert text.startswith(f"provider 'cuda' cannot be used: {reason}. Use \"auto\"")
