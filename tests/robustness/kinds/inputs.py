"""Damaged files for ``graphkit run --input``: a clear message or all of their contents, with little memory.

What ends well has to account for everything: every line of a .jsonl file that is not blank becomes a packet.
"""

from __future__ import annotations

import io
import json
import random
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np
from click.testing import CliRunner

from graphkit import AnyType, Calculator, CalculatorContext, Input, Output, SameAs, calculator
from graphkit.formats import (
    Classification,
    ClassificationList,
    Detection,
    Image,
    ImageFrame,
    NormalizedLandmarkList,
    NormalizedRect,
    Tensor,
    to_json,
)
from robustness.mutation import damaged_bytes, damaged_text
from robustness.outcome import Outcome

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from click.testing import Result

SECONDS = 30.0
ADDRESS_SPACE_MB = 6000
PEAK_MB = 500
LONGEST_MESSAGE = 20_000
TYPES: dict[str, Any] = {
    "Int": int,
    "Float": float,
    "Bool": bool,
    "Text": str,
    "Array": np.ndarray,
    "Tensors": list[Tensor],
    "Rect": NormalizedRect,
    "Rects": list[NormalizedRect],
    "Landmarks": NormalizedLandmarkList,
    "ManyLandmarks": list[NormalizedLandmarkList],
    "Detections": list[Detection],
    "Classes": ClassificationList,
    "Any": AnyType,
    "Frame": ImageFrame,
    "Picture": Image,
}
PICTURES = ("Frame", "Picture")
SUFFIXES = (".png", ".jpg", ".bmp", ".webp", ".tif")


def _register(name: str, kind: Any) -> None:
    def process(self: Any, cc: CalculatorContext) -> None:
        self.out.send(cc, self.x(cc))

    x: Any = Input(kind)
    members = {"x": x, "out": Output(SameAs(x) if kind is AnyType else kind), "process": process}
    calculator(f"Take{name}")(type(f"Take{name}", (Calculator,), members))


for _name, _kind in TYPES.items():
    _register(_name, _kind)


def prepare(folder: Path) -> Callable[[int], Outcome]:
    """Write graphs, make payloads and pictures, and return what checks a seed."""
    from graphkit.app.cli import main

    for name in TYPES:
        streams = 'input_stream: "x" output_stream: "y"'
        (folder / f"{name}.pbtxt").write_text(f'{streams} node {{ calculator: "Take{name}" {streams} }}')
    lines, arrays, pictures = _lines(), _arrays(), _pictures()
    runner = CliRunner()

    def check(seed: int) -> Outcome:
        dice = random.Random(seed)
        kind = dice.choice(("jsonl", "jsonl", "npy", "picture", "picture"))
        name = dice.choice(PICTURES if kind == "picture" else tuple(TYPES))
        file = folder / "file"
        if kind == "jsonl":
            file = _write_lines(dice, folder / "file.jsonl", lines, name)
        elif kind == "npy":
            file = folder / "file.npy"
            file.write_bytes(damaged_bytes(dice, dice.choice(arrays), arrays))
        else:
            suffix = dice.choice(SUFFIXES)
            file = folder / f"file{dice.choice((suffix, suffix, suffix, '.png'))}"
            file.write_bytes(damaged_bytes(dice, pictures[suffix], list(pictures.values())))
        arguments = ["run", str(folder / f"{name}.pbtxt"), "--input", f"x={file}"]
        out = folder / "out.jsonl"
        if name not in PICTURES:
            arguments += ["--dump", f"y={out}"]
        outcome = judge(kind, runner.invoke(main, arguments))
        if "read" in outcome.labels and kind == "jsonl" and name not in PICTURES and not outcome.fault:
            return _nothing_lost(outcome, file, out)
        return outcome

    return check


def judge(kind: str, result: Result) -> Outcome:
    """Say what is wrong with how the command ended."""
    said = result.stderr
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    if "Traceback" in said:
        return Outcome([f"{kind} refused"], "traceback", said[-3000:])
    if len(said) > LONGEST_MESSAGE:
        return Outcome([f"{kind} refused"], "long message", f"{len(said)} characters: {said[:500]}")
    if result.exit_code and not said.strip():
        return Outcome([f"{kind} refused"], "failed without a word", f"status {result.exit_code}")
    return Outcome(
        [f"{kind} refused" if result.exit_code else f"{kind} read", *(() if result.exit_code else ("read",))]
    )


def _nothing_lost(outcome: Outcome, file: Path, out: Path) -> Outcome:
    given = sum(1 for line in file.read_bytes().splitlines() if line.strip())
    found = sum(1 for line in out.read_bytes().splitlines() if line.strip())
    if found != given:
        outcome.fault, outcome.detail = (
            "lost without a word",
            f"{given} lines in {file}, {found} packets: {file.read_bytes()[:1500]!r}",
        )
    return outcome


# -- corpora -------------------------------------------------------------------------------------------


def _write_lines(dice: random.Random, file: Path, lines: dict[str, list[Any]], name: str) -> Path:
    kind = name if name in lines and dice.random() < 0.8 else dice.choice(list(lines))
    entries = [
        {"timestamp": 1000 * i, "packet": dice.choice(lines[kind])} for i in range(dice.choice((1, 2, 3, 8)))
    ]
    text = "".join(json.dumps(entry) + "\n" for entry in entries)
    if dice.random() < 0.9:
        text = damaged_text(dice, text, [text])
    data = text.encode(errors="surrogatepass")
    file.write_bytes(damaged_bytes(dice, data, [data]) if dice.random() < 0.2 else data)
    return file


def _lines() -> dict[str, list[Any]]:
    landmarks = NormalizedLandmarkList(np.linspace(0, 1, 25, dtype=np.float32).reshape(5, 5))
    rect = NormalizedRect(0.5, 0.5, 0.25, 0.25, 0.1)
    classes = ClassificationList([Classification(0, 0.5, "a"), Classification(1, 0.25, "b")])
    payloads: dict[str, list[Any]] = {
        "Rect": [rect],
        "Rects": [[rect, rect], []],
        "Landmarks": [landmarks],
        "ManyLandmarks": [[landmarks], []],
        "Classes": [classes],
    }
    found = {name: [to_json(one) for one in some] for name, some in payloads.items()}
    plain: dict[str, list[Any]] = {
        "Int": [0, 1, -5, 2**40],
        "Float": [0.5, -1e30, 3],
        "Bool": [True, False],
        "Text": ["a", "", "é\n"],
        "Any": [None, {"a": [1, 2, {"b": None}]}, [], "x"],
    }
    return {**plain, **found}


def _arrays() -> list[bytes]:
    found = []
    for array in (
        np.zeros((2, 8, 6, 3), np.uint8),
        np.zeros((8, 6, 3), np.uint8),
        np.arange(12, dtype=np.float32).reshape(3, 4),
        np.arange(5),
        np.array(3.5),
        np.zeros((2, 3, 4, 5), np.float64),
        np.array([True, False]),
        np.asfortranarray(np.ones((3, 5), np.int16)),
        np.array(["a", "bc"]),
        np.zeros((0, 4), np.float32),
    ):
        stream = io.BytesIO()
        np.save(stream, array)
        found.append(stream.getvalue())
    return found


def _pictures() -> dict[str, bytes]:
    dice = np.random.default_rng(1)
    pixels = cv2.resize(dice.integers(0, 255, (6, 8, 3), np.uint8), (64, 48))
    return {suffix: cv2.imencode(suffix, pixels)[1].tobytes() for suffix in SUFFIXES}
