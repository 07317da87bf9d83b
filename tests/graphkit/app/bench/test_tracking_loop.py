"""Which nodes lie on the loop from one frame to the next."""

from __future__ import annotations

from graphkit import CalculatorGraph
from graphkit.app.bench import stages
from graphkit.app.bench.stages import stages_of
from graphkit.app.bench.tasks import TASKS
from graphkit.app.bench.tracking_loop import looped_nodes

LOOP = """
input_stream: "in"
node { name: "before" calculator: "PassThroughCalculator" input_stream: "in" output_stream: "a" }
node {
  name: "back" calculator: "PreviousLoopbackCalculator"
  input_stream: "MAIN:a" input_stream: "LOOP:c" input_stream_info { tag_index: "LOOP" back_edge: true }
  output_stream: "PREV_LOOP:b"
}
node { name: "inside" calculator: "PassThroughCalculator" input_stream: "b" output_stream: "c" }
node { name: "after" calculator: "PassThroughCalculator" input_stream: "c" output_stream: "d" }
"""


def test_what_leads_in_and_out_is_not_on_it() -> None:
    assert looped_nodes(CalculatorGraph(LOOP).plan) == {"back", "inside"}


def test_without_a_back_edge_there_is_none() -> None:
    assert looped_nodes(CalculatorGraph('input_stream: "in"').plan) == frozenset()


def test_hand_tracking_loops_through_the_landmark_model_and_not_through_drawing() -> None:
    plan = CalculatorGraph(TASKS["hand"].annotating["cpu"]).plan
    looped, stage_of = looped_nodes(plan), stages_of(plan)
    found = {stage_of[name] for name in looped}
    assert stages.LANDMARK in found
    assert stages.DRAW not in found
