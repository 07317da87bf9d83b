"""Taking items out of lists, counting and numbering them, and making lists of streams."""

from __future__ import annotations

import pytest

from graphkit.errors import GraphkitError
from graphkit.formats import ClassificationList, NormalizedRect
from graphkit.testing import CalculatorRunner

RECTS = [NormalizedRect(0.1 * i, 0.5, 0.2, 0.2) for i in range(3)]


def get_item(options="", extra=""):
    return CalculatorRunner(
        f'calculator: "GetNormalizedRectVectorItemCalculator" input_stream: "VECTOR:list" {extra} '
        f'output_stream: "ITEM:item" options {{ [mediapipe.GetVectorItemCalculatorOptions.ext] {{ {options} }} }}'
    )


def test_item_by_option(timed):
    runner = get_item("item_index: 1")
    runner.add("VECTOR", RECTS, 5)
    runner.run()
    assert timed(runner.outputs["ITEM"]) == [(RECTS[1], 5)]


def test_index_stream_goes_before_the_option(timed):
    runner = get_item("item_index: 1", 'input_stream: "INDEX:index"')
    runner.add("VECTOR", RECTS, 5)
    runner.add("INDEX", 2, 5)
    runner.add("VECTOR", RECTS, 6)
    runner.set_bound("INDEX", 7)
    runner.run()
    assert timed(runner.outputs["ITEM"]) == [(RECTS[2], 5), (RECTS[1], 6)]


@pytest.mark.parametrize("index", [pytest.param(3, id="behind"), pytest.param(-1, id="negative")])
def test_item_that_is_not_there(index):
    runner = get_item(f"item_index: {index}")
    runner.add("VECTOR", RECTS, 5)
    with pytest.raises(GraphkitError, match=f"item {index} was asked for, but the list has 3"):
        runner.run()
    runner = get_item(f"item_index: {index} output_empty_on_oob: true")
    runner.add("VECTOR", RECTS, 5)
    runner.run()
    assert runner.outputs["ITEM"] == []
    assert runner.output_bounds["ITEM"] == 6


def test_item_needs_an_index():
    with pytest.raises(GraphkitError, match="needs an INDEX stream or option item_index"):
        get_item().run()


def test_size_and_indices(timed):
    size = CalculatorRunner(
        'calculator: "ClassificationListVectorSizeCalculator" input_stream: "VECTOR:v" output_stream: "SIZE:n"'
    )
    size.add("VECTOR", [ClassificationList(), ClassificationList()], 5)
    assert timed(size.run().outputs["SIZE"]) == [(2, 5)]
    indices = CalculatorRunner(
        'calculator: "IntVectorIndicesCalculator" input_stream: "VECTOR:v" output_stream: "INDICES:n"'
    )
    indices.add("VECTOR", [7, 7, 7], 5)
    assert timed(indices.run().outputs["INDICES"]) == [([0, 1, 2], 5)]


def test_merge_to_vector_leaves_out_what_is_missing(timed):
    from graphkit.formats import Detection

    a, b = Detection(), Detection()
    runner = CalculatorRunner(
        'calculator: "MergeDetectionsToVectorCalculator" input_stream: "a" input_stream: "b" output_stream: "out"'
    )
    runner.add(0, a, 1)
    runner.add(1, b, 1)
    runner.set_bound(0, 3)
    runner.add(1, b, 2)
    runner.run()
    assert [len(items) for items, _ in timed(runner.outputs[0])] == [2, 1]
