"""Rewrites of the graph, each measured to make ONNX Runtime faster on an x86 CPU; one module each."""

from __future__ import annotations

from typing import TYPE_CHECKING

from graphkit.inference._importer.passes.add_clip import clip_through_conv
from graphkit.inference._importer.passes.before_resize import convolve_before_resize
from graphkit.inference._importer.passes.fold_pad import fold_pad
from graphkit.inference._importer.passes.grow_channels import grow_channels
from graphkit.inference._importer.passes.merge_branches import merge_branches
from graphkit.inference._importer.passes.pad_channels import pad_channels
from graphkit.inference._importer.passes.prelu import rewrite_prelu
from graphkit.inference._importer.passes.sample_rows import sample_rows
from graphkit.inference._importer.passes.split_conv import split_single_channel_conv
from graphkit.inference._importer.passes.split_shortcut import split_shortcut

if TYPE_CHECKING:
    from graphkit.inference._importer.graph import Graph

PLAIN = (sample_rows, fold_pad, convolve_before_resize)
BLOCKED = (
    grow_channels,
    merge_branches,
    split_shortcut,
    rewrite_prelu,
    split_single_channel_conv,
    pad_channels,
    clip_through_conv,
)


def run_passes(graph: Graph, *, blocked: bool) -> None:
    """Apply the rewrites, in place: those that help everywhere, and on request those for blocked kernels."""
    graph.prune()
    for rewrite in PLAIN + BLOCKED if blocked else PLAIN:
        rewrite(graph)
    graph.prune()
