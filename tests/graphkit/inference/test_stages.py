"""Models in stages: where they are cut, and that they compute what the whole does."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from graphkit.errors import ModelFormatError
from graphkit.inference import load
from graphkit.inference._importer.graph import Graph
from graphkit.inference._importer.stages import count_stages, stage_of
from graphkit.inference._loader import load_stage

MODULES = Path(__file__).parents[3] / "graphs" / "modules"
STAGES = {
    "hand_landmark/hand_landmark_full": 4,
    "hand_landmark/hand_landmark_lite": 3,
    "palm_detection/palm_detection_full": 3,
    "pose_detection/pose_detection": 2,
    "pose_landmark/pose_landmark_lite": 1,
}


@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize(("name", "count"), STAGES.items())
def test_stages_give_what_the_whole_gives(name: str, count: int, threads: int) -> None:
    """To the last bit."""
    path = MODULES / f"{name}.tflite"
    whole = load(path, provider="cpu")
    assert whole.stages == count
    first = load_stage(path, 0, outputs=None, threads=threads)
    assert first.inputs == whole.inputs
    picture = np.random.default_rng(3).random(whole.inputs[0].shape, np.float32)
    found = first.run([picture])
    for stage in range(1, count):
        (between,) = found
        found = load_stage(path, stage, outputs=None, threads=threads).run([between.transpose(0, 2, 3, 1)])
    for mine, expected in zip(found, whole.run([picture]), strict=True):
        np.testing.assert_array_equal(mine, expected)


def test_the_last_stage_has_the_chosen_outputs() -> None:
    path = MODULES / "hand_landmark" / "hand_landmark_lite.tflite"
    last = load_stage(path, 2, outputs=[1, 0], threads=1)
    assert last.outputs == load(path, provider="cpu", outputs=[1, 0]).outputs
    assert last is load_stage(path, 2, outputs=[1, 0], threads=1)


def test_a_damaged_model_is_refused_with_its_name() -> None:
    with pytest.raises(ModelFormatError, match="<bytes>"):
        load_stage(b"\0\0\0\0TFL3" + bytes(8), 0, outputs=None, threads=1)


SHAPE = (1, 16, 60, 60)
FILTERS = np.ones((16, 16, 5, 5), np.float32)


class Made(Graph):
    """A graph of pictures with 16 channels; a convolution makes 20 million multiplications."""

    def conv(self, given: str) -> str:
        return self.emit("Conv", [given, self.constant(FILTERS)], SHAPE)

    def add(self, one: str, two: str) -> str:
        return self.emit("Add", [one, two], SHAPE)

    def relu(self, given: str) -> str:
        return self.emit("Relu", [given], SHAPE)


@pytest.fixture
def graph() -> Made:
    made = Made(inputs=["in"])
    made.shapes["in"] = SHAPE
    return made


def cut(graph: Made) -> list[list[str]]:
    """Return the operators of each stage."""
    return [[node.op for node in stage_of(graph, number).nodes] for number in range(count_stages(graph))]


def test_a_chain_is_cut_where_there_is_enough_to_do(graph: Made) -> None:
    value = "in"
    for _ in range(5):
        value = graph.conv(value)
    graph.outputs = [value]
    assert cut(graph) == [["Conv", "Conv"], ["Conv", "Conv", "Conv"]]
    first, second = stage_of(graph, 0), stage_of(graph, 1)
    assert (first.inputs, first.outputs) == (["in"], [graph.nodes[1].output])
    assert (second.inputs, second.outputs) == ([graph.nodes[1].output], [value])
    assert [len(part.constants) for part in (first, second, graph)] == [2, 3, 5]
    assert len(graph.nodes) == 5


def test_no_cut_where_a_shortcut_passes_by(graph: Made) -> None:
    """Between the convolutions two values are needed, or an addition reads the one, too."""
    first = graph.conv(graph.conv("in"))
    graph.outputs = [graph.add(first, graph.conv(graph.conv(first)))]
    assert cut(graph) == [["Conv", "Conv", "Conv", "Conv", "Add"]]


def test_a_shortcut_that_has_ended_is_no_hindrance(graph: Made) -> None:
    first = graph.conv("in")
    graph.outputs = [graph.conv(graph.conv(graph.add(first, graph.conv(first))))]
    assert cut(graph) == [["Conv", "Conv", "Add"], ["Conv", "Conv"]]


def test_no_cut_before_anything_but_a_convolution(graph: Made) -> None:
    halfway = graph.relu(graph.conv(graph.conv("in")))
    graph.outputs = [graph.relu(graph.conv(graph.conv(halfway)))]
    assert cut(graph) == [["Conv", "Conv", "Relu"], ["Conv", "Conv", "Relu"]]


def test_no_cut_at_an_output(graph: Made) -> None:
    early = graph.conv(graph.conv("in"))
    graph.outputs = [graph.conv(graph.conv(early)), early]
    assert cut(graph) == [["Conv", "Conv", "Conv", "Conv"]]


def test_no_cut_where_much_is_handed_on(graph: Made) -> None:
    wide = (1, 16, 90, 90)
    value = "in"
    for _ in range(4):
        value = graph.emit("Conv", [value, graph.constant(FILTERS)], wide)
    graph.outputs = [value]
    assert cut(graph) == [["Conv", "Conv", "Conv", "Conv"]]


def test_a_graph_without_convolutions_is_one_stage(graph: Made) -> None:
    graph.outputs = [graph.relu("in")]
    assert cut(graph) == [["Relu"]]
