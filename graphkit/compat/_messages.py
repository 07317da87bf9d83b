"""Options of calculators for ``google.protobuf.text_format``, which reads configs for programs of mediapipe."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any, Final

from graphkit import config
from graphkit.compat._install import peer_version

if TYPE_CHECKING:
    from google.protobuf.descriptor_pool import DescriptorPool

MODIFIABLE: Final = {
    "ConstantSidePacketCalculator": "mediapipe.ConstantSidePacketCalculatorOptions",
    "ImageTransformationCalculator": "mediapipe.ImageTransformationCalculatorOptions",
    "LandmarksSmoothingCalculator": "mediapipe.LandmarksSmoothingCalculatorOptions",
    "LogicCalculator": "mediapipe.LogicCalculatorOptions",
    "TensorsToDetectionsCalculator": "mediapipe.TensorsToDetectionsCalculatorOptions",
    "ThresholdingCalculator": "mediapipe.ThresholdingCalculatorOptions",
}
"""The calculators whose options mediapipe's solutions import, and let programs set."""


@cache
def tell_text_format() -> None:
    """Make these options known to ``text_format.Parse``, as extensions and inside of ``Any``.

    Extensions are looked for beside the message that is read, types of ``Any`` in protobuf's default pool.
    That one is left alone if an installed mediapipe puts its own messages there.
    """
    from google.protobuf import descriptor_pool

    classes = [config.options_message(name) for name in MODIFIABLE.values()]
    if peer_version() is None:
        for cls in classes:
            _put_into(descriptor_pool.Default(), cls.DESCRIPTOR.file)


def _put_into(pool: DescriptorPool, file: Any) -> None:
    """Add a file to another pool, after those that it needs."""
    from google.protobuf.descriptor_pb2 import FileDescriptorProto

    try:
        pool.FindFileByName(file.name)
    except KeyError:
        for needed in file.dependencies:
            _put_into(pool, needed)
        copy = FileDescriptorProto()
        file.CopyToProto(copy)
        pool.AddSerializedFile(copy.SerializeToString())
