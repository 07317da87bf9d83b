"""GlContext: an OpenGL context and its one thread.

Everything that touches OpenGL runs on that thread: ``context.run(function)`` calls it there and returns the value,
or raises the exception. The caller waits without the interpreter's lock.
"""

from __future__ import annotations

import threading
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final, TypeVar

from graphkit._process.requirements import pip_install
from graphkit.errors import (
    GlCallError,
    GlContextLostError,
    GlVersionError,
    GpuError,
    GpuOutOfMemoryError,
    GpuReleasedError,
    PackageError,
    WrongThreadError,
)
from graphkit.framework import Executor
from graphkit.gpu import _raw_gl as raw_gl
from graphkit.gpu._command_thread import CommandThread
from graphkit.gpu._drawing_state import DrawingState
from graphkit.gpu._egl import NEEDED, EglContext
from graphkit.gpu._fence import Fence
from graphkit.gpu._forked import note_use, refuse_after_fork
from graphkit.gpu._raw_gl import RawGl
from graphkit.gpu._work import GpuWork

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import moderngl

    from graphkit.gpu._egl import EglDisplay

R = TypeVar("R")

_MOST_ERRORS: Final = 8
_RESET_STATUS: Final = 450

_here: Final = threading.local()


class GlContext:
    """A context, its thread and its moderngl objects.

    Args:
        name: for messages and the thread's name.
        display: of the device.
        share: handle of a context of the same share group, 0 for the first one.

    Attributes:
        name: as given.
        raw: OpenGL calls that moderngl lacks.
        handle: the EGLContext.
        renderer: OpenGL's name of the renderer.
        max_texture_size: longest side of a texture, in pixels.
        software: whether OpenGL draws on the CPU here.
        work: what it was told to do, counted on its thread; ``counted`` has the hops as well.

    Raises:
        GlVersionError: the driver is too old.
        PackageError: moderngl is not installed.
    """

    def __init__(self, name: str, display: EglDisplay, share: int = 0) -> None:
        self.name = name
        self.raw: RawGl
        self.handle = 0
        self.renderer = ""
        self.max_texture_size = 0
        self.software = False
        self.work = GpuWork()
        self._one_fence: Fence | None = None
        self._shares_fences = False
        self._egl: EglContext
        self._gl: moderngl.Context
        self._parking: moderngl.Framebuffer
        self._drawing: DrawingState
        self._lost = ""  # why; not the error, whose traceback would keep alive what was being drawn
        self.closed = False
        note_use()
        self._thread = CommandThread(f"gl-{name}", lambda: self._begin(display, share), self._finish)

    @staticmethod
    def current() -> GlContext | None:
        """Return the context that the calling thread serves, None on any other thread."""
        context: GlContext | None = getattr(_here, "context", None)
        return None if context is None or context.is_of_parent else context

    @property
    def is_lost(self) -> bool:
        """Whether the driver lost the context."""
        return bool(self._lost)

    @property
    def is_of_parent(self) -> bool:
        """Whether this process was forked from the one that the context is in: it cannot be used here."""
        return self._thread.is_of_parent

    @property
    def is_current(self) -> bool:
        """Whether the caller is on the context's thread."""
        return self._thread.is_here

    @property
    def gl(self) -> moderngl.Context:
        """The moderngl context; raises WrongThreadError on any other thread."""
        self.check_thread("the moderngl context")
        return self._gl

    def check_thread(self, what: str) -> None:
        """Raise WrongThreadError unless the caller is on the context's thread; *what* names the call.

        OpenGL itself says nothing: calls without a current context read zeros and draw nowhere.
        """
        if not self._thread.is_here:
            refuse_after_fork()
            raise WrongThreadError(what, self.name, threading.current_thread().name)
        if self._lost:
            raise GlContextLostError(self.name, self._lost)

    def run(self, function: Callable[..., R], *arguments: Any) -> R:
        """Call *function* on the context's thread; return its value, raise its exception.

        Raises:
            GpuReleasedError: the context was closed.
            GlContextLostError: the context is gone.
            GpuError: this process was forked from the one that the context is in.
        """
        if self._lost:
            raise GlContextLostError(self.name, self._lost)
        if self.closed and not self._thread.is_here:
            raise GpuReleasedError(f'GL context "{self.name}" is closed; its graph or GpuResources has ended')
        return self._thread.run(function, *arguments)

    def post(self, command: Callable[[], None]) -> None:
        """Queue *command* on the thread; safe in ``__del__``, forgotten after ``close``."""
        self._thread.post(command)

    def run_pending(self) -> None:
        """On the thread: run the commands of other threads."""
        self._thread.run_pending()

    def check_errors(self, what: str, live: str = "the rest") -> None:
        """Raise if OpenGL has met an error since the last check.

        Args:
            what: was done, for the message.
            live: what is in use, for the message when memory ran out.

        Raises:
            GlContextLostError, GpuOutOfMemoryError, GlCallError: by the error's code.
        """
        code = self.raw.get_error()
        if code == raw_gl.NO_ERROR:
            return
        if code == raw_gl.CONTEXT_LOST:
            self.lose(self.raw.reset() or f"{raw_gl.error_name(code)} after {what}")
        if code == raw_gl.OUT_OF_MEMORY:
            raise GpuOutOfMemoryError(what, live)
        raise GlCallError(
            f'{raw_gl.error_name(code)} on GL context "{self.name}" after {what}: some call got an argument that '
            "OpenGL does not take in this state."
        )

    def checked(self, what: str, function: Callable[..., R], *arguments: Any) -> R:
        """On the thread: call *function*, and raise its errors now, not in the next drawing.

        Args:
            what: the function does, for the message.
            function: draws.
            *arguments: its own.

        Raises:
            GlContextLostError, GpuOutOfMemoryError, GlCallError: OpenGL has refused a call.
        """
        try:
            value = function(*arguments)
        except BaseException:
            self._forget_errors()
            raise
        self.check_errors(what)
        return value

    def counted(self) -> GpuWork:
        """Return what the context was told to do so far."""
        return replace(self.work, hops=self._thread.hops)

    def fence(self) -> Fence:
        """On the thread: return a point after everything that the context was told so far."""
        if not self._shares_fences:
            return Fence(self)
        if self._one_fence is None:
            self._one_fence = Fence(self)
        return self._one_fence

    @property
    def shares_fences(self) -> bool:
        """Whether it is in ``same_fence``."""
        return self._shares_fences

    @contextmanager
    def same_fence(self, *, reached: bool = False) -> Iterator[None]:
        """On the thread: have all that is finished in the ``with`` share a fence. Nothing is drawn in there.

        Args:
            reached: that what the context was told is known to be done.
        """
        if self._shares_fences:
            yield
            return
        self._shares_fences = True
        self._one_fence = Fence(self, reached=True) if reached else None
        try:
            yield
        finally:
            self._shares_fences, self._one_fence = False, None

    def draw_into(self, framebuffer: moderngl.Framebuffer) -> None:
        """On the thread: draw into all of *framebuffer* from now on, and undo what earlier drawings have set."""
        self.check_thread("drawing")
        self._drawing.reset(framebuffer)

    def park(self) -> None:
        """On the thread: bind a framebuffer that is never deleted.

        moderngl goes back to the framebuffer that was bound last whenever it makes another; if that was deleted,
        OpenGL refuses.
        """
        self._parking.use()

    def lose(self, reason: str) -> None:
        """Mark the context as lost: every later call raises GlContextLostError, as this one does."""
        self._lost = reason
        raise GlContextLostError(self.name, reason)

    def close(self, *, wait: bool = True) -> None:
        """End thread and context after what was queued so far. Closing twice is fine."""
        self.closed = True
        self._thread.stop(wait=wait)

    def executor(self) -> Executor:
        """Return an executor that runs tasks of a graph on the context's thread."""
        return GlExecutor(self, self._thread)

    def _forget_errors(self) -> None:
        for _ in range(_MOST_ERRORS):
            if self.raw.get_error() == raw_gl.NO_ERROR:
                return

    def _begin(self, display: EglDisplay, share: int) -> None:
        try:
            import moderngl.mgl  # by its name: without this part of it, moderngl is still imported
        except ModuleNotFoundError as exc:
            lack = f"not installed (no module {exc.name}); graphs on the GPU draw with it"
            raise PackageError("moderngl", lack, pip_install("moderngl")) from exc

        loader: Any = EglContext(display, share)  # moderngl's hints know only its own loaders
        self._egl = loader
        try:
            loader.make_current()
            self._gl = moderngl.create_context(standalone=True, context=loader, require=330)
        except GpuError:
            self._egl.destroy()
            raise
        except Exception as exc:  # moderngl raises bare exceptions
            self._egl.destroy()
            raise GlVersionError(display.name, NEEDED, str(exc)) from exc
        self.handle = self._egl.handle
        self.raw = RawGl(self._egl.load_opengl_function)
        self.raw.pixel_store(raw_gl.PACK_ALIGNMENT, 1)
        self.raw.pixel_store(raw_gl.UNPACK_ALIGNMENT, 1)
        if self._egl.tells_of_resets and self._gl.version_code >= _RESET_STATUS:
            self.raw.watch_for_resets()
        self.max_texture_size = self.raw.integer(raw_gl.MAX_TEXTURE_SIZE)
        self.renderer = str(self._gl.info["GL_RENDERER"])
        self.software = "llvmpipe" in self.renderer or "softpipe" in self.renderer
        self._parking = self._gl.simple_framebuffer((1, 1))
        self._drawing = DrawingState(self._gl, self.raw)
        _here.context = self

    def _finish(self) -> None:
        self.closed = True
        _here.context = None
        if not self._lost:
            self.raw.finish()
        self._gl.release()
        del self._gl, self._parking, self._drawing
        self._egl.destroy()

    def __repr__(self) -> str:
        return f"GlContext({self.name})"


class GlExecutor(Executor):
    """Runs the nodes of a graph on a context's thread."""

    def __init__(self, context: GlContext, thread: CommandThread) -> None:
        self._context = context
        self._thread = thread

    def schedule(self, task: Callable[[], None]) -> None:
        """Queue *task* on the context's thread."""
        if self._context.closed:
            raise GpuReleasedError(f'GL context "{self._context.name}" is closed; start the graph with others')
        self._thread.post_task(task)

    def prepared(self, call: Callable[[Any], R]) -> Callable[[Any], R]:
        """Return *call* with the commands that wait for the thread run before it."""
        thread = self._thread

        def run(argument: Any) -> R:
            thread.run_pending()
            return call(argument)

        return run
