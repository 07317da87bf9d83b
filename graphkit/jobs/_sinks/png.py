"""PngSink: pictures as a sequence of .png files."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from graphkit.errors import OutputError, UsageError
from graphkit.jobs._pixels import to_png
from graphkit.jobs._sinks.naming import Naming, check_naming, naming_for
from graphkit.jobs._sinks.pictures import PictureSink

if TYPE_CHECKING:
    from graphkit.formats import ImageFrame
    from graphkit.jobs._sink import Target


class PngSink(PictureSink):
    """One .png per picture, with its time in microseconds in the name. The folder is made if need be."""

    endings = (".png",)

    def __init__(self, target: Target) -> None:
        super().__init__(target)
        try:
            self._naming: Naming = naming_for(target.name)
        except UsageError as exc:
            raise UsageError(f"{target}: {exc}", parameter="dumps") from exc
        self.path = self._naming.shown

    @classmethod
    def claims(cls, name: str) -> bool:
        """Return whether the name is that of a .png, or of a folder."""
        return super().claims(name) or name.endswith(("/", os.sep)) or Path(name).is_dir()

    def places(self) -> list[Path]:
        """Return the names of the pictures, then their folder."""
        return [self.path, self._naming.folder]

    def check_place(self) -> None:
        """Make sure that the pictures can be written and will not mix with others."""
        check_naming(self._naming)

    def create(self) -> None:
        """Make the folder; raises OutputError."""
        try:
            self._naming.folder.mkdir(exist_ok=True)
        except OSError as exc:
            raise OutputError(f"cannot be created: {exc.strerror}.", path=self._naming.folder) from exc

    def write_picture(self, picture: ImageFrame, timestamp_us: int) -> None:
        """Write a picture; raises FormatError for formats that have no colours, and OutputError."""
        path = self._naming.file_at(timestamp_us)
        encoded = to_png(picture)
        try:
            path.write_bytes(encoded)
        except OSError as exc:
            with suppress(OSError):
                path.unlink(missing_ok=True)  # half a picture is worse than none
            raise OutputError(f"cannot be written: {exc.strerror}.", path=path) from exc
