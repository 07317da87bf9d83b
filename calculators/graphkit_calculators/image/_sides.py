"""Calculators that work on pictures in memory (IMAGE) or on the GPU (IMAGE_GPU)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from graphkit.errors import ContractError
from graphkit.gpu import GlCalculatorHelper

if TYPE_CHECKING:
    from graphkit import CalculatorContract

_TAGS = ("IMAGE", "IMAGE_GPU")


def choose_side(cc: CalculatorContract) -> None:
    """Ask for the GPU where the picture is on it; raises ContractError unless it is on one side, in and out."""
    found = [[tag for tag in _TAGS if (tag, 0) in ports] for ports in (cc.inputs, cc.outputs)]
    if found[0] != found[1] or len(found[0]) != 1:
        inputs, outputs = (" and ".join(tags) or "none" for tags in found)
        raise ContractError(
            f"the picture is IMAGE or IMAGE_GPU, the same as input and as output; found {inputs} in, {outputs} "
            "out. To change sides insert an ImageFrameToGpuBufferCalculator or a GpuBufferToImageFrameCalculator."
        )
    if found[0] == ["IMAGE_GPU"]:
        GlCalculatorHelper.update_contract(cc)
