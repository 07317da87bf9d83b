"""Runs of a session whose inputs are on a device, with bindings that are reused.

`BoundRuns` passes ONNX Runtime the addresses as they come. `CapturedRuns` copies into memory that stays where it
is, for CUDA graphs: ONNX Runtime records the kernels of a run and plays them again, at the same addresses, which
saves the launch of each. It records per thread, so that all runs of a session happen on one.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from graphkit.inference._device_memory import copy_within_device
from graphkit.inference._onnx_runtime import onnx_runtime

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class DeviceArray:
    """An input that is not in this program's memory. Its owner must not change it until the run is over.

    Attributes:
        pointer: its address there.
        shape: as it is stored, contiguous; see `TensorInfo.stored_shape`.
        dtype: the element type.
        device: its number.
        device_type: what ONNX Runtime calls the memory.
    """

    pointer: int
    shape: tuple[int, ...]
    dtype: np.dtype[Any]
    device: int
    device_type: str = "cuda"


class BoundRuns:
    """Runs on addresses of a device; any thread, several at once.

    A run waits for its own work. ONNX Runtime's ``synchronize_inputs`` and ``_outputs`` would wait for all that
    the device does, for others as well.

    Args:
        session: ONNX Runtime's.
        outputs: names of its outputs.
        is_sized: whether outputs are of the same size in every run, so that their memory may be, too.
    """

    def __init__(self, session: Any, outputs: Sequence[str], *, is_sized: bool) -> None:
        self._session, self._outputs, self._is_sized = session, outputs, is_sized
        self._free: list[_Binding] = []

    def run(self, feeds: Mapping[str, NDArray[Any] | DeviceArray]) -> list[NDArray[Any]]:
        """Return the outputs, new and in memory."""
        try:
            binding = self._free.pop()
        except IndexError:
            binding = _Binding(self._session.io_binding(), self._outputs)
        binding.bind(feeds)
        self._session.run_with_iobinding(binding.bound)
        outputs: list[NDArray[Any]] = binding.bound.copy_outputs_to_cpu()
        if self._is_sized:  # and if the run has failed the binding is not used again, either
            self._free.append(binding)
        return outputs


class _Binding:
    """ONNX Runtime's binding, and what is bound to it."""

    def __init__(self, bound: Any, outputs: Sequence[str]) -> None:
        self.bound = bound
        self._addresses: dict[str, DeviceArray] = {}
        for name in outputs:
            bound.bind_output(name, "cpu")

    def bind(self, feeds: Mapping[str, NDArray[Any] | DeviceArray]) -> None:
        """Bind the inputs of a run; an address that is bound already stays."""
        for name, fed in feeds.items():
            if not isinstance(fed, DeviceArray):
                self.bound.bind_cpu_input(name, fed)
                self._addresses.pop(name, None)
            elif self._addresses.get(name) != fed:
                self.bound.bind_input(name, fed.device_type, fed.device, fed.dtype.type, fed.shape, fed.pointer)
                self._addresses[name] = fed


@dataclass(frozen=True, slots=True)
class Fixed:
    """An input or output with a size of its own.

    Attributes:
        name: ONNX Runtime's.
        shape: as it is stored.
        dtype: the element type.
    """

    name: str
    shape: tuple[int, ...]
    dtype: np.dtype[Any]


class CapturedRuns:
    """Runs that ONNX Runtime records and plays again, one after the other; any thread may ask.

    Args:
        session: ONNX Runtime's, started with ``enable_cuda_graph``.
        inputs, outputs: of the model.
        device: CUDA's number.
        device_type: what ONNX Runtime calls its memory.
    """

    def __init__(
        self,
        session: Any,
        inputs: Sequence[Fixed],
        outputs: Sequence[Fixed],
        device: int,
        device_type: str = "cuda",
    ) -> None:
        self._session, self._device = session, device
        make = onnx_runtime().OrtValue.ortvalue_from_shape_and_type
        place = (device_type, device)
        self._inputs = {fixed.name: make(list(fixed.shape), fixed.dtype.type, *place) for fixed in inputs}
        self._outputs = [make(list(fixed.shape), fixed.dtype.type, *place) for fixed in outputs]
        self._binding = session.io_binding()
        for name, value in self._inputs.items():
            self._binding.bind_ortvalue_input(name, value)
        for fixed, value in zip(outputs, self._outputs, strict=True):
            self._binding.bind_ortvalue_output(fixed.name, value)
        self._thread = ThreadPoolExecutor(1, "cuda graph")

    def run(self, feeds: Mapping[str, NDArray[Any] | DeviceArray]) -> list[NDArray[Any]]:
        """Return the outputs, new and in memory."""
        return self._thread.submit(self._run, feeds).result()

    def _run(self, feeds: Mapping[str, NDArray[Any] | DeviceArray]) -> list[NDArray[Any]]:
        for name, fed in feeds.items():
            if isinstance(fed, DeviceArray):
                size = int(np.prod(fed.shape)) * fed.dtype.itemsize
                copy_within_device(self._device, self._inputs[name].data_ptr(), fed.pointer, size)
            else:
                self._inputs[name].update_inplace(fed)
        self._session.run_with_iobinding(self._binding)
        return [np.array(value.numpy()) for value in self._outputs]
