"""PoseDetectionOptions: what the subgraphs PoseDetectionCpu and PoseDetectionGpu are told."""

from __future__ import annotations

from graphkit import option, options


@options("graphkit.PoseDetectionOptions")
class PoseDetectionOptions:
    """The least score of a person; no calculator reads it.

    The subgraphs have it as ``graph_options`` and copy it into the options of a node by ``option_value``.
    """

    min_score_thresh: float = option(1, default=0.5)
