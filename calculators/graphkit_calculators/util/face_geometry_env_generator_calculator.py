"""FaceGeometryEnvGeneratorCalculator: the camera for face geometry, as a side packet."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from graphkit import Calculator, Options, SideOutput, Status, calculator, option, options
from graphkit.errors import ContractError
from graphkit.formats import FaceEnvironment

if TYPE_CHECKING:
    from graphkit import CalculatorContext, CalculatorContract


@options("mediapipe.FaceGeometryEnvGeneratorCalculatorOptions", extension=323693810)
class FaceGeometryEnvGeneratorCalculatorOptions:
    """The camera."""

    environment: Any = option(1, "mediapipe.face_geometry.Environment")


@calculator
class FaceGeometryEnvGeneratorCalculator(Calculator):
    """Makes the camera of its options a side packet, ENVIRONMENT, for FaceGeometryPipelineCalculator.

    Knobs: ``environment``, all of it: how much the camera sees from top to bottom, the distances between which
    things are drawn, and the corner where row 0 of its frames lies.

    Example::

        node {
          calculator: "FaceGeometryEnvGeneratorCalculator"
          output_side_packet: "ENVIRONMENT:environment"
          options {
            [mediapipe.FaceGeometryEnvGeneratorCalculatorOptions.ext] {
              environment {
                origin_point_location: TOP_LEFT_CORNER
                perspective_camera { vertical_fov_degrees: 63.0 near: 1.0 far: 10000.0 }
              }
            }
          }
        }
    """

    environment = SideOutput(FaceEnvironment, "ENVIRONMENT")
    options = Options(FaceGeometryEnvGeneratorCalculatorOptions)

    @classmethod
    def update_contract(cls, cc: CalculatorContract) -> None:
        """Check that there is a camera."""
        if cls.options(cc).environment is None:
            raise ContractError("environment is not set; it describes the camera.")

    def open(self, cc: CalculatorContext) -> None:
        """Set the side packet."""
        self.environment.set(cc, FaceEnvironment.from_proto(self.options(cc).environment))

    def process(self, cc: CalculatorContext) -> Status:
        """There are no streams."""
        return Status.STOP
