"""NpzSink: pictures as the arrays of an .npz."""

from __future__ import annotations

import zipfile
from contextlib import suppress
from io import BytesIO
from typing import TYPE_CHECKING, BinaryIO, Final

import numpy as np

from graphkit.errors import OutputError
from graphkit.jobs._pixels import to_array
from graphkit.jobs._sinks.opening import created
from graphkit.jobs._sinks.pictures import PictureSink

if TYPE_CHECKING:
    from graphkit.formats import ImageFrame

# Fast is what matters here: the next level takes twice the time for a few percent.
_DEFLATE_LEVEL: Final = 1


class NpzSink(PictureSink):
    """An .npz with one array per picture, named by its time in microseconds; masks are uint8, see `to_array`.

    Each array is in the file before the next one comes, so that memory stays that of one picture. What ends the
    run, a full disk included, leaves an archive of the arrays before; only a process that is killed leaves one
    without its table of contents.
    """

    endings = (".npz",)

    def create(self) -> None:
        """Create the file; raises OutputError."""
        self._file: BinaryIO = created(self.path)
        self._archive = zipfile.ZipFile(self._file, "w", zipfile.ZIP_DEFLATED, compresslevel=_DEFLATE_LEVEL)
        self._whole = self._members = 0

    def write_picture(self, picture: ImageFrame, timestamp_us: int) -> None:
        """Write the array of a picture, (H, W) or (H, W, C); raises OutputError."""
        array = BytesIO()
        np.lib.format.write_array(array, to_array(picture), allow_pickle=False)
        try:
            self._archive.writestr(f"{timestamp_us}.npy", array.getbuffer())
            self._file.flush()
        except OSError as exc:
            self._salvage()
            raise OutputError(f"cannot be written: {exc.strerror}.", path=self.path) from exc
        self._whole, self._members = self._file.tell(), self._members + 1

    def finish(self) -> None:
        """Write the table of contents and close the file; safe to call twice."""
        if self._file.closed:
            return
        try:
            self._archive.close()
            self._file.close()
        except OSError as exc:
            self._salvage()
            raise OutputError(f"cannot be finished: {exc.strerror}.", path=self.path) from exc

    def _salvage(self) -> None:
        """Cut off what was written in part and close the archive behind what is whole."""
        members = self._archive.infolist()[: self._members]
        with suppress(OSError):  # of the bytes that did not fit
            self._file.close()
        with suppress(OSError, ValueError):  # its file is closed
            self._archive.close()
        # What was cut off makes room for the table of contents.
        with suppress(OSError), self.path.open("r+b") as file:
            file.truncate(self._whole)
            file.seek(0, 2)
            with zipfile.ZipFile(file, "a") as archive:
                archive.infolist().extend(members)
