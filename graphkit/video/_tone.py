"""HDR and wide-gamut pictures as the ordinary ones that models know and screens show.

PQ and HLG (ITU-R BT.2100) hold light of up to 1000 nits and more; taken for ordinary numbers, their pictures look
grey and flat. Diffuse white (203 nits, BT.2408) becomes white here, what is brighter is rolled off (the curve of
BT.2390), and BT.2020 colours become BT.709 colours.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from graphkit.video._frames import ColorTags

    Floats = NDArray[np.float64]

PQ: Final = 16
HLG: Final = 18
BT2020: Final = 9
_BT709: Final = 1
_UNSPECIFIED: Final = 2
TRANSFER_NAMES: Final = {PQ: "PQ", HLG: "HLG"}

_WHITE_NITS: Final = 203.0
_PEAK_NITS: Final = 1000.0
_DISPLAY_GAMMA: Final = 2.4  # BT.1886
_BT2020_TO_BT709: Final = np.array(
    [[1.6605, -0.5876, -0.0728], [-0.1246, 1.1329, -0.0083], [-0.0182, -0.1006, 1.1187]], np.float32
)


def is_foreign(primaries: int, transfer: int) -> bool:
    """Return whether pictures with these tags have to be mapped."""
    return transfer in TRANSFER_NAMES or primaries == BT2020


def shown_color(stored: ColorTags) -> tuple[int, int]:
    """Return primaries and transfer of the pictures that a clip with these tags is shown as."""
    if is_foreign(stored.primaries, stored.transfer):
        return _BT709, _BT709
    return stored.primaries, stored.transfer


class ToneMapper:
    """Maps RGB pictures of one kind; costs some 13 ms a megapixel.

    Args:
        primaries: code point of ITU-T H.273; if an HDR picture has none, BT.2020 is taken.
        transfer: likewise.
    """

    def __init__(self, primaries: int, transfer: int) -> None:
        self.tags = primaries, transfer
        codes = np.arange(1 << 16) / 65535
        if transfer == PQ:
            light = _rolled_off(_pq_light(codes))
        elif transfer == HLG:
            light = _rolled_off(_hlg_light(codes))
        else:
            light = codes**_DISPLAY_GAMMA
        self._to_light = light.astype(np.float32)
        wide = primaries == BT2020 or (transfer in TRANSFER_NAMES and primaries == _UNSPECIFIED)
        self._matrix = _BT2020_TO_BT709 if wide else None
        # Square roots are quick and nearly exact: this corrects them.
        self._from_root = np.rint(255 * (np.arange(256) / 255) ** (2 / _DISPLAY_GAMMA)).astype(np.uint8)

    def map(self, rgb: NDArray[np.uint16]) -> NDArray[np.uint8]:
        """Return a picture of 16 bits a channel in BT.709 colours of 8 bits."""
        import cv2

        light = self._to_light[rgb]
        if self._matrix is not None:
            light = cv2.transform(light, self._matrix).reshape(rgb.shape)
        roots = np.sqrt(np.maximum(light, 0, out=light), out=light)
        shown = cv2.LUT(cv2.convertScaleAbs(roots, alpha=255), self._from_root)
        return np.asarray(shown, np.uint8).reshape(rgb.shape)


def _pq_light(codes: Floats) -> Floats:
    """Return the light, in nits, of PQ numbers (SMPTE ST 2084)."""
    root = codes ** (32 / 2523)
    return np.asarray(10_000 * (np.maximum(root - 0.8359375, 0) / (18.8515625 - 18.6875 * root)) ** (8192 / 1305))


def _pq_codes(nits: Floats) -> Floats:
    power = (nits / 10_000) ** (1305 / 8192)
    return np.asarray(((0.8359375 + 18.8515625 * power) / (1 + 18.6875 * power)) ** (2523 / 32))


def _hlg_light(codes: Floats) -> Floats:
    """Return the light, in nits, that a display of 1000 nits makes of HLG numbers (BT.2100)."""
    a = 0.17883277
    b, c = 1 - 4 * a, 0.5 - a * np.log(4 * a)
    scene = np.where(codes <= 0.5, codes**2 / 3, (np.exp((codes - c) / a) + b) / 12)
    return np.asarray(_PEAK_NITS * scene**1.2)


def _rolled_off(nits: Floats) -> Floats:
    """Return light as a share of white: as it is up to a knee, then ever flatter towards the peak (BT.2390)."""
    peak = _pq_codes(np.array(_PEAK_NITS))
    code = np.minimum(_pq_codes(nits) / peak, 1)
    white = _pq_codes(np.array(_WHITE_NITS)) / peak
    knee = 1.5 * white - 0.5
    t = np.clip((code - knee) / (1 - knee), 0, 1)
    rolled = (2 * t**3 - 3 * t**2 + 1) * knee + (t**3 - 2 * t**2 + t) * (1 - knee) + (3 * t**2 - 2 * t**3) * white
    return _pq_light(np.where(code < knee, code, rolled) * peak) / _WHITE_NITS
