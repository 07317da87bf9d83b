"""``mediapipe.solutions.selfie_segmentation``."""

from __future__ import annotations

from typing import Any, Final

from graphkit.compat.mediapipe.python.solution_base import SolutionBase

__all__ = ["SelfieSegmentation"]

_GRAPH: Final = "mediapipe/modules/selfie_segmentation/selfie_segmentation_cpu.binarypb"
PLANNED_AHEAD: Final = (_GRAPH,)
MODELS: Final = (("mediapipe/modules/selfie_segmentation/selfie_segmentation.tflite", None),)
"""Models of an object that is made without arguments, and the outputs that it computes; None for all."""


class SelfieSegmentation(SolutionBase):
    """Tells a person in front of a camera from the background.

    Args:
        model_selection: 0 for the general model, 1 for the one for wide pictures, which is faster.
    """

    def __init__(self, model_selection: int = 0) -> None:
        super().__init__(
            binary_graph_path=_GRAPH,
            side_inputs={"model_selection": model_selection},
            outputs=["segmentation_mask"],
        )

    def process(self, image: Any) -> Any:
        """Return ``segmentation_mask``, (H, W) float32 from 0 to 1, of an RGB picture (H, W, 3) uint8."""
        return super().process({"image": image})
