"""Where in somebody's code a call is."""

from __future__ import annotations

import sysconfig
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from graphkit.framework import CallView

_NOT_THE_AUTHORS: Final = (
    str(Path(__file__).parents[1]),
    *(sysconfig.get_paths()[kind] for kind in ("stdlib", "platstdlib", "purelib", "platlib")),
    "<",
)


def place_of(call: CallView) -> str:
    """Return where a call is, as FILE:LINE in FUNCTION: its innermost line that is not a library's."""
    own = (place for place in call.places if not place[0].startswith(_NOT_THE_AUTHORS))
    file, line, function = next(own, call.places[0])
    return f"{file}:{line} in {function}"
