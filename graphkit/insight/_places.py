"""Where in the user's code a call is."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from graphkit.framework import CallView


@cache
def _not_the_authors() -> tuple[str, ...]:
    import sysconfig  # it reads Python's build settings, which takes as long as a dozen modules

    paths = sysconfig.get_paths()
    libraries = (paths[kind] for kind in ("stdlib", "platstdlib", "purelib", "platlib"))
    return (str(Path(__file__).parents[1]), *libraries, "<")


def place_of(call: CallView) -> str:
    """Return where a call is, as FILE:LINE in FUNCTION: its innermost line that is not a library's."""
    own = (place for place in call.places if not place[0].startswith(_not_the_authors()))
    file, line, function = next(own, call.places[0])
    return f"{file}:{line} in {function}"
