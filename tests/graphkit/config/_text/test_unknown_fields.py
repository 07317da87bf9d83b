"""What a binary config holds and nothing declares is reported, as it is in a text."""

from __future__ import annotations

import pytest

from graphkit import config
from graphkit.errors import GraphValidationError, Lack


def varint(number: int) -> bytes:
    out = bytearray()
    while number > 0x7F:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes([*out, number])


def field(number: int, content: bytes) -> bytes:
    """A field of a message, as it is serialized."""
    return varint(number << 3 | 2) + varint(len(content)) + content


def node(*extra: bytes, name: str = "") -> bytes:
    named = field(1, name.encode()) if name else b""
    return field(1, named + field(2, b"CfgInt") + field(4, b"OUT:x") + b"".join(extra))


OPTIONS, NODE_OPTIONS = 7, 8
UNKNOWN_EXTENSION = field(OPTIONS, field(510_999_999, b""))
KNOWN_WITH_UNKNOWN_FIELD = field(OPTIONS, field(510_000_001, field(99, b"lost")))
IN_ANY = field(NODE_OPTIONS, field(1, b"type.googleapis.com/cfgtest.CfgOptions") + field(2, field(99, b"lost")))


@pytest.mark.parametrize(
    ("data", "message"),
    [
        pytest.param(
            node(UNKNOWN_EXTENSION, name="mine"),
            'options of node "mine" (CfgInt): no options message has the extension number 510999999, so what it '
            "says would be lost.",
            id="extension",
        ),
        pytest.param(
            node() + node(KNOWN_WITH_UNKNOWN_FIELD),
            'node 1 "CfgInt": cfgtest.CfgOptions has no field number 99 here, so what it says would be lost.',
            id="field of an extension",
        ),
        pytest.param(
            node(IN_ANY),
            "options cfgtest.CfgOptions: cfgtest.CfgOptions has no field number 99 here",
            id="field in node_options",
        ),
        pytest.param(
            node(field(777, b"")),
            'node 0 "CfgInt": mediapipe.CalculatorGraphConfig.Node has no field number 777',
            id="field of a node",
        ),
        pytest.param(
            node() + field(888, b""),
            "the graph: mediapipe.CalculatorGraphConfig has no field number 888",
            id="field of the graph",
        ),
    ],
)
def test_what_would_be_lost_is_a_fault(data: bytes, message: str) -> None:
    with pytest.raises(GraphValidationError) as raised:
        config.parse(data)
    (fault,) = raised.value.faults
    assert str(fault).startswith(f"<bytes>: {message}")
    extension = Lack("options", "extension 510999999") if "extension" in message else None
    assert fault.lack == extension


def test_what_is_known_is_no_fault() -> None:
    known = field(OPTIONS, field(510_000_001, varint(1 << 3) + varint(3)))
    plan = config.load(node(known))
    assert [options.count for options in plan.nodes[0].options.values()] == [3]
