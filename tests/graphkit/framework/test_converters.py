"""Messages about the wrong kind of picture name the calculator to insert."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from graphkit import AnyType, Calculator, CalculatorGraph, Input, Output, Packet, calculator
from graphkit.errors import CalculatorError, PacketTypeError
from graphkit.formats import Image, ImageFrame
from graphkit.framework import known_calculators
from graphkit.framework._converters import CONVERTERS, converter_hint
from graphkit.gpu import GpuBuffer

FRAME = ImageFrame(np.zeros((4, 4, 4), np.uint8))
KINDS = {"ImageFrame": ImageFrame, "GpuBuffer": GpuBuffer, "Image": Image}


@calculator("TestConvertersPass")
class Pass(Calculator):
    """Lets anything through, and so hides what it is."""

    source = Input[Any](AnyType)
    target = Output[Any](AnyType)

    def process(self, cc: Any) -> None:
        self.target.add(cc, self.source.packet(cc))


@calculator("TestConvertersLie")
class Lie(Calculator):
    """Says that it makes GpuBuffers."""

    source = Input[Any](AnyType)
    target = Output(GpuBuffer)

    def process(self, cc: Any) -> None:
        cc.outputs[0].add(cc.inputs[0])


@pytest.mark.parametrize(("found", "wanted"), CONVERTERS, ids="->".join)
def test_the_converters_are_calculators(found: str, wanted: str) -> None:
    converter = CONVERTERS[found, wanted]
    assert converter in known_calculators()
    assert converter in converter_hint((KINDS[found],), (int, KINDS[wanted]))


def test_other_types_have_none() -> None:
    assert converter_hint((int,), (GpuBuffer,)) == ""


def test_a_graph_that_is_fed_the_wrong_kind(egl: None) -> None:
    graph = CalculatorGraph(
        'input_stream: "a" node { calculator: "LuminanceCalculator" input_stream: "a" output_stream: "b" }'
    )
    with pytest.raises(PacketTypeError) as caught, graph:
        graph.add_packet_to_input_stream("a", FRAME, timestamp=0)
    assert str(caught.value) == (
        'graph input stream "a" carries GpuBuffer, but was given ImageFrame; insert an '
        "ImageFrameToGpuBufferCalculator"
    )


def test_a_calculator_that_emits_the_wrong_kind() -> None:
    graph = CalculatorGraph(
        'input_stream: "a" node { calculator: "TestConvertersLie" input_stream: "a" output_stream: "b" }'
    )
    with (
        pytest.raises(
            CalculatorError, match="carries GpuBuffer, but was given ImageFrame; insert an ImageFrameToGpu"
        ),
        graph,
    ):
        graph.add_packet_to_input_stream("a", FRAME, timestamp=0)


def test_a_gpu_calculator_behind_one_that_says_nothing(egl: None) -> None:
    graph = CalculatorGraph("""
        input_stream: "a"
        node { calculator: "TestConvertersPass" input_stream: "a" output_stream: "b" }
        node { calculator: "LuminanceCalculator" input_stream: "b" output_stream: "c" }
    """)
    with pytest.raises(CalculatorError, match="insert an ImageFrameToGpuBufferCalculator"), graph:
        graph.add_packet_to_input_stream("a", FRAME, timestamp=0)


def test_a_packet_that_holds_another_kind() -> None:
    with pytest.raises(PacketTypeError, match="holds ImageFrame, not Image; insert a ToImageCalculator"):
        Packet(FRAME, 3).get(Image)
