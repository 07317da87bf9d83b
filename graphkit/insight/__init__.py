"""What goes on inside a running graph: why nothing comes out of it, and where its time goes."""

from graphkit.insight._draw import draw
from graphkit.insight._explanation import Explanation, NodeReport
from graphkit.insight._findings import Finding, Kind
from graphkit.insight._profile import NodeProfile, Profile
from graphkit.insight._trace import Trace
from graphkit.insight._watchdog import Watchdog

__all__ = ["Explanation", "Finding", "Kind", "NodeProfile", "NodeReport", "Profile", "Trace", "Watchdog", "draw"]
