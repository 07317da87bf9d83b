"""RectTransformationCalculator: shift, square and scale regions."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from graphkit import Calculator, Input, Options, Output, calculator, option, options
from graphkit.errors import ContractError
from graphkit.formats import ImageSize, NormalizedRect, Rect
from graphkit_calculators.util._rect_math import f32, normalize_radians

if TYPE_CHECKING:
    from graphkit import CalculatorContext, CalculatorContract

_INPUTS = {"RECT": Rect, "RECTS": list[Rect], "NORM_RECT": NormalizedRect, "NORM_RECTS": list[NormalizedRect]}


@options("mediapipe.RectTransformationCalculatorOptions", extension=262226312)
class RectTransformationCalculatorOptions:
    """Shifts and scales are in sides of the rect."""

    scale_x: float = option(1, default=1.0)
    scale_y: float = option(2, default=1.0)
    rotation: float | None = option(3)
    rotation_degrees: int | None = option(4)
    shift_x: float = option(5, default=0.0)
    shift_y: float = option(6, default=0.0)
    square_long: bool | None = option(7)
    square_short: bool | None = option(8)


@calculator
class RectTransformationCalculator(Calculator):
    """Moves a region along its own axes, makes it square, then scales it.

    Emits at every timestamp with a region (and, for the normalised kinds, an image size); a list stays a
    list of the same length. Angle and id of a region are kept.

    Inputs: one of RECT, RECTS, NORM_RECT, NORM_RECTS; IMAGE_SIZE with the last two, which are worked on
    in pixels so that a square is one on the screen. Output: untagged, the kind of the input.

    Knobs: ``shift_x``, ``shift_y`` move by sides of the unscaled rect, along its axes; ``rotation``
    (radians) or ``rotation_degrees`` turn the direction of the shift, and nothing else;
    ``square_long``, ``square_short`` make both sides the longer or the shorter one; ``scale_x``,
    ``scale_y`` come last.

    Example::

        node {
          calculator: "RectTransformationCalculator"
          input_stream: "NORM_RECT:palm_rect"
          input_stream: "IMAGE_SIZE:image_size"
          output_stream: "hand_rect"
          options {
            [mediapipe.RectTransformationCalculatorOptions.ext] {
              scale_x: 2.6
              scale_y: 2.6
              shift_y: -0.5
              square_long: true
            }
          }
        }
    """

    for_outputs_only = True

    rect = Input(Rect, "RECT", optional=True)
    rects = Input(list[Rect], "RECTS", optional=True)
    norm_rect = Input(NormalizedRect, "NORM_RECT", optional=True)
    norm_rects = Input(list[NormalizedRect], "NORM_RECTS", optional=True)
    image_size = Input(ImageSize, "IMAGE_SIZE", optional=True)
    transformed = Output[Any](Rect)
    options = Options(RectTransformationCalculatorOptions)

    @classmethod
    def update_contract(cls, cc: CalculatorContract) -> None:
        """Give the output the type of the one input there is; check the options."""
        given = [tag for tag in _INPUTS if tag in cc.inputs]
        if len(given) != 1:
            raise ContractError(
                f"expected exactly one of the inputs {', '.join(_INPUTS)}; found {', '.join(given) or 'none'}."
            )
        if given[0].startswith("NORM") and "IMAGE_SIZE" not in cc.inputs:
            raise ContractError(f"{given[0]} needs the image's size: connect IMAGE_SIZE.")
        if "" in cc.outputs:
            cc.outputs[0].set(_INPUTS[given[0]])
        _check(cls.options(cc))

    def open(self, cc: CalculatorContext) -> None:
        """Read the options."""
        self._change = _Change.of(self.options(cc))
        self._in_pixels = self.rect.is_connected(cc) or self.rects.is_connected(cc)

    def process(self, cc: CalculatorContext) -> None:
        """Emit the changed region or list of regions."""
        if self._in_pixels:
            self._process_pixels(cc)
            return
        size = self.image_size.get(cc)
        if size is None:
            return
        rects = self.norm_rects.get(cc)
        if rects is not None:
            self.transformed.send(cc, [transform_normalized_rect(rect, size, self._change) for rect in rects])
        elif (rect := self.norm_rect.get(cc)) is not None:
            self.transformed.send(cc, transform_normalized_rect(rect, size, self._change))

    def _process_pixels(self, cc: CalculatorContext) -> None:
        rects = self.rects.get(cc)
        if rects is not None:
            self.transformed.send(cc, [transform_rect(rect, self._change) for rect in rects])
        elif (rect := self.rect.get(cc)) is not None:
            self.transformed.send(cc, transform_rect(rect, self._change))


def _check(chosen: RectTransformationCalculatorOptions) -> None:
    for one, other in (("rotation", "rotation_degrees"), ("square_long", "square_short")):
        if getattr(chosen, one) is not None and getattr(chosen, other) is not None:
            raise ContractError(f"{one} and {other} are both set; set one of them.")


@dataclass(frozen=True, slots=True)
class _Change:
    """The options as they are used: all numbers float32, the turn in radians (None: leave the angle)."""

    shift_x: float
    shift_y: float
    scale_x: float
    scale_y: float
    turn: float | None
    square: Any

    @classmethod
    def of(cls, chosen: RectTransformationCalculatorOptions) -> _Change:
        turn = chosen.rotation
        if chosen.rotation_degrees is not None:
            turn = math.pi * chosen.rotation_degrees / 180
        square = max if chosen.square_long else min if chosen.square_short else None
        return cls(
            f32(chosen.shift_x), f32(chosen.shift_y), f32(chosen.scale_x), f32(chosen.scale_y), turn, square
        )  # fmt: skip

    def direction(self, rotation: float) -> float:
        """Return the angle along which a rect of this rotation is shifted."""
        return rotation if self.turn is None else normalize_radians(f32(rotation + self.turn))


def transform_rect(rect: Rect, change: _Change) -> Rect:
    """Return *rect* changed; like MediaPipe's, its pixels are cut off, not rounded."""
    x, y = _shift(f32(rect.width), f32(rect.height), change.direction(rect.rotation), change)
    width, height = rect.width, rect.height
    if change.square is not None:
        width = height = change.square(width, height)
    return Rect(
        int(f32(rect.x_center + x)),
        int(f32(rect.y_center + y)),
        int(f32(width * change.scale_x)),
        int(f32(height * change.scale_y)),
        rect.rotation,
        rect.rect_id,
    )


def transform_normalized_rect(rect: NormalizedRect, image_size: ImageSize, change: _Change) -> NormalizedRect:
    """Return *rect* changed.

    Args:
        rect: in fractions of the image.
        image_size: in pixels.
        change: what to do.
    """
    image_width, image_height = image_size
    width, height = f32(image_width * rect.width), f32(image_height * rect.height)
    direction = change.direction(rect.rotation)
    if direction == 0.0:
        x, y = f32(rect.width * change.shift_x), f32(rect.height * change.shift_y)
    else:
        x, y = _shift(width, height, direction, change)
        x, y = f32(x / image_width), f32(y / image_height)
    if change.square is None:
        width, height = rect.width, rect.height
    else:
        side = change.square(width, height)
        width, height = f32(side / image_width), f32(side / image_height)
    return NormalizedRect(
        f32(rect.x_center + x),
        f32(rect.y_center + y),
        f32(width * change.scale_x),
        f32(height * change.scale_y),
        rect.rotation,
        rect.rect_id,
    )


def _shift(width: float, height: float, direction: float, change: _Change) -> tuple[float, float]:
    """Return x and y of the shift of a rect of this size, in the unit of the size."""
    along, across = f32(width * change.shift_x), f32(height * change.shift_y)
    if direction == 0.0:
        return along, across
    cos, sin = f32(math.cos(direction)), f32(math.sin(direction))
    return (
        f32(f32(along * cos) - f32(across * sin)),
        f32(f32(along * sin) + f32(across * cos)),
    )
