"""TfLiteCustomOpResolverCalculator: a side packet that C++ graphs need to run their models."""

from __future__ import annotations

from typing import TYPE_CHECKING

from graphkit import Calculator, Options, SideOutput, Status, calculator, option, options
from graphkit.formats import OpResolver

if TYPE_CHECKING:
    from graphkit import CalculatorContext


@options("mediapipe.TfLiteCustomOpResolverCalculatorOptions", extension=252087553)
class TfLiteCustomOpResolverCalculatorOptions:
    """Where the operations are to run."""

    use_gpu: bool = option(1, default=False)


@calculator
class TfLiteCustomOpResolverCalculator(Calculator):
    """Sets OP_RESOLVER, or an untagged side packet, so that graphs written for C++ stay connected.

    graphkit's importer knows MediaPipe's own operations without being told; the packet carries nothing
    but ``use_gpu``, which the delegate of InferenceCalculator decides anyway.

    Example::

        node {
          calculator: "TfLiteCustomOpResolverCalculator"
          output_side_packet: "OP_RESOLVER:opresolver"
        }
    """

    resolver = SideOutput(OpResolver, "OP_RESOLVER", optional=True)
    untagged = SideOutput(OpResolver, optional=True)
    options = Options(TfLiteCustomOpResolverCalculatorOptions)

    def open(self, cc: CalculatorContext) -> None:
        """Set the side packet."""
        made = OpResolver(self.options(cc).use_gpu)
        self.resolver.set(cc, made)
        self.untagged.set(cc, made)

    def process(self, cc: CalculatorContext) -> Status:
        """There are no streams."""
        return Status.STOP
