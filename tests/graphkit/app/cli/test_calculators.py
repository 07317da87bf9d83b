from __future__ import annotations

from pathlib import Path

SAMPLES = Path(__file__).parents[2] / "jobs" / "sample_calculators.py"


def test_all_are_listed_with_a_line_each(graphkit) -> None:
    result = graphkit("calculators")
    assert result.exit_code == 0, result.output
    calculators, _, subgraphs = result.stdout.partition("\nSubgraphs:\n")
    lines = calculators.splitlines()
    names = [line.split()[0] for line in lines]
    assert names == sorted(names)
    assert "HandLandmarkTrackingCpu  " in subgraphs
    assert "Finds and follows hands in a stream of frames." in subgraphs
    assert {"PassThroughCalculator", "SampleThin", "InferenceCalculator"} <= set(names)
    assert next(line for line in lines if line.startswith("SampleThin ")).endswith(
        "Lets one frame of `every` pass."
    )


def test_one_is_shown_whole(graphkit) -> None:
    result = graphkit("calculators", "SampleHands")
    assert result.exit_code == 0, result.output
    assert "Finds a hand in every frame but each `every`-th" in result.stdout
    assert "  input (untagged, 0): ImageFrame\n" in result.stdout
    assert "  output LANDMARKS: list[NormalizedLandmarkList]\n" in result.stdout
    assert "  output HANDEDNESS: list[ClassificationList] (a graph may leave it out)\n" in result.stdout
    assert (
        "Options (SampleOptions), in a graph:\n"
        "  node_options { [type.googleapis.com/jobtest.SampleOptions] { ... } }\n  at: int = 0\n"
    ) in result.stdout
    assert f"\nIn {SAMPLES}:" in result.stdout


def test_streams_and_options_of_a_function(graphkit, work) -> None:
    (work / "brighten.py").write_text(
        "from typing import Annotated\nfrom graphkit import calculator\n@calculator\n"
        "def Brighten(image: float, mask: int | None, *, by: float = 1.5) -> Annotated[float, 'OUT']:\n"
        '    """Make it brighter."""\n    return image * by\n'
    )
    shown = graphkit("calculators", "Brighten", "--import", "brighten.py").stdout
    assert shown == (
        "Brighten\n\nMake it brighter.\n\nPorts:\n"
        "  input IMAGE (or untagged, 0): float\n  input MASK (or untagged, 1): int, optional\n"
        "  output OUT (or untagged, 0): float (a graph may leave it out)\n\n"
        "Options (BrightenOptions), in a graph:\n"
        "  node_options { [type.googleapis.com/functions.BrightenOptions] { ... } }\n  by: float = 1.5\n\n"
        f"In {work / 'brighten.py'}:3\n"
    )


def test_a_subgraph_that_comes_along(graphkit) -> None:
    result = graphkit("calculators", "HandLandmarkTrackingCpu")
    assert result.exit_code == 0, result.output
    assert result.stdout.startswith(
        "HandLandmarkTrackingCpu (a subgraph)\n\nFinds and follows hands in a stream of frames.\n"
    )
    assert "  input IMAGE: ImageFrame" in result.stdout
    assert "  output LANDMARKS: list[NormalizedLandmarkList]" in result.stdout
    assert "  input side packet NUM_HANDS: int  # int, most hands to follow" in result.stdout
    assert "/modules/hand_landmark/hand_landmark_tracking_cpu.pbtxt" in result.stdout


def test_a_subgraph_that_several_files_declare(graphkit) -> None:
    shown = graphkit("calculators", "HandRendererSubgraph").stdout
    assert shown.count("HandRendererSubgraph (a subgraph)\n") == 2
    assert "  input IMAGE: ImageFrame\n" in shown
    assert "  input IMAGE: GpuBuffer\n" in shown


def test_what_has_no_docstring_borrows_none(graphkit, work) -> None:
    (work / "plain.py").write_text(
        "from graphkit import calculator, option, options, Calculator, Options\n"
        "@calculator\ndef Undescribed(x: float) -> float:\n    return x\n"
        "@options('test.UndescribedOptions')\nclass UndescribedOptions:\n    size: int = option(1, default=3)\n"
        "@calculator\nclass UndescribedClass(Calculator):\n    options = Options(UndescribedOptions)\n"
    )
    shown = graphkit("calculators", "Undescribed", "--import", "plain.py").stdout
    assert shown.startswith("Undescribed\n\n(no description)\n")
    assert "  size: int = 3\n" in graphkit("calculators", "UndescribedClass", "--import", "plain.py").stdout


def test_an_unknown_one_is_met_with_close_names(graphkit) -> None:
    result = graphkit("calculators", "SampleHand")
    assert result.exit_code == 1
    assert "Did you mean 'SampleHands'" in result.stderr
