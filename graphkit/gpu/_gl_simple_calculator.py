"""GlSimpleCalculator: a GPU image filter in a dozen lines.

::

    @calculator
    class Negative(GlSimpleCalculator):
        fragment_shader = '''
            in vec2 sample_coordinate;
            uniform sampler2D frame;
            out vec4 color;

            void main() {
                vec4 pixel = texture(frame, sample_coordinate);
                color = vec4(1.0 - pixel.rgb, pixel.a);
            }
        '''
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Final

from graphkit.errors import ContractError
from graphkit.framework import Calculator
from graphkit.gpu._buffer import GpuBuffer
from graphkit.gpu._formats import GpuBufferFormat
from graphkit.gpu._helper import GlCalculatorHelper
from graphkit.gpu._program import FullFrameProgram

if TYPE_CHECKING:
    from graphkit.framework import CalculatorContext, CalculatorContract, PortMap
    from graphkit.gpu._gl_texture import GlTexture

VIDEO: Final = "VIDEO"
SOURCE_UNIT: Final = 1
"""Texture unit of the source while ``gl_render`` runs."""


class GlSimpleCalculator(Calculator):
    """One GpuBuffer in, one out, drawn by a shader; stream VIDEO, or index 0, on both sides.

    Emits at every timestamp with a frame. Either set ``fragment_shader``, or override ``gl_setup``,
    ``gl_render`` and ``gl_teardown``; all three run on the GL thread, where ``self.helper.gl`` is the moderngl
    context.

    Attributes:
        fragment_shader: reads ``in vec2 sample_coordinate`` (0..1 from the top left), ``uniform sampler2D
            frame`` and, optionally, ``uniform vec2 pixel_size`` (of the source, in texture coordinates).
        helper: from ``open`` on.
        shader: ``fragment_shader``, compiled, from ``gl_setup`` on; ``self.shader.set(name=value)`` in ``gl_bind``
            sets uniforms of one's own.
    """

    fragment_shader: ClassVar[str] = ""

    helper: GlCalculatorHelper
    shader: FullFrameProgram

    @classmethod
    def update_contract(cls, cc: CalculatorContract) -> None:
        """Declare the two streams and ask for the GPU."""
        for side, ports in (("input", cc.inputs), ("output", cc.outputs)):
            key = _video_key(ports)
            if key not in ports:
                raise ContractError(f"{cls.__name__} takes one {side} stream, tag {VIDEO} or untagged", port=VIDEO)
            ports[key].set(GpuBuffer)
        GlCalculatorHelper.update_contract(cc)

    def open(self, cc: CalculatorContext) -> None:
        """Set up: compiling takes tens of milliseconds, better now than at the first frame."""
        self.helper = GlCalculatorHelper(cc)
        self._source, self._target = _video_key(cc.inputs), _video_key(cc.outputs)
        self.helper.run_in_gl_context(self.gl_setup)

    def process(self, cc: CalculatorContext) -> None:
        """Draw one frame."""
        if not hasattr(self, "_source"):
            raise ContractError(f"open() of {type(self).__name__} does not call super().open(cc): call it first")
        packet = cc.inputs[self._source]
        if not packet.is_empty:
            self.helper.run_in_gl_context(self._draw, cc, packet.get(GpuBuffer))

    def close(self, cc: CalculatorContext) -> None:
        """Tear down."""
        self.helper.run_in_gl_context(self.gl_teardown)

    # -- what a filter may override ---------------------------------------------------------------------

    def get_output_dimensions(self, width: int, height: int) -> tuple[int, int]:
        """Return width and height of the output for an input of *width* x *height*."""
        return width, height

    def get_output_format(self, source: GpuBufferFormat) -> GpuBufferFormat:
        """Return the output's format; RGBA8 unless overridden."""
        return GpuBufferFormat.RGBA8

    def gl_setup(self) -> None:
        """Make shaders and other objects, once."""
        if not self.fragment_shader:
            raise ContractError(f"{type(self).__name__} needs a fragment_shader, or a gl_setup() and gl_render()")
        self.shader = FullFrameProgram(
            self.helper.context, self.fragment_shader, name=f"{type(self).__name__}.fragment_shader"
        )
        self.shader.offer(frame=SOURCE_UNIT)

    def gl_bind(self) -> None:
        """Set state that ``gl_render`` relies on, before each frame; blending and the like are off by then."""

    def gl_render(self, src: GlTexture, dst: GlTexture) -> None:
        """Draw. *src* is bound to texture unit SOURCE_UNIT, *dst* is the framebuffer."""
        self.shader.offer(pixel_size=(1.0 / src.width, 1.0 / src.height))
        self.shader.render()

    def gl_teardown(self) -> None:
        """Release what ``gl_setup`` made; also called after errors."""
        made = getattr(self, "shader", None)
        if made is not None:
            made.release()

    def _draw(self, cc: CalculatorContext, frame: GpuBuffer) -> None:
        helper = self.helper
        with helper.create_source_texture(frame) as src:
            width, height = self.get_output_dimensions(src.width, src.height)
            dst = helper.create_destination_texture(width, height, self.get_output_format(frame.format))
            helper.bind_framebuffer(dst)
            src.use(SOURCE_UNIT)
            self.gl_bind()
            self.gl_render(src, dst)
            drawn = helper.finish(dst, src)
        helper.context.check_errors(f"gl_render of {type(self).__name__}")
        cc.outputs[self._target].send(drawn, cc.input_timestamp)


def _video_key(ports: PortMap | object) -> str | int:
    return VIDEO if VIDEO in ports else 0  # type: ignore[operator]
