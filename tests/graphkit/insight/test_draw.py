"""Drawings of graphs: what is on them, that nothing lies upon anything else, and what broken graphs give."""

from __future__ import annotations

import json
import re
import xml.etree.ElementTree as ET
from itertools import combinations
from typing import TYPE_CHECKING

import pytest

from graphkit import CalculatorGraph, config
from graphkit.errors import ArgumentError, PbtxtSyntaxError
from graphkit.framework import Resources
from graphkit.insight import draw
from graphkit.insight._draw import drawing_of
from graphkit.insight._drawing.layers import put_into_layers
from graphkit.insight._drawing.layout import Layout, lay_out
from graphkit.insight._drawing.levels import levels_of, size_of
from graphkit.insight._drawing.picture import Box, Line, Picture, Shape
from graphkit.insight._drawing.reading import add_profile, picture_of_plan
from graphkit.insight._drawing.svg import heat, to_svg
from graphkit.insight._drawing.tags import tags_of
from graphkit.insight._drawing.texts import to_dot, to_mermaid

if TYPE_CHECKING:
    from collections.abc import Iterator

HANDS = "graphs/hand_tracking/hand_tracking_desktop_live.pbtxt"
LOOP = """
input_stream: "in"
input_side_packet: "size"
output_stream: "out"
node { calculator: "PreviousLoopbackCalculator" input_stream: "MAIN:in" input_stream: "LOOP:out"
  input_stream_info { tag_index: "LOOP" back_edge: true } output_stream: "PREV_LOOP:before" }
node { name: "pass" calculator: "PassThroughCalculator" input_stream: "in" input_stream: "before"
  input_side_packet: "size" output_stream: "out" output_stream: "unread" output_side_packet: "same_size" }
"""
BROKEN = """
input_stream: "in"
node { calculator: "PassThroughCalculator" input_stream: "in" output_stream: "through" }
node { calculator: "PassThruCalculator" input_stream: "through" input_stream: "nowhere" output_stream: "out" }
"""


@pytest.fixture(scope="module")
def hands() -> Picture:
    resources = Resources()
    return picture_of_plan(config.load(resources.find_graph(HANDS), resources=resources))


def inside(box: Box) -> Iterator[Box]:
    for each in box.inside:
        yield each
        yield from inside(each)


def test_boxes_of_subgraphs_lie_in_each_other(hands: Picture) -> None:
    groups = {box.title: box for box in inside(hands.root) if box.shape is Shape.GROUP}
    assert {"HandLandmarkTrackingCpu", "PalmDetectionCpu", "HandRendererSubgraph"} <= set(groups)
    assert groups["PalmDetectionCpu"] in groups["HandLandmarkTrackingCpu"].inside
    assert sum(box.shape is Shape.NODE for box in inside(hands.root)) == 64


def test_streams_carry_their_types_and_say_what_the_graph_declares(hands: Picture) -> None:
    boxes = {box.id: box for box in inside(hands.root)}
    assert (boxes["stream input_video"].detail, boxes["stream input_video"].declared) == ("ImageFrame", "in")
    assert (boxes["stream landmarks"].detail, boxes["stream landmarks"].declared) == (
        "list[NormalizedLandmarkList]",
        "out",
    )
    assert boxes["side num_hands"].detail == "int"


def test_back_edges_and_side_packets_are_lines_of_their_own() -> None:
    picture = picture_of_plan(CalculatorGraph(LOOP).plan)
    lines = {(link.source, link.target): link.line for link in picture.links}
    assert lines["stream out", "node PreviousLoopbackCalculator"] is Line.BACK
    assert lines["side size", "node pass"] is Line.SIDE
    assert lines["node pass", "side same_size"] is Line.SIDE
    assert lines["stream before", "node pass"] is Line.STREAM
    svg = to_svg(picture)
    assert 'class="back"' in svg
    assert 'class="side in"' in svg


def overlap(first: tuple[float, ...], second: tuple[float, ...]) -> bool:
    return (
        first[0] < second[0] + second[2]
        and second[0] < first[0] + first[2]
        and first[1] < second[1] + second[3]
        and second[1] < first[1] + first[3]
    )


def _checked(group: Box, layout: Layout) -> Iterator[str]:
    for first, second in combinations(group.inside, 2):
        if overlap(layout.boxes[first.id], layout.boxes[second.id]):
            yield f"{first.id} lies upon {second.id}"
    for box in group.inside:
        x, y, width, height = layout.boxes[box.id]
        left, top, w, h = layout.boxes.get(group.id, (0.0, 0.0, layout.width, layout.height))
        if not (left <= x and top <= y and x + width <= left + w + 0.1 and y + height <= top + h + 0.1):
            yield f"{box.id} sticks out of {group.id}"
        yield from _checked(box, layout)


@pytest.mark.parametrize("graph", [HANDS, "graphs/holistic_tracking/holistic_tracking_gpu.pbtxt"])
def test_no_box_lies_upon_another_and_no_line_crosses_a_box(graph: str) -> None:
    resources = Resources()
    picture = picture_of_plan(config.load(resources.find_graph(graph), resources=resources))
    layout = lay_out(picture)
    assert list(_checked(picture.root, layout)) == []
    leaves = [layout.boxes[box.id] for box in inside(picture.root) if box.shape is not Shape.GROUP]
    for curve in layout.curves:
        (x1, y1), (_, bottom), (x2, y2) = curve.points
        assert y1 <= bottom <= y2 + 0.1
        strips = [
            (min(x1, x2) - 0.5, bottom + 0.5, abs(x1 - x2) + 1, max(y2 - bottom - 1, 0)),
            (x1, y1 + 0.5, 0.1, bottom - y1),
        ]
        assert [leaf for leaf in leaves for strip in strips if overlap(leaf, strip)] == [], curve.links[0].about
    assert all(size_of(box)[0] <= layout.boxes[box.id][2] + 0.1 for box in inside(picture.root) if not box.inside)


def test_layers_lead_downwards(hands: Picture) -> None:
    for level in levels_of(hands).values():
        for edge, way in put_into_layers(level):
            assert [item.layer for item in way] == list(range(edge.upper.layer, edge.lower.layer + 1))


def test_an_svg_stands_alone() -> None:
    root = ET.fromstring(draw(LOOP, "svg", title="a <loop>"))
    names = {"{http://www.w3.org/2000/svg}" + name for name in ("title", "style", "defs", "rect", "g")}
    assert {child.tag for child in root} <= names
    texts = [text.text for text in root.iter("{http://www.w3.org/2000/svg}text")]
    assert {"PreviousLoopbackCalculator", "PassThroughCalculator", "pass", "in", "unread"} <= set(texts)
    assert root[0].text == "a <loop>"


def test_a_page_holds_every_level_in_its_order() -> None:
    page = draw(HANDS, "html")
    graph = json.loads(re.search(r"const graph = (.*);$", page, re.MULTILINE)[1])  # type: ignore[index]
    assert len(graph["groups"]) == 10
    for level in graph["levels"].values():
        assert sorted(n for layer in level["layers"] for n in layer) == list(range(len(level["items"])))
        for way in level["ways"]:
            layers = [level["items"][n]["layer"] for n in way["items"]]
            assert layers == list(range(layers[0], layers[0] + len(layers)))
    assert "</script><" in page
    assert "function layOut" in page


def test_a_page_begins_folded_and_names_its_lines() -> None:
    page = draw(HANDS, "html")
    assert "const folded = new Set(graph.groups);" in page
    graph = json.loads(re.search(r"const graph = (.*);$", page, re.MULTILINE)[1])  # type: ignore[index]
    top = graph["levels"][""]
    shown = {item["box"]: number for number, item in enumerate(top["items"]) if "box" in item}
    boxes = {"group handlandmarktrackingcpu", "group handrenderersubgraph"}
    assert {id_ for id_ in shown if graph["boxes"][id_]["shape"] == "group"} == boxes
    tracking, rendering = sorted(shown[id_] for id_ in boxes)
    between = [
        way["source"] for way in top["ways"] if (way["items"][0], way["items"][-1]) == (tracking, rendering)
    ]
    assert {graph["boxes"][id_]["title"] for id_ in between} == {
        "multi_palm_detections", "multi_palm_rects", "multi_hand_rects",
    }  # fmt: skip


@pytest.mark.parametrize("graph", [HANDS, "graphs/holistic_tracking/holistic_tracking_cpu.pbtxt"])
def test_what_a_graph_takes_and_gives_lies_outside_of_its_boxes(graph: str) -> None:
    resources = Resources()
    plan = config.load(resources.find_graph(graph), resources=resources)
    root = picture_of_plan(plan).root
    outer = {(box.declared, box.title) for box in root.inside if box.declared}
    assert outer >= {("in", name) for name in plan.graph_inputs.names}
    assert outer >= {("out", name) for name in plan.graph_outputs.names}
    assert {box.id for box in inside(root) if box.declared} == {box.id for box in root.inside if box.declared}


def test_a_stream_that_is_read_where_it_is_made_stays_there_and_is_given_out(hands: Picture) -> None:
    boxes = {box.id: box for box in inside(hands.root)}
    tracking = boxes["group handlandmarktrackingcpu"]
    assert boxes["stream multi_hand_rects"] in tracking.inside
    assert boxes["stream multi_hand_rects"].declared == ""
    assert boxes["output stream multi_hand_rects"].title == "multi_hand_rects"
    about = [link.about for link in hands.links if link.target == "output stream multi_hand_rects"]
    assert about == ["multi_hand_rects -> output of the graph"]


def test_an_output_that_nothing_makes_is_a_fault_of_its_readers() -> None:
    text, _ = drawing_of(
        'output_stream: "out" node { calculator: "PassThroughCalculator" input_stream: "out" }', "dot"
    )
    assert "nothing makes out" in text


def test_layers_keep_within_the_widest_one(hands: Picture) -> None:
    layout = lay_out(hands)
    widest = {box.id: layout.boxes[box.id] for box in hands.root.inside}
    assert min(x for x, _, _, _ in widest.values()) < 60
    tracking = layout.boxes["group handlandmarktrackingcpu"][2]
    assert layout.width < 1.1 * tracking


def test_tags_stand_beside_the_ends_of_lines_where_there_is_room(hands: Picture) -> None:
    layout = lay_out(hands)
    tags = tags_of(layout)
    words = {(tag.node.removeprefix("node "), tag.words) for tag in tags}
    assert ("handlandmarktrackingcpu__GateCalculator_2", "DISALLOW") in words
    leaves = [layout.boxes[box.id] for box in inside(hands.root) if box.shape is not Shape.GROUP]
    places = [(tag.span[0], tag.y - 6, tag.span[1] - tag.span[0], 6.0) for tag in tags]
    assert len(places) > 60
    assert [
        (tag, leaf) for tag, place in zip(tags, places, strict=True) for leaf in leaves if overlap(place, leaf)
    ] == []
    assert [pair for pair in combinations(places, 2) if overlap(*pair)] == []
    assert '<text class="tag' in to_svg(hands)


def test_dot_has_clusters_and_mermaid_subgraphs(hands: Picture) -> None:
    dot, mermaid = to_dot(hands), to_mermaid(hands)
    assert dot.count("subgraph cluster_") == mermaid.count("subgraph ") == 10
    assert dot.count("{") == dot.count("}")
    assert mermaid.startswith("flowchart TD\n")
    assert mermaid.count("subgraph ") == sum(line.strip() == "end" for line in mermaid.splitlines())
    assert "-. back .->" in mermaid
    assert "style=dotted color=orange" in dot


def test_a_profile_colours_the_nodes() -> None:
    picture = picture_of_plan(CalculatorGraph(LOOP).plan)
    add_profile(picture, {"nodes": [{"name": "pass", "time_percent": 60.0, "time_mean": 1500}, {"name": "other"}]})
    box = next(box for box in inside(picture.root) if box.id == "node pass")
    assert (box.title, box.share, box.detail) == ("pass", 0.6, "1.50 ms, 60 %, PassThroughCalculator")
    assert f"fill:{heat(0.6)}" in to_svg(picture)
    assert heat(0) == "rgb(255,255,255)"
    assert heat(0.5) == heat(1.0) == "rgb(255,135,80)"
    assert 'fillcolor="#ff8750"' in to_dot(picture)
    assert "fill:#ff8750" in to_mermaid(picture)


def test_of_a_broken_graph_is_drawn_what_there_is() -> None:
    text, faults = drawing_of(BROKEN, "svg")
    assert [str(fault).partition(": ")[2].partition(".")[0] for fault in faults] == [
        'Unable to find Calculator "PassThruCalculator"',
        'node "PassThruCalculator": input stream "nowhere" does not have a corresponding output stream',
    ]
    root = ET.fromstring(text)
    faulty = [g for g in root.iter("{http://www.w3.org/2000/svg}g") if "fault" in g.get("class", "")]
    assert len(faulty) == 2
    told = " ".join(title.text or "" for g in faulty for title in g.iter("{http://www.w3.org/2000/svg}title"))
    assert "Did you mean 'PassThroughCalculator'" in told
    assert "nothing makes nowhere" in told
    assert "PassThroughCalculator" in text
    assert "nothing makes" in draw(BROKEN, "mmd")
    assert "nothing makes" in draw(BROKEN, "dot")
    assert "nothing makes" in draw(BROKEN, "html")


def test_what_cannot_be_drawn() -> None:
    with pytest.raises(ArgumentError, match='form: there is no drawing as "png"; one of svg, html, dot, mmd'):
        draw(LOOP, "png")
    with pytest.raises(PbtxtSyntaxError):
        draw("node {{", "svg")


def test_an_empty_graph() -> None:
    assert ET.fromstring(draw('input_stream: "in"')).tag.endswith("svg")


def test_a_notebook_shows_a_graph() -> None:
    graph = CalculatorGraph(LOOP)
    assert graph._repr_svg_() == draw(graph.plan)
