"""The GPU of a job: lent to its graph, feeds it with GpuBuffers, counts what is moved."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

from graphkit.gpu import GpuBuffer
from graphkit.jobs._streams import stream_type
from graphkit.jobs._summary import GpuUse

if TYPE_CHECKING:
    from collections.abc import Callable

    from graphkit.formats import ImageFrame
    from graphkit.gpu import GpuResources, Transfers
    from graphkit.graph import CalculatorGraph


@dataclass(frozen=True, slots=True)
class JobGpu:
    """The GPU while a job lasts.

    Attributes:
        resources: what the program lent to the graph, or the job did.
        earlier: what had been moved when the job was made.
        give_back: undoes what the job did to have the resources.
    """

    resources: GpuResources
    earlier: Transfers
    give_back: Callable[[], None]

    def upload(self, frame: ImageFrame) -> GpuBuffer:
        """Return *frame* for a graph on the GPU."""
        buffer = self.resources.upload(frame)
        buffer.array()  # RGB becomes RGBA now and here: the GL thread has better things to do
        return buffer

    def use(self) -> GpuUse:
        """Return which device it is and what was moved since the job was made."""
        return GpuUse(self.resources.device_name, self.resources.transfers.since(self.earlier))


def gpu_for(graph: CalculatorGraph, device: str | None) -> JobGpu | None:
    """Return the GPU of a job, None for a graph that needs none.

    Args:
        graph: not running.
        device: which one, see ``graphkit.gpu._devices``; of no effect where the program has lent the graph one.

    Raises:
        NoEglError, NoGpuDeviceError: there is none to run on.
    """
    fed = (stream_type(graph.plan, name) for name in graph.plan.graph_inputs.names)
    feeds_buffers = any(GpuBuffer in kind.types for kind in fed)
    if not feeds_buffers and "graphkit.gpu._service" not in sys.modules:
        return None  # it is loaded by the first node that asks for the GPU; most graphs start without
    from graphkit.gpu import GPU_SERVICE, GpuResources

    given = graph.service(GPU_SERVICE)
    if given is not None:
        return JobGpu(given, given.transfers.copy(), _nothing)
    if GPU_SERVICE not in graph.plan.services and not feeds_buffers:
        return None
    make, end = GPU_SERVICE.default, GPU_SERVICE.close
    assert make is not None
    assert end is not None
    if device is not None:
        make, end = (lambda: GpuResources.create(device)), GpuResources.close
    resources = make()

    def give_back() -> None:
        graph.set_service(GPU_SERVICE, None)
        end(resources)

    graph.set_service(GPU_SERVICE, resources)
    return JobGpu(resources, resources.transfers.copy(), give_back)


def _nothing() -> None:
    """Do nothing."""
