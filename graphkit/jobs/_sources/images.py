"""ImagesSource: a picture, all pages of one, or the pictures of a folder."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Final

from graphkit._process.threads import opencv
from graphkit.errors import FormatError, InputError
from graphkit.formats import decode_pages
from graphkit.jobs._source import InputSet, Source
from graphkit.jobs._streams import check_images
from graphkit.jobs._times import time_at

if TYPE_CHECKING:
    from collections.abc import Iterator

    from graphkit.jobs._pixels import Picture
    from graphkit.jobs._source import Origin
    from graphkit.jobs._summary import Summary

_NUMBER: Final = re.compile(r"(\d+)")
_MOST_NAMED: Final = 5
_PAGED: Final = (".tif", ".tiff", ".webp")


class ImagesSource(Source):
    """A picture, or all pictures of a folder, in the natural order of their names: 2 before 10.

    A TIFF gives all of its pages, an animated WebP all of its pictures. They get times at the rate of the job,
    from 0. What is no picture is left out and noted; hidden files are not looked at.

    Args:
        origin: what it is made for.

    Raises:
        UsageError: the stream takes no images.
        InputError: the folder holds no picture. While iterating: a file cannot be decoded.
    """

    endings = (".png", ".jpg", ".jpeg", ".jfif", ".jpe", ".bmp", ".webp", ".tif", ".tiff", ".ppm", ".pgm", ".pbm")

    def __init__(self, origin: Origin) -> None:
        super().__init__(origin)
        check_images(origin.place, origin.carried)
        self._wrap, self._rate = origin.wrap, origin.rate
        self._files, self._left_out = _pictures_in(Path(origin.place))
        paged = any(file.suffix.lower() in _PAGED for file in self._files)
        self.total = 0 if paged else len(self._files)

    @classmethod
    def claims(cls, place: str) -> bool:
        """Return whether *place* is a picture or a folder."""
        return super().claims(place) or Path(place).is_dir()

    def __iter__(self) -> Iterator[InputSet]:
        pictures = (picture for file in self._files for picture in self._read(file))
        for index, picture in enumerate(pictures):
            yield InputSet(time_at(index, self._rate), {self.stream: picture})

    def report(self, summary: Summary) -> None:
        """Note what of the folder was left out."""
        if self._left_out:
            names = ", ".join(self._left_out[:_MOST_NAMED])
            more = len(self._left_out) - _MOST_NAMED
            rest = f" and {more} more" if more > 0 else ""
            summary.notes.append(f"{self.place}: left out, as no pictures that can be read: {names}{rest}.")

    def _read(self, file: Path) -> Iterator[Picture]:
        # Not imread: OpenCV takes no names outside of the locale on some systems.
        cv2 = opencv()
        try:
            pages = decode_pages(file.read_bytes(), cv2.IMREAD_COLOR)
        except FormatError as exc:
            raise InputError(str(exc), path=file) from exc
        if not pages:
            raise InputError("is no image that can be decoded, or damaged.", path=file)
        for pixels in pages:
            yield self._wrap(cv2.cvtColor(pixels, cv2.COLOR_BGR2RGB))


def natural_order(name: str) -> tuple[list[tuple[int, int | str]], str]:
    """Return a key that sorts numbers in names by their value, whatever surrounds them."""
    parts = _NUMBER.split(name)
    return [(0, int(part)) if part.isdecimal() else (1, part.casefold()) for part in parts if part], name


def _pictures_in(place: Path) -> tuple[list[Path], list[str]]:
    """Return the pictures of a folder, or the one that is named, and the names of what is none."""
    if not place.is_dir():
        return [place], []
    pictures, others = [], []
    for file in sorted(place.iterdir(), key=lambda file: natural_order(file.name)):
        if file.name.startswith("."):
            continue
        if file.is_file() and ImagesSource.claims(file.name):
            pictures.append(file)
        else:
            others.append(file.name)
    if not pictures:
        raise InputError(f"holds no image ({', '.join(ImagesSource.endings)}).", path=place)
    return pictures, others
