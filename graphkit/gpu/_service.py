"""GPU_SERVICE: how a graph gets its GpuResources, and its nodes their threads.

A graph that was lent none takes those of the last such graph: making a context and compiling costs
tens of milliseconds, and moderngl does not give back all the memory of a context. Graphs that run at the same time
have each their own.
"""

from __future__ import annotations

import atexit
import os
import threading
from typing import TYPE_CHECKING, Any, Final

from graphkit._process.forks import call_in_children
from graphkit.framework import GraphService, option, options
from graphkit.gpu._devices import ENVIRONMENT
from graphkit.gpu._resources import GpuResources

if TYPE_CHECKING:
    from graphkit.framework import Executor, NodeView
    from graphkit.gpu._context import GlContext

_MOST_CONTEXTS: Final = 4


@options("mediapipe.GlContextOptions", extension=222332034)
class GlContextOptions:
    """Options of any node that uses the GPU.

    Attributes:
        gl_context_name: the context it runs in; nodes of different contexts run side by side.
    """

    gl_context_name: str | None = option(1)


class _Idle:
    """The resources that wait for the next graph: one at most."""

    def __init__(self) -> None:
        self._of_parent: list[tuple[str | None, GpuResources]] = []
        self._kept: tuple[str | None, GpuResources] | None = None
        self._begin()
        call_in_children(self, _Idle._begin)

    def _begin(self) -> None:
        """Have a lock that no thread holds and keep nothing, at first and in a forked process.

        What the parent kept is neither used nor freed: OpenGL would have to free it.
        """
        self._lock = threading.Lock()
        kept, self._kept = self._kept, None
        if kept is not None:
            self._of_parent.append(kept)

    def take(self) -> GpuResources:
        """Return resources on the device that the environment names now; raises as ``GpuResources.create``."""
        with self._lock:
            kept, self._kept = self._kept, None
        wish = os.environ.get(ENVIRONMENT)
        if kept is not None and kept[0] == wish:
            return kept[1]
        if kept is not None:
            kept[1].close()
        return GpuResources.create(wish)

    def keep(self, resources: GpuResources) -> None:
        """Keep *resources* for the next graph, or close them: they are lost, many, or others wait already."""
        contexts = resources.group.contexts
        if contexts and len(contexts) <= _MOST_CONTEXTS and not any(context.is_lost for context in contexts):
            resources.pool.trim()
            with self._lock:
                if self._kept is None:
                    self._kept = (os.environ.get(ENVIRONMENT), resources)
                    return
        resources.close()

    def close(self) -> None:
        """Close what is kept."""
        with self._lock:
            kept, self._kept = self._kept, None
        if kept is not None:
            kept[1].close()


def close_idle() -> None:
    """Close the resources that wait for another graph; the process does so when it ends."""
    _idle.close()


def _executor(resources: GpuResources, plan: NodeView) -> tuple[str, Executor]:
    """Return the executor that runs a node of a graph: its context's thread."""
    settings: Any = plan.contract.service_settings.get(GPU_SERVICE)
    named: GlContextOptions | None = plan.options.get(GlContextOptions)
    name = (named.gl_context_name if named is not None else None) or settings or ""
    context: GlContext = resources.context(name)
    return f"gl:{context.name}", context.executor()


_idle: Final = _Idle()
atexit.register(close_idle)

GPU_SERVICE: Final[GraphService[GpuResources]] = GraphService(
    "gpu", _idle.take, close=_idle.keep, executor=_executor
)
"""The GPU; ``GlCalculatorHelper.update_contract`` asks for it."""
