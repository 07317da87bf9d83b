"""When graphs of solutions are read: with the solution, once, and never where nobody asks for a solution."""

from __future__ import annotations

import subprocess
import sys

import pytest

from graphkit import config
from graphkit.compat import _plans
from graphkit.compat import mediapipe as mp
from graphkit.compat._plans import plan_ahead

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
