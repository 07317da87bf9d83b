"""A shader for calculators whose pictures may lie in memory or on the GPU, as an Image does.

Such a calculator does not ask for the GPU, which a graph in memory need not have: a picture on it brings its own.
"""

from __future__ import annotations

from contextlib import ExitStack
from functools import partial
from typing import TYPE_CHECKING, Any

from graphkit.gpu import FullFrameProgram, GlTexture, GpuBuffer

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from graphkit.gpu import GlContext, GpuBufferFormat


class PictureShader:
    """Draws pictures from pictures.

    Args:
        name: of the calculator, for messages.
        source: returns the source of the fragment shader for a context; see ``FullFrameProgram``.
        context: draws; None for the shared one of the first pictures, compiled for when they come.

    Raises:
        ShaderCompileError: with the line at fault.
    """

    def __init__(self, name: str, source: Callable[[GlContext], str], context: GlContext | None = None) -> None:
        self._name, self._source = name, source
        self._context = context
        self._program: FullFrameProgram | None = None
        if context is not None:
            context.run(self._compiled, context)

    def draw(
        self,
        pictures: Mapping[str, GpuBuffer],
        size: tuple[int, int],
        format_: GpuBufferFormat,
        **uniforms: Any,
    ) -> GpuBuffer:
        """Return a new picture; any thread.

        Args:
            pictures: what the shader samples, by the name of its sampler; at least one.
            size: width and height of the result.
            format_: of the result.
            **uniforms: of the shader.

        Raises:
            ShaderCompileError: with the line at fault.
            GlCallError, GpuOutOfMemoryError, GlContextLostError: OpenGL has refused one of its calls.
        """
        context = self._context
        if context is None:
            context = self._context = next(iter(pictures.values())).group.context()
        drawing = partial(self._draw, context, pictures, size, format_, uniforms)
        drawn: GpuBuffer = context.run(context.checked, f"the drawing of {self._name}", drawing)
        return drawn

    def release(self) -> None:
        """Let go of the shader; any thread."""
        program, self._program = self._program, None
        if program is not None and self._context is not None and not self._context.closed:
            self._context.run(program.release)

    def _draw(
        self,
        context: GlContext,
        pictures: Mapping[str, GpuBuffer],
        size: tuple[int, int],
        format_: GpuBufferFormat,
        uniforms: dict[str, Any],
    ) -> GpuBuffer:
        program = self._compiled(context)
        first = next(iter(pictures.values()))
        with ExitStack() as stack:
            # All of them before any is bound: an upload binds its texture to unit 0.
            sources = {
                name: stack.enter_context(GlTexture(context, picture, writes=False))
                for name, picture in pictures.items()
            }
            drawn = GlTexture(context, GpuBuffer.allocate(context, first.group, *size, format_), writes=True)
            drawn.bind()
            for unit, (name, source) in enumerate(sources.items()):
                source.use(unit)
                program.set(**{name: unit})
            program.set(**uniforms)
            program.render()
            with context.same_fence():
                stack.close()
                return drawn.get_frame(GpuBuffer)

    def _compiled(self, context: GlContext) -> FullFrameProgram:
        if self._program is None:
            self._program = FullFrameProgram(context, self._source(context), name=self._name)
        return self._program
