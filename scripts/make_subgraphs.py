"""Writes docs/reference/subgraphs.md from the graphs that come with graphkit.

    .venv/bin/python scripts/make_subgraphs.py

Run it after a subgraph was added, renamed or removed, or its ports or its first comment were changed. A test
compares the page with what this makes.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from graphkit import config
from graphkit.app.cli.subgraphs import comment_of, port_lines, subgraph_files
from graphkit.framework import Resources, graphs_dir

if TYPE_CHECKING:
    from collections.abc import Iterator

PAGE = Path(__file__).parents[1] / "docs" / "reference" / "subgraphs.md"

HEAD = """\
# Subgraphs

What comes with graphkit to put into graphs of your own, by type: `node { calculator: "PalmDetectionCpu" ... }`.
Types and tags are MediaPipe's where it has the subgraph. `graphkit calculators PalmDetectionCpu` shows the same
with the types of all streams.

*This page is made by `scripts/make_subgraphs.py`; edit the comments of the graphs instead.*
"""


def page() -> str:
    """Return the whole page."""
    files = {
        name: [path for path in paths if path.is_relative_to(graphs_dir())]
        for name, paths in sorted(subgraph_files(Resources()).items())
    }
    entries = (line for name, paths in files.items() for path in paths for line in _entry(name, path))
    return "\n".join([HEAD, *entries])


def _entry(name: str, path: Path) -> Iterator[str]:
    text = path.read_text("utf-8")
    yield f"## {name}\n"
    yield f"`graphs/{path.relative_to(graphs_dir())}`\n"
    yield "\n".join(comment_of(text)) + "\n"
    yield "```text"
    yield from (line.strip() for line in port_lines(config.parse(path), {}, text.splitlines()))
    yield "```\n"


if __name__ == "__main__":
    PAGE.write_text(page())
