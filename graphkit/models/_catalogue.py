"""Every model that the graphs name: its path, SHA-256, size and origin."""

from __future__ import annotations

from pathlib import PurePath, PurePosixPath
from typing import Final, NamedTuple

from graphkit.errors import StatusCode, UsageError, did_you_mean

_PREFIX: Final = "mediapipe/"
_SUFFIX: Final = ".tflite"


class NpmPackage(NamedTuple):
    """One version of a package of the npm registry."""

    name: str
    version: str

    def __str__(self) -> str:
        return f"{self.name}@{self.version}"


class Model(NamedTuple):
    """A model file.

    Attributes:
        path: below ``mediapipe/``, as graphs name it.
        sha256: of the file, in hexadecimal.
        size: of the file, in bytes.
        npm: the package that it is published in; None for one of MediaPipe's wheel.
        bundled: it comes with graphkit although npm has it.
    """

    path: str
    sha256: str
    size: int
    npm: NpmPackage | None = None
    bundled: bool = False

    @property
    def file_name(self) -> str:
        """The last part of the path."""
        return PurePosixPath(self.path).name

    @property
    def name(self) -> str:
        """The file name without its suffix."""
        return self.file_name.removesuffix(_SUFFIX)

    @property
    def resource(self) -> str:
        """The name that graphs use."""
        return _PREFIX + self.path

    @property
    def shipped(self) -> bool:
        """Whether it comes with graphkit."""
        return self.npm is None or self.bundled

    @property
    def origin(self) -> str:
        """Where the file was published."""
        return "the wheel of mediapipe 0.10.21 on PyPI" if self.npm is None else f"the npm package {self.npm}"


_POSE: Final = NpmPackage("@mediapipe/pose", "0.5.1675469404")

CATALOGUE: Final = (
    Model(
        "modules/palm_detection/palm_detection_lite.tflite",
        "e9a4aaddf90dda56a87235303cf00e4c2d3fb28725f68fd88772997dac905c18",
        1_985_440,
    ),
    Model(
        "modules/palm_detection/palm_detection_full.tflite",
        "1b14e9422c6ad006cde6581a46c8b90dd573c07ab7f3934b5589e7cea3f89a54",
        2_339_846,
    ),
    Model(
        "modules/hand_landmark/hand_landmark_lite.tflite",
        "048edd3645c9bf7397d19a9f6e3a42957d6e414c9bea6598030a2e9b624156e6",
        2_071_597,
    ),
    Model(
        "modules/hand_landmark/hand_landmark_full.tflite",
        "11c272b891e1a99ab034208e23937a8008388cf11ed2a9d776ed3d01d0ba00e3",
        5_478_917,
    ),
    Model(
        "modules/pose_detection/pose_detection.tflite",
        "9ba9dd3d42efaaba86b4ff0122b06f29c4122e756b329d89dca1e297fd8f866c",
        2_959_046,
    ),
    Model(
        "modules/pose_landmark/pose_landmark_lite.tflite",
        "f17bfbecadb61c3be1baa8b8d851cc6619c870a87167b32848ad20db306b9d61",
        2_819_824,
        _POSE,
        bundled=True,
    ),
    Model(
        "modules/pose_landmark/pose_landmark_full.tflite",
        "e9a5c5cb17f736fafd4c2ec1da3b3d331d6edbe8a0d32395855aeb2cdfd64b9f",
        6_440_512,
    ),
    Model(
        "modules/pose_landmark/pose_landmark_heavy.tflite",
        "59e42d71bcd44cbdbabc419f0ff76686595fd265419566bd4009ef703ea8e1fe",
        27_709_200,
        _POSE,
    ),
    Model(
        "modules/face_detection/face_detection_short_range.tflite",
        "bbff11cebd1eb27a1e004cae0b0e63ec8c551cbf34a4451148b4908b8db3eca8",
        229_714,
    ),
    Model(
        "modules/face_detection/face_detection_full_range_sparse.tflite",
        "2c3728e6da56f21e21a320433396fb06d40d9088f2247c05e5635a688d45dfe1",
        676_746,
    ),
    Model(
        "modules/face_landmark/face_landmark.tflite",
        "1055cb9d4a9ca8b8c688902a3a5194311138ba256bcc94e336d8373a5f30c814",
        1_242_398,
    ),
    Model(
        "modules/face_landmark/face_landmark_with_attention.tflite",
        "e06a804e0144f9929eda782122916b35d60c697c3c9344013ca2bbe76a6ce2b4",
        2_495_106,
    ),
    Model(
        "modules/iris_landmark/iris_landmark.tflite",
        "d1744d2a09c25f501d39eba4faff47e53ecca8852c5ce19bce8eeac39357521f",
        2_640_568,
    ),
    Model(
        "modules/selfie_segmentation/selfie_segmentation.tflite",
        "9ee168ec7c8f2a16c56fe8e1cfbc514974cbbb7e434051b455635f1bd1462f5c",
        249_505,
    ),
    Model(
        "modules/selfie_segmentation/selfie_segmentation_landscape.tflite",
        "a77d03f4659b9f6b6c1f5106947bf40e99d7655094b6527f214ea7d451106edd",
        250_145,
    ),
    Model(
        "modules/holistic_landmark/hand_recrop.tflite",
        "67d996ce96f9d36fe17d2693022c6da93168026ab2f028f9e2365398d8ac7d5d",
        123_792,
    ),
)
"""All models, in the order of the pipelines that use them."""


def find_model(name: str) -> Model:
    """Return the model called *name*: its name, file name, or path with or without ``mediapipe/``.

    Raises:
        UsageError: there is none; close names are offered.
    """
    found = model_called(name)
    if found is None:
        names = [model.name for model in CATALOGUE]
        raise UsageError(
            f'no model "{name}"; there are {", ".join(names)}.{did_you_mean(name.removesuffix(_SUFFIX), names)}',
            status=StatusCode.NOT_FOUND,
        )
    return found


def model_called(name: str) -> Model | None:
    """Return the model that `find_model` finds, None if there is none."""
    bare = name.removeprefix(_PREFIX)
    return next((model for model in CATALOGUE if bare in (model.name, model.file_name, model.path)), None)


def is_known(sha256: str) -> bool:
    """Return whether a file with *sha256* is one of the models."""
    return any(model.sha256 == sha256 for model in CATALOGUE)


def replaced_by(path: str, sha256: str) -> Model | None:
    """Return the model that another file replaces: one at *path*, where graphs look for it, with *sha256*."""
    place = PurePath(path).as_posix()
    found = (model for model in CATALOGUE if place.endswith(f"/{model.path}"))
    return next((model for model in found if model.sha256 != sha256), None)
