"""What nodes are there for."""

from __future__ import annotations

import pytest

from graphkit import CalculatorGraph
from graphkit.app.bench import stages
from graphkit.app.bench.stages import stage, stages_of
from graphkit.app.bench.tasks import CLIP, LANDMARKS, TASKS


@pytest.mark.parametrize(
    ("calculator", "node", "found"),
    [
        pytest.param("InferenceCalculator", "a__palmdetectioncpu__x", stages.DETECTION, id="detects"),
        pytest.param("InferenceCalculatorCpu", "handlandmarkcpu__x", stages.LANDMARK, id="landmarks"),
        pytest.param("ImageToTensorCalculator", "posedetectiongpu__x", stages.WARP, id="warps"),
        pytest.param("AnnotationOverlayCalculator", "poserenderercpu__x", stages.DRAW, id="draws"),
        pytest.param("SplitNormalizedLandmarkListCalculator", "poserenderercpu__x", stages.DRAW, id="for drawing"),
        pytest.param("GateCalculator", "posedetectioncpu__x", stages.SMALL, id="small"),
    ],
)
def test_stage(calculator: str, node: str, found: str) -> None:
    assert stage(calculator, node) == found


@pytest.mark.parametrize("device", ["cpu", "gpu"])
@pytest.mark.parametrize("task", TASKS)
def test_both_graphs_of_a_task_have_their_models(task: str, device: str) -> None:
    drawing = stages_of(CalculatorGraph(TASKS[task].graph(CLIP, device)).plan)
    finding = stages_of(CalculatorGraph(TASKS[task].graph(LANDMARKS, device)).plan)
    both = [stages.DETECTION, stages.LANDMARK]
    assert sorted(found for found in finding.values() if found in both) == both
    assert sorted(found for found in drawing.values() if found in both) == both
    assert stages.DRAW in drawing.values()
    assert stages.DRAW not in finding.values()


def test_every_stage_has_its_place() -> None:
    assert {stages.DECODE, stages.TO_RGB, stages.UPLOAD, stages.RESULTS, stages.ENCODE, stages.DRIVER} < set(
        stages.STAGES
    )
    assert stages.STAGES[-1] == stages.ENGINE
