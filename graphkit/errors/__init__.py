"""Every exception graphkit raises, in one tree, each with its kind in the words of ``absl::StatusCode``.

* GraphkitError                      UNKNOWN
  + MisuseError                      INVALID_ARGUMENT     the program is at fault; no run has failed
    - ArgumentError                  INVALID_ARGUMENT     an argument that the call cannot take; a ValueError too
      . UsageError                   INVALID_ARGUMENT     one that a user chooses: a stream, a file, a device
    - GraphStateError                FAILED_PRECONDITION  a call that the graph's state does not allow
      . ForkedGraphError             FAILED_PRECONDITION  a graph of the process this one was forked from
    - SidePacketError                INVALID_ARGUMENT     missing, given twice or of the wrong type
  + ConfigError                      INVALID_ARGUMENT     a config that cannot be read; knows its Location
    - PbtxtSyntaxError               INVALID_ARGUMENT
  + GraphValidationError             INVALID_ARGUMENT     all the faults of one graph, each with its Location
  + RegistryError                    NOT_FOUND
    - UnknownCalculatorError         NOT_FOUND
    - DuplicateCalculatorError       ALREADY_EXISTS
  + ContractError                    INVALID_ARGUMENT     a calculator declared something impossible
  + StreamError                      INVALID_ARGUMENT     what flows: knows stream, node and timestamp
    - PacketError                    INVALID_ARGUMENT
      . PacketTypeError              INVALID_ARGUMENT
      . EmptyPacketError             FAILED_PRECONDITION
    - TimestampError                 OUT_OF_RANGE
      . TimestampMismatchError       INVALID_ARGUMENT
    - StreamClosedError              FAILED_PRECONDITION
  + GraphRunError                    INTERNAL             a run that failed
    - CalculatorError                that of its cause    user code raised in open, process or close
      . InputStreamHandlerError      that of its cause    an input policy raised
    - ExecutorError                  UNAVAILABLE          an executor took no work on
    - NodeNotOpenedError             FAILED_PRECONDITION  what a node waits for never came
    - CancelledError                 CANCELLED
    - DeadlockError                  UNAVAILABLE
    - ThrottledError                 UNAVAILABLE
  + ResourceNotFoundError            NOT_FOUND            a model, label map or graph file: every path tried
  + ModelFetchError                  UNAVAILABLE          a model that is not shipped could not be fetched
    - ModelHashError                 DATA_LOSS            what came is not the model that was asked for
  + InferenceError                   INTERNAL             knows the model
    - UnsupportedOpError             UNIMPLEMENTED
    - ModelFormatError               INVALID_ARGUMENT
  + GpuError                         INTERNAL             the GPU, its driver or a call on it
    - NoEglError                     UNAVAILABLE          a library that makes contexts is missing
    - NoGpuDeviceError               NOT_FOUND            no device, or not the one that was asked for
    - GlVersionError                 FAILED_PRECONDITION  the driver is too old
    - ShaderCompileError             INVALID_ARGUMENT     a shader's own mistake, its line shown
    - GlContextLostError             ABORTED
    - GpuOutOfMemoryError            RESOURCE_EXHAUSTED
    - TextureTooLargeError           OUT_OF_RANGE
    - GlCallError                    INTERNAL             OpenGL refused a call
    - CudaUnavailableError           UNAVAILABLE          CUDA cannot read what OpenGL draws here
    - CudaError                      INTERNAL             CUDA refused a call
    - WrongThreadError               FAILED_PRECONDITION  OpenGL called from a thread without the context
    - GpuReleasedError               FAILED_PRECONDITION  a buffer, texture or context was used after its end
  + FormatError                      INVALID_ARGUMENT     a payload whose shape, type or contents do not fit
  + SchemaError                      NOT_FOUND            a message or file that the schema cannot hold
  + FileError                        INVALID_ARGUMENT     knows the path, device or URL
    - VideoError                     FAILED_PRECONDITION
      . VideoOpenError               INVALID_ARGUMENT
        * CameraError                UNAVAILABLE          no camera, or none that can be opened
      . LiveInputLostError           UNAVAILABLE          a camera or stream broke off
      . VideoWriteError              FAILED_PRECONDITION
    - InputError                     INVALID_ARGUMENT     an input file that is no video and cannot be read
    - OutputError                    FAILED_PRECONDITION  a file that cannot be written
    - ManifestError                  FAILED_PRECONDITION  of a batch: unreadable, in use, or of another graph
  + BatchError                       INTERNAL             a batch of clips whose processes cannot work
  + PreviewError                     UNAVAILABLE          the address of a preview is taken or not ours
  + PackageError                     FAILED_PRECONDITION  a package that graphkit needs is missing or broken
  + BenchmarkError                   FAILED_PRECONDITION  something could not be measured
    - MeasuredProcessError           INTERNAL             a process that was measured failed
    - PeerError                      FAILED_PRECONDITION  the interpreter that is to run MediaPipe cannot

Exceptions keep the facts as fields and build their sentence from them. A class says which kind its errors are; one
error may say it more exactly (``status=StatusCode.PERMISSION_DENIED``). Every error has, besides,

* ``parameter``: which parameter of the call is at fault, by its name in Python,
* ``remedies``: which parameters the message advises to give; the message writes them as ``{name}``,
* ``fix``: what repairs the machine or the installation.

No message names a flag. ``error.describe(spelling)`` returns it with the parameters as a `Spelling` writes them,
so an application can call them what its users know them by.
"""

from graphkit.errors._base import (
    GraphkitError,
    Location,
    Spelling,
    StatusCode,
    did_you_mean,
)
from graphkit.errors._bench import (
    BenchmarkError,
    MeasuredProcessError,
    PeerError,
)
from graphkit.errors._definition import (
    ConfigError,
    ContractError,
    DuplicateCalculatorError,
    FormatError,
    GraphValidationError,
    Lack,
    PbtxtSyntaxError,
    RegistryError,
    SchemaError,
    UnknownCalculatorError,
)
from graphkit.errors._files import (
    CameraError,
    FileError,
    InferenceError,
    InputError,
    LiveInputLostError,
    ManifestError,
    ModelFetchError,
    ModelFormatError,
    ModelHashError,
    OutputError,
    PackageError,
    PreviewError,
    ResourceNotFoundError,
    UnsupportedOpError,
    VideoError,
    VideoOpenError,
    VideoWriteError,
)
from graphkit.errors._gpu import (
    CudaError,
    CudaUnavailableError,
    GlCallError,
    GlContextLostError,
    GlVersionError,
    GpuError,
    GpuOutOfMemoryError,
    GpuReleasedError,
    NoEglError,
    NoGpuDeviceError,
    ShaderCompileError,
    TextureTooLargeError,
    WrongThreadError,
)
from graphkit.errors._misuse import (
    ArgumentError,
    ForkedGraphError,
    GraphStateError,
    MisuseError,
    SidePacketError,
    UsageError,
)
from graphkit.errors._running import (
    BatchError,
    CalculatorError,
    CancelledError,
    DeadlockError,
    EmptyPacketError,
    ExecutorError,
    GraphRunError,
    InputStreamHandlerError,
    NodeNotOpenedError,
    PacketError,
    PacketTypeError,
    StreamClosedError,
    StreamError,
    ThrottledError,
    TimestampError,
    TimestampMismatchError,
)

__all__ = [
    "Location",
    "Spelling",
    "StatusCode",
    "did_you_mean",
    "GraphkitError",
    "MisuseError",
    "ArgumentError",
    "UsageError",
    "GraphStateError",
    "ForkedGraphError",
    "SidePacketError",
    "ConfigError",
    "PbtxtSyntaxError",
    "GraphValidationError",
    "Lack",
    "RegistryError",
    "UnknownCalculatorError",
    "DuplicateCalculatorError",
    "ContractError",
    "FormatError",
    "SchemaError",
    "StreamError",
    "PacketError",
    "PacketTypeError",
    "EmptyPacketError",
    "TimestampError",
    "TimestampMismatchError",
    "StreamClosedError",
    "GraphRunError",
    "CalculatorError",
    "InputStreamHandlerError",
    "ExecutorError",
    "NodeNotOpenedError",
    "CancelledError",
    "DeadlockError",
    "ThrottledError",
    "ResourceNotFoundError",
    "ModelFetchError",
    "ModelHashError",
    "InferenceError",
    "UnsupportedOpError",
    "ModelFormatError",
    "FileError",
    "VideoError",
    "VideoOpenError",
    "CameraError",
    "LiveInputLostError",
    "VideoWriteError",
    "InputError",
    "OutputError",
    "ManifestError",
    "BatchError",
    "PackageError",
    "PreviewError",
    "BenchmarkError",
    "MeasuredProcessError",
    "PeerError",
    "CudaError",
    "CudaUnavailableError",
    "GlCallError",
    "GlContextLostError",
    "GlVersionError",
    "GpuError",
    "GpuOutOfMemoryError",
    "GpuReleasedError",
    "NoEglError",
    "NoGpuDeviceError",
    "ShaderCompileError",
    "TextureTooLargeError",
    "WrongThreadError",
]
