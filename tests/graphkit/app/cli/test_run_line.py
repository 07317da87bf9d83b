"""The words on the line of graphkit run, and those that newcomers write."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from pathlib import Path

_ONLY = "only the graph is named without a flag."


@pytest.mark.parametrize(
    ("words", "message"),
    [
        pytest.param([], "no graph given; name one: graphkit run GRAPH.pbtxt", id="nothing"),
        pytest.param(["--quiet"], "no graph given", id="a flag alone"),
        pytest.param(
            ["hands.pbtxt", "my.mov"],
            f'"my.mov": {_ONLY} Did you mean: graphkit run hands.pbtxt --input_video_path my.mov',
            id="clip",
        ),
        pytest.param(
            ["my.mov", "hands.pbtxt"],
            f'"my.mov": {_ONLY} Did you mean: graphkit run hands.pbtxt --input_video_path my.mov',
            id="swapped",
        ),
        pytest.param(
            ["hands.pbtxt", "my clip.mov", "out.mp4"],
            "Did you mean: graphkit run hands.pbtxt --input_video_path 'my clip.mov' --output_video_path out.mp4",
            id="clip and output",
        ),
        pytest.param(
            ["hands.pbtxt", "--input_video_path", "my", "clip.mov"],
            f'"clip.mov": {_ONLY} Paths with spaces go in quotes.',
            id="spaces in the input",
        ),
        pytest.param(
            ["hands.pbtxt", "my", "new", "clip.mov"],
            f'"my", "new", "clip.mov": {_ONLY} Paths with spaces go in quotes.',
            id="many",
        ),
        pytest.param(["hands.pbtxt", "-i", "my.mov"], "Did you mean '--input_video_path'?", id="-i"),
        pytest.param(["hands.pbtxt", "-o", "my.mov"], "Did you mean '--output_video_path'?", id="-o"),
        pytest.param(["hands.pbtxt", "--output", "my.mov"], "Did you mean '--output_video_path'?", id="--output"),
        pytest.param(["hands.pbtxt", "--prset", "fast"], "'--preset'", id="a flag misspelt"),
    ],
)
def test_what_does_not_fit_is_told_with_a_way_out(
    graphkit: Any, work: Path, words: list[str], message: str
) -> None:
    result = graphkit("run", *words)
    assert result.exit_code == 2, result.output
    assert message in result.stderr
    assert "Traceback" not in result.output
