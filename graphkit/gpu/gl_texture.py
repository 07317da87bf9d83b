"""GlTexture: a GpuBuffer as one calculator sees it while it draws."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar, cast

from graphkit.errors import GpuReleasedError, PacketTypeError
from graphkit.formats import Image, ImageFrame
from graphkit.gpu.buffer import GpuBuffer
from graphkit.gpu.storage import framebuffer_of

if TYPE_CHECKING:
    from types import TracebackType

    import moderngl

    from graphkit.gpu.context import GlContext

F = TypeVar("F", GpuBuffer, ImageFrame, Image)


class GlTexture:
    """A texture to read (a source) or to draw into (a destination), on one context's thread.

    Made by ``GlCalculatorHelper``. A destination is finished by ``get_frame``; a source by ``release``, which also
    happens when the object goes, or at the end of a ``with``.

    Attributes:
        texture: the moderngl texture; row 0 is the top.
        width: pixels a row.
        height: rows.
    """

    __slots__ = ("_buffer", "_context", "_writes", "height", "texture", "width")

    def __init__(self, context: GlContext, buffer: GpuBuffer, *, writes: bool) -> None:
        self._buffer: GpuBuffer | None = None
        self._context, self._writes = context, writes
        self.width, self.height = buffer.width, buffer.height
        self.texture: moderngl.Texture = buffer.writing(context) if writes else buffer.reading(context)
        self._buffer = buffer

    @property
    def size(self) -> tuple[int, int]:
        """Width and height."""
        return self.width, self.height

    def use(self, unit: int) -> None:
        """Bind the texture to a texture unit."""
        self.texture.use(unit)

    def framebuffer(self) -> moderngl.Framebuffer:
        """Return the framebuffer that draws into the texture."""
        return framebuffer_of(self._context, self.texture)

    def get_frame(self, kind: type[F]) -> F:
        """Return the picture as a packet's payload; what was drawn is complete for whoever reads it.

        Args:
            kind: GpuBuffer or Image, which cost nothing, or ImageFrame, which waits and reads back.

        Raises:
            GpuReleasedError: the texture was released.
            PacketTypeError: another kind.
        """
        buffer = self._held()
        if kind not in (GpuBuffer, Image, ImageFrame):
            raise PacketTypeError(f"a texture becomes a GpuBuffer, an Image or an ImageFrame, not {kind!r}")
        if self._writes:
            buffer.written(self._context)
            self._writes = False
        if kind is GpuBuffer:
            return buffer
        frame: Any = Image(buffer) if kind is Image else buffer.image_frame()
        return cast("F", frame)

    def release(self) -> None:
        """Finish with the texture; the picture itself lives on in its GpuBuffer."""
        buffer, self._buffer = self._buffer, None
        if buffer is None:
            return
        if self._writes:
            buffer.written(self._context)
        else:
            buffer.read_done(self._context)

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
        if self._buffer is None:
            return
        if self._context.is_current:
            self.release()
        else:  # the collector runs anywhere; the closure keeps the buffer from its pool until then
            buffer, context, writes = self._buffer, self._context, self._writes
            context.post(lambda: buffer.written(context) if writes else buffer.read_done(context))
