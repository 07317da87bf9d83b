"""Insight into a running graph: why it emits nothing, and how it spends its time.

A run does not need most of it: each part is imported on first use.
"""

from importlib import import_module as _import_module
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from graphkit.insight._draw import draw
    from graphkit.insight._explanation import Explanation, NodeReport
    from graphkit.insight._findings import Finding, Kind
    from graphkit.insight._profile import NodeProfile, Profile
    from graphkit.insight._trace import Trace
    from graphkit.insight._watchdog import Watchdog

__all__ = ["Explanation", "Finding", "Kind", "NodeProfile", "NodeReport", "Profile", "Trace", "Watchdog", "draw"]

_LATER: Final = {
    "Explanation": "_explanation",
    "Finding": "_findings",
    "Kind": "_findings",
    "NodeProfile": "_profile",
    "NodeReport": "_explanation",
    "Profile": "_profile",
    "Trace": "_trace",
    "Watchdog": "_watchdog",
    "draw": "_draw",
}


def __getattr__(name: str) -> Any:
    """Import a part on its first use."""
    if name not in _LATER:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = globals()[name] = getattr(_import_module(f"{__name__}.{_LATER[name]}"), name)
    return value
