"""GpuStorage: the storage of a GpuBuffer, and the one that is used: an OpenGL texture with fences.

Calculators never see a storage. A ``ShareGroup`` is given a function that makes storages; anything that keeps the
five promises of ``GpuStorage`` will do.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from functools import partial
from typing import TYPE_CHECKING, Final

from graphkit.gpu._raw_gl import UNPACK_BUFFER

if TYPE_CHECKING:
    from collections.abc import Callable

    import moderngl

    from graphkit.gpu._context import GlContext
    from graphkit.gpu._fence import Fence
    from graphkit.gpu._formats import GpuBufferFormat

_LINEAR: Final = (0x2601, 0x2601)
"""GL_LINEAR for smaller and for larger; moderngl's constant without moderngl."""


class GpuStorage(ABC):
    """Pixels that contexts of one share group read and write as textures.

    All calls but ``release`` are made on the thread of the context they are given. The caller of ``reading``
    or ``writing`` calls ``read_done`` or ``written`` when it has issued its drawing.

    Attributes:
        width: pixels per row.
        height: rows.
        format: of the pixels.
    """

    __slots__ = ("__weakref__", "format", "height", "width")

    def __init__(self, width: int, height: int, format_: GpuBufferFormat) -> None:
        self.width, self.height, self.format = width, height, format_

    @abstractmethod
    def reading(self, context: GlContext) -> moderngl.Texture:
        """Return a texture of *context* that shows what was written last."""

    @abstractmethod
    def read_done(self, context: GlContext) -> None:
        """Note that *context* has issued all its reads."""

    @abstractmethod
    def writing(self, context: GlContext) -> moderngl.Texture:
        """Return a texture of *context* that is no longer read."""

    @abstractmethod
    def written(self, context: GlContext) -> None:
        """Note that *context* has issued all its writes."""

    @abstractmethod
    def release(self) -> None:
        """Free the pixels; from any thread, the garbage collector's included: no lock, no OpenGL."""


class TextureStorage(GpuStorage):
    """A texture of a pool.

    Args:
        owner: the context whose texture it is; the current one.
        width, height: in pixels.
        format_: of the pixels.
        give_back: takes the storage when it is released.
    """

    __slots__ = ("_consumers", "_give_back", "_owner", "_producer", "_views")

    def __init__(
        self,
        owner: GlContext,
        width: int,
        height: int,
        format_: GpuBufferFormat,
        *,
        give_back: Callable[[TextureStorage], None],
    ) -> None:
        super().__init__(width, height, format_)
        self._owner = owner
        self._give_back = give_back
        self._producer: Fence | None = None
        self._consumers: dict[GlContext, Fence] = {}
        owner.raw.bind_buffer(UNPACK_BUFFER, 0)  # OpenGL would fill the texture from a buffer that is bound
        texture = owner.gl.texture((width, height), format_.channels, dtype=format_.moderngl_dtype)
        restore_sampling(texture)
        self._views: dict[GlContext, moderngl.Texture] = {owner: texture}

    def reading(self, context: GlContext) -> moderngl.Texture:
        """Wait, as the context can, for the producer."""
        if self._producer is not None:
            self._producer.wait(context)
        return self._view(context)

    def read_done(self, context: GlContext) -> None:
        """Leave a fence, so that the next writer does not overtake the reader."""
        fence = context.fence()
        # That this read is done says nothing of those that the context has issued before.
        if context not in self._consumers or not fence.is_known_to_be_reached:
            self._consumers[context] = fence

    def writing(self, context: GlContext) -> moderngl.Texture:
        """Wait, as the context can, for the last producer and all consumers."""
        for fence in self._fences():
            fence.wait(context)
        self._consumers.clear()
        texture = self._view(context)
        restore_sampling(texture)
        return texture

    def written(self, context: GlContext) -> None:
        """Leave the producer's fence."""
        self._producer = context.fence()

    def release(self) -> None:
        """Go back to the pool."""
        self._give_back(self)

    def is_idle(self, context: GlContext) -> bool:
        """Return whether *context* could write at once."""
        return all(fence.context is context or fence.is_reached(context) for fence in self._fences())

    def destroy(self) -> None:
        """Delete the texture, each context's part on its own thread."""
        views, self._views = self._views, {}
        for context, texture in views.items():
            context.post(partial(release_texture, context, texture))

    def _fences(self) -> list[Fence]:
        fences = list(self._consumers.values())
        return fences if self._producer is None else [*fences, self._producer]

    def _view(self, context: GlContext) -> moderngl.Texture:
        texture = self._views.get(context)
        if texture is None:
            own = self._views[self._owner]
            texture = context.gl.external_texture(
                own.glo, own.size, self.format.channels, 0, self.format.moderngl_dtype
            )
            self._views[context] = texture
        return texture


def restore_sampling(texture: moderngl.Texture) -> None:
    """Have *texture* sampled linearly, its edge repeated: drivers and calculators set it otherwise.

    The context of *texture* is current. Setting what is set already would make drivers check the texture again.
    """
    if texture.filter != _LINEAR:
        texture.filter = _LINEAR
    if texture.repeat_x or texture.repeat_y:
        texture.repeat_x = texture.repeat_y = False
    if texture.swizzle != "RGBA":
        texture.swizzle = "RGBA"


def framebuffer_of(context: GlContext, texture: moderngl.Texture) -> moderngl.Framebuffer:
    """Return the framebuffer that draws into *texture*, a texture of *context*; kept with the texture."""
    if texture.extra is None:
        context.park()  # a calculator may have deleted what it has bound
        texture.extra = context.gl.framebuffer([texture])
    framebuffer: moderngl.Framebuffer = texture.extra
    return framebuffer


def release_texture(context: GlContext, texture: moderngl.Texture) -> None:
    """Release a texture of *context* and its framebuffer, on the context's thread."""
    if texture.extra is not None:
        context.park()
        texture.extra.release()
        texture.extra = None
    texture.release()
