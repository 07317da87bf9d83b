"""What a program gives as side packets, against the plan."""

from __future__ import annotations

from typing import Any

import pytest

from graphkit import Packet, Timestamp, config
from graphkit.errors import SidePacketError, StatusCode

TEXT = """
    input_side_packet: "size"
    node { calculator: "ConstantSidePacketCalculator" output_side_packet: "PACKET:made"
           options { [mediapipe.ConstantSidePacketCalculatorOptions.ext] { packet { int_value: 3 } } } }
    node { calculator: "SidePacketToStreamCalculator" input_side_packet: "size" output_stream: "AT_ZERO:a" }
"""


@pytest.fixture(scope="module")
def plan() -> config.GraphPlan:
    return config.load(TEXT)


def test_values_become_packets_without_a_timestamp(plan: config.GraphPlan) -> None:
    for given in (7, Packet(7, Timestamp(3))):
        packets = config.check_side_packets(plan, {"size": given})
        assert (packets["size"].payload, packets["size"].timestamp) == (7, Timestamp.UNSET)


@pytest.mark.parametrize(
    ("given", "message", "status"),
    [
        pytest.param(
            {"size": 1, "sise": 2},
            """the graph has no input side packet "sise" (it has: size). Did you mean 'size'?""",
            StatusCode.NOT_FOUND,
            id="unknown",
        ),
        pytest.param(
            {"size": 1, "made": 2},
            'side packet "made" is made by node "ConstantSidePacketCalculator"; it cannot be given as well. '
            "Change the node: overrides, such as ConstantSidePacketCalculator.FIELD=VALUE.",
            StatusCode.INVALID_ARGUMENT,
            id="made by a node",
        ),
        pytest.param(
            {"size": Packet.empty()},
            'side packet "size" must be any type, but was given an empty packet.',
            StatusCode.INVALID_ARGUMENT,
            id="empty",
        ),
    ],
)
def test_what_does_not_fit(
    plan: config.GraphPlan, given: dict[str, Any], message: str, status: StatusCode
) -> None:
    with pytest.raises(SidePacketError) as caught:
        config.check_side_packets(plan, given)
    assert (str(caught.value), caught.value.status) == (message, status)


def test_what_is_missing(plan: config.GraphPlan) -> None:
    with pytest.raises(SidePacketError) as caught:
        config.check_side_packets(plan, {})
    assert str(caught.value).endswith(" is required and was not given.\nGive it: side_packets, such as size=VALUE")
    assert (caught.value.side_packet, list(caught.value.missing)) == ("size", ["size"])
    assert caught.value.location is not None
