"""Two calculators of one's own, a class and a plain function, and how to test them.

    python examples/own_calculator.py

`own_graph.pbtxt` beside this file puts them behind the hand tracking graph.
"""

import numpy as np

from graphkit import Calculator, CalculatorContext, ImageFrame, Input, Options, Output, calculator, option, options
from graphkit.formats import HAND_LANDMARK_NAMES, LandmarkList
from graphkit.testing import CalculatorRunner

THUMB_TIP = HAND_LANDMARK_NAMES.index("THUMB_TIP")
INDEX_TIP = HAND_LANDMARK_NAMES.index("INDEX_FINGER_TIP")


@options("example.PinchCalculatorOptions")
class PinchCalculatorOptions:
    """Options of PinchCalculator.

    Attributes:
        hand: which hand is looked at, in the order in which they were found.
    """

    hand: int = option(1, default=0)


@calculator
class PinchCalculator(Calculator):
    """Measures how far the tips of thumb and index finger are apart, in metres.

    Emits on every frame on which the hand is there.

    Example::

        node {
          calculator: "PinchCalculator"
          input_stream: "WORLD_LANDMARKS:world_landmarks"
          output_stream: "DISTANCE:pinch"
          node_options {
            [type.googleapis.com/example.PinchCalculatorOptions] { hand: 0 }
          }
        }
    """

    hands = Input(list[LandmarkList], "WORLD_LANDMARKS")
    distance = Output(float, "DISTANCE")
    options = Options(PinchCalculatorOptions)

    def process(self, cc: CalculatorContext) -> None:
        """Emit the distance."""
        hands, wanted = self.hands(cc), self.options(cc).hand
        if wanted < len(hands):
            tips = hands[wanted].xyz
            self.distance.send(cc, float(((tips[THUMB_TIP] - tips[INDEX_TIP]) ** 2).sum() ** 0.5))


@calculator
def PinchMeter(image: ImageFrame, distance: float | None, *, full_scale: float = 0.15) -> ImageFrame:
    """Draw a bar as long as the distance; `full_scale` metres fill the width of the frame.

    A frame without a distance passes as it is, for `distance` may be missing.
    """
    if distance is None:
        return image
    pixels = image.data.copy()  # what a packet holds is read-only: others may look at it at this moment
    length = round(image.width * min(distance / full_scale, 1.0))
    pixels[-image.height // 20 :, :length] = (0, 200, 0)
    return ImageFrame(pixels)


def main() -> None:
    """Run the class on one hand whose tips are 3 cm apart."""
    points = np.zeros((21, 3))
    points[INDEX_TIP] = (0.03, 0.0, 0.0)
    runner = CalculatorRunner("""
        calculator: "PinchCalculator"
        input_stream: "WORLD_LANDMARKS:hands"
        output_stream: "DISTANCE:distance"
    """)
    runner.add("WORLD_LANDMARKS", [LandmarkList.from_xyz(points)], timestamp=0)
    runner.run()
    (packet,) = runner.outputs["DISTANCE"]
    print(f"at {packet.timestamp} us the tips are {packet.payload * 1000:.0f} mm apart")


if __name__ == "__main__":
    main()
