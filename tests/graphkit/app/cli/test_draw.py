"""``graphkit draw``."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

GRAPH = 'input_stream: "in" node { calculator: "PassThroughCalculator" input_stream: "in" output_stream: "out" }'


@pytest.mark.parametrize(
    ("name", "begin"),
    [
        pytest.param("g.svg", "<svg ", id="svg"),
        pytest.param("g.html", "<!doctype html>", id="html"),
        pytest.param("g.dot", "digraph {", id="dot"),
        pytest.param("g.mmd", "flowchart TD\n", id="mmd"),
    ],
)
def test_each_format(graphkit, work: Path, name: str, begin: str) -> None:
    (work / "g.pbtxt").write_text(GRAPH)
    result = graphkit("draw", "g.pbtxt", "-o", name)
    assert (result.exit_code, result.stdout) == (0, f"{name}\n"), result.output
    assert (work / name).read_text().startswith(begin)


def test_mermaid_is_what_graph_prints(graphkit, work: Path) -> None:
    (work / "g.pbtxt").write_text(GRAPH)
    graphkit("draw", "g.pbtxt", "-o", "g.mmd")
    assert graphkit("graph", "g.pbtxt", "--mermaid").stdout == (work / "g.mmd").read_text()


def test_a_broken_graph_is_drawn_and_its_faults_are_said(graphkit, work: Path) -> None:
    (work / "g.pbtxt").write_text(GRAPH.replace("PassThrough", "PassThru"))
    result = graphkit("draw", "g.pbtxt", "-o", "g.svg")
    assert result.exit_code == 1
    assert (
        "Unable to find Calculator \"PassThruCalculator\". Did you mean 'PassThroughCalculator'" in result.stderr
    )
    assert 'class="node fault"' in (work / "g.svg").read_text()


def test_a_profile_colours_it(graphkit, work: Path) -> None:
    (work / "g.pbtxt").write_text(GRAPH)
    row = {"name": "PassThroughCalculator", "time_percent": 100, "time_mean": 12}
    (work / "p.json").write_text(json.dumps({"nodes": [row]}))
    assert graphkit("draw", "g.pbtxt", "-o", "g.svg", "--profile", "p.json").exit_code == 0
    assert "0.01 ms, 100 %" in (work / "g.svg").read_text()


@pytest.mark.parametrize(
    ("arguments", "status", "message"),
    [
        pytest.param(
            ["-o", "g.png"], 2, "--output: g.png: a drawing ends in .svg, .html, .dot, .mmd.", id="format"
        ),
        pytest.param(["-o", "no/g.svg"], 1, "no/g.svg: cannot be written: No such file or directory", id="folder"),
        pytest.param(
            ["-o", "g.svg", "--profile", "none.json"],
            1,
            "none.json: cannot be read as the JSON of a",
            id="no profile",
        ),
        pytest.param(
            ["-o", "g.svg", "--profile", "g.json"],
            1,
            'g.json: is no profile: it has no list "nodes"',
            id="another",
        ),
    ],
)
def test_what_is_refused(graphkit, work: Path, arguments: list[str], status: int, message: str) -> None:
    (work / "g.pbtxt").write_text(GRAPH)
    (work / "g.json").write_text("[]")
    result = graphkit("draw", "g.pbtxt", *arguments)
    assert result.exit_code == status
    assert message in result.stderr
