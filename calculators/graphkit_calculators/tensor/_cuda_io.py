"""Tensors that a model on CUDA reads where OpenGL has put them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from graphkit.errors import InferenceError
from graphkit.gpu import GpuTensor
from graphkit.inference import DeviceArray

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from types import TracebackType

    from graphkit.formats import Tensor
    from graphkit.gpu import Lease
    from graphkit.inference import Session, TensorInfo

Array: TypeAlias = np.ndarray[Any, np.dtype[Any]]
Given: TypeAlias = dict[int, "Tensor"]
Arrays: TypeAlias = "Callable[[Given, dict[int, DeviceArray]], list[Array | DeviceArray]]"


class Leases:
    """The tensors that CUDA can read without a copy; they go back at the end of the ``with``.

    Args:
        infos: of the model's inputs.
        given: the tensors, by the index of the input.
        device: CUDA's number of the device that the model runs on.
    """

    def __init__(self, infos: Sequence[TensorInfo], given: Mapping[int, Tensor], device: int) -> None:
        self._leases: list[Lease] = []
        self._lent: dict[int, DeviceArray] = {}
        for index, tensor in given.items():
            if isinstance(tensor, GpuTensor) and _is_read_as_stored(infos[index], tensor):
                lease = tensor.borrow(device)
                if lease is not None:
                    self._leases.append(lease)
                    self._lent[index] = DeviceArray(
                        lease.pointer, tensor.stored_shape, tensor.dtype, device, lease.device_type
                    )

    def __bool__(self) -> bool:
        """Whether there are any."""
        return bool(self._leases)

    def run(self, session: Session, arrays: Arrays, given: Given) -> list[Array]:
        """Return what the model makes of them, or, where CUDA fails on them, of their copies in memory.

        Args:
            session: the model.
            arrays: returns its inputs for what is given and what is lent.
            given: the tensors.

        Raises:
            InferenceError: it fails on the copies too.
        """
        try:
            return session.run(arrays(given, self._lent))
        except InferenceError as exc:
            results = session.run(arrays(given, {}))
            self._leases[0].refuse(str(exc))
            return results

    def __enter__(self) -> Leases:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for lease in self._leases:
            lease.give_back()


def _is_read_as_stored(info: TensorInfo, tensor: GpuTensor) -> bool:
    """Return whether the model reads the values in the order in which they lie; some .onnx files want NHWC."""
    if info.dtype != tensor.dtype:
        return False
    if info.channels_first:
        return info.shape == tensor.shape
    return info.takes(tensor.stored_shape) and not (info.takes(tensor.shape) and tensor.layout != "NCHW")
