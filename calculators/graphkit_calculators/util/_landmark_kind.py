"""Calculators that take landmarks in fractions of an image (NORM_LANDMARKS) or in space (LANDMARKS)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from graphkit.errors import ContractError

if TYPE_CHECKING:
    from graphkit import CalculatorContract


def takes_normalized(cc: CalculatorContract) -> bool:
    """Return whether a filter takes NORM_LANDMARKS; raises ContractError unless one kind comes in and goes out."""
    normalized, absolute = ("NORM_LANDMARKS", 0) in cc.inputs, ("LANDMARKS", 0) in cc.inputs
    if normalized == absolute:
        raise ContractError("exactly one of NORM_LANDMARKS and LANDMARKS must be connected.")
    out = ("NORM_FILTERED_LANDMARKS", 0) in cc.outputs, ("FILTERED_LANDMARKS", 0) in cc.outputs
    if out != (normalized, absolute):
        raise ContractError(
            "NORM_LANDMARKS come out at NORM_FILTERED_LANDMARKS, and LANDMARKS at FILTERED_LANDMARKS."
        )
    return normalized
