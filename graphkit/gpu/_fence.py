"""Fence: a point in the commands of one context that other contexts can wait for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from graphkit.gpu import _raw_gl as raw_gl

if TYPE_CHECKING:
    from graphkit.gpu._context import GlContext

_ONE_SECOND_NS: Final = 1_000_000_000
_PATIENCE_SECONDS: Final = 60


class Fence:
    """Everything that *context* was told so far; made on its thread.

    Args:
        context: of the fence.
        reached: that all of it is known to be done, so that OpenGL need not be asked.

    Attributes:
        context: of the fence.
    """

    __slots__ = ("_handle", "_reached", "context")

    def __init__(self, context: GlContext, *, reached: bool = False) -> None:
        self.context = context
        self._reached = reached
        if reached:
            return
        self._handle = context.raw.fence_sync(raw_gl.SYNC_GPU_COMMANDS_COMPLETE, 0)
        context.work.fences += 1
        context.raw.flush()  # a fence that was not flushed may never be reached for other contexts

    @property
    def is_known_to_be_reached(self) -> bool:
        """Whether the work before the fence is done, without asking OpenGL."""
        return self._reached

    def is_reached(self, here: GlContext) -> bool:
        """Return whether the work before the fence is done; never waits. On the thread of *here*."""
        if not self._reached:
            status = here.raw.poll_sync(self._handle, 0, 0)
            self._reached = status in (raw_gl.ALREADY_SIGNALED, raw_gl.CONDITION_SATISFIED)
        return self._reached

    def wait(self, here: GlContext) -> None:
        """Let later commands of *here* see the work before the fence; on the thread of *here*.

        Commands of one context are in order anyway. A GPU waits by itself; OpenGL on the CPU would block inside
        the call with the interpreter's lock held, so there the thread waits without it.

        Raises:
            GlContextLostError: the fence was not reached in a minute.
        """
        if here is self.context or self.is_reached(here):
            return
        if not here.software:
            here.work.waits += 1
            here.raw.wait_sync(self._handle, 0, raw_gl.TIMEOUT_IGNORED)
            return
        self.wait_on_cpu(here)

    def wait_on_cpu(self, here: GlContext) -> None:
        """Wait until the work before the fence is done, without the interpreter's lock."""
        here.work.waits += not self.is_reached(here)
        for _ in range(_PATIENCE_SECONDS):
            if self.is_reached(here):
                return
            status = here.raw.client_wait_sync(self._handle, raw_gl.SYNC_FLUSH_COMMANDS_BIT, _ONE_SECOND_NS)
            if status == raw_gl.WAIT_FAILED:
                here.check_errors("waiting for a fence")
                break
            self._reached = status in (raw_gl.ALREADY_SIGNALED, raw_gl.CONDITION_SATISFIED)
            if not self._reached and (reset := here.raw.reset()):
                here.lose(reset)
        if not self._reached:
            here.lose(f'GL context "{self.context.name}" did not finish its work in {_PATIENCE_SECONDS} s')

    def __del__(self) -> None:
        handle = getattr(self, "_handle", 0)
        if handle:
            context = self.context
            if context.is_current:
                context.raw.delete_sync(handle)
            else:
                context.post(lambda: context.raw.delete_sync(handle))
