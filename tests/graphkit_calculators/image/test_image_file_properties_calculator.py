"""ImageFilePropertiesCalculator, on files whose EXIF data are put together here."""

from __future__ import annotations

import struct
from typing import Any

import cv2
import numpy as np
import pytest

from graphkit.errors import CalculatorError, GraphValidationError
from graphkit.formats import ImageFileProperties
from graphkit.testing import CalculatorRunner

FULL = {0xA002: 4000, 0xA003: 3000, 0x920A: (420, 100), 0xA405: 26}


def jpeg(tags: dict[int, Any] | None, order: str = "<", cut: int | None = None) -> bytes:
    """A small JPEG with EXIF data of these tags: a fraction, or a number of 16 bits."""
    encoded = cv2.imencode(".jpg", np.zeros((8, 8, 3), np.uint8))[1].tobytes()
    if tags is None:
        return encoded
    start = 8 + 2 + 12 + 4
    values = start + 2 + 12 * len(tags) + 4
    entries, rest = b"", b""
    for tag, value in tags.items():
        if isinstance(value, tuple):
            entries += struct.pack(f"{order}HHII", tag, 5, 1, values + len(rest))
            rest += struct.pack(f"{order}II", *value)
        else:
            entries += struct.pack(f"{order}HHIHH", tag, 3, 1, value, 0)
    tiff = (b"II*\0" if order == "<" else b"MM\0*") + struct.pack(f"{order}I", 8)
    tiff += struct.pack(f"{order}HHHIII", 1, 0x8769, 4, 1, start, 0)
    tiff += struct.pack(f"{order}H", len(tags)) + entries + bytes(4) + rest
    exif = (b"Exif\0\0" + tiff)[:cut]
    return encoded[:2] + b"\xff\xe1" + struct.pack(">H", len(exif) + 2) + exif + encoded[2:]


def runner(way_in: str = "input_stream", way_out: str = "output_stream") -> CalculatorRunner:
    return CalculatorRunner(f'calculator: "ImageFilePropertiesCalculator" {way_in}: "in" {way_out}: "out"')


@pytest.mark.parametrize("order", ["<", ">"], ids=["little endian", "big endian"])
def test_stream_to_stream(order: str) -> None:
    run = runner()
    run.add(0, jpeg(FULL, order), 5)
    (packet,) = run.run().outputs[0]
    found = packet.payload
    assert isinstance(found, ImageFileProperties)
    assert (found.image_width, found.image_height, found.focal_length_mm, found.focal_length_35mm) == (
        4000,
        3000,
        4.2,
        26,
    )
    # 26 mm on film, whose diagonal is 43.27 mm; the picture's is 5000 pixels.
    assert found.focal_length_pixels == pytest.approx(26 / 43.2666 * 5000, rel=1e-4)
    assert type(found).from_proto(found.to_proto()) == found


def test_stream_to_side_packet() -> None:
    run = runner(way_out="output_side_packet")
    run.add(0, jpeg(FULL), 5)
    assert run.run().output_side_packets[0].image_width == 4000


def test_side_packet_to_side_packet() -> None:
    run = runner("input_side_packet", "output_side_packet")
    run.side_packets[0] = jpeg(FULL)
    assert run.run().output_side_packets[0].image_height == 3000


@pytest.mark.parametrize(
    ("encoded", "message"),
    [
        pytest.param(b"\x89PNG\r\n", "these bytes are no JPEG file", id="png"),
        pytest.param(jpeg(None), "this JPEG has no EXIF data", id="no exif"),
        pytest.param(jpeg({**FULL, 0xA405: 0}), "do not say the focal length of 35 mm film;", id="a zero"),
        pytest.param(jpeg({0xA002: 4000}), "do not say the height, focal length, focal", id="missing"),
        pytest.param(jpeg(FULL, cut=60), "the EXIF data end too soon", id="cut off"),
    ],
)
def test_files_that_do_not_say(encoded: bytes, message: str) -> None:
    run = runner()
    run.add(0, encoded, 5)
    with pytest.raises(CalculatorError, match=message):
        run.run()


@pytest.mark.parametrize(
    ("streams", "message"),
    [
        pytest.param('output_stream: "out"', "the bytes come in as a stream or as a side packet", id="nothing in"),
        pytest.param(
            'input_stream: "in"', "the properties go out as a stream or as a side packet", id="nothing out"
        ),
        pytest.param(
            'input_side_packet: "in" output_stream: "out"', "give a side packet", id="side packet to stream"
        ),
    ],
)
def test_faults(streams: str, message: str) -> None:
    with pytest.raises(GraphValidationError, match=message):
        CalculatorRunner(f'calculator: "ImageFilePropertiesCalculator" {streams}').run()
