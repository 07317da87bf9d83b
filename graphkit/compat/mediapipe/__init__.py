"""What programs know as ``mediapipe``: solutions, the graph API and the messages. Tasks are not here.

A submodule is imported when it is first asked for.
"""

from importlib import import_module as _import_module
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from graphkit.compat.mediapipe import framework, python
    from graphkit.compat.mediapipe.python import packet_creator, packet_getter, solutions
    from graphkit.compat.mediapipe.python._framework_bindings.calculator_graph import (
        CalculatorGraph,
        GraphInputStreamAddMode,
    )
    from graphkit.compat.mediapipe.python._framework_bindings.image import Image
    from graphkit.compat.mediapipe.python._framework_bindings.image_frame import ImageFormat, ImageFrame
    from graphkit.compat.mediapipe.python._framework_bindings.packet import Packet
    from graphkit.compat.mediapipe.python._framework_bindings.timestamp import Timestamp
    from graphkit.compat.mediapipe.python._framework_bindings.validated_graph_config import ValidatedGraphConfig

__all__ = [
    "CalculatorGraph",
    "GraphInputStreamAddMode",
    "Image",
    "ImageFormat",
    "ImageFrame",
    "Packet",
    "Timestamp",
    "ValidatedGraphConfig",
    "framework",
    "packet_creator",
    "packet_getter",
    "python",
    "solutions",
]

__version__: Final = "0.10.21+graphkit"
"""The MediaPipe whose API this is, and whose it really is."""

_PYTHON: Final = "graphkit.compat.mediapipe.python"
_MODULES: Final = {
    "framework": "graphkit.compat.mediapipe.framework",
    "packet_creator": f"{_PYTHON}.packet_creator",
    "packet_getter": f"{_PYTHON}.packet_getter",
    "python": _PYTHON,
    "solutions": f"{_PYTHON}.solutions",
}
_CLASSES: Final = {
    "CalculatorGraph": "calculator_graph",
    "GraphInputStreamAddMode": "calculator_graph",
    "Image": "image",
    "ImageFormat": "image_frame",
    "ImageFrame": "image_frame",
    "Packet": "packet",
    "Timestamp": "timestamp",
    "ValidatedGraphConfig": "validated_graph_config",
}
_ABSENT: Final = {
    "tasks": "MediaPipe Tasks are not part of graphkit; mediapipe 1.x has them, and can be installed beside it",
}


def __getattr__(name: str) -> Any:
    """Import a submodule or a class on its first use."""
    if name in _MODULES:
        value = _import_module(_MODULES[name])
    elif name in _CLASSES:
        value = getattr(_import_module(f"{_PYTHON}._framework_bindings.{_CLASSES[name]}"), name)
    else:
        reason = f": {_ABSENT[name]}" if name in _ABSENT else ""
        raise AttributeError(f"module 'mediapipe' has no attribute {name!r}{reason}")
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    """Return the names of the module, imported or not."""
    return sorted({*globals(), *__all__})
