"""The comparison itself, on results made up for it."""

import gzip
import importlib.util
import json
import math
import sys
from pathlib import Path

import numpy as np
import pytest

_spec = importlib.util.spec_from_file_location("compare", Path(__file__).parent / "compare.py")
compare = importlib.util.module_from_spec(_spec)
sys.modules["compare"] = compare
_spec.loader.exec_module(compare)

SIZE = (200, 100)


def hand(x, y=0.5, z=0.0):
    return {"landmark": [{"x": x, "y": y, "z": z} for _ in range(21)]}


def label(name, score):
    return {"classification": [{"label": name, "score": score}]}


def palm(xmin, score):
    box = {"xmin": xmin, "ymin": 0.2, "width": 0.2, "height": 0.2}
    return {"score": [score], "locationData": {"relativeBoundingBox": box}}


def result(**streams):
    return {role: streams.get(role, {}) for role in compare.ROLES}


def measures(ours, theirs, frames=None):
    return compare.compare(result(**ours), result(**theirs), SIZE, frames)


@pytest.mark.parametrize(
    ("moved", "pixels"),
    [
        pytest.param({"x": 0.5}, 0.0, id="equal"),
        pytest.param({"x": 0.51}, 2.0, id="x counts in widths"),
        pytest.param({"x": 0.5, "y": 0.51}, 1.0, id="y counts in heights"),
        pytest.param({"x": 0.515, "y": 0.54}, 5.0, id="both"),
        pytest.param({"x": 0.5, "z": 9.0}, 0.0, id="depth does not count"),
    ],
)
def test_landmark_distance_is_in_source_pixels(moved, pixels):
    found = measures({"landmarks": {0: [hand(**moved)]}}, {"landmarks": {0: [hand(0.5)]}})
    assert found["landmark_px_mean"] == pytest.approx(pixels, abs=1e-9)
    assert found["landmark_px_max"] == pytest.approx(pixels, abs=1e-9)


def test_hands_in_another_order_are_matched_by_distance():
    ours = {"landmarks": {0: [hand(0.1), hand(0.8)]}, "handedness": {0: [label("Left", 0.9), label("Right", 0.8)]}}
    theirs = {
        "landmarks": {0: [hand(0.8), hand(0.1)]},
        "handedness": {0: [label("Right", 0.8), label("Left", 0.9)]},
    }
    found = measures(ours, theirs)
    assert found["frames_with_other_order"] == 1
    assert found["landmark_px_max"] == pytest.approx(0)
    assert found["handedness_agreement_percent"] == 100
    assert found["handedness_score_max"] == pytest.approx(0)


def test_hands_on_one_spot_keep_their_order():
    both = {"landmarks": {0: [hand(0.5), hand(0.5)]}}
    assert measures(both, both)["frames_with_other_order"] == 0


def test_frames_with_another_count_are_counted_not_measured():
    ours = {"landmarks": {0: [hand(0.5)], 1: [hand(0.5)]}}
    theirs = {"landmarks": {0: [hand(0.5)], 1: [hand(0.5), hand(0.9)], 2: [hand(0.1)]}}
    found = measures(ours, theirs)
    assert (found["frames"], found["hands_compared"]) == (3, 1)
    assert found["same_hand_count_percent"] == pytest.approx(100 / 3)


def test_empty_frames_agree_when_the_number_of_frames_is_known():
    found = measures({"landmarks": {0: [hand(0.5)]}}, {"landmarks": {}}, frames=10)
    assert found["same_hand_count_percent"] == 90


@pytest.mark.parametrize(
    ("ours", "theirs", "agreement", "score"),
    [
        pytest.param(label("Left", 0.9), label("Left", 0.8), 100, 0.1, id="same"),
        pytest.param(label("Right", 0.9), label("Left", 0.8), 0, 0.7, id="opposite"),
        pytest.param(label("Right", 0.51), label("Left", 0.52), math.nan, 0.03, id="peer unsure"),
    ],
)
def test_handedness(ours, theirs, agreement, score):
    found = measures(
        {"landmarks": {0: [hand(0.5)]}, "handedness": {0: [ours]}},
        {"landmarks": {0: [hand(0.5)]}, "handedness": {0: [theirs]}},
    )
    assert found["handedness_agreement_percent"] == pytest.approx(agreement, nan_ok=True)
    assert found["handedness_score_max"] == pytest.approx(score)


def test_palms():
    found = measures({"palms": {0: [palm(0.3, 0.9)]}}, {"palms": {0: [palm(0.31, 0.8)]}})
    assert found["palm_px_max"] == pytest.approx(2.0)
    assert found["palm_score_max"] == pytest.approx(0.1)


def test_world_landmarks_are_in_millimetres():
    streams = {"landmarks": {0: [hand(0.5)]}}
    found = measures(
        streams | {"world_landmarks": {0: [hand(0.003, 0.004)]}},
        streams | {"world_landmarks": {0: [hand(0.0, 0.0)]}},
    )
    assert found["world_mm_mean"] == pytest.approx(5.0)


def test_targets_name_what_is_missed():
    good = measures({"landmarks": {0: [hand(0.5)]}}, {"landmarks": {0: [hand(0.5)]}})
    assert compare.missed(good) == []
    bad = measures({"landmarks": {0: [hand(0.6)]}}, {"landmarks": {0: [hand(0.5)]}})
    assert [target.measure for target in compare.missed(bad)] == ["landmark_px_mean", "landmark_px_p99"]
    assert "MISSED" in compare.table(bad)


def test_streams_are_found_under_either_name_and_packed(tmp_path):
    lines = [
        {"timestamp": 7, "stream": "landmarks", "packet": [hand(0.5)]},
        {"timestamp": 7, "stream": "something_else", "packet": 1},
    ]
    plain, packed = tmp_path / "a.jsonl", tmp_path / "b.jsonl.gz"
    plain.write_text(json.dumps(lines[0]) + "\n" + json.dumps(lines[1]) + "\n")
    with gzip.open(packed, "wt") as out:
        out.write(
            json.dumps({"timestamp": 7, "stream": "multi_handedness", "packet": [label("Left", 1.0)]}) + "\n"
        )
    loaded = compare.load([plain, packed])
    assert loaded["landmarks"] == {7: [hand(0.5)]}
    assert loaded["handedness"] == {7: [label("Left", 1.0)]}


def test_a_coordinate_that_is_left_out_is_zero():
    assert np.array_equal(compare.points({"landmark": [{"x": 0.5}]}), [[0.5, 0.0, 0.0]])
