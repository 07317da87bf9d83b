"""Which calculator turns one kind of picture into another, for messages about the wrong kind."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from graphkit.framework._packet_type import type_label

if TYPE_CHECKING:
    from collections.abc import Iterable

    from graphkit.framework._packet_type import PayloadType

CONVERTERS: Final = {
    ("ImageFrame", "GpuBuffer"): "ImageFrameToGpuBufferCalculator",
    ("GpuBuffer", "ImageFrame"): "GpuBufferToImageFrameCalculator",
    ("ImageFrame", "Image"): "ToImageCalculator",
    ("GpuBuffer", "Image"): "ToImageCalculator",
    ("Image", "ImageFrame"): "FromImageCalculator",
    ("Image", "GpuBuffer"): "FromImageCalculator",
}
"""Calculators by the short names of the payload types they take and make."""

_WRAPPERS: Final = {
    ("ndarray", "ImageFrame"): "ImageFrame(array)",
    ("ndarray", "Image"): "Image(ImageFrame(array))",
    ("ImageFrame", "Image"): "Image(frame)",
    ("ndarray", "Tensor"): "Tensor(array)",
    ("ndarray", "NormalizedLandmarkList"): "NormalizedLandmarkList.from_xyz(array)",
    ("ndarray", "LandmarkList"): "LandmarkList.from_xyz(array)",
}
"""The expression that converts one payload type to another, by their short names."""


def wrapper_hint(payload: object, wanted: Iterable[PayloadType]) -> str:
    """Return how to convert *payload*, or the elements of a list, to a wanted type; "" if unknown."""
    name = type(payload).__name__
    for want in map(type_label, wanted):
        if wrapper := _WRAPPERS.get((name, want)):
            return f"; wrap it: {wrapper}"
        if want == f"list[{name}]":
            return "; put it into a list: [value]"
    return ""


def converter_hint(found: Iterable[PayloadType], wanted: Iterable[PayloadType], form: str = "; insert {}") -> str:
    """Return *form* with "a <calculator>" for the first pair of types that has a converter, "" if none has."""
    wants = [type_label(want) for want in wanted]
    for have in found:
        for want in wants:
            if converter := CONVERTERS.get((type_label(have), want)):
                return form.format(f"{'an' if converter[0] in 'AEIOU' else 'a'} {converter}")
    return ""
