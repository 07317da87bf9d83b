"""Dumps that are pictures: an .npz of arrays, or a sequence of .png files. Masks are pictures too."""

from __future__ import annotations

import zipfile
from contextlib import suppress
from io import BytesIO
from typing import TYPE_CHECKING, Any, BinaryIO, Protocol

import numpy as np

from graphkit.errors import OutputError
from graphkit.jobs._observation import Observation
from graphkit.jobs._pixels import frame_of, to_array, to_png
from graphkit.video import BackgroundWriter

if TYPE_CHECKING:
    from pathlib import Path

    from graphkit.formats import ImageFrame
    from graphkit.framework import Packet
    from graphkit.jobs._dumps.destinations import Naming

# Fast is what matters here: the next level takes twice the time for a few percent.
_DEFLATE_LEVEL = 1


class PictureSink(Protocol):
    """Where pictures go, one at a time; what a `PictureDump` writes to.

    Attributes:
        path: the file; for a sequence, how the files are called.
        pictures: written so far.
    """

    path: Path
    pictures: int

    def write(self, picture: ImageFrame, timestamp_us: int) -> None:
        """Write a picture; raises OutputError."""

    def close(self) -> None:
        """Finish the file; harmless when repeated."""


class PictureDump:
    """The pictures of a stream, compressed and written on a thread of their own.

    Args:
        stream: its name; carries ImageFrame, Image or GpuBuffer.
        sink: where they go; closed with the dump.
        depth: pictures that may wait for it before the graph has to.

    Attributes:
        stream, path: the stream's name, the sink's path.
    """

    def __init__(self, stream: str, sink: PictureSink, depth: int = 4) -> None:
        self.stream, self.path = stream, sink.path
        self._sink = sink
        self._writer = BackgroundWriter(sink, depth)

    @property
    def packets(self) -> int:
        """Pictures written so far."""
        return self._sink.pictures

    def observations(self) -> list[Observation]:
        """Return what is to be observed: the stream."""
        return [Observation(self.stream, self.take)]

    def take(self, packet: Packet[Any]) -> None:
        """Queue the picture of a packet; waits while the disk is behind.

        Raises:
            FormatError: the payload is no picture.
            OutputError: an earlier picture could not be written.
        """
        self._writer.write(frame_of(packet.payload), int(packet.timestamp))

    def close(self) -> None:
        """Write what waits and finish; harmless when repeated."""
        self._writer.close()


class NpzSink:
    """An .npz with one array a picture, named by its time in microseconds; masks are uint8, see `to_array`.

    Each array is in the file before the next one comes, so that memory stays that of one picture. What ends the
    run, a full disk included, leaves an archive of the arrays before; only a process that is killed leaves one
    without its table of contents.

    Args:
        path: the file; an existing one is overwritten.

    Raises:
        OutputError: the file cannot be created.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.pictures = 0
        try:
            self._file: BinaryIO = path.open("wb")
        except OSError as exc:
            raise OutputError(f"{path}: cannot be created: {exc.strerror}.") from exc
        self._archive = zipfile.ZipFile(self._file, "w", zipfile.ZIP_DEFLATED, compresslevel=_DEFLATE_LEVEL)
        self._whole = 0

    def write(self, picture: ImageFrame, timestamp_us: int) -> None:
        """Write the array of a picture, (H, W) or (H, W, C); raises OutputError."""
        array = BytesIO()
        np.lib.format.write_array(array, to_array(picture), allow_pickle=False)
        try:
            self._archive.writestr(f"{timestamp_us}.npy", array.getbuffer())
            self._file.flush()
        except OSError as exc:
            self._salvage()
            raise OutputError(f"{self.path}: cannot be written: {exc.strerror}.") from exc
        self._whole = self._file.tell()
        self.pictures += 1

    def close(self) -> None:
        """Write the table of contents and close the file; harmless when repeated."""
        if self._file.closed:
            return
        try:
            self._archive.close()
            self._file.close()
        except OSError as exc:
            self._salvage()
            raise OutputError(f"{self.path}: cannot be finished: {exc.strerror}.") from exc

    def _salvage(self) -> None:
        """Cut off what was written in part and close the archive behind what is whole."""
        members = self._archive.infolist()[: self.pictures]
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


class PngSink:
    """One .png a picture, with its time in microseconds in the name.

    Args:
        naming: the folder, which is made if need be, and the names in it.

    Raises:
        OutputError: the folder cannot be made.
    """

    def __init__(self, naming: Naming) -> None:
        self.path = naming.shown
        self.pictures = 0
        self._naming = naming
        try:
            naming.folder.mkdir(exist_ok=True)
        except OSError as exc:
            raise OutputError(f"{naming.folder}: cannot be created: {exc.strerror}.") from exc

    def write(self, picture: ImageFrame, timestamp_us: int) -> None:
        """Write a picture; raises FormatError for formats that have no colours, and OutputError."""
        path = self._naming.file_at(timestamp_us)
        encoded = to_png(picture)
        try:
            path.write_bytes(encoded)
        except OSError as exc:
            with suppress(OSError):
                path.unlink(missing_ok=True)  # half a picture is worse than none
            raise OutputError(f"{path}: cannot be written: {exc.strerror}.") from exc
        self.pictures += 1

    def close(self) -> None:
        """Do nothing: every picture is a file of its own."""
