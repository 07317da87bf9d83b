"""The payloads that flow through graphs: numpy-backed Python types, one per MediaPipe type.

Those that have a protobuf message know its name (`MessagePayload.PROTO`) and convert with
``to_proto()`` and ``from_proto()``; everything inside a graph works on the Python types. Arrays are
read-only once a payload holds them: a calculator that changes pixels copies first.
"""

from graphkit.formats._anchor import Anchors
from graphkit.formats._classification import Classification, ClassificationList, ClassificationListCollection
from graphkit.formats._detection import AssociatedDetection, Detection, DetectionList
from graphkit.formats._encoded_image import decode_image
from graphkit.formats._face_geometry import FaceEnvironment, FaceGeometry, OriginPointLocation, mesh_from_proto
from graphkit.formats._face_mesh import FACE_CONNECTIONS, FACE_GROUPS, FACE_LANDMARK_NAMES
from graphkit.formats._image import GpuPixels, Image
from graphkit.formats._image_file_properties import ImageFileProperties
from graphkit.formats._image_frame import ImageFormat, ImageFrame, Pixels
from graphkit.formats._image_size import ImageSize
from graphkit.formats._json_mapping import to_json
from graphkit.formats._json_reading import from_json
from graphkit.formats._landmarks import (
    Landmark,
    LandmarkList,
    LandmarkListCollection,
    NormalizedLandmarkList,
    NormalizedLandmarkListCollection,
)
from graphkit.formats._letterbox import LetterboxPadding
from graphkit.formats._location import BinaryMask, BoundingBox, Location, RelativeBoundingBox, WholeImage
from graphkit.formats._matrix import Matrix, matrix_from_proto, matrix_to_proto
from graphkit.formats._model import Model, OpResolver
from graphkit.formats._packet_statistics import PacketFrequency, PacketLatency
from graphkit.formats._pages import decode_pages
from graphkit.formats._payload import MessagePayload
from graphkit.formats._rect import NormalizedRect, Rect
from graphkit.formats._render_data import RenderAnnotation, RenderData, RenderViewport
from graphkit.formats._shapes import (
    Arrow,
    Color,
    FilledOval,
    FilledRectangle,
    FilledRoundedRectangle,
    GradientLine,
    Line,
    LineType,
    Oval,
    Point,
    Rectangle,
    RoundedRectangle,
    Scribble,
    Shape,
    Text,
)
from graphkit.formats._skeletons import (
    HAND_CONNECTIONS,
    HAND_LANDMARK_NAMES,
    POSE_CONNECTIONS,
    POSE_LANDMARK_NAMES,
)
from graphkit.formats._tensor import Layout, Tensor
from graphkit.formats._type_names import mediapipe_name, payload_type, register_type, type_name
from graphkit.formats._video_header import VideoHeader

__all__ = [
    # images
    "decode_image",
    "decode_pages",
    "GpuPixels",
    "Image",
    "ImageFileProperties",
    "ImageFormat",
    "ImageFrame",
    "ImageSize",
    "Pixels",
    "VideoHeader",
    # tensors
    "Anchors",
    "Layout",
    "LetterboxPadding",
    "Matrix",
    "Model",
    "OpResolver",
    "Tensor",
    "matrix_from_proto",
    "matrix_to_proto",
    # landmarks
    "FACE_CONNECTIONS",
    "FACE_GROUPS",
    "FACE_LANDMARK_NAMES",
    "HAND_CONNECTIONS",
    "HAND_LANDMARK_NAMES",
    "Landmark",
    "LandmarkList",
    "LandmarkListCollection",
    "NormalizedLandmarkList",
    "NormalizedLandmarkListCollection",
    "POSE_CONNECTIONS",
    "POSE_LANDMARK_NAMES",
    # faces in space
    "FaceEnvironment",
    "FaceGeometry",
    "OriginPointLocation",
    "mesh_from_proto",
    # rects, detections, classes
    "AssociatedDetection",
    "BinaryMask",
    "BoundingBox",
    "Classification",
    "ClassificationList",
    "ClassificationListCollection",
    "Detection",
    "DetectionList",
    "Location",
    "NormalizedRect",
    "Rect",
    "RelativeBoundingBox",
    "WholeImage",
    # drawing
    "Arrow",
    "Color",
    "FilledOval",
    "FilledRectangle",
    "FilledRoundedRectangle",
    "GradientLine",
    "Line",
    "LineType",
    "Oval",
    "Point",
    "Rectangle",
    "RenderAnnotation",
    "RenderData",
    "RenderViewport",
    "RoundedRectangle",
    "Scribble",
    "Shape",
    "Text",
    # measurements
    "PacketFrequency",
    "PacketLatency",
    # the border
    "MessagePayload",
    "from_json",
    "mediapipe_name",
    "payload_type",
    "register_type",
    "to_json",
    "type_name",
]
