"""GlScalerCalculator: scales, turns and mirrors pictures on the GPU."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from graphkit import Calculator, Input, Options, Output, SideInput, calculator, option, options
from graphkit.formats import Image, ImageSize
from graphkit.gpu import FullFrameProgram, GlCalculatorHelper, GpuBuffer, GpuBufferFormat
from graphkit_calculators.gpu._placement import Placement, quarter_turn
from graphkit_calculators.gpu._video_ports import declare_video, video_key
from graphkit_calculators.image._transformation import ScaleMode

if TYPE_CHECKING:
    from graphkit import CalculatorContext, CalculatorContract

_SHADER: Final = """
    uniform sampler2D frame;
    uniform mat2 source_from_target;
    uniform vec2 target;  // width and height
    uniform bool nearest;
    out vec4 color;

    void main() {
        // An interpolated coordinate would be a little off, in its own way on each card.
        vec2 place = source_from_target * (gl_FragCoord.xy / target - 0.5) + 0.5;
        if (any(lessThan(place, vec2(0.0))) || any(greaterThan(place, vec2(1.0)))) {
            color = vec4(0.0);
        } else if (nearest) {
            ivec2 size = textureSize(frame, 0);
            // At a scale of 1/2 samples lie on the border of two pixels; the later one it is.
            color = texelFetch(frame, min(ivec2(place * vec2(size) + 1e-3), size - 1), 0);
        } else {
            color = texture(frame, place);
        }
    }
"""


@options("mediapipe.GlScalerCalculatorOptions", extension=166373014)
class GlScalerCalculatorOptions:
    """Size, turn and mirroring; see GlScalerCalculator."""

    output_width: int = option(1, default=0)
    output_height: int = option(2, default=0)
    output_scale: float | None = option(7)
    rotation: int = option(3, default=0)
    flip_vertical: bool = option(4, default=False)
    flip_horizontal: bool = option(5, default=False)
    scale_mode: ScaleMode = option(6, default=ScaleMode.DEFAULT)
    use_nearest_neighbor_interpolation: bool = option(8, default=False)
    use_input_format_for_output: bool = option(9, default=False)


@calculator
class GlScalerCalculator(Calculator):
    """Scales a picture, turns it counterclockwise by quarters and mirrors it, in this order.

    Emits at every timestamp with a picture, and, where OUTPUT_DIMENSIONS is a stream, with a size. The picture is
    a GpuBuffer on VIDEO or untagged, or an Image on IMAGE, on either side. TOP_BOTTOM_PADDING and
    LEFT_RIGHT_PADDING tell the share of the output that FIT leaves empty on each side.

    Size and turn are options, or side packets OUTPUT_DIMENSIONS (an ImageSize) and ROTATION, or streams of these
    names; streams come first, and their last value holds until the next. Side packet OPTIONS replaces the options.

    Knobs: ``output_width`` and ``output_height``, else ``output_scale``, which rounds to multiples of 4;
    ``scale_mode`` STRETCH fills the output, FIT keeps the aspect ratio and leaves transparent borders,
    FILL_AND_CROP keeps it and cuts; ``use_nearest_neighbor_interpolation`` is cheaper and coarser; the output is
    RGBA8 unless ``use_input_format_for_output``.

    Example::

        node {
          calculator: "GlScalerCalculator"
          input_stream: "VIDEO:input_video"
          output_stream: "VIDEO:small_video"
          options {
            [mediapipe.GlScalerCalculatorOptions.ext] { output_width: 320 output_height: 240 scale_mode: FIT }
          }
        }
    """

    rotation = Input(int, "ROTATION", optional=True)
    dimensions = Input(ImageSize, "OUTPUT_DIMENSIONS", optional=True)
    top_bottom_padding = Output(float, "TOP_BOTTOM_PADDING", optional=True)
    left_right_padding = Output(float, "LEFT_RIGHT_PADDING", optional=True)
    options_side = SideInput(GlScalerCalculatorOptions, "OPTIONS", value_optional=True)
    dimensions_side = SideInput(ImageSize, "OUTPUT_DIMENSIONS", value_optional=True)
    rotation_side = SideInput(int, "ROTATION", value_optional=True)
    options = Options(GlScalerCalculatorOptions)

    @classmethod
    def update_contract(cls, cc: CalculatorContract) -> None:
        """Declare the pictures and ask for the GPU."""
        declare_video(cc.inputs, "input")
        declare_video(cc.outputs, "output")
        GlCalculatorHelper.update_contract(cc)

    def open(self, cc: CalculatorContext) -> None:
        """Read what does not change, compile."""
        self._input, self._output = video_key(cc.inputs.tag_map), video_key(cc.outputs.tag_map)
        self._wanted = self.options_side.get(cc) or self.options(cc)
        size = self.dimensions_side.get(cc)
        self._size = size or ImageSize(self._wanted.output_width, self._wanted.output_height)
        turn = self.rotation_side.get(cc)
        self._turn = quarter_turn(self._wanted.rotation if turn is None else turn)
        self._needs_size = self.dimensions.is_connected(cc)
        self._helper = GlCalculatorHelper(cc)
        self._helper.run_in_gl_context(self._set_up)

    def process(self, cc: CalculatorContext) -> None:
        """Draw one picture."""
        turn, size = self.rotation.get(cc), self.dimensions.get(cc)
        if turn is not None:
            self._turn = quarter_turn(turn)
        if size is not None:
            self._size = size
        packet = cc.inputs[self._input]
        if packet.is_empty or (self._needs_size and size is None):
            return
        wanted = self._wanted
        placement = Placement(self._turn, wanted.scale_mode, wanted.flip_horizontal, wanted.flip_vertical)
        self._helper.run_in_gl_context(self._draw, cc, packet.payload, placement)

    def close(self, cc: CalculatorContext) -> None:
        """Release the shader."""
        self._helper.run_in_gl_context(self._shader.release)

    def _set_up(self) -> None:
        self._shader = FullFrameProgram(self._helper.context, _SHADER, name="GlScalerCalculator")
        self._shader.set(frame=0, nearest=self._wanted.use_nearest_neighbor_interpolation)

    def _draw(self, cc: CalculatorContext, picture: GpuBuffer | Image, placement: Placement) -> None:
        helper, buffer = self._helper, self._helper.gpu_buffer(picture)
        with helper.create_source_texture(buffer) as src:
            size = placement.target_size(src.size, self._size, self._wanted.output_scale)
            kept = self._wanted.use_input_format_for_output
            dst = helper.create_destination_texture(*size, buffer.format if kept else GpuBufferFormat.RGBA8)
            helper.bind_framebuffer(dst)
            src.use(0)
            self._shader.set(source_from_target=placement.source_from_target(src.size, size), target=size)
            self._shader.render()
            left_right, top_bottom = placement.padding(src.size, size)
            drawn = helper.finish(dst, src)
        self.top_bottom_padding.send(cc, top_bottom)
        self.left_right_padding.send(cc, left_right)
        cc.outputs[self._output].send(Image(drawn) if self._output[0] == "IMAGE" else drawn, cc.input_timestamp)
