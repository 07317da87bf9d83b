"""What programs know as ``mediapipe``: solutions, the graph API and the messages. Tasks are not here.

A submodule is imported when it is first asked for.
"""

from importlib import import_module as _import_module
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from graphkit.compat.mediapipe import framework, python
    from graphkit.compat.mediapipe.python import solutions

__all__ = ["framework", "python", "solutions"]

__version__: Final = "0.10.21+graphkit"
"""The MediaPipe whose API this is, and whose it really is."""

_LATER: Final = {
    "framework": "graphkit.compat.mediapipe.framework",
    "python": "graphkit.compat.mediapipe.python",
    "solutions": "graphkit.compat.mediapipe.python.solutions",
}
_ABSENT: Final = {
    "tasks": "MediaPipe Tasks are not part of graphkit; mediapipe 1.x has them, and can be installed beside it",
}


def __getattr__(name: str) -> Any:
    """Import a submodule on its first use."""
    if name in _LATER:
        value = globals()[name] = _import_module(_LATER[name])
        return value
    reason = f": {_ABSENT[name]}" if name in _ABSENT else ""
    raise AttributeError(f"module 'mediapipe' has no attribute {name!r}{reason}")
