"""Checks, with the peer's interpreter, that our graphs say what MediaPipe's own say.

For every pbtxt under graphs/: the text parses against the peer's CalculatorGraphConfig. For every subgraph
type that the wheel carries too: after the peer has expanded both, nodes, streams, side packets and options
are the same (the order of nodes and of tagged streams does not count).

    PEER/bin/python tests/benchmarks/peer/check_graphs.py
"""

from __future__ import annotations

import argparse
import importlib
import sys
from pathlib import Path
from typing import Any

from google.protobuf import text_format
from mediapipe.framework import calculator_pb2
from mediapipe.python._framework_bindings import validated_graph_config
from peer_common import REPOSITORY, peer_root


def import_all_protos(root: Path) -> None:
    """Imports every generated proto module of the wheel, so that all options can be parsed."""
    for path in sorted(root.rglob("*_pb2.py")):
        importlib.import_module(".".join(path.relative_to(root.parent).with_suffix("").parts))


def parse(path: Path) -> Any:
    """Returns the CalculatorGraphConfig in `path`.

    Raises:
        text_format.ParseError: The text is not a graph; the message has line and column.
    """
    return text_format.Parse(path.read_text(), calculator_pb2.CalculatorGraphConfig())


def expand(config: Any) -> Any:
    """Returns `config` with all subgraphs expanded, as the peer would run it."""
    validated = validated_graph_config.ValidatedGraphConfig()
    validated.initialize(graph_config=config)
    return text_format.Parse(validated.text_config, calculator_pb2.CalculatorGraphConfig())


def canonical(config: Any, prefix: str) -> list[str]:
    """Returns one sorted line a node, with its streams sorted, node names and `prefix` left out."""
    lines = []
    for node in config.node:
        plain = calculator_pb2.CalculatorGraphConfig.Node.FromString(node.SerializeToString())
        plain.ClearField("name")
        for field in ("input_stream", "output_stream", "input_side_packet", "output_side_packet"):
            # By tag and index; untagged streams keep their order, which means something.
            values = sorted(getattr(plain, field), key=lambda stream: stream.rpartition(":")[0])
            plain.ClearField(field)
            getattr(plain, field).extend(values)
        lines.append(text_format.MessageToString(plain, as_one_line=True).replace(prefix, ""))
    return sorted(lines)


def differences(ours: Any, theirs: Any, prefix: str) -> list[str]:
    """Returns what is in one of two expanded configs only, one line each; names may differ by `prefix`."""
    mine, peers = canonical(ours, prefix), canonical(theirs, prefix)
    return [f"  only ours:   {line}" for line in mine if line not in peers] + [
        f"  only theirs: {line}" for line in peers if line not in mine
    ]


def wrapped(config: Any) -> Any:
    """Returns a graph of one node that uses the subgraph `config.type` with all of its streams."""
    node = calculator_pb2.CalculatorGraphConfig.Node(calculator=config.type)
    graph = calculator_pb2.CalculatorGraphConfig(node=[node])
    for field in ("input_stream", "output_stream", "input_side_packet", "output_side_packet"):
        getattr(graph.node[0], field).extend(getattr(config, field))
        getattr(graph, field).extend(getattr(config, field))
    return graph


def check(path: Path) -> list[str]:
    """Returns what is wrong with the graph in `path`; an empty list says it is right."""
    try:
        config = parse(path)
    except text_format.ParseError as error:
        return [f"  does not parse: {error}"]
    if not config.type:
        return []
    try:
        theirs = expand(wrapped(config))
    except (ValueError, RuntimeError):
        print(f"{path.relative_to(REPOSITORY)}: {config.type} is not in the wheel, parsed only")
        return []
    return differences(expand(config), theirs, f"{config.type.lower()}__")


def main() -> int:
    """Runs the check; returns the exit status."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("graphs", nargs="?", type=Path, default=REPOSITORY / "graphs")
    arguments = parser.parse_args()
    import_all_protos(peer_root())
    bad = 0
    for path in sorted(arguments.graphs.rglob("*.pbtxt")):
        problems = check(path)
        bad += bool(problems)
        print("\n".join([f"{path}: {'DIFFERS' if problems else 'ok'}", *problems]))
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
