"""The catalogue against the files that are shipped, the graphs, and NOTICE."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from graphkit import models
from graphkit.errors import UsageError
from graphkit.framework import graphs_dir
from graphkit.models import CATALOGUE, find_model, model_called
from graphkit.models import _fetch as fetching
from graphkit.models._locate import sha256_of

pytestmark = pytest.mark.usefixtures("user_cache")
ROOT = Path(__file__).parents[3]


def test_the_shipped_ones_are_exactly_the_files_beside_the_graphs() -> None:
    files = {
        path.relative_to(graphs_dir()).as_posix(): (sha256_of(path), path.stat().st_size)
        for path in graphs_dir().rglob("*.tflite")
    }
    assert files == {model.path: (model.sha256, model.size) for model in CATALOGUE if model.shipped}


def test_notice_agrees() -> None:
    lines = re.findall(r"^([0-9a-f]{64})  graphs/(\S+\.tflite)$", (ROOT / "NOTICE").read_text(), re.MULTILINE)
    assert sorted(lines) == sorted((model.sha256, model.path) for model in CATALOGUE if model.shipped)


@pytest.mark.parametrize(
    "name",
    [
        "pose_landmark_lite",
        "pose_landmark_lite.tflite",
        "modules/pose_landmark/pose_landmark_lite.tflite",
        "mediapipe/modules/pose_landmark/pose_landmark_lite.tflite",
    ],
)
def test_names_of_a_model(name: str) -> None:
    model = find_model(name)
    assert (model.name, model.file_name) == ("pose_landmark_lite", "pose_landmark_lite.tflite")
    assert model.resource == "mediapipe/modules/pose_landmark/pose_landmark_lite.tflite"


def test_an_unknown_name_is_met_with_close_ones() -> None:
    with pytest.raises(UsageError, match=r'no model "pose_landmark_lit"; there are palm_.*Did you mean') as caught:
        find_model("pose_landmark_lit")
    assert "'pose_landmark_lite'" in str(caught.value)


@pytest.mark.parametrize(
    ("name", "model"),
    [
        pytest.param("mediapipe/modules/pose_landmark/pose_landmark_full.tflite", "pose_landmark_full", id="path"),
        pytest.param("pose_landmark_lite.tflite", "pose_landmark_lite", id="file name"),
        pytest.param("mine.tflite", None, id="not known"),
    ],
)
def test_a_model_that_may_be_known(name: str, model: str | None) -> None:
    found = model_called(name)
    assert (found and found.name) == model


def test_fetch_is_behind_the_door() -> None:
    assert models.fetch is fetching.fetch
    with pytest.raises(AttributeError, match=r"^module 'graphkit\.models' has no attribute 'fetsch'"):
        _ = models.fetsch  # type: ignore[attr-defined]
