"""HDR and wide-gamut clips become ordinary pictures."""

from __future__ import annotations

from typing import TYPE_CHECKING

import av
import numpy as np
import pytest

from graphkit.video import VideoReader
from graphkit.video._tone import ToneMapper, is_foreign

if TYPE_CHECKING:
    from pathlib import Path

PQ, HLG, SRGB = 16, 18, 13
BT709, P3, BT2020 = 1, 12, 9

# 58 % of PQ is 203 nits, 75 % of HLG too: diffuse white (ITU-R BT.2408). 51 % of PQ is 100 nits, 75 % 1000 nits.
GREYS = [
    pytest.param(PQ, 0.0, 0, 0, id="pq-black"),
    pytest.param(PQ, 0.302, 10, 73, id="pq-10-nits"),
    pytest.param(PQ, 0.44, 50, 142, id="pq-50-nits"),
    pytest.param(PQ, 0.752, 1000, 255, id="pq-peak"),
    pytest.param(PQ, 1.0, 10_000, 255, id="pq-beyond-the-peak"),
    pytest.param(HLG, 0.0, 0, 0, id="hlg-black"),
    pytest.param(HLG, 0.497, 50, 142, id="hlg-50-nits"),
    pytest.param(HLG, 1.0, 1000, 255, id="hlg-peak"),
]


@pytest.mark.parametrize(("transfer", "code", "nits", "shown"), GREYS)
def test_light_up_to_the_knee_is_kept(transfer: int, code: float, nits: int, shown: int) -> None:
    """Below the knee 203 nits are white, as in an ordinary picture of the same scene (gamma 2.4)."""
    grey = np.full((1, 1, 3), round(65535 * code), np.uint16)
    found = ToneMapper(BT2020, transfer).map(grey)[0, 0]
    assert np.ptp(found.astype(int)) <= 1
    assert abs(int(found[1]) - shown) <= 3
    if nits <= 50:
        assert shown == pytest.approx(255 * (nits / 203) ** (1 / 2.4), abs=2)


@pytest.mark.parametrize("transfer", [PQ, HLG])
def test_brighter_stays_brighter(transfer: int) -> None:
    ramp = np.repeat(np.arange(0, 65536, 64, dtype=np.uint16)[None, :, None], 3, 2)
    steps = np.diff(ToneMapper(BT2020, transfer).map(ramp)[0, :, 1].astype(int))
    assert (steps >= 0).all()


def test_wide_colours_become_those_of_bt709() -> None:
    """The red of BT.709 in BT.2020 numbers (BT.2087: 0.6274 0.0691 0.0164 of the light)."""
    light = np.array([0.6274, 0.0691, 0.0164])
    picture = np.rint(65535 * light ** (1 / 2.4)).astype(np.uint16)[None, None]
    found = ToneMapper(BT2020, 1).map(picture)[0, 0]
    assert found[0] >= 252
    assert max(found[1:]) <= 25


@pytest.mark.parametrize(
    ("primaries", "transfer", "expected"),
    [
        pytest.param(BT709, 1, False, id="bt709"),
        pytest.param(2, 2, False, id="untagged"),
        pytest.param(P3, SRGB, False, id="p3-stays"),
        pytest.param(BT2020, 14, True, id="bt2020"),
        pytest.param(BT2020, PQ, True, id="pq"),
        pytest.param(2, HLG, True, id="hlg-without-primaries"),
    ],
)
def test_what_is_mapped(primaries: int, transfer: int, expected: bool) -> None:
    assert is_foreign(primaries, transfer) == expected


@pytest.mark.parametrize(("transfer", "code", "name"), [(PQ, 0.44, "PQ"), (HLG, 0.497, "HLG")])
@pytest.mark.parametrize("matrix", [pytest.param(9, id="tagged"), pytest.param(2, id="matrix-untagged")])
def test_an_hdr_clip_is_mapped_and_said(
    tmp_path: Path, transfer: int, code: float, name: str, matrix: int
) -> None:
    path = tmp_path / "hdr.mp4"
    luma = round((16 + 219 * code) * 4)
    with av.open(str(path), "w") as output:
        stream = output.add_stream("libx264", rate=30, options={"preset": "ultrafast", "qp": "0"})
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p10le"
        context = stream.codec_context
        context.colorspace, context.color_range, context.color_primaries, context.color_trc = (
            matrix, 1, BT2020, transfer,
        )  # fmt: skip
        planes = np.concatenate([np.full(64 * 48, luma), np.full(64 * 24, 512)]).astype(np.uint16)
        frame = av.VideoFrame.from_ndarray(planes.reshape(72, 64), format="yuv420p10le")
        output.mux(stream.encode(frame))
        output.mux(stream.encode(None))
    with VideoReader(path) as reader:
        picture = next(reader).data
        info, remarks = reader.info, reader.stats.remarks
    assert np.abs(picture.reshape(-1, 3).mean(0) - 142).max() <= 4
    assert info.hdr == name
    assert remarks == [f"Its pictures are HDR ({name}) and were mapped to ordinary ones."]
