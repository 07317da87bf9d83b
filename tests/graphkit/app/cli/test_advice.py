"""Which command is named below an error."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from graphkit.app.cli.advice import advice_for
from graphkit.errors import (
    CalculatorError,
    ConfigError,
    GraphValidationError,
    Location,
    PackageError,
    ResourceNotFoundError,
    StatusCode,
    UsageError,
)

if TYPE_CHECKING:
    from pathlib import Path

DOCTOR = "graphkit doctor looks at everything else that is needed."
FETCH = "Or fetch it: graphkit models fetch pose_landmark_heavy"
NODES = '"graphkit graph GRAPH" prints the nodes and their options.'
HEAVY = "mediapipe/modules/pose_landmark/pose_landmark_heavy.tflite"
PALM = "modules/palm_detection/palm_detection_full.tflite"


def _chained(cause: Exception) -> ConfigError:
    fault = ConfigError("it cannot be read")
    fault.__cause__ = cause
    return fault


@pytest.mark.parametrize(
    ("error", "advice"),
    [
        pytest.param(PackageError("av", "not installed", "pip install av"), [DOCTOR], id="package"),
        pytest.param(ResourceNotFoundError(HEAVY, []), [FETCH], id="model to fetch"),
        pytest.param(
            ResourceNotFoundError(PALM, []),
            ["It comes with graphkit, whose installation is damaged: graphkit doctor says how to mend it."],
            id="model that comes along",
        ),
        pytest.param(ResourceNotFoundError("mine.tflite", []), [], id="another file"),
        pytest.param(
            CalculatorError("n", "C", "open", None, ResourceNotFoundError(HEAVY, [])), [FETCH], id="inside a node"
        ),
        pytest.param(GraphValidationError([_chained(ResourceNotFoundError(HEAVY, []))]), [FETCH], id="of a fault"),
        pytest.param(
            GraphValidationError([ConfigError("a", Location("n.a=1", parameter="overrides"))] * 2),
            [NODES],
            id="overrides, once",
        ),
        pytest.param(
            UsageError("no such stream", parameter="dumps", status=StatusCode.NOT_FOUND),
            ['"graphkit graph GRAPH --streams" lists every stream.'],
            id="stream",
        ),
        pytest.param(UsageError("odd", parameter="dumps"), [], id="nothing to add"),
        pytest.param(ValueError("odd"), [], id="not ours"),
    ],
)
def test_advice(error: Exception, advice: list[str]) -> None:
    assert advice_for(error) == advice


@pytest.mark.parametrize(
    ("text", "told"),
    [
        pytest.param("@calculator\ndef Lonely(a: int) -> int: ...\n", True, id="a function"),
        pytest.param("@calculator(replace=True)\nclass Lonely(Calculator): ...\n", True, id="a class"),
        pytest.param(
            '@calculator("Lonely", pure=True)\ndef lonely(a: int) -> int: ...\n', True, id="another name"
        ),
        pytest.param("class Lonely: ...\n", False, id="not registered"),
    ],
)
def test_the_file_that_defines_a_calculator_is_named(graphkit, work: Path, text: str, told: bool) -> None:
    (work / "lonely.py").write_text(text)
    (work / "lonely.pbtxt").write_text('input_stream: "a" node { calculator: "Lonely" input_stream: "a" }')
    result = graphkit("graph", "lonely.pbtxt")
    assert result.exit_code == 1
    assert ("lonely.py defines Lonely: add --import lonely.py" in result.stderr) is told
