"""Errors of files: models, videos, and what goes into a graph or comes out of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from graphkit.errors._base import GraphkitError, Spelling, StatusCode, shortened

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path


class FileError(GraphkitError):
    """A file, device or URL that cannot be used.

    Attributes:
        path: the file, device or URL; "" if there is none.
    """

    status = StatusCode.INVALID_ARGUMENT

    def __init__(self, message: str, *, path: object = "", **common: Any) -> None:
        super().__init__(message, **common)
        self.path = str(path)

    def body(self, spelling: Spelling) -> str:
        """Return the file and the sentences about it."""
        text = super().body(spelling)
        return f"{self.path}: {text}" if self.path else text


class ResourceNotFoundError(GraphkitError):
    """A file named by a graph is nowhere on the resource path.

    Attributes:
        name: that the graph uses.
        tried: the paths that were looked at.
    """

    status = StatusCode.NOT_FOUND

    def __init__(self, name: str, tried: Sequence[Path | str]) -> None:
        self.name = name
        self.tried = tuple(str(path) for path in tried)
        listing = "".join(f"\n  {path}" for path in self.tried)
        super().__init__(
            f'resource "{name}" was not found. Tried:{listing}\n'
            f"Put the file at one of these paths, or give its folder: {{roots}}.",
            remedies=("roots",),
        )


class ModelFetchError(GraphkitError):
    """A model that does not come with graphkit could not be fetched.

    Attributes:
        model: its file name.
        reason: what went wrong.
    """

    status = StatusCode.UNAVAILABLE
    before_fix = "\n"

    def __init__(self, model: str, reason: str, fix: str) -> None:
        self.model, self.reason = model, reason
        super().__init__(f"{model} was not fetched: {reason}", fix=fix)


class ModelHashError(ModelFetchError):
    """What was fetched has another SHA-256 than the model that was asked for; it is not kept.

    Attributes:
        expected, found: the two hashes, in hexadecimal.
    """

    status = StatusCode.DATA_LOSS

    def __init__(self, model: str, expected: str, found: str, fix: str) -> None:
        self.expected, self.found = expected, found
        super().__init__(
            model, f"what came is another file (SHA-256 {found}, expected {expected}); it was not kept.", fix
        )


class InferenceError(GraphkitError):
    """A model could not be loaded or run.

    Attributes:
        model: the model's path, or "<bytes>"; "" if the fault is of none.
    """

    status = StatusCode.INTERNAL

    def __init__(self, message: str, *, model: str = "", **common: Any) -> None:
        super().__init__(message, **common)
        self.model = model

    def body(self, spelling: Spelling) -> str:
        """Return the model and the sentences about it."""
        text = super().body(spelling)
        return f"{self.model}: {text}" if self.model else text


class UnsupportedOpError(InferenceError):
    """A model holds an operation, or a form of one, that the importer does not know.

    Attributes:
        op: the operation's name in the model.
        tensor: the name of the tensor that the operation makes.
        reason: what is not known about it; empty when the operation itself is not.
    """

    status = StatusCode.UNIMPLEMENTED

    def __init__(self, op: str, model: str, tensor: str, reason: str = "", known: Iterable[str] = ()) -> None:
        self.op, self.tensor, self.reason = op, tensor, reason
        listing = ", ".join(sorted(known))
        super().__init__(
            f"operation {shortened(op, 100)} (it makes tensor {shortened(tensor, 100)!r}) cannot be imported"
            + (f": {reason}." if reason else "." + (f" Known operations: {listing}." if listing else ""))
            + " Convert the model to .onnx with another tool, or export it without this operation.",
            model=model,
        )


class ModelFormatError(InferenceError):
    """A model file that is corrupt or of another format.

    Attributes:
        found: what the file holds.
        expected: what it should hold.
    """

    status = StatusCode.INVALID_ARGUMENT

    def __init__(
        self,
        model: str,
        found: str,
        expected: str = "a complete .tflite or .onnx model",
        fix: str = "Fetch the file again.",
    ) -> None:
        self.found, self.expected = found, expected
        super().__init__(f"{shortened(found)}; expected {expected}. {fix}", model=model)


class PackageError(GraphkitError):
    """A Python package that graphkit needs is not installed, or cannot be loaded.

    Attributes:
        package: its name.
        lack: what is wrong with it.
    """

    status = StatusCode.FAILED_PRECONDITION

    def __init__(self, package: str, lack: str, fix: str) -> None:
        self.package, self.lack = package, lack
        super().__init__(f"the package {package}: {lack}.", fix=fix)


class VideoError(FileError):
    """A video could not be read or written."""

    status = StatusCode.FAILED_PRECONDITION


class VideoOpenError(VideoError):
    """A video input that cannot be opened or holds no picture."""

    status = StatusCode.INVALID_ARGUMENT


class CameraError(VideoOpenError):
    """No camera could be opened.

    Attributes:
        tried: why not, by device; empty if there was none to try.
    """

    status = StatusCode.UNAVAILABLE

    def __init__(self, message: str, tried: Mapping[str, str] | None = None, **common: Any) -> None:
        super().__init__(message, **common)
        self.tried = dict(tried or {})


class LiveInputLostError(VideoError):
    """A camera or stream broke off while it was read.

    Attributes:
        source: its device or URL.
        pictures: how many it gave before.
        reason: why it broke off.
    """

    status = StatusCode.UNAVAILABLE

    def __init__(self, source: str, pictures: int, reason: str) -> None:
        self.source, self.pictures, self.reason = source, pictures, reason
        given = f"{pictures} picture{'' if pictures == 1 else 's'}"
        super().__init__(f"lost after {given}: {reason} What came before is complete.", path=source)


class VideoWriteError(VideoError):
    """A video output that cannot be created or written."""


class InputError(FileError):
    """A file to feed a graph with that cannot be read or holds something else."""

    status = StatusCode.INVALID_ARGUMENT


class OutputError(FileError):
    """A file other than a video that cannot be created or written."""

    status = StatusCode.FAILED_PRECONDITION


class ManifestError(FileError):
    """The manifest of a batch cannot be read or written, or is that of another batch."""

    status = StatusCode.FAILED_PRECONDITION


class PreviewError(GraphkitError):
    """The page of a preview cannot be served at its address."""

    status = StatusCode.UNAVAILABLE
