"""Lists of GpuBuffers: loops over them, and lists made of several streams.

They stand here and not with their families, so that graphs in memory do not load what the GPU needs.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from graphkit import Input, Output
from graphkit.gpu import GpuBuffer
from graphkit_calculators.core._family import list_of, register_family
from graphkit_calculators.core.begin_loop_calculator import BeginLoopCalculator
from graphkit_calculators.core.end_loop_calculator import EndLoopCalculator
from graphkit_calculators.core.merge_to_vector_calculator import MergeToVectorCalculator

if TYPE_CHECKING:
    from graphkit import Calculator

_LIST: Final = list_of(GpuBuffer)
_MEMBERS: Final[dict[type[Calculator], tuple[str, dict[str, Any]]]] = {
    BeginLoopCalculator: (
        "BeginLoopGpuBufferCalculator",
        {"iterable": Input(_LIST, "ITERABLE"), "item": Output(GpuBuffer, "ITEM")},
    ),
    EndLoopCalculator: (
        "EndLoopGpuBufferCalculator",
        {"item": Input(GpuBuffer, "ITEM"), "iterable": Output(_LIST, "ITERABLE")},
    ),
    MergeToVectorCalculator: (
        "MergeGpuBuffersToVectorCalculator",
        {"sources": Input(GpuBuffer, repeated=True), "merged": Output(_LIST)},
    ),
}

for family, (name, ports) in _MEMBERS.items():
    register_family(family, {name: {**ports, "__module__": __name__}})
