"""What is said of calculators and graphs holds: each example of a docstring and each shipped graph loads."""

from __future__ import annotations

import inspect
import re
import runpy
import textwrap
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from graphkit import config
from graphkit.errors import GraphValidationError
from graphkit.framework import known_calculators

if TYPE_CHECKING:
    from graphkit import Calculator

ROOT = Path(__file__).parents[2]
BUILT_IN = {
    name: cls for name, cls in known_calculators().items() if cls.__module__.startswith("graphkit_calculators.")
}
GRAPHS = sorted((ROOT / "graphs").rglob("*.pbtxt"))

_NODE = re.compile(r"^node \{\n.*?^\}$", re.MULTILINE | re.DOTALL)


def _example(cls: type[Calculator]) -> str:
    """Return the last section of a docstring, which holds the example."""
    _, _, example = inspect.cleandoc(cls.__doc__ or "").rpartition("Example::\n")
    return textwrap.dedent(example)


def _as_graph(nodes: str) -> str:
    """Return *nodes* with a graph input for each stream and side packet that none of them makes."""
    parsed = config.parse(nodes)
    made = {entry.name for node in parsed.nodes for entry in node.outputs}
    made_sides = {entry.name for node in parsed.nodes for entry in node.output_side_packets}
    needed = {entry.name for node in parsed.nodes for entry in node.inputs} - made
    needed_sides = {entry.name for node in parsed.nodes for entry in node.input_side_packets} - made_sides
    lines = [f'input_stream: "{name}"' for name in sorted(needed)]
    lines += [f'input_side_packet: "{name}"' for name in sorted(needed_sides)]
    return "\n".join([*lines, nodes])


@pytest.mark.parametrize("name", sorted(BUILT_IN))
def test_the_example_of_a_docstring_is_a_valid_node(name: str) -> None:
    example = _example(BUILT_IN[name])
    assert f'calculator: "{name}"' in example
    nodes = _NODE.findall(example)
    assert "\n".join(nodes).strip() == example.strip(), "the example is made of node { } blocks alone"
    for node in nodes:
        config.load(_as_graph(node))


@pytest.mark.parametrize(
    "path", [pytest.param(p, id=p.relative_to(ROOT).as_posix()) for p in GRAPHS if p.stem != "face_detection"]
)
def test_every_shipped_graph_loads(path: Path) -> None:
    # Whoever uses the one that is left out says which model it is: alone it is not valid, in MediaPipe neither.
    plan = config.load(path)
    assert plan.nodes


def test_a_subgraph_that_its_user_fills_in() -> None:
    with pytest.raises(GraphValidationError, match="the model is the side packet MODEL or the option model_path"):
        config.load(ROOT / "graphs" / "modules" / "face_detection" / "face_detection.pbtxt")


def test_the_reference_lists_every_calculator() -> None:
    page = (ROOT / "docs" / "reference" / "calculators.md").read_text()
    assert [name for name in BUILT_IN if not re.search(rf"[ `]{name}[ `\n]", page)] == []


def test_the_reference_is_what_the_script_makes() -> None:
    made = runpy.run_path(str(ROOT / "scripts" / "make_reference.py"))
    page = (ROOT / "docs" / "reference" / "calculators.md").read_text()
    assert made["page"]() == page, "run scripts/make_reference.py"
