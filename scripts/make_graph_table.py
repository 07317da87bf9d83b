"""Writes docs/reference/mediapipe_graphs.md: which of MediaPipe's own graph files are valid here, and which run.

    .venv/bin/python scripts/make_graph_table.py FOLDER

FOLDER holds a checkout of MediaPipe, or the folder ``mediapipe`` of its package; there may be several. Every
``.pbtxt`` and ``.binarypb`` in it that is a graph is looked at. A graph that is valid is started without any input
and ended; side packets that it wants are given where `GIVEN` knows a value, and a clip where it reads one itself.
"""

from __future__ import annotations

import argparse
import os
import re
import tempfile
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from graphkit import config
from graphkit.errors import GraphkitError, GraphValidationError, SidePacketError
from graphkit.formats import FaceEnvironment
from graphkit.graph import CalculatorGraph

if TYPE_CHECKING:
    from collections.abc import Iterator

PAGE = Path(__file__).parents[1] / "docs" / "reference" / "mediapipe_graphs.md"

HEAD = """\
# MediaPipe's own graph files

Which of the graph files that MediaPipe publishes are valid here, unmodified, and which start and end.
*This page is made by `scripts/make_graph_table.py`.* `starts` means that it was run without input, with
the side packets named; a graph that reads a clip itself was run over one. A graph that `wants` something
is valid, and was not started: the side packet or the model named was not there.

"""

CLIP = PAGE.parents[2] / "examples" / "media" / "hand_cup.mp4"
GIVEN: dict[str, Any] = {
    "num_faces": 1,
    "num_hands": 2,
    "allowed_labels": "",
    "environment": FaceEnvironment(),
    "input_video_path": str(CLIP),
}

_MISSING = re.compile(r'Unable to find Calculator "([^"]+)"')
_NO_GRAPH = re.compile(r"mediapipe\.CalculatorGraphConfig has no field")
_WAITS = re.compile(r"was never opened: it waits for side packet (\w+)")
_MODEL = re.compile(r"[\w./]+\.(?:tflite|binarypb|pb|txt|bin)\b")


@dataclass(frozen=True)
class Row:
    """A graph file.

    Attributes:
        name: below the folder.
        valid: whether it is.
        result: what came of it, in words.
    """

    name: str
    valid: bool
    result: str


def rows(folder: Path) -> Iterator[Row]:
    """Yield a row a graph; files that hold another message are left out."""
    for path in sorted(path for path in folder.rglob("*") if path.suffix in (".pbtxt", ".binarypb")):
        name = path.relative_to(folder).as_posix().removeprefix("mediapipe/")
        try:
            config.load(path)
        except GraphValidationError as exc:
            faults = [str(fault) for fault in exc.faults]
            if not any(_NO_GRAPH.search(fault) for fault in faults):
                yield Row(name, False, refusal(faults))
        except GraphkitError as exc:
            yield Row(name, False, one_line(str(exc), folder))
        else:
            yield Row(name, True, started(path, folder))


def refusal(faults: list[str]) -> str:
    """Return why a graph is not valid: what is missing, or else the first fault."""
    missing = sorted({match[1] for fault in faults for match in _MISSING.finditer(fault)})
    if missing:
        return "not here: " + ", ".join(f"`{name}`" for name in missing)
    return re.sub(r"^\S+:\d+:\d+: ", "", faults[0]).partition(". ")[0].replace("|", "/")


def started(path: Path, folder: Path) -> str:
    """Start a graph without input, with what it wants, and end it; return what came of it."""
    given: dict[str, Any] = {}
    with tempfile.TemporaryDirectory() as scratch:
        known = {**GIVEN, "output_video_path": str(Path(scratch, "out.mp4"))}
        try:
            run(path, given)
        except SidePacketError as exc:
            given = {name: known[name] for name in exc.missing if name in known}
            if len(given) < len(exc.missing):
                return "wants " + ", ".join(f"`{name}`" for name in exc.missing if name not in given)
            try:
                run(path, given)
            except GraphkitError as again:
                return wanted(str(again), folder)
        except GraphkitError as exc:
            return wanted(str(exc), folder)
    return " ".join(["starts", *(["with", ", ".join(f"`{name}`" for name in given)] if given else [])])


def run(path: Path, side_packets: dict[str, Any]) -> None:
    """Start a graph and end it."""
    graph = CalculatorGraph(path)
    graph.start_run(side_packets)
    graph.close_all_packet_sources()
    graph.wait_until_done()


def wanted(message: str, folder: Path) -> str:
    """Return what a graph that is valid wants to run, from the message of a start that was refused."""
    waits = _WAITS.search(message)
    if waits is not None:
        return f"starts; without input there is no `{waits[1]}`"
    models = _MODEL.findall(message)
    return f"wants {Path(models[0]).name}" if models else one_line(message, folder)


def one_line(message: str, folder: Path) -> str:
    """Return the first line of a message, without the folder's name."""
    return message.splitlines()[0].replace(f"{folder}/", "").replace("|", "/")


def summary(found: list[Row]) -> str:
    """Return how many graphs there are, are valid, and start."""
    kinds = Counter((Path(row.name).suffix, row.valid) for row in found)
    lines = []
    for suffix, words in ((".pbtxt", "text"), (".binarypb", "binary")):
        total = kinds[suffix, True] + kinds[suffix, False]
        if total:
            lines.append(f"Of {total} {words} graphs {kinds[suffix, True]} are valid.")
    starts = sum(row.result.startswith("starts") for row in found)
    return "\n".join([*lines, f"{starts} of the valid ones start and end."])


def page(found: list[Row]) -> str:
    """Return the whole page."""
    lines = [HEAD + summary(found)]
    folder = ""
    for row in sorted(found, key=lambda row: (str(Path(row.name).parent), row.name)):
        parent = str(Path(row.name).parent)
        if parent != folder:
            folder = parent
            lines.append(f"\n## {folder}\n\n| graph | valid | |\n|---|---|---|")
        lines.append(f"| `{Path(row.name).name}` | {'yes' if row.valid else 'no'} | {row.result} |")
    return "\n".join(lines) + "\n"


def main() -> None:
    """Write the page."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("folder", type=Path, nargs="+")
    parser.add_argument("--output", type=Path, default=PAGE)
    given = parser.parse_args()
    os.environ["GRAPHKIT_RESOURCE_ROOT_DIR"] = os.pathsep.join(str(folder.resolve()) for folder in given.folder)
    found = [row for folder in given.folder for row in rows(folder.resolve())]
    given.output.write_text(page(found))
    print(given.output, summary(found), sep="\n")


if __name__ == "__main__":
    main()
