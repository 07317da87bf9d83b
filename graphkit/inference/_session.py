"""A loaded model: what it takes, what it gives, and the call that runs it."""

from __future__ import annotations

import json
import logging
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from graphkit._process.forks import call_in_children
from graphkit._process.parts import part
from graphkit.errors import InferenceError, ModelFormatError
from graphkit.errors._base import shortened
from graphkit.inference._bound_runs import BoundRuns, CapturedRuns, DeviceArray, Fixed
from graphkit.inference._imported import METADATA_KEY
from graphkit.inference._providers import CAPTURES

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

logger = logging.getLogger("graphkit.inference")

_DTYPES: dict[str, np.dtype[Any]] = {
    "tensor(float)": np.dtype(np.float32),
    "tensor(float16)": np.dtype(np.float16),
    "tensor(double)": np.dtype(np.float64),
    "tensor(uint8)": np.dtype(np.uint8),
    "tensor(int8)": np.dtype(np.int8),
    "tensor(int32)": np.dtype(np.int32),
    "tensor(int64)": np.dtype(np.int64),
    "tensor(bool)": np.dtype(np.bool_),
}
_SLOW_RUNS = 2
"""In the first run ONNX Runtime finds out how much memory a model takes, in the second it gets it at once."""
_TO_NCHW = (0, 3, 1, 2)
_TO_NHWC = (0, 2, 3, 1)


@dataclass(frozen=True, slots=True)
class TensorInfo:
    """An input or output of a model.

    Attributes:
        name: as the model file names it.
        shape: the logical shape; NHWC for the images of a .tflite, as in the file for an .onnx. A size that
            the model leaves open is None.
        dtype: the element type.
        channels_first: the model reads memory in NCHW order although `shape` is NHWC. An array of `shape`
            over such memory, as `empty` makes it, is taken without a copy; any other is copied.
    """

    name: str
    shape: tuple[int | None, ...]
    dtype: np.dtype[Any]
    channels_first: bool = False

    @property
    def stored_shape(self) -> tuple[int | None, ...]:
        """The shape of the memory that the model reads."""
        return tuple(self.shape[axis] for axis in _TO_NCHW) if self.channels_first else self.shape

    def takes(self, shape: tuple[int, ...]) -> bool:
        """Return whether an array of this logical shape fits; a size that the model leaves open takes any."""
        return _fits(shape, self.shape)

    def empty(self) -> NDArray[Any]:
        """Return a new array of `shape`, not set to anything, over memory in the order that needs no copy.

        Raises:
            InferenceError: the model leaves a size open.
        """
        sizes = [size for size in self.shape if size is not None]
        if len(sizes) != len(self.shape):
            raise InferenceError(f"tensor {self.name!r} has the open shape {self.shape}; make the array yourself")
        if not self.channels_first:
            return np.empty(sizes, self.dtype)
        return np.empty([sizes[axis] for axis in _TO_NCHW], self.dtype).transpose(_TO_NHWC)


class Session:
    """A model on a provider. Made by `graphkit.inference.load`; may be run from several threads at once.

    Attributes:
        path: where the model came from, for messages.
        provider: "cpu", "cuda" or "tensorrt".
        provider_reason: one line that says why it is that one.
        imported: whether the model was a .tflite.
        cuda_device: CUDA's number of the device that it runs on, None on others.
        captures: whether it runs by CUDA graphs.
        inputs: what `run` takes, in order.
        outputs: what `run` gives, in order: the outputs chosen at `load`, or all of them.
        stages: how many stages an imported model has (`load_stage`); 1 for a model that cannot be cut.

    Args:
        session: ONNX Runtime's.
        path, provider, provider_reason: see the attributes.
        threads, imported: see the attributes.
        instead: returns the session that takes over if this one fails, None for no other.
    """

    def __init__(
        self,
        session: Any,
        path: str,
        provider: str,
        provider_reason: str,
        *,
        threads: int = 1,
        imported: bool = False,
        instead: Callable[[], Session] | None = None,
    ) -> None:
        self._session = session
        self.imported = imported
        self._instead = instead
        self._successor: Session | None = None
        self._device_runs: BoundRuns | CapturedRuns | None = None
        self._moving = threading.Lock()
        self.path = path
        self.provider = provider
        self._threads = threads
        self._is_of_parent = False
        self._slow_runs = _SLOW_RUNS
        if not self.survives_fork:
            call_in_children(self, Session._left_behind)
        self.provider_reason = provider_reason
        cuda = session.get_provider_options().get("CUDAExecutionProvider", {}) if provider == "cuda" else {}
        self.cuda_device = int(cuda.get("device_id", 0)) if provider == "cuda" else None
        self.captures = cuda.get(CAPTURES) == "1"
        try:
            self.inputs, self.outputs, self.stages = _interface(session, path)
            self._input_names = [value.name for value in session.get_inputs()]
            self._output_names = [value.name for value in session.get_outputs()]
        except UnicodeDecodeError as exc:
            raise ModelFormatError(path, f"names or metadata that are no text ({exc})") from exc
        self._fixed = [None not in info.shape for info in self.inputs]

    @property
    def threads(self) -> int:
        """Threads inside one run."""
        return self._threads

    @property
    def survives_fork(self) -> bool:
        """Whether a process that is forked from this one may run it: it has no threads and no device."""
        return self._threads == 1 and self.provider == "cpu"

    def __repr__(self) -> str:
        return f"Session({self.path!r}, provider={self.provider!r})"

    def run(self, arrays: Sequence[NDArray[Any] | DeviceArray]) -> list[NDArray[Any]]:
        """Run the model.

        Args:
            arrays: one per input, in the logical shape of its `TensorInfo`. They are only read. Other element
                types are converted, and memory in another order than the model's is copied. One on the session's
                own device is read there; its shape is the stored one.

        Returns:
            New arrays, one per output, contiguous, in their logical shapes.

        Raises:
            InferenceError: an input of the wrong shape, or ONNX Runtime failed, or this process was forked from
                the one in which the session has its threads or its device.
        """
        if self._successor is not None:
            return self._successor.run(arrays)
        if self._is_of_parent:
            raise self._forked_error()
        if len(arrays) != len(self.inputs):
            raise InferenceError(
                f"{len(arrays)} inputs were given; the model takes {len(self.inputs)}", model=self.path
            )
        feeds, on_device = self._feeds(arrays)
        try:
            with part("inference"):
                if on_device or self.captures:
                    return self._on_device().run(feeds)
                outputs: list[NDArray[Any]] = self._session.run(self._output_names, feeds)
            return outputs
        except Exception as exc:  # ONNX Runtime's errors have no common base of their own
            failure = InferenceError(
                f"ONNX Runtime failed on {self.provider}: {shortened(str(exc))}", model=self.path
            )
            if self._instead is None or on_device:
                raise failure from exc
            return self._go_on(self._instead(), arrays, failure)

    def warm_up(self) -> None:
        """Run an imported model on zeros as often as its runs are slow at first; once for all who ask."""
        feeds, _ = self._feeds([np.zeros_like(info.empty()) for info in self.inputs])
        while self._slow_runs > 0:
            self._slow_runs -= 1
            self._session.run(self._output_names, feeds)

    def _feeds(
        self, arrays: Sequence[NDArray[Any] | DeviceArray]
    ) -> tuple[dict[str, NDArray[Any] | DeviceArray], bool]:
        """Return the arrays as the model takes them, by input, and whether one is on the session's device."""
        feeds: dict[str, NDArray[Any] | DeviceArray] = {}
        on_device = False
        for name, info, fixed, array in zip(self._input_names, self.inputs, self._fixed, arrays, strict=True):
            if isinstance(array, DeviceArray):
                self._check_shape(info, array.shape, info.stored_shape)
                feeds[name], on_device = array, True
                continue
            if array.shape != info.shape and (fixed or not _fits(array.shape, info.shape)):
                self._check_shape(info, array.shape, info.shape)
            memory = array.transpose(_TO_NCHW) if info.channels_first else array
            feeds[name] = np.ascontiguousarray(memory, info.dtype)
        return feeds, on_device

    def _go_on(
        self, successor: Session, arrays: Sequence[NDArray[Any] | DeviceArray], failure: InferenceError
    ) -> list[NDArray[Any]]:
        """Run on *successor*, from now on; if it fails too, the arrays are at fault, not the device."""
        outputs = successor.run(arrays)
        with self._moving:
            is_first, self._successor = self._successor is None, successor
        if is_first:
            logger.warning("%s It goes on on %s, for as long as this process lasts.", failure, successor.provider)
            self.provider, self.provider_reason = successor.provider, str(failure)
            self.cuda_device = None
        return outputs

    def _left_behind(self) -> None:
        """In a forked process: it has none of the threads, and CUDA does not survive a fork."""
        self._is_of_parent = True

    def _forked_error(self) -> InferenceError:
        what = f"with {self._threads} threads" if self.provider == "cpu" else f"on {self.provider}"
        return InferenceError(
            f"this process was forked from the one in which the model was started {what}, which does "
            "not survive a fork; load the model here, or start processes with "
            'multiprocessing.get_context("spawn").',
            model=self.path,
        )

    def _check_shape(self, info: TensorInfo, shape: tuple[int, ...], wanted: tuple[int | None, ...]) -> None:
        if not _fits(shape, wanted):
            raise InferenceError(
                f"input {info.name!r} has shape {shape}; the model takes {wanted}", model=self.path
            )

    def _on_device(self) -> BoundRuns | CapturedRuns:
        """Return what runs the model on inputs in device memory, made when it is first needed."""
        with self._moving:
            if self._device_runs is None:
                is_sized = all(None not in info.shape for info in self.outputs)
                bound = BoundRuns(self._session, self._output_names, is_sized=is_sized)
                self._device_runs = self._captured() or bound
            return self._device_runs

    def _captured(self) -> CapturedRuns | None:
        """Return runs by CUDA graphs, None if they are not asked for."""
        if not self.captures or self.cuda_device is None:
            return None
        inputs = [_fixed(name, info) for name, info in zip(self._input_names, self.inputs, strict=True)]
        outputs = [_fixed(name, info) for name, info in zip(self._output_names, self.outputs, strict=True)]
        return CapturedRuns(self._session, inputs, outputs, self.cuda_device)


def _fixed(name: str, info: TensorInfo) -> Fixed:
    return Fixed(name, tuple(size for size in info.stored_shape if size is not None), info.dtype)


def _fits(shape: tuple[int, ...], wanted: tuple[int | None, ...]) -> bool:
    return len(shape) == len(wanted) and all(w in (None, s) for s, w in zip(shape, wanted, strict=True))


def _interface(session: Any, path: str) -> tuple[tuple[TensorInfo, ...], tuple[TensorInfo, ...], int]:
    """Return inputs and outputs, for an imported model as its .tflite names them, and the number of stages."""
    inputs = tuple(_own_info(value, path) for value in session.get_inputs())
    outputs = tuple(_own_info(value, path) for value in session.get_outputs())
    found = session.get_modelmeta().custom_metadata_map.get(METADATA_KEY)
    if found is None:
        return inputs, outputs, 1
    try:
        told = json.loads(found)
        return (
            _as_told(told["inputs"], inputs, images_channels_first=True),
            _as_told(told["outputs"], outputs, images_channels_first=False),
            int(told.get("stages", 1)),
        )
    except (LookupError, TypeError, ValueError, RecursionError) as exc:
        raise ModelFormatError(
            path,
            f"its metadata {METADATA_KEY!r} does not describe the model ({exc!r})",
            "the metadata that the import of a .tflite has written, or none",
        ) from exc


def _as_told(
    told: list[dict[str, Any]], infos: tuple[TensorInfo, ...], *, images_channels_first: bool
) -> tuple[TensorInfo, ...]:
    """Return the tensors under their names and shapes in the .tflite; raises ValueError if these do not fit."""
    named = []
    for value, info in zip(told, infos, strict=True):
        name, shape = str(value["name"]), tuple(map(int, value["shape"]))
        as_told = TensorInfo(name, shape, info.dtype, images_channels_first and len(shape) == 4)
        if as_told.stored_shape != info.shape:
            raise ValueError(f"{name} of shape {shape}, stored as {info.shape}")
        named.append(as_told)
    return tuple(named)


def _own_info(value: Any, path: str) -> TensorInfo:
    if value.type not in _DTYPES:
        raise InferenceError(
            f"tensor {value.name!r} is of type {value.type}; known are {', '.join(_DTYPES)}. "
            "Export the model with one of these.",
            model=path,
        )
    shape = tuple(size if isinstance(size, int) else None for size in value.shape)
    return TensorInfo(value.name, shape, _DTYPES[value.type])
