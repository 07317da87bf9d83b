"""Inputs of a model that wait for each other, so that two of them go through it in one run."""

from __future__ import annotations

import logging
import os
from typing import TYPE_CHECKING, Final

import numpy as np

from graphkit.errors import InferenceError, StatusCode
from graphkit.formats import Tensor
from graphkit_calculators.tensor._model_io import ModelIo

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from graphkit import Timestamp
    from graphkit.framework import InferenceSettings
    from graphkit.inference import Session

logger = logging.getLogger("graphkit.inference")

ENVIRONMENT: Final = "GRAPHKIT_CUDA_BATCHES"
ROWS: Final = 2
"""Inputs of a run. Starting the kernels of a model takes as long for two regions as for one; more are rare."""


class WaitingRows:
    """The inputs that wait, in order, and the model, for one and for `ROWS` of them.

    Args:
        alone: runs the model on one input.
        pair: the model for `ROWS` inputs.
        for_gpu: of the tensors that it gives, see `Tensor`.
    """

    def __init__(self, alone: ModelIo, pair: Session, *, for_gpu: bool) -> None:
        self._alone, self._infos = alone, pair.inputs
        self._together = ModelIo(pair, for_gpu=for_gpu)
        self._waiting: list[tuple[Timestamp, list[Tensor]]] = []

    def add(self, time: Timestamp, tensors: list[Tensor]) -> None:
        """Have *tensors*, the input of *time*, wait."""
        self._waiting.append((time, tensors))

    def run(self) -> Iterator[tuple[Timestamp, list[Tensor]]]:
        """Yield the outputs for each input that waits, with its time, in order; none waits afterwards."""
        waiting, self._waiting = self._waiting, []
        while waiting:
            some, waiting = waiting[:ROWS], waiting[ROWS:]
            yield from zip([time for time, _ in some], self._outputs([given for _, given in some]), strict=True)

    def _outputs(self, given: list[list[Tensor]]) -> list[list[Tensor]]:
        whole = self._joined(given)
        if whole is None:
            return [self._alone.run(tensors) for tensors in given]
        found = self._together.run(whole)
        return [[_row(tensor, index) for tensor in found] for index in range(len(given))]

    def _joined(self, given: list[list[Tensor]]) -> list[Tensor] | None:
        """Return the inputs as one; None if the model does not take them so, and each must go alone."""
        if len(given) != ROWS or any(len(tensors) != len(self._infos) for tensors in given):
            return None
        whole: list[Tensor] = []
        for info, tensors in zip(self._infos, zip(*given, strict=True), strict=True):
            tensor = _joined(tensors)
            if tensor is None or not info.takes(tensor.shape):
                return None
            whole.append(tensor)
        return whole


def waiting_rows(
    session: Session,
    alone: ModelIo,
    loading: Callable[..., Session],
    settings: InferenceSettings,
    *,
    for_gpu: bool,
) -> WaitingRows | None:
    """Return what lets two inputs of a model wait for each other; None if each goes through it alone.

    Args:
        session: the model for one input.
        alone: runs it.
        loading: loads it with other arguments of `graphkit.inference.load`.
        settings: of the graph's models.
        for_gpu: of the tensors that it gives, see `Tensor`.
    """
    by_itself = session.cuda_device is not None and os.environ.get(ENVIRONMENT) != "0"
    if not (by_itself if settings.batches is None else settings.batches):
        return None
    try:
        pair = loading(rows=ROWS)
    except InferenceError as exc:
        level = logging.INFO if exc.status is StatusCode.UNIMPLEMENTED else logging.WARNING
        logger.log(level, "regions go through %s one by one: %s", session.path, exc)
        return None
    if (pair.provider, pair.cuda_device) != (session.provider, session.cuda_device):
        reason = f"for two it runs on {pair.provider}: {pair.provider_reason}"
        logger.warning("regions go through %s one by one: %s", session.path, reason)
        return None
    return WaitingRows(alone, pair, for_gpu=for_gpu)


def _joined(tensors: Sequence[Tensor]) -> Tensor | None:
    """Return tensors of one shape as one with a row of each, where they lie; None if their shapes differ."""
    from graphkit.gpu import GpuTensor

    first = tensors[0]
    if any((tensor.shape, tensor.dtype) != (first.shape, first.dtype) for tensor in tensors):
        return None
    on_gpu = [tensor for tensor in tensors if isinstance(tensor, GpuTensor)]
    if len(on_gpu) == len(tensors) and len({id(tensor.rows[0].picture.group) for tensor in on_gpu}) == 1:
        return GpuTensor.joined(on_gpu)
    if first.layout == "NCHW":
        return Tensor(np.concatenate([tensor.nchw() for tensor in tensors]), "NCHW", origin=first.origin)
    return Tensor(np.concatenate([tensor.nhwc() for tensor in tensors]), origin=first.origin)


def _row(tensor: Tensor, index: int) -> Tensor:
    return Tensor.lent(tensor.data[index : index + 1], tensor.layout, for_gpu=tensor.for_gpu)
