"""Whole models against LiteRT (and MediaPipe): the shipped ones always, those of the wheel where they are.

`GRAPHKIT_TEST_MODELS` names a folder that holds them, at any depth: the unpacked wheel of mediapipe 0.10.21.
References: tests/data/inference/make_references.py.
"""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

import numpy as np
import pytest

from graphkit.inference import Session, load

ROOT = Path(__file__).parents[3]
SHIPPED = sorted((ROOT / "graphs" / "modules").rglob("*.tflite"))
REFERENCES = dict(np.load(ROOT / "tests" / "data" / "inference" / "models.npz"))
ALL = sorted({key.partition("/")[0] for key in REFERENCES})
KEPT = 997
# The largest difference, as a share of the largest value. XNNPACK and TensorFlow Lite's own kernels differ as
# much on the pose models, whose mask is computed through 256 x 256 x 8 images of values above 1000.
SHARE = {"pose_landmark_full": 4e-4, "pose_landmark_lite": 2e-4}


def model_path(name: str) -> Path:
    for path in SHIPPED:
        if path.stem == name:
            return path
    folder = os.environ.get("GRAPHKIT_TEST_MODELS", "")
    if not folder:
        pytest.skip("not shipped; GRAPHKIT_TEST_MODELS can name a folder with the models of the mediapipe wheel")
    return next(Path(folder).rglob(f"{name}.tflite"))


def sample(output: np.ndarray) -> np.ndarray:
    return output.reshape(-1)[:: max(1, output.size // KEPT)]


def answer(session: Session) -> list[np.ndarray]:
    _, height, width, _ = session.inputs[0].shape
    image = np.random.default_rng(0).integers(0, 256, (height, width, 3), dtype=np.uint8)
    return session.run([image[None] * np.float32(1 / 255)])


def check(name: str, index: int, output: np.ndarray) -> None:
    wanted = REFERENCES[f"{name}/{index}"]
    allowed = max(SHARE.get(name, 1e-5) * float(np.abs(wanted).max()), 1e-6)
    np.testing.assert_allclose(sample(output), wanted, rtol=0, atol=allowed)


def test_the_shipped_models_are_all_referenced() -> None:
    assert {path.stem for path in SHIPPED} <= set(ALL)
    assert len(ALL) == 15


@pytest.mark.parametrize("name", ALL)
def test_matches_the_reference(name: str) -> None:
    session = load(model_path(name), provider="cpu")
    outputs = answer(session)
    assert len(outputs) == sum(key.startswith(f"{name}/") for key in REFERENCES)
    for index, (output, info) in enumerate(zip(outputs, session.outputs, strict=True)):
        assert output.shape == info.shape
        assert output.flags.c_contiguous
        check(name, index, output)


@pytest.mark.parametrize("name", ["hand_landmark_full", "palm_detection_lite", "pose_landmark_full"])
def test_each_output_alone_is_the_same(name: str) -> None:
    path = model_path(name)
    for index in range(sum(key.startswith(f"{name}/") for key in REFERENCES)):
        (output,) = answer(load(path, provider="cpu", outputs=[index]))
        check(name, index, output)


def test_two_threads_give_the_same() -> None:
    name = "palm_detection_lite"
    for index, output in enumerate(answer(load(model_path(name), provider="cpu", threads=2))):
        check(name, index, output)


def test_notice_lists_the_shipped_files() -> None:
    notice = (ROOT / "NOTICE").read_text()
    clips = sorted((ROOT / "examples" / "media").glob("*.mp4"))
    for path in [*SHIPPED, *clips, ROOT / "graphs" / "modules" / "hand_landmark" / "handedness.txt"]:
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
        assert f"{digest}  {path.relative_to(ROOT).as_posix()}" in notice
