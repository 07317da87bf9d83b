"""Every exception graphkit raises, in one tree.

* GraphkitError
  + ArgumentError                    a call was given what it cannot take; a ValueError, too
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
    - ExecutorError                  an executor did not take work on
    - CancelledError
    - DeadlockError
    - ThrottledError
    - GraphStateError                a call that the graph's state does not allow
      . ForkedGraphError             a graph that runs in the process this one was forked from
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
    - CudaUnavailableError           CUDA cannot read what OpenGL draws here
    - CudaError                      CUDA refused a call
    - WrongThreadError               OpenGL called from a thread that does not own the context
    - GpuReleasedError               a buffer, texture or context was used after its end
  + FormatError                      a payload whose shape, type or contents do not fit
  + SchemaError                      a protobuf message or file that the schema cannot hold
  + VideoError
    - VideoOpenError
      . CameraError                  no camera, or none that can be opened
    - LiveInputLostError             a camera or stream broke off
    - VideoWriteError
  + InputError                       an input file that is no video and cannot be read
  + OutputError                      a file that cannot be written
  + PreviewError                     the address of a preview is taken or not ours
  + PackageError                     a package that graphkit needs is missing or broken
  + UsageError                       a flag or file given to the command line
  + BenchmarkError                   something could not be measured
    - MeasuredProcessError           a process that was measured failed
    - PeerError                      the interpreter that is to run MediaPipe cannot

Exceptions keep the facts as fields and build their sentence from them.
"""

from graphkit.errors._base import ArgumentError, GraphkitError, Location, did_you_mean
from graphkit.errors._bench import BenchmarkError, MeasuredProcessError, PeerError
from graphkit.errors._definition import (
    ConfigError,
    ContractError,
    DuplicateCalculatorError,
    FormatError,
    GraphValidationError,
    PbtxtSyntaxError,
    RegistryError,
    SchemaError,
    UnknownCalculatorError,
)
from graphkit.errors._files import (
    CameraError,
    InferenceError,
    InputError,
    LiveInputLostError,
    ModelFetchError,
    ModelFormatError,
    ModelHashError,
    OutputError,
    PackageError,
    PreviewError,
    ResourceNotFoundError,
    UnsupportedOpError,
    UsageError,
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
from graphkit.errors._running import (
    CalculatorError,
    CancelledError,
    DeadlockError,
    EmptyPacketError,
    ExecutorError,
    ForkedGraphError,
    GraphRunError,
    GraphStateError,
    InputStreamHandlerError,
    PacketError,
    PacketTypeError,
    SidePacketError,
    StreamClosedError,
    ThrottledError,
    TimestampError,
    TimestampMismatchError,
)

__all__ = [
    "Location",
    "did_you_mean",
    "GraphkitError",
    "ArgumentError",
    "ConfigError",
    "PbtxtSyntaxError",
    "GraphValidationError",
    "RegistryError",
    "UnknownCalculatorError",
    "DuplicateCalculatorError",
    "ContractError",
    "FormatError",
    "SchemaError",
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
    "CancelledError",
    "DeadlockError",
    "ThrottledError",
    "GraphStateError",
    "ForkedGraphError",
    "SidePacketError",
    "ResourceNotFoundError",
    "ModelFetchError",
    "ModelHashError",
    "InferenceError",
    "UnsupportedOpError",
    "ModelFormatError",
    "VideoError",
    "VideoOpenError",
    "CameraError",
    "LiveInputLostError",
    "VideoWriteError",
    "InputError",
    "OutputError",
    "PackageError",
    "PreviewError",
    "UsageError",
    "BenchmarkError",
    "MeasuredProcessError",
    "PeerError",
    "GpuError",
    "NoEglError",
    "NoGpuDeviceError",
    "GlVersionError",
    "ShaderCompileError",
    "GlContextLostError",
    "GpuOutOfMemoryError",
    "TextureTooLargeError",
    "GlCallError",
    "CudaUnavailableError",
    "CudaError",
    "WrongThreadError",
    "GpuReleasedError",
]
