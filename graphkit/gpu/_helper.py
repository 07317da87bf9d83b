"""GlCalculatorHelper: what a calculator that uses the GPU owns.

::

    class Negative(Calculator):
        image = Input(GpuBuffer)
        negative = Output(GpuBuffer)

        @classmethod
        def update_contract(cls, cc):
            GlCalculatorHelper.update_contract(cc)

        def open(self, cc):
            self.helper = GlCalculatorHelper(cc)
            self.shader = self.helper.run_in_gl_context(lambda: FullFrameProgram(self.helper.context, SOURCE))

The node then runs on its context's thread, where ``run_in_gl_context`` costs nothing. A node that names an
executor of its own stays there, and each ``run_in_gl_context`` switches threads twice.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from graphkit.errors import GpuError, PacketTypeError
from graphkit.formats import Image, ImageFrame
from graphkit.gpu._buffer import GpuBuffer
from graphkit.gpu._context import GlContext
from graphkit.gpu._formats import GpuBufferFormat
from graphkit.gpu._gl_texture import GlTexture
from graphkit.gpu._service import GPU_SERVICE, GlContextOptions
from graphkit.gpu._transfers import upload

if TYPE_CHECKING:
    from collections.abc import Callable

    import moderngl

    from graphkit.formats import Pixels
    from graphkit.framework import CalculatorContext, CalculatorContract
    from graphkit.gpu._raw_gl import RawGl
    from graphkit.gpu._resources import GpuResources

R = TypeVar("R")


class GlCalculatorHelper:
    """Access of one calculator to its GL context.

    Args:
        cc: of the calculator's ``open``.
        context_name: run in this context of the share group, whatever the node runs in; several helpers of one
            calculator may have several.

    Attributes:
        resources: the graph's.
        context: the GL context.

    Raises:
        GpuError: the calculator's contract does not ask for the GPU.
    """

    def __init__(self, cc: CalculatorContext, *, context_name: str = "") -> None:
        resources = cc.service(GPU_SERVICE)
        if resources is None:
            raise GpuError(
                f'node "{cc.node_name}" has no GPU; its update_contract must call '
                "GlCalculatorHelper.update_contract(cc)."
            )
        self._drawing = f'the drawing of node "{cc.node_name}"'
        self.resources: GpuResources = resources
        self.context: GlContext = self._choose(cc, context_name)

    @staticmethod
    def update_contract(cc: CalculatorContract, *, context_name: str = "", optional: bool = False) -> None:
        """Ask for the GPU; the node then runs on a GL context's thread.

        Args:
            cc: the contract.
            context_name: which context, unless the node's GlContextOptions name one; "" for the shared one.
            optional: whether the calculator can do without.
        """
        cc.use_service(GPU_SERVICE, optional=optional, settings=context_name or None)

    def _choose(self, cc: CalculatorContext, context_name: str) -> GlContext:
        here = GlContext.current()
        if not context_name and here is not None and self.resources.group.owns(here):
            return here
        return self.resources.context(context_name or cc.options(GlContextOptions).gl_context_name or "")

    def run_in_gl_context(self, function: Callable[..., R], *arguments: Any) -> R:
        """Call *function* on the context's thread, return its value, raise its exception.

        Raises:
            GlCallError, GpuOutOfMemoryError, GlContextLostError: OpenGL has refused one of its calls.
        """
        value: R = self.context.run(self.context.checked, self._drawing, function, *arguments)
        return value

    @property
    def gl(self) -> moderngl.Context:
        """The moderngl context; raises WrongThreadError outside of ``run_in_gl_context``."""
        return self.context.gl

    @property
    def raw(self) -> RawGl:
        """OpenGL itself, for what moderngl lacks."""
        self.context.check_thread("raw OpenGL")
        return self.context.raw

    def create_source_texture(self, picture: GpuBuffer | ImageFrame | Image) -> GlTexture:
        """Return *picture* as a texture to sample; one in memory is uploaded, one on the GPU costs nothing.

        Raises:
            WrongThreadError: outside of ``run_in_gl_context``.
            PacketTypeError: not a picture.
        """
        return GlTexture(self.context, self.gpu_buffer(picture), writes=False)

    def create_destination_texture(
        self, width: int, height: int, format_: GpuBufferFormat = GpuBufferFormat.RGBA8
    ) -> GlTexture:
        """Return a texture to draw into, from the pool; its contents are undefined.

        Raises:
            WrongThreadError: outside of ``run_in_gl_context``.
            TextureTooLargeError, GpuOutOfMemoryError: it cannot be made.
        """
        self.context.check_thread("create_destination_texture")
        buffer = GpuBuffer.allocate(self.context, self.resources.group, width, height, format_)
        return GlTexture(self.context, buffer, writes=True)

    def create_partial_texture(self, size: tuple[int, int], pixels: Pixels, at: tuple[int, int]) -> GlTexture:
        """Return a texture to sample, of which a part is set; the contents of the rest are undefined.

        It costs the upload of the part alone.

        Args:
            size: width and height.
            pixels: (H, W, 4) uint8, the part.
            at: its left and top.

        Raises:
            WrongThreadError: outside of ``run_in_gl_context``.
            TextureTooLargeError, GpuOutOfMemoryError: it cannot be made.
        """
        texture = self.create_destination_texture(*size)
        upload(self.context, texture.texture, GpuBufferFormat.RGBA8, pixels, self.resources.transfers, at)
        return texture

    def finish(self, drawn: GlTexture, *sources: GlTexture) -> GpuBuffer:
        """Return what was drawn into *drawn*, the last that is done with it and with *sources*.

        It costs one fence; ``get_frame`` and ``release`` of each cost one each.
        """
        with self.context.same_fence():
            for source in sources:
                source.release()
            return drawn.get_frame(GpuBuffer)

    def bind_framebuffer(self, destination: GlTexture) -> moderngl.Framebuffer:
        """Draw into *destination* from now on, all of it; return its framebuffer.

        Blending, masks, tests and sampler objects set before are off; set yours afterwards.
        """
        self.context.check_thread("bind_framebuffer")
        return destination.bind()

    def gpu_buffer(self, picture: GpuBuffer | ImageFrame | Image) -> GpuBuffer:
        """Return *picture* as a GpuBuffer; nothing is transferred yet."""
        if isinstance(picture, Image):
            picture = picture.source  # type: ignore[assignment]  # every GpuPixels there is, is a GpuBuffer
        if isinstance(picture, GpuBuffer):
            return picture
        if isinstance(picture, ImageFrame):
            return self.resources.upload(picture)
        found = type(picture).__name__
        message = f"expected a GpuBuffer, an ImageFrame or an Image, found {found}"
        raise PacketTypeError(message, expected="GpuBuffer | ImageFrame | Image", found=found)
