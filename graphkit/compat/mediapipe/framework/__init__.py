"""``mediapipe.framework``: the messages of graphs and payloads, a module imported when it is asked for."""

from importlib import import_module as _import_module
from typing import Any

__all__ = ["calculator_pb2", "formats"]


def __getattr__(name: str) -> Any:
    """Import a module of messages on its first use."""
    if name not in __all__:
        raise AttributeError(f"module 'mediapipe.framework' has no attribute {name!r}")
    return _import_module(f"{__name__}.{name}")
