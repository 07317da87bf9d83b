"""Every exception graphkit raises, in one tree.

* GraphkitError
  + ConfigError                      a config that cannot be read; knows its Location
    - PbtxtSyntaxError
  + GraphValidationError             all the faults of one graph, each with its Location
  + RegistryError
    - UnknownCalculatorError
    - DuplicateCalculatorError
  + ContractError                    a calculator declared something impossible
  + PacketError
    - PacketTypeError
    - EmptyPacketError
  + TimestampError
    - TimestampMismatchError
  + StreamClosedError
  + GraphRunError                    a run that failed
    - CalculatorError                user code raised in open, process or close
      . InputStreamHandlerError      an input policy raised
    - CancelledError
    - DeadlockError
    - ThrottledError
    - GraphStateError                a call that the graph's state does not allow
    - SidePacketError
  + ResourceNotFoundError            a model, label map or graph file: every path tried
  + ModelFetchError                  a model that is not shipped could not be fetched
    - ModelHashError                 what came is not the model that was asked for
  + InferenceError
    - UnsupportedOpError
    - ModelFormatError
  + GpuError                         the GPU, its driver or a call on it
    - NoEglError                     a library that makes contexts is missing
    - NoGpuDeviceError               no device, or not the one that was asked for
    - GlVersionError                 the driver is too old
    - ShaderCompileError             a shader's own mistake, its line shown
    - GlContextLostError
    - GpuOutOfMemoryError
    - TextureTooLargeError
    - GlCallError                    OpenGL refused a call
    - WrongThreadError               OpenGL called from a thread that does not own the context
    - GpuReleasedError               a buffer, texture or context was used after its end
  + FormatError                      a payload whose shape, type or contents do not fit
  + SchemaError                      a protobuf message or file that the schema cannot hold
  + VideoError
    - VideoOpenError
    - VideoWriteError
  + InputError                       an input file that is no video and cannot be read
  + OutputError                      a file that cannot be written
  + UsageError                       a flag or file given to the command line

Exceptions keep the facts as fields and build their sentence from them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path


@dataclass(frozen=True, slots=True)
class Location:
    """A place in a config: file, 1-based line and column (0 where unknown)."""

    file: str = "<config>"
    line: int = 0
    column: int = 0

    def __str__(self) -> str:
        if not self.line:
            return self.file
        return f"{self.file}:{self.line}:{self.column}"


def did_you_mean(name: str, known: Iterable[str], *, ignoring: str = "") -> str:
    """Return `` Did you mean 'x' or 'y'?`` for close names, or an empty string.

    An ending that all names share, *ignoring*, does not make them close.
    """
    from difflib import get_close_matches

    short = {full.removesuffix(ignoring): full for full in sorted(known)}
    close = get_close_matches(name.removesuffix(ignoring), short, n=3, cutoff=0.6)
    if not close:
        return ""
    return " Did you mean " + " or ".join(repr(short[c]) for c in close) + "?"


class GraphkitError(Exception):
    """Base of everything graphkit raises on purpose."""


class ConfigError(GraphkitError):
    """A graph config that cannot be read or understood."""

    def __init__(self, message: str, location: Location | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.location = location

    def __str__(self) -> str:
        return f"{self.location}: {self.message}" if self.location else self.message


class PbtxtSyntaxError(ConfigError):
    """Text that is not a valid text-format message."""


class GraphValidationError(GraphkitError):
    """All the faults found in one graph.

    Attributes:
        faults: one ConfigError a fault, in the order of the config.
    """

    def __init__(self, faults: Sequence[ConfigError]) -> None:
        super().__init__("\n".join(str(fault) for fault in faults))
        self.faults = tuple(faults)


class RegistryError(GraphkitError):
    """A registry was asked for, or given, something it cannot serve."""


class UnknownCalculatorError(RegistryError):
    """No calculator, subgraph or graph type answers to the name."""

    def __init__(self, name: str, known: Iterable[str], hint: str = "") -> None:
        self.name = name
        self.suggestion = did_you_mean(name, known, ignoring="Calculator")
        super().__init__(f'Unable to find Calculator "{name}".{self.suggestion}{hint}')


class DuplicateCalculatorError(RegistryError):
    """Two different classes want one calculator name."""

    def __init__(self, name: str, first: str, second: str) -> None:
        self.name, self.first, self.second = name, first, second
        super().__init__(
            f'calculator name "{name}" is already taken by {first}; {second} cannot register it too. '
            "Rename one of them."
        )


class ContractError(GraphkitError):
    """A calculator's declaration contradicts itself."""


class PacketError(GraphkitError):
    """A packet was used in a way it does not allow."""


class PacketTypeError(PacketError):
    """A payload is not of the type that was declared or asked for."""


class EmptyPacketError(PacketError):
    """The payload of an empty packet was asked for."""


class TimestampError(GraphkitError):
    """A timestamp outside of what the call allows."""


class TimestampMismatchError(TimestampError):
    """A packet arrived below the bound of its stream."""

    def __init__(self, where: str, expected: object, found: object) -> None:
        self.where, self.expected, self.found = where, expected, found
        super().__init__(
            f"Packet timestamp mismatch on {where}. Current minimum expected timestamp is {expected} but "
            f"received {found}. Timestamps of one stream must increase strictly."
        )


class StreamClosedError(GraphkitError):
    """A packet or bound was sent to a stream that is closed."""


class GraphRunError(GraphkitError):
    """A graph run ended in failure."""


class CalculatorError(GraphRunError):
    """User code raised inside a node; the cause is chained.

    Attributes:
        node: the node's name in the expanded graph.
        calculator: its calculator type.
        phase: "construction", "open", "process" or "close".
        timestamp: the input timestamp of the call, None outside of process.
    """

    def __init__(self, node: str, calculator: str, phase: str, timestamp: object, cause: BaseException) -> None:
        self.node, self.calculator, self.phase, self.timestamp = node, calculator, phase, timestamp
        self.cause = cause
        super().__init__(str(self))

    def __str__(self) -> str:
        name = self.node if self.node == self.calculator else f"{self.node} ({self.calculator})"
        at = f" at timestamp {self.timestamp}" if self.timestamp is not None else ""
        reason = str(self.cause) or "no message"
        call = self.phase if self.phase == "construction" else f"{self.phase}()"
        return f'{call} of node "{name}" failed{at}: {type(self.cause).__name__}: {reason}'


class InputStreamHandlerError(CalculatorError):
    """The input stream handler of a node raised.

    Attributes:
        handler: its registered name.
    """

    def __init__(
        self, node: str, calculator: str, handler: str, cause: BaseException, phase: str = "readiness"
    ) -> None:
        self.handler = handler
        super().__init__(node, calculator, phase, None, cause)

    def __str__(self) -> str:
        return f"{self.handler}.{super().__str__()}"


class CancelledError(GraphRunError):
    """The run was cancelled."""


class DeadlockError(GraphRunError):
    """Every task waits on a full queue."""


class ThrottledError(GraphRunError):
    """The graph input's queue is full and the add mode is ADD_IF_NOT_FULL."""


class GraphStateError(GraphRunError):
    """A call that the state of the graph does not allow."""


class SidePacketError(GraphRunError):
    """A side packet that is missing, set twice or of the wrong type."""


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


class GpuError(GraphkitError):
    """The GPU could not do what was asked."""


class NoEglError(GpuError):
    """A library that makes OpenGL contexts without a display is missing.

    Attributes:
        library: its file name.
    """

    def __init__(self, library: str, reason: str) -> None:
        self.library = library
        super().__init__(
            f"{library} cannot be loaded ({reason}), so there is no OpenGL without a display. Fix: on Debian or "
            "Ubuntu: apt-get install libegl1 libgl1-mesa-dri; in a container with an NVIDIA GPU also set "
            "NVIDIA_DRIVER_CAPABILITIES=all."
        )


class NoGpuDeviceError(GpuError):
    """No device can make an OpenGL context, or not the one that was asked for."""

    def __init__(self, found: str, devices: Sequence[str] = ()) -> None:
        listing = "".join(f"\n  {device}" for device in devices)
        fix = (
            f"Choose one of these with --gpu-device or GRAPHKIT_GPU_DEVICE:{listing}"
            if devices
            else "Install a driver: the vendor's, or Mesa's for any machine: apt-get install libgl1-mesa-dri."
        )
        super().__init__(f"{found}. {fix}")


class GlVersionError(GpuError):
    """The driver offers no OpenGL that is new enough."""

    def __init__(self, device: str, needed: str, reason: str) -> None:
        super().__init__(
            f"{device} makes no OpenGL {needed} core context ({reason}). Update its driver, or choose another "
            "device with --gpu-device (software always works: apt-get install libgl1-mesa-dri)."
        )


class ShaderCompileError(GpuError):
    """A shader does not compile or link.

    Attributes:
        name: of the shader.
        line: the first line that the compiler complains of, 1-based; 0 where it names none.
    """

    def __init__(self, name: str, source: str, log: str, line: int = 0) -> None:
        self.name, self.line = name, line
        lines = source.splitlines()
        shown = f"\n  {line} | {lines[line - 1].strip()}" if 0 < line <= len(lines) else ""
        where = f"{name}:{line}" if line else name
        super().__init__(f"{where}: the shader does not compile:{shown}\n{log.strip()}")


class GlContextLostError(GpuError):
    """The driver reset the GPU or lost the context; everything in it is gone."""

    def __init__(self, context: str, reason: str) -> None:
        super().__init__(
            f'GL context "{context}" was lost ({reason}); its textures are gone. Start the graph again; if it '
            "happens again, a shader runs too long or the driver is at fault."
        )


class GpuOutOfMemoryError(GpuError):
    """The GPU has no memory left for what was asked."""

    def __init__(self, what: str, live: str) -> None:
        super().__init__(
            f"no GPU memory is left for {what} ({live} in use by this program). Use smaller frames, release GpuBuffers "
            "sooner, or let fewer frames be in flight."
        )


class TextureTooLargeError(GpuError):
    """A texture with a side longer than the device allows, or shorter than one pixel."""

    def __init__(self, width: int, height: int, limit: int) -> None:
        self.width, self.height, self.limit = width, height, limit
        super().__init__(
            f"a texture of {width}x{height} pixels was asked for; this device takes 1x1 to {limit}x{limit}. "
            "Scale or crop the image first."
        )


class GlCallError(GpuError):
    """OpenGL refused a call; the error code is in the message."""


class WrongThreadError(GpuError):
    """OpenGL was called from a thread on which the context is not current."""

    def __init__(self, what: str, context: str, thread: str) -> None:
        super().__init__(
            f'{what} was called on thread "{thread}", but GL context "{context}" has a thread of its own. '
            "Wrap the code: helper.run_in_gl_context(function)."
        )


class GpuReleasedError(GpuError):
    """A GPU object was used after it was released."""


class FormatError(GraphkitError):
    """A payload whose shape, type or contents do not fit its format."""


class SchemaError(GraphkitError):
    """A protobuf message, extension or file that the schema does not know or cannot take."""


class VideoError(GraphkitError):
    """A video could not be read or written."""


class VideoOpenError(VideoError):
    """A video input that cannot be opened or holds no picture."""


class VideoWriteError(VideoError):
    """A video output that cannot be created or written."""


class InputError(GraphkitError):
    """A file to feed a graph with that cannot be read or holds something else."""


class OutputError(GraphkitError):
    """A file other than a video that cannot be created or written."""


class UsageError(GraphkitError):
    """A command-line value that makes no sense; the message says what would."""
