"""TfLiteTensorsToDetectionsCalculator: TensorsToDetectionsCalculator under its older name."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from graphkit import Input, Options, calculator, option, options
from graphkit.errors import ContractError
from graphkit.formats import Tensor
from graphkit_calculators.tensor._detection_options import TensorsToDetectionsCalculatorOptions
from graphkit_calculators.tensor.tensors_to_detections_calculator import TensorsToDetectionsCalculator

if TYPE_CHECKING:
    from graphkit import CalculatorContext, CalculatorContract


@options("mediapipe.TfLiteTensorsToDetectionsCalculatorOptions", extension=246514968)
class TfLiteTensorsToDetectionsCalculatorOptions:
    """Shape and coding of a detector's output, and which detections are kept."""

    num_classes: int | None = option(1)
    num_boxes: int | None = option(2)
    num_coords: int | None = option(3)
    keypoint_coord_offset: int | None = option(9)
    num_keypoints: int = option(10, default=0)
    num_values_per_keypoint: int = option(11, default=2)
    box_coord_offset: int = option(12, default=0)
    x_scale: float = option(4, default=0.0)
    y_scale: float = option(5, default=0.0)
    w_scale: float = option(6, default=0.0)
    h_scale: float = option(7, default=0.0)
    apply_exponential_on_box_size: bool = option(13, default=False)
    reverse_output_order: bool = option(14, default=False)
    ignore_classes: list[int] = option(8)
    sigmoid_score: bool = option(15, default=False)
    score_clipping_thresh: float | None = option(16)
    flip_vertically: bool = option(18, default=False)
    min_score_thresh: float | None = option(19)


@calculator
class TfLiteTensorsToDetectionsCalculator(TensorsToDetectionsCalculator):
    """Decodes the tensors of a detector into detections; the older name of TensorsToDetectionsCalculator.

    Emits, takes and decodes as TensorsToDetectionsCalculator does. Tensors come in on TENSORS or on TENSORS_GPU,
    which carry the same here.

    Knobs: those of TensorsToDetectionsCalculator that these options have.

    Example::

        node {
          calculator: "TfLiteTensorsToDetectionsCalculator"
          input_stream: "TENSORS:detection_tensors"
          input_side_packet: "ANCHORS:anchors"
          output_stream: "DETECTIONS:detections"
          options {
            [mediapipe.TfLiteTensorsToDetectionsCalculatorOptions.ext] {
              num_classes: 91
              num_boxes: 2034
              num_coords: 4
              x_scale: 10.0
              y_scale: 10.0
              w_scale: 5.0
              h_scale: 5.0
              apply_exponential_on_box_size: true
              sigmoid_score: true
              min_score_thresh: 0.6
            }
          }
        }
    """

    tensors: Input[Any] = Input(list[Tensor], "TENSORS", optional=True)
    tensors_gpu = Input(list[Tensor], "TENSORS_GPU", optional=True)
    options: Options[Any] = Options(TfLiteTensorsToDetectionsCalculatorOptions)

    @classmethod
    def update_contract(cls, cc: CalculatorContract) -> None:
        """Check the options, and that tensors come in one way."""
        super().update_contract(cc)
        if cls.tensors.is_connected(cc) == cls.tensors_gpu.is_connected(cc):
            raise ContractError("tensors come in on TENSORS or on TENSORS_GPU; use one of both.")

    @classmethod
    def settings(cls, cc: CalculatorContract | CalculatorContext) -> TensorsToDetectionsCalculatorOptions:
        """Return what the options say as those of TensorsToDetectionsCalculator, which has all of them."""
        return TensorsToDetectionsCalculatorOptions(**vars(cls.options(cc)))

    def given(self, cc: CalculatorContext) -> list[Tensor] | None:
        """Return the tensors of this timestamp."""
        found = self.tensors.get(cc)
        return self.tensors_gpu.get(cc) if found is None else found
