"""GpuLease: the GPU of a job. It is lent to the graph, uploads the frames, and counts transfers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from graphkit.gpu import GPU_SERVICE, GpuBuffer, GpuResources
from graphkit.jobs._leases import ServiceLease
from graphkit.jobs._streams import stream_type
from graphkit.jobs._summary import GpuUse

if TYPE_CHECKING:
    from collections.abc import Callable

    from graphkit.formats import ImageFrame
    from graphkit.graph import CalculatorGraph
    from graphkit.jobs._summary import Summary


class GpuLease(ServiceLease):
    """GPU resources while a job lasts: those that the program has lent, or others that end with the job.

    Args:
        graph: not running.
        device: which one, see ``graphkit.gpu.list_devices``; None for the best one. Of no effect if the program
            has lent the graph resources.

    Attributes:
        resources: what the graph uses.

    Raises:
        NoEglError, NoGpuDeviceError: there is no GPU to run on.
    """

    def __init__(self, graph: CalculatorGraph, device: str | None) -> None:
        given = graph.service(GPU_SERVICE)
        self._end: Callable[[GpuResources], None]
        self.resources, self._end = _made(device) if given is None else (given, _keep)
        super().__init__(graph, GPU_SERVICE, self.resources)
        self._earlier = self.resources.transfers.copy()
        self._use: GpuUse | None = None

    def upload(self, frame: ImageFrame) -> GpuBuffer:
        """Return *frame* for a graph on the GPU."""
        buffer = self.resources.upload(frame)
        buffer.array()  # RGB becomes RGBA now and here: the GL thread has better things to do
        return buffer

    def give_back(self) -> None:
        """Note what was moved since the job was made, and end."""
        self._use = GpuUse(self.resources.device_name, self.resources.transfers.since(self._earlier))
        super().give_back()

    def close(self) -> None:
        """End what was made for the job."""
        self._end(self.resources)

    def report(self, summary: Summary) -> None:
        """Add the device and what was moved."""
        summary.gpu = self._use


def needs_gpu(graph: CalculatorGraph) -> bool:
    """Return whether nodes of the graph ask for the GPU, or it is fed with GpuBuffers."""
    plan = graph.plan
    fed = (stream_type(plan, name) for name in plan.graph_inputs.names)
    return GPU_SERVICE in plan.services or any(GpuBuffer in kind.types for kind in fed)


def _made(device: str | None) -> tuple[GpuResources, Callable[[Any], None]]:
    if device is not None:
        return GpuResources.create(device), GpuResources.close
    make, end = GPU_SERVICE.default, GPU_SERVICE.close
    assert make is not None
    assert end is not None
    return make(), end


def _keep(resources: GpuResources) -> None:
    """Do nothing: they are the program's."""
