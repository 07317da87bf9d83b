"""The second view of the page: the graph as drawn, and how its nodes are doing."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any
from urllib.error import HTTPError
from urllib.request import urlopen
from xml.etree import ElementTree

import pytest

from graphkit import CalculatorGraph, Packet
from graphkit.insight import Profile
from graphkit.jobs import JobSettings, Limits, video_job
from graphkit.preview import Address, PreviewServer
from graphkit.preview._graph_view import GraphView

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from graphkit.formats import ImageFrame

GRAPH = """
input_stream: "a" input_stream: "b"
node { name: "first" calculator: "PassThroughCalculator" input_stream: "a" output_stream: "c" }
node { name: "join" calculator: "PassThroughCalculator" input_stream: "c" input_stream: "b"
       output_stream: "d" output_stream: "e" }
"""


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def preview() -> Iterator[PreviewServer]:
    with PreviewServer(Address(port=0)) as made:
        yield made


@pytest.fixture
def graph() -> CalculatorGraph:
    return CalculatorGraph(GRAPH)


def test_the_drawing_names_its_nodes_and_brings_no_styles(graph: CalculatorGraph) -> None:
    """The page's policy allows neither a style element nor a style attribute."""
    svg = GraphView(graph.plan, Profile()).svg()
    parts = list(ElementTree.fromstring(svg).iter())
    boxes = {part.get("data-box") for part in parts if "node" in (part.get("class") or "").split()}
    assert boxes == {"node first", "node join"}
    assert {"first", "join"} <= {part.text for part in parts if part.get("class") == "name"}
    assert not [part for part in parts if part.get("style") or part.tag.endswith("}style")]
    assert b"data-style=" in svg


def test_changes_are_those_since_the_last_time(graph: CalculatorGraph) -> None:
    clock, profile = Clock(), Profile()
    graph.add_instrument(profile)
    changes = GraphView(graph.plan, profile, clock).changes()
    assert next(changes) == {}
    with graph:
        for at in range(6):
            graph.add_packet_to_input_stream("a", 1, at)
        graph.add_packet_to_input_stream("b", 1, 0)
        clock.now += 2
        seen: dict[str, Any] = next(changes)
        assert {name: (node["rate"], node["waiting"], node["most"]) for name, node in seen.items()} == {
            "first": (3.0, 0, 1), "join": (0.5, 5, 6),
        }  # fmt: skip
        assert seen["first"]["ms"] > 0
        clock.now += 1
        still = next(changes)["first"]
        assert (still["rate"], still["ms"], still["load"]) == (0.0, 0.0, 0.0)


def test_the_server_answers_with_drawing_styles_and_nodes(preview: PreviewServer, graph: CalculatorGraph) -> None:
    profile = Profile()
    preview.show_graph(graph.plan, profile)
    with urlopen(f"{preview.url}graph.svg") as answer:
        assert answer.headers["Content-Type"] == "image/svg+xml"
        assert b'data-box="node join"' in answer.read()
    with urlopen(f"{preview.url}graph.css") as answer:
        assert answer.headers["Content-Type"].startswith("text/css")
        assert b".node > rect" in answer.read()
    graph.add_instrument(profile)
    with graph:
        graph.add_packet_to_input_stream("a", 1, 0)
    preview.end()
    with urlopen(f"{preview.url}nodes") as answer:
        first, last = (json.loads(line.removeprefix(b"data: ")) for line in answer.read().split(b"\n\n")[:2])
    assert first == {"nodes": {}, "over": False}
    assert last["over"]
    assert set(last["nodes"]) == {"first", "join"}
    with urlopen(f"{preview.url}numbers") as answer:
        assert json.loads(answer.readline().removeprefix(b"data: "))["graph"] is True


@pytest.mark.parametrize("path", ["graph.svg", "nodes"])
def test_without_a_graph_there_is_no_view_of_it(preview: PreviewServer, path: str) -> None:
    with pytest.raises(HTTPError) as caught:
        urlopen(f"{preview.url}{path}")
    assert (caught.value.code, caught.value.read()) == (404, b"The graph of this run is not known here.\n")


class Page:
    """A page that shows pictures, and perhaps graphs."""

    def take(self, packet: Packet[ImageFrame]) -> None:
        return

    def dropped(self, frames: int) -> None:
        return

    def end(self, *, stopped: bool, failure: BaseException | None) -> None:
        return


class GraphsToo(Page):
    profile: Profile

    def show_graph(self, plan: object, profile: Profile) -> None:
        self.profile = profile


PICTURES = """
input_stream: "video" output_stream: "out"
node { name: "flip" calculator: "ImageTransformationCalculator" input_stream: "IMAGE:video"
       output_stream: "IMAGE:out" }
"""


@pytest.mark.parametrize(
    "own", [pytest.param(False, id="one is made"), pytest.param(True, id="the one that is there")]
)
def test_a_job_shows_its_graph_with_one_profile(own: bool, hand_clip: Path) -> None:
    page, profiles = GraphsToo(), [Profile()] if own else []
    settings = JobSettings(preview=page, instruments=profiles, limits=Limits(max_frames=2))
    graph = CalculatorGraph(PICTURES)
    video_job(graph, hand_clip, settings).run()
    assert [(row.name, row.calls) for row in page.profile.nodes() if row.calculator != "observer"] == [("flip", 2)]
    assert profiles in ([], [page.profile])
    assert graph._setup.instruments == []


def test_a_page_of_pictures_alone_is_fine(hand_clip: Path) -> None:
    settings = JobSettings(preview=Page(), limits=Limits(max_frames=2))
    assert video_job(CalculatorGraph(PICTURES), hand_clip, settings).run().frames == 2


@pytest.fixture
def hand_clip(request: pytest.FixtureRequest) -> Path:
    return request.config.rootpath / "examples" / "media" / "hand_cup.mp4"
