"""What all errors have: a kind, fields that are documented, sentences made of them."""

from __future__ import annotations

import copy
import inspect
import pickle
import re
from typing import Any, Final

import numpy as np
import pytest

from graphkit import errors
from graphkit.errors import (
    ArgumentError,
    CalculatorError,
    CameraError,
    ConfigError,
    ContractError,
    CudaError,
    DeadlockError,
    DuplicateCalculatorError,
    ExecutorError,
    ForkedGraphError,
    FormatError,
    GlContextLostError,
    GlVersionError,
    GpuOutOfMemoryError,
    GraphkitError,
    GraphRunError,
    GraphStateError,
    GraphValidationError,
    InferenceError,
    InputStreamHandlerError,
    LiveInputLostError,
    Location,
    MeasuredProcessError,
    MisuseError,
    ModelFetchError,
    ModelFormatError,
    ModelHashError,
    NodeNotOpenedError,
    NoEglError,
    NoGpuDeviceError,
    OutputError,
    PackageError,
    PacketTypeError,
    PeerError,
    RegistryError,
    ResourceNotFoundError,
    SchemaError,
    ShaderCompileError,
    SidePacketError,
    Spelling,
    StatusCode,
    TextureTooLargeError,
    ThrottledError,
    TimestampError,
    TimestampMismatchError,
    UnknownCalculatorError,
    UnsupportedOpError,
    UsageError,
    WrongThreadError,
)

CLASSES: Final = sorted(
    (value for value in vars(errors).values() if isinstance(value, type) and issubclass(value, GraphkitError)),
    key=lambda cls: cls.__name__,
)

SAMPLES: Final = [
    CalculatorError("luma", "LuminanceCalculator", "process", 3, FormatError("a bad picture")),
    CameraError("no camera", {"/dev/video0": "busy"}),
    ConfigError("no such field", Location("a.pbtxt", 3, 5), node="luma", calculator="LuminanceCalculator"),
    CudaError("cudaMalloc", 2, "out of memory"),
    DuplicateCalculatorError("Blur", "a.Blur", "b.Blur"),
    ForkedGraphError(7),
    ExecutorError("mine", RuntimeError("no thread")),
    FormatError("3 channels are needed", expected=3, found=4),
    GlContextLostError("main", "reset"),
    GlVersionError("card", "4.3", "no context"),
    GpuOutOfMemoryError("a texture", "1 MB"),
    GraphValidationError([ConfigError("one", Location("a.pbtxt", 1, 1)), ConfigError("two")]),
    InferenceError("it failed", model="m.tflite"),
    InputStreamHandlerError("mux", "MuxCalculator", "MuxInputStreamHandler", ValueError("bad")),
    LiveInputLostError("/dev/video0", 1, "unplugged."),
    MeasuredProcessError("graphkit cpu", "killed", "OSError"),
    ModelFetchError("m.tflite", "no npm.", "By hand: put it there"),
    ModelFormatError("m.tflite", "a picture"),
    ModelHashError("m.tflite", "aa", "bb", "By hand: put it there"),
    NodeNotOpenedError("n", "C", ["side packet size"]),
    NoEglError("libEGL.so.1", "not found"),
    NoGpuDeviceError("none answers", ["0: card"]),
    OutputError("is a folder.", path="out", parameter="dumps", status=StatusCode.PERMISSION_DENIED),
    PackageError("av", "not installed", "pip install av"),
    PacketTypeError("int, not str", expected="str", found="int", stream="s", node="n", timestamp=4),
    PeerError("python3", "it has no av", "python3 -m pip install av"),
    ResourceNotFoundError("m.tflite", ["/a/m.tflite"]),
    ShaderCompileError("blur", "void main() {\n  x\n}", "0:2: bad", 2),
    ContractError("it is odd", calculator="C", port="IMAGE"),
    DeadlockError("stuck", stream="a"),
    RegistryError("no such name", name="x", suggestion=" Did you mean 'y'?"),
    SchemaError("no such message", name="a.B"),
    ThrottledError("full", stream="a"),
    TimestampError("late", stream="a", node="n", timestamp=3),
    SidePacketError("it is missing", side_packet="path", node="n", location=Location("a.pbtxt", 1, 2)),
    TextureTooLargeError(9000, 1, 8192),
    TimestampMismatchError('stream "a"', 5, 4, stream="a", node="n"),
    UnknownCalculatorError("Blurr", ["BlurCalculator"]),
    UnsupportedOpError("CUSTOM", "m.tflite", "t"),
    UsageError("choose one with {output_stream}", parameter="output", remedies=["output_stream"]),
    WrongThreadError("bind", "main", "MainThread"),
]


class Flags(Spelling):
    def name(self, parameter: str) -> str:
        return f"--{parameter}"

    def usage(self, parameter: str) -> str:
        return f"--{parameter} VALUE"


@pytest.mark.parametrize("cls", CLASSES)
def test_every_class_has_a_kind(cls: type[GraphkitError]) -> None:
    assert (cls.status is StatusCode.UNKNOWN) is (cls is GraphkitError)


def test_the_tree_is_drawn() -> None:
    drawn = {}
    stack: list[str] = []
    for line in str(errors.__doc__).splitlines():
        if match := re.match(r"( *)[*+.-] (\w+Error) +([A-Z_]+|that of its cause)", line):
            depth = len(match[1]) // 2
            stack[depth:] = [match[2]]
            drawn[match[2]] = (stack[depth - 1] if depth else "Exception", match[3])
    wanted = {
        cls.__name__: (cls.__bases__[0].__name__, cls.status.name)
        for cls in CLASSES
        if not issubclass(cls, CalculatorError)
    }
    of_cause = {"CalculatorError": "GraphRunError", "InputStreamHandlerError": "CalculatorError"}
    assert drawn == wanted | {name: (base, "that of its cause") for name, base in of_cause.items()}


@pytest.mark.parametrize("error", SAMPLES, ids=lambda error: type(error).__name__)
def test_every_field_is_documented(error: GraphkitError) -> None:
    documented: set[str] = set()
    for cls in type(error).__mro__:
        if issubclass(cls, GraphkitError):
            part = (inspect.getdoc(cls) or "").partition("Attributes:")[2]
            for names in re.findall(r"^ +((?:\w+, )*\w+):", part, re.MULTILINE):
                documented |= set(names.split(", "))
    assert set(vars(error)) - documented == set()


def test_every_class_with_fields_of_its_own_has_a_sample() -> None:
    with_fields = {cls for cls in CLASSES if "__init__" in vars(cls)} - {GraphkitError}
    assert {cls for cls in with_fields if not any(isinstance(error, cls) for error in SAMPLES)} == set()


@pytest.mark.parametrize("error", SAMPLES, ids=lambda error: type(error).__name__)
def test_errors_travel(error: GraphkitError) -> None:
    """Processes send them to each other."""
    for same in (pickle.loads(pickle.dumps(error)), copy.copy(error)):
        assert type(same) is type(error)
        assert (str(same), same.status, same.args) == (str(error), error.status, error.args)


def test_the_sentence_is_made_of_the_fields() -> None:
    error = UsageError(
        "no stream shows; choose with {output_stream}", parameter="output", remedies=["output_stream"], fix="pip x"
    )
    assert str(error) == "output: no stream shows; choose with output_stream Fix: pip x"
    assert error.describe(Flags()) == "--output: no stream shows; choose with --output_stream VALUE Fix: pip x"
    assert error.args == ("no stream shows; choose with output_stream",)


def test_braces_of_others_stay() -> None:
    error = UsageError("write {x} with {rate}", remedies=["rate"])
    assert str(error) == "write {x} with rate"


@pytest.mark.parametrize(
    ("error", "told"),
    [
        pytest.param(
            GraphValidationError(
                [
                    ConfigError("bad value", Location("a.b=c", parameter="set")),
                    ConfigError("bad", Location("g", 1, 2)),
                ]
            ),
            "--set a.b=c: bad value\ng:1:2: bad",
            id="faults",
        ),
        pytest.param(
            CalculatorError("n", "C", "open", None, UsageError("use {a}", parameter="b", remedies=["a"])),
            'open() of node "n (C)" failed: UsageError: --b: use --a VALUE',
            id="cause",
        ),
        pytest.param(
            InputStreamHandlerError("n", "n", "H", UsageError("odd", parameter="b")),
            'H.readiness() of node "n" failed: UsageError: --b: odd',
            id="handler",
        ),
        pytest.param(
            OutputError("is a folder.", path="x", parameter="json"), "--json: x: is a folder.", id="file"
        ),
        pytest.param(ModelFetchError("m", "no.", "By hand"), "m was not fetched: no.\nBy hand", id="fix below"),
        pytest.param(PackageError("av", "gone", "pip i"), "the package av: gone. Fix: pip i", id="fix"),
    ],
)
def test_parameters_are_spelled_everywhere(error: GraphkitError, told: str) -> None:
    assert error.describe(Flags()) == told
    assert str(error) == told.replace(" VALUE", "").replace("--", "")


def test_one_error_may_say_its_kind_more_exactly() -> None:
    assert OutputError("closed", status=StatusCode.PERMISSION_DENIED).status is StatusCode.PERMISSION_DENIED
    assert OutputError("closed").status is StatusCode.FAILED_PRECONDITION


@pytest.mark.parametrize(
    ("cause", "status"),
    [
        pytest.param(FormatError("x"), StatusCode.INVALID_ARGUMENT, id="ours"),
        pytest.param(ValueError("x"), StatusCode.UNKNOWN, id="anything"),
    ],
)
def test_a_node_fails_with_the_kind_of_its_cause(cause: Exception, status: StatusCode) -> None:
    assert CalculatorError("n", "C", "process", 1, cause).status is status


def test_misuse_is_no_failure_of_a_run() -> None:
    for cls in (ArgumentError, UsageError, GraphStateError, ForkedGraphError, SidePacketError):
        assert issubclass(cls, MisuseError)
        assert not issubclass(cls, GraphRunError)
    assert issubclass(ArgumentError, ValueError)


def test_the_numbers_are_those_of_absl() -> None:
    numbers: dict[str, Any] = {code.name: code.value for code in StatusCode}
    assert (numbers["CANCELLED"], numbers["NOT_FOUND"], numbers["UNAUTHENTICATED"]) == (1, 5, 16)
    assert sorted(numbers.values()) == list(range(1, 17))


def test_pixels_of_an_input_that_are_written_to() -> None:
    pixels = np.zeros(3)
    pixels.flags.writeable = False
    for change in (lambda: pixels.__setitem__(0, 1), lambda: np.add(pixels, 1, out=pixels)):
        with pytest.raises(ValueError, match="read-only") as caught:
            change()
        said = str(CalculatorError("paint", "Paint", "process", 0, caught.value))
        assert (
            "read-only. What a packet holds is shared with other nodes; change a copy: pixels = image.data" in said
        )
