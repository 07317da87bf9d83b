from __future__ import annotations


def test_all_are_listed_with_a_line_each(graphkit) -> None:
    result = graphkit("calculators")
    assert result.exit_code == 0, result.output
    lines = result.stdout.splitlines()
    names = [line.split()[0] for line in lines]
    assert names == sorted(names)
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
    assert "  output HANDEDNESS: list[ClassificationList], optional\n" in result.stdout
    assert "Options (SampleOptions):\n  at: int = 0\n" in result.stdout


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
