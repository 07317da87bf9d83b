"""FaceGeometryPipelineCalculator: faces in space, from their landmarks in a picture."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from graphkit import Calculator, Input, Options, Output, SideInput, calculator, option, options
from graphkit.errors import ContractError, FormatError
from graphkit.formats import FaceEnvironment, FaceGeometry, ImageSize, NormalizedLandmarkList, mesh_from_proto
from graphkit.schema import message_class
from graphkit_calculators.util._metric_face import CanonicalFace, metric_face

if TYPE_CHECKING:
    from graphkit import CalculatorContext, CalculatorContract

_TEXT = (".pbtxt", ".textproto", ".txtpb")
_METADATA = "mediapipe.face_geometry.GeometryPipelineMetadata"


@options("mediapipe.FaceGeometryPipelineCalculatorOptions", extension=323693812)
class FaceGeometryPipelineCalculatorOptions:
    """Where the face of known size is described."""

    metadata_path: str | None = option(1)


@calculator
class FaceGeometryPipelineCalculator(Calculator):
    """Places faces in space, in centimetres: how a head is turned and where it is, and its mesh without both.

    Emits at every timestamp with landmarks; faces whose landmarks lie on one spot are left out of the list.

    Inputs: MULTI_FACE_LANDMARKS, IMAGE_SIZE; the camera is the side packet ENVIRONMENT, which
    FaceGeometryEnvGeneratorCalculator makes. Output: MULTI_FACE_GEOMETRY.

    Knobs: ``metadata_path``, a file with a ``GeometryPipelineMetadata`` message, binary or text: a face of known
    size, and which of its points count how much.

    Example::

        node {
          calculator: "FaceGeometryPipelineCalculator"
          input_side_packet: "ENVIRONMENT:environment"
          input_stream: "IMAGE_SIZE:image_size"
          input_stream: "MULTI_FACE_LANDMARKS:multi_face_landmarks"
          output_stream: "MULTI_FACE_GEOMETRY:multi_face_geometry"
          options {
            [mediapipe.FaceGeometryPipelineCalculatorOptions.ext] {
              metadata_path: "mediapipe/modules/face_geometry/data/geometry_pipeline_metadata.binarypb"
            }
          }
        }
    """

    environment = SideInput(FaceEnvironment, "ENVIRONMENT")
    image_size = Input(ImageSize, "IMAGE_SIZE")
    faces = Input(list[NormalizedLandmarkList], "MULTI_FACE_LANDMARKS")
    geometry = Output(list[FaceGeometry], "MULTI_FACE_GEOMETRY")
    options = Options(FaceGeometryPipelineCalculatorOptions)

    @classmethod
    def update_contract(cls, cc: CalculatorContract) -> None:
        """Check that there is a face of known size."""
        if not cls.options(cc).metadata_path:
            raise ContractError(
                "metadata_path is not set; it names the file that describes the face of known size."
            )

    def open(self, cc: CalculatorContext) -> None:
        """Read the face of known size."""
        path = self.options(cc).metadata_path or ""
        self._face = canonical_face(_metadata(path, cc.resources.read(path)))
        self._camera = self.environment(cc)

    def process(self, cc: CalculatorContext) -> None:
        """Emit the faces in space."""
        faces, size = self.faces.get(cc), self.image_size.get(cc)
        if faces is None or size is None:
            return
        placed = [metric_face(face, self._face, self._camera, size) for face in faces]
        self.geometry.send(cc, [face for face in placed if face is not None])


def _metadata(path: str, contents: bytes) -> Any:
    from google.protobuf import text_format
    from google.protobuf.message import DecodeError

    message = message_class(_METADATA)()
    try:
        if path.endswith(_TEXT):
            text_format.Parse(contents.decode(), message)
        else:
            message.ParseFromString(contents)
    except (DecodeError, text_format.ParseError, UnicodeDecodeError) as exc:
        raise FormatError(f"{path} holds no GeometryPipelineMetadata message: {exc}") from exc
    return message


def canonical_face(metadata: Any) -> CanonicalFace:
    """Return what a ``GeometryPipelineMetadata`` message describes.

    Raises:
        FormatError: it has no mesh, or no point of it counts.
    """
    vertices, triangles = mesh_from_proto(metadata.canonical_mesh)
    weights = np.zeros(len(vertices), np.float32)
    for point in metadata.procrustes_landmark_basis:
        if point.landmark_id >= len(vertices) or point.weight < 0:
            raise FormatError(
                f"point {point.landmark_id} with weight {point.weight:g} is none of the {len(vertices)}."
            )
        weights[point.landmark_id] = point.weight
    if not weights.sum() > 0:
        raise FormatError(f"no point of the {len(vertices)} counts; procrustes_landmark_basis must name some.")
    flat = metadata.input_source == 2  # FACE_DETECTION_PIPELINE
    return CanonicalFace(vertices, triangles, weights, flat)
