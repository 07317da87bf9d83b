"""What is wrong with a recipe is told before the first clip."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from graphkit.errors import GraphkitError, SidePacketError
from graphkit.framework import graphs_dir
from graphkit.jobs import JobSettings, Recipe
from graphkit.jobs._batch.preflight import check_recipe

if TYPE_CHECKING:
    from collections.abc import Callable


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        pytest.param({"dumps": {}}, r"nothing is to be written\. Give dumps, or output", id="nothing"),
        pytest.param({"dumps": {"levels": "{clip}.csv"}}, 'no stream "levels". Did you mean', id="stream"),
        pytest.param(
            {"dumps": {"level": "{clip}.txt"}}, r'level={clip}\.txt: unknown kind of file "\.txt"', id="kind"
        ),
        pytest.param({"dumps": {"level": "{clip}.npz"}}, r"level={clip}\.npz: .* holds pictures", id="carries"),
        pytest.param({"output": "{clip}.gif"}, r'unknown video extension "\.gif"', id="video"),
        pytest.param(
            {"output": "{clip}.mp4", "output_stream": "level"}, "carries int, not images", id="no images"
        ),
    ],
)
def test_settings_that_no_clip_can_have(
    recipe: Recipe, with_settings: Callable[..., Recipe], settings: dict[str, Any], message: str
) -> None:
    with pytest.raises(GraphkitError, match=message):
        check_recipe(with_settings(recipe, **settings), recipe.load().plan)


def test_a_graph_that_takes_more_than_a_clip(recipe: Recipe) -> None:
    text = Path(recipe.graph).read_text()
    Path(recipe.graph).write_text('input_stream: "more"\n' + text)
    with pytest.raises(
        GraphkitError, match=r"feeds the pictures of a clip .*: more \(.*\), input_video \(ImageFrame\)"
    ):
        check_recipe(recipe, recipe.load().plan)


def test_a_graph_that_reads_and_writes_clips_by_itself() -> None:
    graph = graphs_dir() / "hand_tracking" / "hand_tracking_desktop.pbtxt"
    recipe = Recipe(str(graph), JobSettings(output="{clip}.mp4"))
    plan = recipe.load().plan
    check_recipe(recipe, plan)
    with pytest.raises(SidePacketError, match=r'"output_video_path" .* is required and was not given'):
        check_recipe(Recipe(str(graph), JobSettings(dumps={"landmarks": "{clip}.csv"})), plan)
