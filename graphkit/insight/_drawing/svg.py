"""A picture as SVG."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, Final

from graphkit.insight._drawing.layout import TITLE, lay_out
from graphkit.insight._drawing.picture import Line, Shape
from graphkit.insight._drawing.tags import tags_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from graphkit.insight._drawing.layout import Curve, Layout
    from graphkit.insight._drawing.picture import Box, Picture
    from graphkit.insight._drawing.tags import Tag

_MOST_TOLD: Final = 12
_FAULT_LINE: Final = 16
STYLE: Final = """
text { font: 11px "DejaVu Sans Mono", Menlo, Consolas, monospace; fill: #1f2933; }
text.detail { font-size: 9px; fill: #52606d; }
rect { stroke-width: 1; }
.group > rect { fill: #f5f7fa; stroke: #9aa5b1; }
.group .group > rect { fill: #e9eef3; }
.group .group .group > rect { fill: #dde4ec; }
.group > text { font-weight: bold; fill: #3e4c59; }
.node > rect { fill: #ffffff; stroke: #3e4c59; }
.stream > rect { fill: #e6f4f1; stroke: #7fb9ae; }
.side > rect { fill: #f0e9f7; stroke: #b39bd0; stroke-dasharray: 4 2; }
.in > rect, .out > rect { stroke-width: 2.5; }
.fault > rect { fill: #fde8e8; stroke: #d64545; stroke-width: 2; }
path { fill: none; stroke: #5b7f95; stroke-width: 1.1; }
path.side { stroke: #9b7fc0; stroke-dasharray: 4 2; }
path.back { stroke: #d9822b; stroke-width: 1.6; stroke-dasharray: 2 3; }
text.tag { font-size: 8px; fill: #52606d; }
text.tag.left { text-anchor: end; }
text.line { font-size: 9px; fill: #334e68; text-anchor: middle; }
text.line { paint-order: stroke; stroke: #ffffffd0; stroke-width: 3; }
text.faults { fill: #b42318; }
"""


def to_svg(picture: Picture) -> str:
    """Return the picture as a standalone SVG."""
    layout = lay_out(picture)
    told = [*picture.faults[:_MOST_TOLD]]
    if len(picture.faults) > _MOST_TOLD:
        told.append(f"and {len(picture.faults) - _MOST_TOLD} more")
    head = _FAULT_LINE * len(told)
    width = max([layout.width, *(7.0 * len(line) + 20 for line in told)])
    height = layout.height + head
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:.0f} {height:.0f}" '
        f'width="{width:.0f}" height="{height:.0f}">',
        f"<title>{escape(picture.title)}</title><style>{STYLE}</style>{MARKERS}",
        '<rect width="100%" height="100%" fill="#ffffff" stroke="none"/>',
    ]
    parts += [
        f'<text class="faults" x="10" y="{_FAULT_LINE * (i + 1)}">{escape(line)}</text>'
        for i, line in enumerate(told)
    ]
    parts.append(f'<g transform="translate(0 {head})">')
    parts += _frames(picture.root, layout)
    parts += [_curve(curve) for curve in layout.curves]
    parts += _boxes(picture.root, layout)
    parts += [_tag(tag) for tag in tags_of(layout)]
    return "\n".join([*parts, "</g></svg>", ""])


MARKERS: Final = "<defs>{}</defs>".format(
    "".join(
        f'<marker id="arrow-{line.value}" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" '
        f'orient="auto-start-reverse"><path d="M0,0 L8,4 L0,8 z" style="fill:{color};stroke:none"/></marker>'
        for line, color in ((Line.STREAM, "#5b7f95"), (Line.SIDE, "#9b7fc0"), (Line.BACK, "#d9822b"))
    )
)


def _frames(group: Box, layout: Layout) -> Iterator[str]:
    """Yield the boxes of groups, which lie below the links."""
    for box in group.inside:
        if box.shape is Shape.GROUP:
            yield f'<g class="group">{_rect(layout.boxes[box.id], 6)}'
            yield from _frames(box, layout)
            yield "</g>"


def _boxes(group: Box, layout: Layout) -> Iterator[str]:
    for box in group.inside:
        x, y, width, height = layout.boxes[box.id]
        if box.shape is Shape.GROUP:
            yield from _boxes(box, layout)
            title = f"{box.title} {box.detail}".strip()
            yield (
                f'<g class="group"><title>{escape(box.about)}</title>'
                f"{_rect((x + 1, y + 1, 6.7 * len(title) + 12, TITLE - 2), 5, 'stroke:none')}"
                f'<text x="{x + 7:.1f}" y="{y + 14:.1f}">{escape(title)}</text></g>'
            )
            continue
        yield box_svg(box, (x, y, width, height))


def box_svg(box: Box, place: tuple[float, float, float, float]) -> str:
    """Return a node, stream or side packet."""
    x, y, width, height = place
    classes = " ".join(filter(None, [box.shape.value, box.declared, "fault" if box.faults else ""]))
    about = "\n".join([box.about, *box.faults])
    radius = 3 if box.shape is Shape.NODE else height / 2
    fill = f"fill:{heat(box.share)}" if box.share is not None and not box.faults else ""
    middle, title_y = x + width / 2, y + (14.5 if box.shape is Shape.NODE else 12.5)
    detail = _text("detail", middle, title_y + 11, box.detail) if box.detail else ""
    return (
        f'<g class="{classes}" data-box="{escape(box.id)}"><title>{escape(about)}</title>'
        f"{_rect(place, radius, fill)}{_text('name', middle, title_y, box.title)}{detail}</g>"
    )


def _rect(place: tuple[float, float, float, float], radius: float, style: str = "") -> str:
    x, y, width, height = place
    styled = f' style="{style}"' if style else ""
    return f'<rect x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height:.1f}" rx="{radius:.1f}"{styled}/>'


def _text(kind: str, middle: float, y: float, words: str) -> str:
    return f'<text class="{kind}" x="{middle:.1f}" y="{y:.1f}" text-anchor="middle">{escape(words)}</text>'


def heat(share: float) -> str:
    """Return the colour of a share of the time: white for nothing, red for half of it and more."""
    strength = min(share / 0.5, 1.0) ** 0.5
    green, blue = 255 - 120 * strength, 255 - 175 * strength
    return f"rgb(255,{green:.0f},{blue:.0f})"


def _curve(curve: Curve) -> str:
    (x1, y1), (_, bottom), (x2, y2) = curve.points
    half = (bottom + y2) / 2
    down = f"L{x1:.1f},{bottom:.1f} " if bottom > y1 else ""
    path = f"M{x1:.1f},{y1:.1f} {down}C{x1:.1f},{half:.1f} {x2:.1f},{half:.1f} {x2:.1f},{y2:.1f}"
    marker = f' marker-{curve.arrow}="url(#arrow-{curve.line.value})"' if curve.arrow else ""
    about = "\n".join(dict.fromkeys(link.about for link in curve.links))
    return f'<path class="{curve.line.value}" d="{path}"{marker}><title>{escape(about)}</title></path>'


def _tag(tag: Tag) -> str:
    side = " left" if tag.leftwards else ""
    return f'<text class="tag{side}" x="{tag.x:.1f}" y="{tag.y:.1f}">{escape(tag.words)}</text>'
