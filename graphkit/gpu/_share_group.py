"""ShareGroup: the contexts that see each other's textures, with their pool and counters.

The first context is called ``shared``; nodes use it unless they name another. A group that is closed while buffers
are alive stays until the last of them is gone, so a program may still read what it was sent.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Final, TypeVar

from graphkit._process.forks import call_in_children
from graphkit.errors import GpuReleasedError
from graphkit.gpu._context import GlContext
from graphkit.gpu._forked import refuse_after_fork
from graphkit.gpu._host_memory import HostMemory
from graphkit.gpu._pool import TexturePool
from graphkit.gpu._transfers import Transfers
from graphkit.gpu._work import GpuWork

if TYPE_CHECKING:
    from collections.abc import Callable

    from graphkit.gpu._egl import EglDisplay
    from graphkit.gpu._formats import GpuBufferFormat
    from graphkit.gpu._lending import TensorLender
    from graphkit.gpu._storage import GpuStorage

R = TypeVar("R")

SHARED: Final = "shared"


class ShareGroup:
    """Contexts by name, all of one device.

    Args:
        display: of the device.
        lender: of tensors.
        share: handle of a context of the program that belongs to the group, 0 for none.
        make_storage: the storage of buffers; None for pooled textures.

    Attributes:
        pool: of textures.
        transfers: what crossed between memory and GPU.
        memory: for pixels read back.
        cuda: lends tensors to CUDA.
    """

    def __init__(
        self,
        display: EglDisplay,
        lender: TensorLender,
        share: int = 0,
        make_storage: Callable[[GlContext, int, int, GpuBufferFormat], GpuStorage] | None = None,
    ) -> None:
        self._display = display
        self._foreign = share
        self._renew_lock()
        call_in_children(self, ShareGroup._renew_lock)
        self._contexts: dict[str, GlContext] = {}
        self._closing = False
        self.pool = TexturePool(self._texture_returned)
        self.make_storage = make_storage or self.pool.acquire
        self.transfers = Transfers()
        self.memory = HostMemory()
        self.cuda = lender

    @classmethod
    def started(
        cls,
        display: EglDisplay,
        lender: TensorLender,
        *,
        make_storage: Callable[[GlContext, int, int, GpuBufferFormat], GpuStorage] | None = None,
    ) -> ShareGroup:
        """Return a group with its shared context; raises GlVersionError if the device makes none."""
        group = cls(display, lender, make_storage=make_storage)
        group.context()
        return group

    @property
    def software(self) -> bool:
        """Whether OpenGL draws on the CPU."""
        return self.context().software

    @property
    def work(self) -> GpuWork:
        """What its contexts were told to do so far."""
        return sum((context.counted() for context in self.contexts), GpuWork())

    @property
    def contexts(self) -> tuple[GlContext, ...]:
        """The contexts made so far."""
        return tuple(self._contexts.values())

    @property
    def is_open(self) -> bool:
        """Whether contexts can still be made."""
        return not self._closing

    def context(self, name: str = "") -> GlContext:
        """Return the context called *name*, made if there is none; the shared one for "".

        Raises:
            GpuReleasedError: the group was closed.
            GlVersionError: the driver is too old.
            GpuError: this process was forked from one that uses the GPU.
        """
        refuse_after_fork()
        name = name or SHARED
        with self._lock:
            found = self._contexts.get(name)
            if found is not None:
                return found
            if self._closing:
                raise GpuReleasedError("these GpuResources are closed; give the graph others")
            if name != SHARED and SHARED not in self._contexts:
                self._add(SHARED)
            return self._add(name)

    def run(self, function: Callable[[GlContext], R]) -> R:
        """Call *function* with a context of the group on its thread: the caller's own if it has one."""
        here = GlContext.current()
        if here is not None and self.owns(here):
            return function(here)
        context = self._contexts.get(SHARED) or self.context()
        return context.run(function, context)

    def owns(self, context: GlContext) -> bool:
        """Return whether *context* belongs to the group."""
        return self._contexts.get(context.name) is context

    def close(self) -> None:
        """End the contexts, or have them ended when the last buffer is released. Closing twice is fine."""
        self.begin_close()
        self._end_if_unused(wait=True)

    def begin_close(self) -> None:
        """Make no more contexts; end the existing ones soon. Safe in ``__del__``."""
        self._closing = True
        if (shared := self._contexts.get(SHARED)) is not None:
            shared.post(self._end_if_unused)

    def _renew_lock(self) -> None:
        """Have a lock that no thread holds, at first and in a forked process."""
        self._lock = threading.Lock()

    def _add(self, name: str) -> GlContext:
        first = next(iter(self._contexts.values()), None)
        context = GlContext(name, self._display, self._foreign if first is None else first.handle)
        self._contexts[name] = context
        return context

    def _texture_returned(self) -> None:
        """In the collector: look after a closing group on a thread that may take locks."""
        if self._closing and (shared := self._contexts.get(SHARED)) is not None:
            shared.post(self._end_if_unused)

    def _end_if_unused(self, *, wait: bool = False) -> None:
        if self.pool.in_use:
            return
        self.pool.trim()
        self.cuda.close()
        for context in reversed(self.contexts):  # the shared one last
            context.close(wait=wait)
