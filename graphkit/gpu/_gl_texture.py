"""GlTexture: a GpuBuffer as one calculator sees it while it draws."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar, cast

from graphkit.errors import GpuReleasedError, PacketTypeError
from graphkit.formats import Image, ImageFrame
from graphkit.gpu._buffer import GpuBuffer
from graphkit.gpu._storage import framebuffer_of, restore_sampling

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType

    import moderngl

    from graphkit.gpu._context import GlContext

F = TypeVar("F", GpuBuffer, ImageFrame, Image)


class GlTexture:
    """A texture to read (a source) or to draw into (a destination), on one context's thread.

    Made by ``GlCalculatorHelper``. A destination is finished by ``get_frame``; a source by ``release``, which also
    happens when the object is dropped, or at the end of a ``with``.

    Attributes:
        texture: the moderngl texture; row 0 is the top.
        width: pixels per row.
        height: rows.
    """

    __slots__ = ("_buffer", "_context", "_done", "height", "texture", "width")

    def __init__(self, context: GlContext, buffer: GpuBuffer, *, writes: bool) -> None:
        self._buffer: GpuBuffer | None = None
        self._context = context
        self._done: Callable[[GlContext], None] | None = buffer.written if writes else buffer.read_done
        self.width, self.height = buffer.width, buffer.height
        self.texture: moderngl.Texture = buffer.writing(context) if writes else buffer.reading(context)
        self._buffer = buffer

    @property
    def size(self) -> tuple[int, int]:
        """Width and height."""
        return self.width, self.height

    def use(self, unit: int) -> None:
        """Bind the texture to a texture unit; raises WrongThreadError."""
        self._context.check_thread("GlTexture.use")
        self.texture.use(unit)

    def framebuffer(self) -> moderngl.Framebuffer:
        """Return the framebuffer that draws into the texture."""
        return framebuffer_of(self._context, self.texture)

    def bind(self) -> moderngl.Framebuffer:
        """Draw into the texture from now on, all of it, nothing switched on; return its framebuffer."""
        framebuffer = self.framebuffer()
        self._context.draw_into(framebuffer)
        return framebuffer

    def get_frame(self, kind: type[F]) -> F:
        """Return the picture as a packet's payload; what was drawn is complete for its readers.

        Args:
            kind: GpuBuffer or Image, which cost nothing, or ImageFrame, which waits and reads back.

        Raises:
            GpuReleasedError: the texture was released.
            PacketTypeError: another kind.
        """
        buffer = self._held()
        if kind not in (GpuBuffer, Image, ImageFrame):
            message = f"a texture becomes a GpuBuffer, an Image or an ImageFrame, not {kind!r}"
            raise PacketTypeError(message, expected="GpuBuffer | Image | ImageFrame", found=kind)
        if self._done == buffer.written:
            self._finish()
        if kind is GpuBuffer:
            return buffer
        frame: Any = Image(buffer) if kind is Image else buffer.image_frame()
        return cast("F", frame)

    def release(self) -> None:
        """Finish with the texture; the picture itself lives on in its GpuBuffer."""
        self._finish()
        self._buffer = None

    def _finish(self) -> None:
        """Tell the buffer, once, that all drawing with it was issued; leave the texture to others as it came."""
        done, self._done = self._done, None
        if done is not None:
            restore_sampling(self.texture)
            done(self._context)

    def _held(self) -> GpuBuffer:
        if self._buffer is None:
            raise GpuReleasedError("this GlTexture was released; call get_frame() before release()")
        return self._buffer

    def __enter__(self) -> GlTexture:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.release()

    def __del__(self) -> None:
        done, context = self._done, self._context
        if self._buffer is None or done is None:
            return
        if context.is_current and not context.shares_fences:
            self._finish()
        else:  # the collector runs anywhere; the command keeps the buffer from its pool until then
            context.post(partial(done, context))
