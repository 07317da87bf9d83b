"""compare_family: what the numbers of faces, irises, selfies and holistic tracking should reach."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from typing import Any

import pytest


def load_script(name: str) -> Any:
    spec = importlib.util.spec_from_file_location(name, Path(__file__).parent / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


Target = load_script("compare").Target
load_script("compare_pose")
compare_family = load_script("compare_family")
MEASURES = {"hand.px_mean": 0.16, "hand.px_max": 2.0, "hand.same_found_percent": 98.0, "mask.iou_mean": 1.0}


@pytest.mark.parametrize(
    ("step", "pixels"),
    [
        pytest.param(None, 0.1, id="given"),
        pytest.param({"hand.px_mean": 0.05}, 0.1, id="MediaPipe is nearer to itself"),
        pytest.param({"hand.px_mean": 0.2}, 0.26, id="MediaPipe is not"),
    ],
)
def test_targets_of_frames_for_themselves(step: dict[str, float] | None, pixels: float) -> None:
    first, *others = compare_family.targets_afresh(MEASURES, 0.1, step)
    assert (first.measure, first.bound) == ("hand.px_mean", pytest.approx(pixels))
    assert others == [Target("hand.same_found_percent", 99.0, True), Target("mask.iou_mean", 0.999, True)]


def test_targets_of_tracking_are_the_floor_and_a_third() -> None:
    (target,) = compare_family.targets_tracking({"hand.px_mean": 1.0, "hand.px_max": 9.0})
    assert (target.measure, target.bound) == ("hand.px_mean", 1.3)
