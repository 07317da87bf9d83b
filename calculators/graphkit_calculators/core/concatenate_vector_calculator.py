"""The Concatenate* families: items and lists of several streams in one list."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from graphkit import Calculator, Input, OneOf, Options, Output, option, options
from graphkit.formats import (
    ClassificationList,
    Detection,
    Image,
    Landmark,
    LandmarkList,
    NormalizedLandmarkList,
    RenderData,
    Tensor,
)
from graphkit_calculators.core._family import list_of, register_family

if TYPE_CHECKING:
    from graphkit import CalculatorContext


@options("mediapipe.ConcatenateVectorCalculatorOptions", extension=259397839)
class ConcatenateVectorCalculatorOptions:
    """Options of the Concatenate calculators.

    Attributes:
        only_emit_if_all_present: emit nothing where an input has no packet.
    """

    only_emit_if_all_present: bool = option(1, default=False)


class ConcatenateVectorCalculator(Calculator):
    """Puts what the inputs hold at a timestamp into one list, in the order of the inputs.

    An input carries items or lists of items. Inputs without a packet are left out, or stop the output with
    `only_emit_if_all_present`.

    Example::

        node {
          calculator: "ConcatenateVectorCalculator"
          input_stream: "item"
          input_stream: "more_items"
          output_stream: "all_items"
        }
    """

    for_outputs_only = True

    sources: Input[Any]
    joined: Output[Any]
    options = Options(ConcatenateVectorCalculatorOptions)

    def open(self, cc: CalculatorContext) -> None:
        """Read the option."""
        self._need_all = self.options(cc).only_emit_if_all_present

    def process(self, cc: CalculatorContext) -> None:
        """Concatenate one timestamp."""
        packets = cc.inputs.packets
        values = [packet.payload for packet in packets if packet]
        if not self._need_all or len(values) == len(packets):
            cc.outputs.shards[0].send(self.join(values), cc.input_timestamp)

    def join(self, values: list[Any]) -> Any:
        """Return items and lists as one list."""
        items: list[Any] = []
        for value in values:
            if isinstance(value, list):
                items.extend(value)
            else:
                items.append(value)
        return items


class ConcatenateLandmarks(ConcatenateVectorCalculator):
    """Puts the landmarks that the inputs hold at a timestamp into one list, in the order of the inputs.

    Inputs without a packet are left out, or stop the output with `only_emit_if_all_present`. The result has
    visibilities and presences where any of the parts has; landmarks of the others get 0.

    Example::

        node {
          calculator: "ConcatenateLandmarks"
          input_stream: "face_landmarks"
          input_stream: "iris_landmarks"
          output_stream: "all_landmarks"
        }
    """

    list_type: type[Any]

    def join(self, values: list[Any]) -> Any:
        """Return the lists as one."""
        return self.list_type(
            np.concatenate([value.data for value in values]),
            any(value.has_visibility for value in values),
            any(value.has_presence for value in values),
        )


class ConcatenateClassifications(ConcatenateVectorCalculator):
    """Puts the classes that the inputs hold at a timestamp into one list, in the order of the inputs.

    Inputs without a packet are left out, or stop the output with `only_emit_if_all_present`.

    Example::

        node {
          calculator: "ConcatenateClassifications"
          input_stream: "classes"
          input_stream: "more_classes"
          output_stream: "all_classes"
        }
    """

    def join(self, values: list[Any]) -> Any:
        """Return the lists as one."""
        return ClassificationList(item for value in values for item in value)


_ELEMENTS: Final[dict[str, Any]] = {
    "BoolVector": bool,
    "ClassificationListVector": ClassificationList,
    "DetectionVector": Detection,
    "FloatVector": float,
    "ImageVector": Image,
    "Int32Vector": int,
    "LandmarListVector": LandmarkList,  # MediaPipe registers this misspelt name too
    "LandmarkListVector": LandmarkList,
    "LandmarkVector": Landmark,
    "NormalizedLandmarkListVector": NormalizedLandmarkList,
    "RenderDataVector": RenderData,
    "StringVector": str,
    "TensorVector": Tensor,
    "TfLiteTensorVector": Tensor,
    "UInt64Vector": int,
}


def _lists(list_type: Any) -> dict[str, Any]:
    return {"sources": Input(list_type, repeated=True), "joined": Output(list_type), "list_type": list_type}


register_family(
    ConcatenateVectorCalculator,
    {
        f"Concatenate{name}Calculator": {
            "sources": Input[Any](OneOf(item, list_of(item)), repeated=True),
            "joined": Output(list_of(item)),
        }
        for name, item in _ELEMENTS.items()
    },
)
register_family(
    ConcatenateLandmarks,
    {
        "ConcatenateLandmarkListCalculator": _lists(LandmarkList),
        "ConcatenateNormalizedLandmarkListCalculator": _lists(NormalizedLandmarkList),
    },
)
register_family(
    ConcatenateClassifications, {"ConcatenateClassificationListCalculator": _lists(ClassificationList)}
)
