"""When graphs of solutions are read: with the solution, once, and never where nobody asks for a solution."""

from __future__ import annotations

import subprocess
import sys
import threading
from typing import TYPE_CHECKING, Any

import pytest

from graphkit import config, inference
from graphkit._process import threads as budgets
from graphkit.compat import _plans
from graphkit.compat import mediapipe as mp
from graphkit.compat._plans import plan_ahead
from graphkit.inference import _loader, load_ahead, preload

if TYPE_CHECKING:
    from pathlib import Path

_MADE_OF_WHAT_WAS_READ = """
import sys
from graphkit.compat import mediapipe as mp
from graphkit import config
load = config.load
for name, kind in (
    ("hands", "Hands"), ("pose", "Pose"), ("face_mesh", "FaceMesh"), ("selfie_segmentation", "SelfieSegmentation"),
    ("holistic", "Holistic"),
):
    config.load = load
    solution = getattr(mp.solutions, name)
    assert {"cv2", "onnxruntime"} <= set(sys.modules)
    config.load = None
    getattr(solution, kind)().close()
    print(name, end=" ")
"""
_CONSTANTS_ONLY = """
import sys
from graphkit.compat.mediapipe.python.solutions import drawing_styles
from graphkit.compat import _plans
print(len(_plans._kept), "onnxruntime" in sys.modules)
"""


def _printed(code: str) -> str:
    made = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert made.stderr == ""
    return made.stdout.strip()


def test_an_object_without_arguments_is_made_of_what_was_read_before() -> None:
    assert _printed(_MADE_OF_WHAT_WAS_READ) == "hands pose face_mesh selfie_segmentation holistic"


def test_who_wants_the_connections_only_reads_no_graph() -> None:
    assert _printed(_CONSTANTS_ONLY) == "0 False"


def test_a_graph_that_cannot_be_read_fails_when_an_object_is_made(monkeypatch: pytest.MonkeyPatch) -> None:
    plan_ahead("no/such/graph.binarypb")
    monkeypatch.setattr(mp.solutions.hands, "_GRAPH", "no/such/graph.pbtxt")
    with pytest.raises(FileNotFoundError, match=r"no/such/graph\.pbtxt"):
        mp.solutions.hands.Hands()


def test_other_thresholds_are_another_plan(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_plans, "_kept", type(_plans._kept)())
    read: list[object] = []
    load = config.load
    monkeypatch.setattr(config, "load", lambda *given, **how: (read.append(given), load(*given, **how))[1])
    plan_ahead(*mp.solutions.face_mesh.PLANNED_AHEAD)
    for confidence in (0.5, 0.7, 0.5, 0.7):
        mp.solutions.face_mesh.FaceMesh(min_detection_confidence=confidence).close()
    assert len(read) == 2


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("hands", "Hands"), ("pose", "Pose"), ("face_mesh", "FaceMesh"),
        ("selfie_segmentation", "SelfieSegmentation"), ("holistic", "Holistic"),
    ],
)  # fmt: skip
def test_the_models_that_are_preloaded_are_those_of_an_object_without_arguments(
    name: str, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: set[tuple[str, tuple[int, ...] | None]] = set()

    def watched(model: Path, *, outputs: tuple[int, ...] | None, **how: Any) -> Any:
        asked.add((f"mediapipe/modules/{model.parent.name}/{model.name}", outputs))
        return load_ahead(model, outputs=outputs, **how)

    monkeypatch.setattr(inference, "load_ahead", watched)
    solution = getattr(mp.solutions, name)
    getattr(solution, kind)().close()
    assert asked == set(solution.MODELS)


def test_models_are_loaded_with_the_solution() -> None:
    budgets.set_budget(budgets.Budget(cores=2))
    inference.unload_all()
    try:
        preload(mp.solutions.selfie_segmentation.MODELS)
        for thread in threading.enumerate():
            if thread.name == "graphkit-models":
                thread.join(30)
        (session,) = _loader.loaded_sessions()
        with mp.solutions.selfie_segmentation.SelfieSegmentation():
            assert _loader.loaded_sessions() == [session]
        assert (session.provider, session.provider_reason) == ("cpu", "the graph asks for it")
    finally:
        budgets.set_budget(None)
        inference.unload_all()


def test_one_core_loads_nothing_ahead() -> None:
    budgets.set_budget(budgets.Budget(cores=1))
    inference.unload_all()
    try:
        preload(mp.solutions.selfie_segmentation.MODELS)
        assert _loader.loaded_sessions() == []
    finally:
        budgets.set_budget(None)


def test_a_model_that_is_not_there_is_left_to_whoever_loads_it() -> None:
    preload([("mediapipe/modules/no/such.tflite", None)])
