"""The page of the preview in a real browser: the pictures, and the graph as drawn with what its nodes do."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

import chromium
from graphkit import CalculatorGraph, Packet, calculator
from graphkit.formats import ImageFrame
from graphkit.insight import Profile
from graphkit.preview import Address, PreviewServer

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = pytest.mark.skipif(not chromium.FOUND, reason="Chromium is not installed")

GRAPH = """
input_stream: "a" input_stream: "b"
node { name: "spin" calculator: "PageSpins" input_stream: "a" output_stream: "c" }
node { name: "join" calculator: "PassThroughCalculator" input_stream: "c" input_stream: "b"
       output_stream: "d" output_stream: "e" }
node { name: "newest" calculator: "PassThroughCalculator" input_stream: "c" input_stream: "b"
       output_stream: "f" output_stream: "g"
       input_stream_handler { input_stream_handler: "FixedSizeInputStreamHandler"
         options { [mediapipe.FixedSizeInputStreamHandlerOptions.ext] {
           trigger_queue_size: 2 target_queue_size: 1 } } } }
node { name: "idle" calculator: "PassThroughCalculator" input_stream: "d" output_stream: "h" }
"""


@calculator("PageSpins")
def spin(value: int) -> int:
    """Keep a core busy for a moment, to be seen."""
    return int(np.linalg.norm(np.random.default_rng(value).random((300, 300)), 2)) + value


@pytest.fixture
def preview(monkeypatch: pytest.MonkeyPatch) -> Iterator[PreviewServer]:
    monkeypatch.setattr("graphkit.preview._requests._NODES_SECONDS", 0.1)
    monkeypatch.setattr("graphkit.preview._requests._EVENT_SECONDS", 0.05)
    with PreviewServer(Address(port=0)) as made:
        yield made


SHOWN_LEVEL = """(() => {
  const canvas = document.createElement("canvas"), context = canvas.getContext("2d");
  context.drawImage(document.getElementById("picture"), 0, 0);
  return context.getImageData(0, 0, 1, 1).data[0];
})()"""


def show(preview: PreviewServer, number: int) -> None:
    preview.take(Packet(ImageFrame(np.full((48, 64, 3), 10 * number, np.uint8)), number))


def box(name: str) -> str:
    return f"document.querySelector('g.node[data-box=\"node {name}\"]')"


def detail(name: str) -> str:
    return f"{box(name)}.querySelector('text.detail').textContent"


def shown(element: str) -> str:
    return f"getComputedStyle(document.getElementById('{element}')).display !== 'none'"


def test_both_views(preview: PreviewServer, tmp_path: Path) -> None:
    profile, graph = Profile(), CalculatorGraph(GRAPH)
    preview.show_graph(graph.plan, profile)
    graph.add_instrument(profile)
    with chromium.opened(preview.url, tmp_path / "profile") as page, graph:
        page.wait_for("document.getElementById('state')?.textContent === 'waiting for the first picture'")
        show(preview, 1)
        page.wait_for("document.getElementById('state').textContent === 'running'")
        show(preview, 2)
        page.wait_for("document.getElementById('picture').naturalWidth === 64")
        page.wait_for(f"{SHOWN_LEVEL} === 20")
        page.wait_for(shown("views"))

        page.value("document.getElementById('show-graph').click()")
        page.wait_for("document.querySelectorAll('g.node').length === 4")
        assert (page.value(shown("graph")), page.value(shown("picture"))) == (True, False)
        assert page.value(f"[...{box('join')}.querySelectorAll('text')].map(t => t.textContent).join('|')")
        assert page.value(detail("spin")) == ""
        assert page.value(f"{box('spin')}.classList.contains('never')")

        for at in range(6):
            graph.add_packet_to_input_stream("a", at, at)
        graph.add_packet_to_input_stream("b", 1, 0)
        graph.wait_until_idle()
        assert page.wait_for(f"{detail('join')}.endsWith('  5 wait') && {detail('join')}")
        assert page.value(f"{box('join')}.classList.contains('behind')")
        assert page.wait_for(f"{detail('newest')}.endsWith(' lost') && {detail('newest')}")
        assert page.value(f"{box('newest')}.classList.contains('dropping')")
        assert page.value(f"{box('idle')}.classList.contains('never')") is False
        for at in range(6, 2000):  # until the page has seen that it is busy
            graph.add_packet_to_input_stream("a", at, at)
            graph.set_input_stream_timestamp_bound("b", at)
            if page.value(f"{box('spin')}.classList.contains('busy')"):
                break
        rate, unit = page.value(detail("spin")).split("/s  ")
        assert float(rate) > 0
        assert unit.endswith((" us", " ms"))
        assert page.value(f"{box('spin')}.querySelector('rect').style.fill") not in ("", "rgb(255, 255, 255)")

        before = page.value("document.querySelector('#graph svg').getBoundingClientRect().width")
        page.value("document.getElementById('fit').click()")
        assert page.value("document.querySelector('#graph svg').getBoundingClientRect().width") != before
        page.screenshot(tmp_path / "graph.png")

        preview.end()
        page.wait_for("document.getElementById('state').textContent === 'the run has ended'")
        page.value("document.getElementById('show-picture').click()")
        assert (page.value(shown("graph")), page.value(shown("picture"))) == (False, True)
        assert page.complaints == []
    assert (tmp_path / "graph.png").read_bytes().startswith(b"\x89PNG")


def test_without_a_graph_there_is_one_view(preview: PreviewServer, tmp_path: Path) -> None:
    with chromium.opened(preview.url, tmp_path / "profile") as page:
        page.wait_for("document.getElementById('state')?.textContent === 'waiting for the first picture'")
        assert page.value(shown("views")) is False
        preview.end(failure=ValueError("three is too many"))
        page.wait_for("document.getElementById('state').className === 'failed'")
        assert page.value("document.getElementById('message').textContent") == "three is too many"
        assert page.complaints == []
