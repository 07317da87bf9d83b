"""Faults of a recipe that do not depend on the clip, found before the first clip."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from graphkit.config import check_side_packets
from graphkit.errors import UsageError
from graphkit.jobs._outputs import made_sink
from graphkit.jobs._streams import (
    INPUT_PATH_SIDE_PACKET,
    OUTPUT_PATH_SIDE_PACKET,
    is_file_to_file,
    stream_type,
    video_input,
    video_output,
)
from graphkit.video._containers import container_format

if TYPE_CHECKING:
    from graphkit.config import GraphPlan
    from graphkit.jobs._batch.recipe import Recipe


def check_recipe(recipe: Recipe, plan: GraphPlan) -> None:
    """Make sure that the graph takes clips, and that what it makes can be written as the recipe says.

    Raises:
        SidePacketError: one is missing, or of another type.
        UsageError: it does not take the frames of one clip, a stream is not known or cannot be written so, or
            nothing is to be written.
        VideoWriteError: the ending of the video is none that is known.
    """
    settings = recipe.settings
    _check_input(plan)
    check_side_packets(plan, {**_paths(recipe, plan), **settings.side_packets})
    if settings.output is not None:
        if not is_file_to_file(plan):
            video_output(plan, settings.output_stream)
        container_format(settings.output)
    for stream, pattern in settings.dumps.items():
        made_sink(plan, settings, stream, os.fspath(pattern)).check_stream()
    if settings.output is None and not settings.dumps:
        raise UsageError("nothing is to be written. Give {dumps}, or {output}.", remedies=("dumps", "output"))


def _paths(recipe: Recipe, plan: GraphPlan) -> dict[str, str]:
    """Return the side packets with the clip names for a graph that reads and writes clips by itself."""
    if not is_file_to_file(plan):
        return {}
    paths = {INPUT_PATH_SIDE_PACKET: "{clip}"}
    if recipe.settings.output is not None and OUTPUT_PATH_SIDE_PACKET in plan.side_packets:
        paths[OUTPUT_PATH_SIDE_PACKET] = os.fspath(recipe.settings.output)
    return paths


def _check_input(plan: GraphPlan) -> None:
    if is_file_to_file(plan):
        return
    try:
        video_input(plan)
    except UsageError as exc:
        streams = ", ".join(f"{name} ({stream_type(plan, name)})" for name in plan.graph_inputs.names) or "none"
        raise UsageError(
            "a batch feeds the pictures of a clip to the one input stream of a graph, which takes images. "
            f"The input streams of this one: {streams}."
        ) from exc
