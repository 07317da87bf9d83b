"""The StringTo* family: side packets from the command line as numbers."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from graphkit import Calculator, SideInput, SideOutput, Status
from graphkit.errors import FormatError
from graphkit_calculators.core._family import register_family

if TYPE_CHECKING:
    from graphkit import CalculatorContext

_NUMBER: Final = re.compile(r"\s*([+-]?[0-9]+)\s*\Z")


class StringToIntCalculator(Calculator):
    """Makes an int side packet of a str one; a string that is no number of the type's range is an error.

    Example::

        node {
          calculator: "StringToIntCalculator"
          input_side_packet: "text"
          output_side_packet: "number"
        }
    """

    text = SideInput(str)
    number = SideOutput(int)
    limits: range

    def open(self, cc: CalculatorContext) -> None:
        """Convert; raises FormatError."""
        self.number.set(cc, parse_int(self.text(cc), self.limits))

    def process(self, cc: CalculatorContext) -> Status:
        """There are no streams."""
        return Status.STOP


def parse_int(text: str, limits: range) -> int:
    """Return the decimal number in *text*; raises FormatError where it is none, or not within *limits*."""
    match = _NUMBER.match(text)
    if match is None:
        raise FormatError(f"{text!r} is not a whole number")
    number = int(match.group(1))
    if number not in limits:
        raise FormatError(f"{number} is not between {limits[0]} and {limits[-1]}")
    return number


_LIMITS: Final = {
    "Int": range(-(2**31), 2**31),
    "Uint": range(2**32),
    "Int32": range(-(2**31), 2**31),
    "Uint32": range(2**32),
    "Int64": range(-(2**63), 2**63),
    "Uint64": range(2**64),
}

register_family(
    StringToIntCalculator, {f"StringTo{name}Calculator": {"limits": limits} for name, limits in _LIMITS.items()}
)
