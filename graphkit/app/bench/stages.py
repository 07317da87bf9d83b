"""Stages: the purposes of the nodes of a hand or pose graph."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from graphkit.config import GraphPlan

DECODE: Final = "decode"
TO_RGB: Final = "read, to RGB"
UPLOAD: Final = "upload"
DETECTION: Final = "detection model"
LANDMARK: Final = "landmark model"
WARP: Final = "warps"
SMALL: Final = "small nodes"
DRAW: Final = "draw"
RESULTS: Final = "results"
ENCODE: Final = "encode"
DRIVER: Final = "software OpenGL"
ENGINE: Final = "engine and rest"

STAGES: Final = (DECODE, TO_RGB, UPLOAD, WARP, DETECTION, LANDMARK, SMALL, DRAW, RESULTS, ENCODE, DRIVER, ENGINE)
"""In the order of the report, which is a frame's."""

_RENDERER: Final = "renderer"
_DETECTION: Final = "detection"
_INFERENCE: Final = "InferenceCalculator"
_WARPS: Final = frozenset({"ImageToTensorCalculator", "WarpAffineCalculator", "GlScalerCalculator"})


def stages_of(plan: GraphPlan) -> dict[str, str]:
    """Return the stage of each node, by its name; an unknown name is an observer's: `RESULTS`."""
    return {node.name: stage(node.calculator, node.name) for node in plan.nodes}


def stage(calculator: str, node: str) -> str:
    """Return the stage of a node.

    Args:
        calculator: registered name.
        node: name in the expanded graph; its subgraphs tell what a model finds and what is drawn.
    """
    path = node.lower()
    if _RENDERER in path:
        return DRAW
    if calculator.startswith(_INFERENCE):
        return DETECTION if _DETECTION in path else LANDMARK
    return WARP if calculator in _WARPS else SMALL


LIBRARIES: Final = (("av:", DECODE), ("llvmpipe", DRIVER))
"""Threads of libraries, by the beginning of their names."""
