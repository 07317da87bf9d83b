"""Which models each graph that comes with graphkit needs, read from the graph files themselves.

A graph needs the models that its file names and those of its subgraphs. What a node is, and which strings are
paths of models, shows in the text; so this works without the calculators, and without the models.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from graphkit.config._expansion.subgraph_index import SubgraphIndex
from graphkit.config._text.parser import tokens_of
from graphkit.framework import Resources, graphs_dir

if TYPE_CHECKING:
    from pathlib import Path

_MODEL: Final = ".tflite"


def graphs_of_models() -> dict[str, tuple[str, ...]]:
    """Return the graphs that need each model: the names that both have, ``mediapipe/modules/...`` of a model."""
    found: dict[str, list[str]] = {}
    for graph in main_graphs():
        for model in models_of_graph(graph):
            found.setdefault(model, []).append(graph.stem)
    return {model: tuple(graphs) for model, graphs in found.items()}


def main_graphs() -> list[Path]:
    """Return the graphs that come with graphkit and are no subgraph of others, sorted."""
    return [path for path in sorted(graphs_dir().rglob("*.pbtxt")) if not _declares_type(path)]


def models_of_graph(graph: Path) -> list[str]:
    """Return the names of the models that a graph and its subgraphs name, sorted.

    If several files declare a subgraph (one for the CPU, one for the GPU), the models of all of them count.
    """
    index = SubgraphIndex(Resources(graph_file=graph))
    waiting, seen, models = [graph], {graph}, set()
    while waiting:
        strings = _fields(waiting.pop())
        models |= {text for _, text in strings if text.endswith(_MODEL)}
        for calculator in {text for field, text in strings if field == "calculator"}:
            new = [path for path in index.find(calculator) if path not in seen]
            seen.update(new)
            waiting += new
    return sorted(models)


def _declares_type(path: Path) -> bool:
    depth = 0
    previous = ""
    for token in tokens_of(path.read_text("utf-8")):
        depth += (token == "{") - (token == "}")
        if depth == 0 and previous == "type" and token == ":":
            return True
        previous = token
    return False


def _fields(path: Path) -> list[tuple[str, str]]:
    """Return field and value of every string in a graph file."""
    tokens = list(tokens_of(path.read_text("utf-8")))
    return [
        (field, value[1:-1])
        for field, colon, value in zip(tokens, tokens[1:], tokens[2:], strict=False)
        if colon == ":" and value[:1] in ('"', "'")
    ]
