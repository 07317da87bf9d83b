"""CannyEdgesCalculator: thin, connected edges, on the CPU."""

from __future__ import annotations

from typing import TYPE_CHECKING

from graphkit import Calculator, Input, Options, Output, calculator, option, options
from graphkit.errors import ContractError, FormatError
from graphkit.formats import ImageFormat, ImageFrame
from graphkit.framework import opencv

if TYPE_CHECKING:
    from graphkit import CalculatorContext, CalculatorContract

_APERTURES = (3, 5, 7)


@options("graphkit.CannyEdgesCalculatorOptions")
class CannyEdgesCalculatorOptions:
    """What counts as an edge.

    Attributes:
        low_threshold: gradient, in gray levels, that continues an edge.
        high_threshold: gradient that starts one.
        aperture_size: side of the Sobel kernel: 3, 5 or 7.
        l2_gradient: take the length of the gradient, not the sum of its absolute parts: a little slower.
    """

    low_threshold: float = option(1, default=100.0)
    high_threshold: float = option(2, default=200.0)
    aperture_size: int = option(3, default=3)
    l2_gradient: bool = option(4, default=False)


@calculator
class CannyEdgesCalculator(Calculator):
    """Finds edges with Canny's method: 255 on an edge, 0 elsewhere, one pixel wide.

    Takes and emits GRAY8; emits at every timestamp with a frame. Of two thresholds the high one starts an edge,
    the low one says how far it goes on. Larger apertures see smoother edges and give larger gradients.

    Example::

        node {
          calculator: "CannyEdgesCalculator"
          input_stream: "gray_image"
          output_stream: "edges"
          node_options {
            [type.googleapis.com/graphkit.CannyEdgesCalculatorOptions] { low_threshold: 80 high_threshold: 160 }
          }
        }
    """

    blocking = True

    gray = Input(ImageFrame)
    edges = Output(ImageFrame)
    options = Options(CannyEdgesCalculatorOptions)

    @classmethod
    def update_contract(cls, cc: CalculatorContract) -> None:
        """Check the options."""
        chosen = cls.options(cc)
        if chosen.aperture_size not in _APERTURES:
            raise ContractError(f"aperture_size is {chosen.aperture_size}; OpenCV knows 3, 5 and 7.")
        if not 0.0 <= chosen.low_threshold <= chosen.high_threshold:
            raise ContractError(
                f"low_threshold is {chosen.low_threshold:g} and high_threshold {chosen.high_threshold:g}; "
                "needed: 0 <= low_threshold <= high_threshold."
            )

    def open(self, cc: CalculatorContext) -> None:
        """Read the options."""
        self._chosen = self.options(cc)

    def process(self, cc: CalculatorContext) -> None:
        """Emit the edges."""
        frame = self.gray.get(cc)
        if frame is None:
            return
        if frame.format is not ImageFormat.GRAY8:
            raise FormatError(
                f"edges are found in GRAY8, found {frame.format.name}; insert a ColorConvertCalculator with "
                "GRAY_OUT."
            )
        chosen = self._chosen
        edges = opencv().Canny(
            frame.data,
            chosen.low_threshold,
            chosen.high_threshold,
            apertureSize=chosen.aperture_size,
            L2gradient=chosen.l2_gradient,
        )
        self.edges.send(cc, ImageFrame(edges, ImageFormat.GRAY8))
