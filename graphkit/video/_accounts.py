"""Accounting for the bytes of a clip: what was skipped between the packets that were read."""

from __future__ import annotations

import stat
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from graphkit.video._scans import SCANNED, damaged_bytes
from graphkit.video._structure import Chain, avi_element, flv_element, matroska_element, walk

if TYPE_CHECKING:
    from av.container import InputContainer
    from av.packet import Packet

    from graphkit.video._structure import Step


class _Layout(NamedTuple):
    """How packets are laid out in a kind of file.

    Attributes:
        step: reads an element.
        usual: most bytes between the data of two packets that are not checked.
        starts: how far from the end of a packet's data the next element may begin.
        in_order: packets are read in the order of their places, so one that is before the last shows damage.
    """

    step: Step
    usual: int
    starts: tuple[int, ...]
    in_order: bool = False


_LAYOUTS: Final = {
    "matroska,webm": _Layout(matroska_element, 24, (4, *range(-16, 4), *range(5, 32))),
    "avi": _Layout(avi_element, 9, (0, 1)),
    "flv": _Layout(flv_element, 20, tuple(range(11, 32)), in_order=True),
}


class ByteAccount:
    """Watches the places of the packets of all tracks in a file; ignores containers without a known layout.

    Args:
        container: open for reading.

    Attributes:
        skipped: bytes between packets that are no whole elements: the demuxer skipped damage there.
        unread: bytes after the last packet that cannot be read: damage, or something that was appended.
        unread_samples: samples of a track are among those bytes.
        ends_whole: the file has all that its head declares; False if its end is cut off; None unknown.
        places: how many such places there are.
    """

    def __init__(self, container: InputContainer) -> None:
        self.skipped = self.places = self.unread = 0
        self.unread_samples = False
        self.ends_whole: bool | None = None
        self._path, self._form = Path(container.name), container.format.name
        self._layout = _LAYOUTS.get(container.format.name) if _is_file(container.name) else None
        self._end: int | None = None
        self._last_incomplete = False

    @property
    def active(self) -> bool:
        """Whether it needs the packets of all tracks."""
        return self._layout is not None

    def saw(self, packet: Packet[Any]) -> None:
        """Take in a packet, in the order of reading."""
        layout = self._layout
        if layout is None:
            return
        place = packet.pos
        self._last_incomplete = packet.is_corrupt
        if place is None:
            self._end = None
            return
        end = self._end
        if end is None:
            self._end = place + packet.size
        elif place - end <= layout.usual:
            # One that is before the last: laced, compressed, or a file that is not in order.
            back = place < end - layout.usual
            self.places += back and layout.in_order
            self._end = place + packet.size if back else max(end, place + packet.size)
        else:
            if not self._walked(layout, end, place).sound:
                self.skipped += place - end
                self.places += 1
            self._end = place + packet.size

    def finish(self) -> None:
        """Look at what follows the last packet, or scan the whole file, depending on its kind."""
        if self._form in SCANNED and _is_file(str(self._path)):
            skipped, cut = damaged_bytes(self._path, self._form)
            self.skipped += skipped
            self.places += bool(skipped)
            self.ends_whole = False if cut else None
        if self._layout is None or self._end is None:
            return
        size = self._path.stat().st_size
        chain = self._walked(self._layout, self._end, size)
        declared = self._declared_end(self._layout, size)
        if chain.cut or self._last_incomplete or declared > size:
            self.ends_whole = False
        elif not chain.sound:
            self.unread = size - self._end
            self.unread_samples = chain.samples
        elif declared == size:
            self.ends_whole = True

    def _declared_end(self, layout: _Layout, size: int) -> int:
        """Return where the file is to end, going by the elements that hold all others; 0 if none tells."""
        place = 0
        with self._path.open("rb") as file:
            while place < size:
                element = layout.step(file, place)
                if element is None or element.end is None:
                    return 0
                place = element.end
        return place

    def _walked(self, layout: _Layout, end: int, stop: int) -> Chain:
        found = Chain(sound=False)
        size = self._path.stat().st_size
        with self._path.open("rb") as file:
            for start in layout.starts:
                chain = walk(file, layout.step, end + start, stop, size)
                if chain.sound:
                    return chain
                if chain.cut or (chain.samples and not found.cut):
                    found = chain
        return found


def _is_file(path: str) -> bool:
    try:
        return stat.S_ISREG(Path(path).stat().st_mode)
    except (OSError, ValueError):
        return False
