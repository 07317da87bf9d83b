"""``mediapipe.solutions``: each solution is a module of that name, imported when it is first asked for."""

from importlib import import_module as _import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from graphkit.compat.mediapipe.python.solutions import (
        drawing_styles,
        drawing_utils,
        face_detection,
        face_mesh,
        face_mesh_connections,
        hands,
        hands_connections,
        holistic,
        pose,
        pose_connections,
        selfie_segmentation,
    )

__all__ = [
    "drawing_styles",
    "drawing_utils",
    "face_detection",
    "face_mesh",
    "face_mesh_connections",
    "hands",
    "hands_connections",
    "holistic",
    "pose",
    "pose_connections",
    "selfie_segmentation",
]


def __getattr__(name: str) -> Any:
    """Import a solution on its first use, and read the graph of an object made without arguments."""
    if name not in __all__:
        absent = " (Objectron is not part of graphkit)" if name == "objectron" else ""
        raise AttributeError(f"module 'mediapipe.solutions' has no attribute {name!r}{absent}")
    module = _import_module(f"{__name__}.{name}")
    if hasattr(module, "PLANNED_AHEAD"):
        from graphkit.compat._plans import plan_ahead

        plan_ahead(*module.PLANNED_AHEAD, models=module.MODELS)
    return module


def __dir__() -> list[str]:
    """Return the names of the module, imported or not."""
    return sorted({*globals(), *__all__})
