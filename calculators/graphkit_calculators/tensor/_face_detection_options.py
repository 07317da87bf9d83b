"""FaceDetectionOptions: what the subgraph FaceDetection is told, and hands on to the nodes inside of it."""

from __future__ import annotations

from graphkit import option, options
from graphkit_calculators.tensor._inference_options import Delegate  # noqa: TC001 (options are read at run time)
from graphkit_calculators.tensor.image_to_tensor_calculator import GpuOriginMode


@options("mediapipe.FaceDetectionOptions", extension=374290926)
class FaceDetectionOptions:
    """The model of a face detector, its anchors and the least score; no calculator reads them.

    Subgraphs have them as ``graph_options`` and copy them into the options of their nodes by ``option_value``.
    """

    model_path: str | None = option(1)
    gpu_origin: GpuOriginMode = option(11, default=GpuOriginMode.DEFAULT)
    tensor_width: int | None = option(21)
    tensor_height: int | None = option(22)
    num_layers: int | None = option(23)
    strides: list[int] = option(24)
    interpolated_scale_aspect_ratio: float = option(25, default=1.0)
    num_boxes: int | None = option(31)
    x_scale: float = option(32, default=0.0)
    y_scale: float = option(33, default=0.0)
    w_scale: float = option(34, default=0.0)
    h_scale: float = option(35, default=0.0)
    min_score_thresh: float | None = option(36)
    delegate: Delegate | None = option(6)
