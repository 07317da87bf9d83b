"""Errors of files, models and the command line."""

from __future__ import annotations

from typing import TYPE_CHECKING

from graphkit.errors._base import GraphkitError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path


class ResourceNotFoundError(GraphkitError):
    """A file named by a graph is nowhere on the resource path."""

    def __init__(self, name: str, tried: Sequence[Path | str], hint: str = "") -> None:
        self.name = name
        self.tried = tuple(str(path) for path in tried)
        listing = "".join(f"\n  {path}" for path in self.tried)
        super().__init__(
            f'resource "{name}" was not found. Tried:{listing}\n'
            f"Put the file at one of these paths, or name its folder with --resource_root_dir.{hint}"
        )


class ModelFetchError(GraphkitError):
    """A model that does not come with graphkit could not be fetched.

    Attributes:
        model: its file name.
    """

    def __init__(self, model: str, reason: str, by_hand: str) -> None:
        self.model = model
        super().__init__(f"{model} was not fetched: {reason}\n{by_hand}")


class ModelHashError(ModelFetchError):
    """What was fetched has another SHA-256 than the model that was asked for; it is not kept.

    Attributes:
        expected, found: the two hashes, in hexadecimal.
    """

    def __init__(self, model: str, expected: str, found: str, by_hand: str) -> None:
        self.expected, self.found = expected, found
        super().__init__(
            model, f"what came is another file (SHA-256 {found}, expected {expected}); it was not kept.", by_hand
        )


class InferenceError(GraphkitError):
    """A model could not be loaded or run."""


class UnsupportedOpError(InferenceError):
    """A model holds an operation, or a form of one, that the importer does not know.

    Attributes:
        op: the operation's name in the model.
        model: the model's path, or "<bytes>".
        tensor: the name of the tensor that the operation makes.
        reason: what is not known about it; empty when the operation itself is not.
    """

    def __init__(self, op: str, model: str, tensor: str, reason: str = "", known: Iterable[str] = ()) -> None:
        self.op, self.model, self.tensor, self.reason = op, model, tensor, reason
        listing = ", ".join(sorted(known))
        super().__init__(
            f"{model}: operation {op} (it makes tensor {tensor!r}) cannot be imported"
            + (f": {reason}." if reason else "." + (f" Known operations: {listing}." if listing else ""))
            + " Convert the model to .onnx with another tool, or export it without this operation."
        )


class ModelFormatError(InferenceError):
    """A model file that is corrupt or of another format.

    Attributes:
        model: the model's path, or "<bytes>".
    """

    def __init__(self, model: str, found: str, expected: str = "a complete .tflite or .onnx model") -> None:
        self.model = model
        super().__init__(f"{model}: {found}; expected {expected}. Fetch the file again.")


class PackageError(GraphkitError):
    """A Python package that graphkit needs is not installed, or cannot be loaded.

    Attributes:
        package: its name.
        fix: what to do about it.
    """

    def __init__(self, package: str, lack: str, fix: str) -> None:
        self.package, self.fix = package, fix
        super().__init__(
            f"the package {package}: {lack}. Fix: {fix}\ngraphkit doctor looks at everything else that is needed."
        )


class VideoError(GraphkitError):
    """A video could not be read or written."""


class VideoOpenError(VideoError):
    """A video input that cannot be opened or holds no picture."""


class CameraError(VideoOpenError):
    """No camera could be opened.

    Attributes:
        tried: why not, by device; empty where there was none to try.
    """

    def __init__(self, message: str, tried: Mapping[str, str] | None = None) -> None:
        self.tried = dict(tried or {})
        super().__init__(message)


class LiveInputLostError(VideoError):
    """A camera or stream broke off while it was read.

    Attributes:
        source: its device or URL.
        pictures: how many it gave before.
    """

    def __init__(self, source: str, pictures: int, reason: str) -> None:
        self.source, self.pictures = source, pictures
        given = f"{pictures} picture{'' if pictures == 1 else 's'}"
        super().__init__(f"{source}: lost after {given}: {reason} What came before is complete.")


class VideoWriteError(VideoError):
    """A video output that cannot be created or written."""


class InputError(GraphkitError):
    """A file to feed a graph with that cannot be read or holds something else."""


class OutputError(GraphkitError):
    """A file other than a video that cannot be created or written."""


class PreviewError(GraphkitError):
    """The page of ``--preview`` cannot be served at its address."""


class UsageError(GraphkitError):
    """A command-line value that makes no sense; the message says what would."""
