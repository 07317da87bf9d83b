"""Where in somebody's code a call is."""

from __future__ import annotations

import sysconfig
from pathlib import Path
from typing import TYPE_CHECKING, Final

import graphkit

if TYPE_CHECKING:
    from graphkit._runtime.look import CallLook

_NOT_THE_AUTHORS: Final = (
    str(Path(graphkit.__file__).parent),
    *(sysconfig.get_paths()[kind] for kind in ("stdlib", "platstdlib", "purelib", "platlib")),
    "<",
)


def place_of(call: CallLook) -> str:
    """Return where a call is, as FILE:LINE in FUNCTION: its innermost line that is not a library's."""
    own = (place for place in call.places if not place[0].startswith(_NOT_THE_AUTHORS))
    file, line, function = next(own, call.places[0])
    return f"{file}:{line} in {function}"
