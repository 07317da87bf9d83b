"""Payload types by the names that MediaPipe, and people, call them."""

from __future__ import annotations

import re
import threading
from types import GenericAlias, UnionType
from typing import Any, Final, TypeAlias, get_args, get_origin

import numpy as np

from graphkit.errors import FormatError, StatusCode, did_you_mean
from graphkit.formats._anchor import Anchors
from graphkit.formats._classification import Classification, ClassificationList, ClassificationListCollection
from graphkit.formats._detection import Detection, DetectionList
from graphkit.formats._face_geometry import FaceEnvironment, FaceGeometry
from graphkit.formats._image import Image
from graphkit.formats._image_file_properties import ImageFileProperties
from graphkit.formats._image_frame import ImageFrame
from graphkit.formats._image_size import ImageSize
from graphkit.formats._landmarks import (
    LandmarkList,
    LandmarkListCollection,
    NormalizedLandmarkList,
    NormalizedLandmarkListCollection,
)
from graphkit.formats._packet_statistics import PacketFrequency, PacketLatency
from graphkit.formats._rect import NormalizedRect, Rect
from graphkit.formats._render_data import RenderAnnotation, RenderData
from graphkit.formats._shapes import Color
from graphkit.formats._tensor import Tensor
from graphkit.formats._video_header import VideoHeader
from graphkit.framework._registry import import_type
from graphkit.framework._resources import Resource

PayloadType: TypeAlias = "type[Any] | GenericAlias"

_lock: Final = threading.Lock()
_VECTOR: Final = re.compile(r"std::vector<(?P<item>.+)>")
_ARRAY: Final = re.compile(r"std::array<(?P<item>.+),\d+>")

# The first name of a type is the one `mediapipe_name` gives.
_types: dict[str, PayloadType] = {
    "bool": bool,
    "int": int,
    "int32": int,
    "int32_t": int,
    "uint32": int,
    "uint32_t": int,
    "int64": int,
    "int64_t": int,
    "uint64": int,
    "uint64_t": int,
    "size_t": int,
    "float": float,
    "double": float,
    "std::string": str,
    "string": str,
    "std::pair<int,int>": ImageSize,
    "mediapipe::Matrix": np.ndarray,
    "Eigen::MatrixXf": np.ndarray,
    "mediapipe::face_geometry::Environment": FaceEnvironment,
    "mediapipe::face_geometry::FaceGeometry": FaceGeometry,
    "std::vector<mediapipe::Anchor>": Anchors,
    **{
        f"mediapipe::{kind.__name__}": kind
        for kind in (
            Classification,
            ClassificationList,
            ClassificationListCollection,
            Color,
            Detection,
            DetectionList,
            Image,
            ImageFileProperties,
            ImageFrame,
            LandmarkList,
            LandmarkListCollection,
            NormalizedLandmarkList,
            NormalizedLandmarkListCollection,
            NormalizedRect,
            PacketFrequency,
            PacketLatency,
            Rect,
            RenderAnnotation,
            RenderData,
            Resource,
            Tensor,
            VideoHeader,
        )
    },
}


def register_type(name: str, kind: PayloadType) -> None:
    """Let *name*, such as ``mediapipe::GpuBuffer``, stand for *kind* in `payload_type`.

    Raises:
        FormatError: the name stands for another type.
    """
    key = _normalized(name)
    with _lock:
        if _types.setdefault(key, kind) != kind:
            raise FormatError(
                f'type name "{name}" already stands for {type_name(_types[key])}; '
                f"it cannot stand for {type_name(kind)} too.",
                expected=_types[key],
                found=kind,
                status=StatusCode.ALREADY_EXISTS,
            )


_LONGEST_NAME: Final = 1000


def payload_type(name: str) -> PayloadType:
    """Return the Python type of a C++ type name; a vector or array of X is ``list[X]``.

    Leading ``::`` and spaces do not matter, and ``mediapipe::`` may be left out.

    Raises:
        FormatError: the name is not known.
    """
    if len(name) > _LONGEST_NAME:
        raise FormatError(f"a type name of {len(name)} characters, {name[:60]}..., is none of a payload.")
    key = _normalized(name)
    if (found := _known(key)) is not None:
        return found
    if match := _VECTOR.fullmatch(key) or _ARRAY.fullmatch(key):
        return GenericAlias(list, (payload_type(match["item"]),))
    import_type(f"mediapipe::{key.removeprefix('mediapipe::')}")
    if (found := _known(key)) is not None:
        return found
    close = did_you_mean(key, _types)
    raise FormatError(f'no payload type is called "{name}".{close}', found=name, status=StatusCode.NOT_FOUND)


def _known(key: str) -> PayloadType | None:
    return _types.get(key) or _types.get(f"mediapipe::{key}")


def mediapipe_name(kind: PayloadType) -> str:
    """Return the C++ name of a Python type, such as ``std::vector<mediapipe::NormalizedRect>``.

    Raises:
        FormatError: the type has none.
    """
    for name, known in list(_types.items()):
        if known == kind:
            return name
    if get_origin(kind) is list:
        return f"std::vector<{mediapipe_name(get_args(kind)[0])}>"
    raise FormatError(f"{type_name(kind)} has no MediaPipe name; register_type() gives it one.", found=kind)


def type_name(kind: object) -> str:
    """Return a short name for messages: ``ImageFrame``, ``list[NormalizedRect]``, ``int | str``."""
    if arguments := get_args(kind):
        names = [type_name(argument) for argument in arguments]
        origin = get_origin(kind)
        return " | ".join(names) if origin is UnionType else f"{type_name(origin)}[{', '.join(names)}]"
    return kind.__name__ if isinstance(kind, type) else str(kind)


def _normalized(name: str) -> str:
    return re.sub(r"(?<![\w>])::|\s+", "", name)
