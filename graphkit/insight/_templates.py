"""Text of many events at once: a template for each kind, and columns of values that fill it.

That takes a third of the time of one event after the other.
"""

from __future__ import annotations

import json
from itertools import chain
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

PROCESS: Final = 1
"""The one process of a trace."""


def quoted(text: str) -> str:
    """Return text as JSON, for a template."""
    return json.dumps(text).replace("%", "%%")


def filled(template: str, columns: Sequence[Sequence[Any]]) -> str:
    """Return a line of the template for each row of the columns."""
    values = chain.from_iterable(zip(*columns, strict=True))
    return ",\n".join([template] * len(columns[0])) % tuple(values)
