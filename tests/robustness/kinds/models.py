"""Damaged models, .tflite and .onnx: only errors of the tree, short, with little memory; what loads runs on zeros.

ONNX Runtime's own crashes end the child; the campaign counts them apart from ours.
"""

from __future__ import annotations

import json
import os
import random
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from graphkit.errors import GraphkitError
from graphkit.inference import load, unload_all
from robustness.mutation import damaged_bytes
from robustness.outcome import Outcome

if TYPE_CHECKING:
    from collections.abc import Callable

SECONDS = 60.0
ADDRESS_SPACE_MB = 5000
PEAK_MB = 500
LONGEST_MESSAGE = 20_000
MOST_ELEMENTS = 1_000_000
TFLITE = Path(__file__).parents[2] / "data" / "inference" / "ops"
INTERFACES: tuple[Any, ...] = (
    *({}, [], 1, None, "x", {"inputs": []}, {"inputs": [], "outputs": []}, {"inputs": 1, "outputs": {}}),
    *(
        {"inputs": [{}], "outputs": [{}]},
        {"inputs": [], "outputs": [{"name": 1}]},
        {"inputs": [1], "outputs": ["y"]},
    ),
    {
        "inputs": [{"name": "x", "shape": [-1, "a", None], "dtype": "nothing"}],
        "outputs": [{"name": "y", "shape": 3}],
    },
    {"inputs": [{"name": "q", "shape": [1], "dtype": "float32"}], "outputs": [{"name": "z", "shape": [1]}]},
)


def prepare(folder: Path) -> Callable[[int], Outcome]:
    """Gather .tflite models, write .onnx models, and return what checks a seed."""
    os.environ["GRAPHKIT_CACHE_DIR"] = str(folder / "cache")
    tflite = [path.read_bytes() for path in sorted(TFLITE.glob("*.tflite"))]
    load(tflite[0], provider="cpu")  # ONNX Runtime's own memory is there before the limit is

    def check(seed: int) -> Outcome:
        dice = random.Random(seed)
        if dice.random() < 0.55:
            return judge("tflite", damaged_bytes(dice, dice.choice(tflite), tflite))
        data = _onnx_model(dice)
        if dice.random() < 0.6:
            data = damaged_bytes(dice, data, [data])
        return judge("onnx", data)

    return check


def judge(kind: str, data: bytes) -> Outcome:
    """Load a model, and run it where it is small."""
    labels = [f"{kind} loaded"]
    try:
        session = load(data, provider="cpu")
        arrays = [np.zeros(_size(one.shape), one.dtype) for one in session.inputs]
        if sum(array.size for array in arrays) <= MOST_ELEMENTS:
            session.run(arrays)
            labels.append("run")
    except GraphkitError as exc:
        length = len(str(exc))
        long = ("long message", f"{length} characters: {str(exc)[:500]}") if length > LONGEST_MESSAGE else ("", "")
        return Outcome([f"{kind} refused", type(exc).__name__], *long)
    finally:
        unload_all()
    return Outcome(labels)


def _size(shape: Any) -> tuple[int, ...]:
    size = tuple(one if isinstance(one, int) and one >= 0 else 1 for one in shape)
    return size if np.prod([max(one, 1) for one in size], dtype=float) <= MOST_ELEMENTS else (0,)


def _onnx_model(dice: random.Random) -> bytes:
    """Return a small .onnx model, in which a few things may make no sense."""
    from onnx import helper

    odd = dice.choice((0.0, 0.1, 0.3))

    def pick(usual: Any, *others: Any) -> Any:
        return dice.choice(others) if dice.random() < odd else usual

    shape = [1, dice.choice((1, 3, 4)), dice.choice((2, 5, 8)), dice.choice((2, 5, 8))]
    nodes, last = [], "x"
    for number in range(dice.choice((1, 2, 3))):
        nodes.append(_node(dice, pick, last, out := pick(f"t{number}", "x", "t0", "")))
        last = out
    weights = helper.make_tensor("w", 1, [1], [2.0])
    sizes = [pick(0, 1, -1, 2, 100, 1 << 28) for _ in range(pick(8, 2, 4))]
    graph = helper.make_graph(
        nodes,
        "g",
        [helper.make_tensor_value_info("x", pick(1, 7, 10, 99), pick(shape, ["n", 3], [-1], None, [1 << 30] * 4))],
        [helper.make_tensor_value_info(pick(last, "nobody", "x"), 1, pick(None, shape))],
        [weights, helper.make_tensor("sizes", 7, [len(sizes)], sizes)],
    )
    opset = helper.make_opsetid(pick("", "ai.onnx.ml", "x"), pick(17, 1, 11, 999))
    model = helper.make_model(graph, ir_version=pick(8, 1, 99), opset_imports=[opset])
    if dice.random() < 0.4:
        text = json.dumps(dice.choice(INTERFACES))
        helper.set_model_props(model, {"graphkit.interface": pick(text, text[:-1], "{", "\0")})
    data: bytes = model.SerializeToString()
    return data


def _node(dice: random.Random, pick: Callable[..., Any], last: str, out: str) -> Any:
    from onnx import helper

    name = pick(
        dice.choice(("Relu", "Sigmoid", "Add", "Mul", "Min", "Max", "MaxPool", "Pad", "Concat")),
        "Reshape",
        "Nonsense",
    )
    inputs, attributes = [last], {}
    if name in ("Add", "Mul", "Min", "Max", "Concat"):
        inputs.append(pick(last if name == "Concat" else "w", "x", "", "nobody"))
    if name in ("Reshape", "Pad"):
        inputs.append("sizes")
    if name == "MaxPool":
        attributes = {"kernel_shape": [pick(1, 2, 99, -1)] * 2}
    if name == "Concat":
        attributes = {"axis": pick(1, 0, 9, -9)}
    return helper.make_node(name, inputs, [out], **attributes)
