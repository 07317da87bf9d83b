"""The catalogue against the files that are shipped, the graphs, and NOTICE."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from graphkit import Resources
from graphkit.errors import ResourceNotFoundError, UsageError
from graphkit.framework import graphs_dir
from graphkit.models import CATALOGUE, find_model
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


def test_a_missing_model_that_can_be_fetched_says_so() -> None:
    with pytest.raises(ResourceNotFoundError) as caught:
        Resources().resolve("mediapipe/modules/pose_landmark/pose_landmark_heavy.tflite")
    assert str(caught.value).endswith(" Or fetch it: graphkit models fetch pose_landmark_heavy")


def test_other_missing_files_do_not() -> None:
    with pytest.raises(ResourceNotFoundError) as caught:
        Resources().resolve("mediapipe/modules/none.tflite")
    assert "fetch" not in str(caught.value)


@pytest.mark.parametrize("model", CATALOGUE, ids=lambda model: model.name)
def test_origin_of_each(model) -> None:
    expected = "the wheel of mediapipe" if model.shipped else f"the npm package {model.npm.name}@"
    assert model.origin.startswith(expected)
