"""The tags of a node's connections, beside the ends of their lines, if there is room."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

    from graphkit.insight._drawing.layout import Curve, Layout

_CHAR: Final = 4.9
"""Width of a character of a tag: a monospaced font of 8 pixels."""
_HEIGHT: Final = 8.0
_BESIDE: Final = 5.0
_REACH: Final = 10.0
"""How far a tag may stick out of the width of its node: less than the gap between boxes."""


@dataclass(frozen=True, slots=True)
class Tag:
    """The tag of a connection.

    Attributes:
        words: the tag; of several connections that share a line, all of theirs.
        x, y: where its words begin, or end if they run leftwards from the line; y of their foot.
        node: the id of the box whose tag it is.
    """

    words: str
    x: float
    y: float
    leftwards: bool
    node: str

    @property
    def span(self) -> tuple[float, float]:
        """Return where the words begin and end."""
        width = _CHAR * len(self.words)
        return (self.x - width, self.x) if self.leftwards else (self.x, self.x + width)


@dataclass(frozen=True, slots=True)
class _End:
    """Where a line meets a node; *bend* is how far to the right the line has gone at the height of its tag."""

    words: str
    x: float
    bend: float


def tags_of(layout: Layout) -> list[Tag]:
    """Return the tags for which there is room: they touch neither each other nor a line of the same node."""
    ends: dict[tuple[str, float, bool], list[_End]] = defaultdict(list)
    for curve in layout.curves:
        for node, top, end in _ends(curve):
            ends[node, curve.points[-1 if top else 0][1], top].append(end)
    return [tag for (node, y, top), found in ends.items() for tag in _fitting(node, y, top, found, layout)]


def _ends(curve: Curve) -> Iterator[tuple[str, bool, _End]]:
    """Yield node, whether at its upper side, and the end, for the ends of a curve that lie at nodes."""
    (x1, y1), (_, bottom), (x2, y2) = curve.points
    reversed_ = curve.arrow == "start"
    for is_source in (True, False):
        ids = {link.source if is_source else link.target for link in curve.links}
        node = next(iter(ids)) if len(ids) == 1 else ""
        words = ",".join(dict.fromkeys(link.tag for link in curve.links if link.tag))
        if not node.startswith("node ") or not words:
            continue
        top = is_source == reversed_
        if not (curve.meets_lower if top else curve.meets_upper):
            continue
        steep = 0.0 if not top and bottom > y1 + _HEIGHT else min(0.25, _HEIGHT / max(y2 - bottom, 1.0))
        bend = (x1 - x2 if top else x2 - x1) * 3 * steep**2
        yield node, top, _End(words, x2 if top else x1, bend)


def _fitting(node: str, y: float, top: bool, ends: list[_End], layout: Layout) -> Iterator[Tag]:
    left, _, width, _ = layout.boxes[node]
    foot = y - 3.5 if top else y + _HEIGHT
    taken = [(min(end.x, end.x + end.bend) - 1, max(end.x, end.x + end.bend) + 1) for end in ends]
    for end in sorted(ends, key=lambda each: each.x):
        for leftwards in (end.bend > 0, end.bend <= 0):
            beside = end.x + (-_BESIDE if leftwards else _BESIDE)
            tag = Tag(end.words, beside, foot, leftwards, node)
            begin, stop = tag.span
            if begin < left - _REACH or stop > left + width + _REACH:
                continue
            if all(stop <= first or last <= begin for first, last in taken):
                taken.append((begin, stop + 2))
                yield tag
                break
