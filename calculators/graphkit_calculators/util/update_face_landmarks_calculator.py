"""UpdateFaceLandmarksCalculator: the eyes of a face from a model that looked at them closely."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from graphkit import Calculator, Input, Output, calculator
from graphkit.errors import FormatError
from graphkit.formats import NormalizedLandmarkList

if TYPE_CHECKING:
    from graphkit import CalculatorContext

_FACE: Final = 468

# Which point of the face is which of an eye's 71: its lower and its upper lid, then four rings around it up to the
# brow, each from the nose's side of its lower half on.
# fmt: off
_EYE_ON_THE_LEFT: Final = (
    33, 7, 163, 144, 145, 153, 154, 155, 133, 246, 161, 160, 159, 158, 157, 173,
    130, 25, 110, 24, 23, 22, 26, 112, 243, 247, 30, 29, 27, 28, 56, 190,
    226, 31, 228, 229, 230, 231, 232, 233, 244, 113, 225, 224, 223, 222, 221, 189,
    35, 124, 46, 53, 52, 65,
    143, 111, 117, 118, 119, 120, 121, 128, 245, 156, 70, 63, 105, 66, 107, 55, 193,
)
_EYE_ON_THE_RIGHT: Final = (
    263, 249, 390, 373, 374, 380, 381, 382, 362, 466, 388, 387, 386, 385, 384, 398,
    359, 255, 339, 254, 253, 252, 256, 341, 463, 467, 260, 259, 257, 258, 286, 414,
    446, 261, 448, 449, 450, 451, 452, 453, 464, 342, 445, 444, 443, 442, 441, 413,
    265, 353, 276, 283, 282, 295,
    372, 340, 346, 347, 348, 349, 350, 357, 465, 383, 300, 293, 334, 296, 336, 285, 417,
)
# fmt: on
_PLACES: Final = np.array(_EYE_ON_THE_LEFT + _EYE_ON_THE_RIGHT)


@calculator
class UpdateFaceLandmarksCalculator(Calculator):
    """Puts the points of two eyes into the mesh of a face.

    Emits at every timestamp with both. Inputs: FACE_LANDMARKS, 468 of them; NEW_EYE_LANDMARKS, 71 of the eye on
    the left of the picture, then 71 of the other. Output: UPDATED_FACE_LANDMARKS. It has no options.

    Example::

        node {
          calculator: "UpdateFaceLandmarksCalculator"
          input_stream: "FACE_LANDMARKS:face_landmarks"
          input_stream: "NEW_EYE_LANDMARKS:refined_eye_landmarks"
          output_stream: "UPDATED_FACE_LANDMARKS:updated_face_landmarks"
        }
    """

    face = Input(NormalizedLandmarkList, "FACE_LANDMARKS")
    eyes = Input(NormalizedLandmarkList, "NEW_EYE_LANDMARKS")
    updated = Output(NormalizedLandmarkList, "UPDATED_FACE_LANDMARKS")

    def process(self, cc: CalculatorContext) -> None:
        """Emit the face with its new eyes."""
        face, eyes = self.face.get(cc), self.eyes.get(cc)
        if face is None or eyes is None:
            return
        if len(face) != _FACE or len(eyes) != len(_PLACES):
            raise FormatError(
                f"found {len(face)} points of a face and {len(eyes)} of eyes; {_FACE} and {len(_PLACES)} are "
                "needed. A face with irises (attention) has its eyes refined already."
            )
        data = face.data.copy()
        data[_PLACES, :4] = eyes.data[:, :4]
        seen = face.has_visibility or eyes.has_visibility
        self.updated.send(cc, NormalizedLandmarkList(data, seen, face.has_presence))
