"""Which tensor of a graph is which of a model, and tensors that a model hands to its own next run."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from graphkit.errors import InferenceError, did_you_mean
from graphkit.formats import Tensor
from graphkit_calculators.tensor._inference_options import InputOutputConfig

if TYPE_CHECKING:
    from collections.abc import Sequence

    from graphkit.inference import DeviceArray, Session, TensorInfo

Array: TypeAlias = np.ndarray[Any, np.dtype[Any]]
IndicesMap: TypeAlias = InputOutputConfig.TensorIndicesMap
NamesMap: TypeAlias = InputOutputConfig.TensorNamesMap


class ModelIo:
    """Runs a session on the tensors of a graph.

    Args:
        session: the model.
        config: how its tensors are wired; None for "in their order".
        for_gpu: of the tensors that it gives, see `Tensor`.

    Raises:
        InferenceError: the wiring does not fit the model.
    """

    def __init__(
        self, session: Session, config: InputOutputConfig | None = None, *, for_gpu: bool = False
    ) -> None:
        self._session = session
        self._for_gpu = for_gpu
        links = [] if config is None else config.feedback_tensor_links
        sources = [_index_of(link.from_output_tensor_name or "", session.outputs, "output") for link in links]
        targets = [_index_of(link.to_input_tensor_name or "", session.inputs, "input") for link in links]
        # (model output, model input) of each loop, and what stands there before the first run.
        self._loops = list(zip(sources, targets, strict=True))
        self._state = {target: session.inputs[target].empty() * 0 for target in targets}
        self._inputs = _order(session.inputs, targets)
        self._outputs = _order(session.outputs, sources)
        if config is not None:
            inputs = _wiring(session.inputs, config.input_tensor_indices_map, config.input_tensor_names_map)
            outputs = _wiring(session.outputs, config.output_tensor_indices_map, config.output_tensor_names_map)
            self._inputs = _checked(inputs, self._inputs)
            self._outputs = _checked(outputs, self._outputs)

    def run(self, tensors: Sequence[Tensor]) -> list[Tensor]:
        """Return the outputs of the model for *tensors*, both in the graph's order.

        Raises:
            InferenceError: another number of tensors, or another shape, than the model takes.
        """
        if len(tensors) != len(self._inputs):
            raise InferenceError(
                f"{len(tensors)} tensors came in; {self._session.path} takes {len(self._inputs)}."
            )
        results = self._results(dict(zip(self._inputs, tensors, strict=True)))
        for source, target in self._loops:
            self._state[target] = results[source]
        # ONNX Runtime makes new memory for every run.
        return [Tensor.lent(results[index], for_gpu=self._for_gpu) for index in self._outputs]

    def _results(self, given: dict[int, Tensor]) -> list[Array]:
        if self._session.cuda_device is not None:
            from graphkit_calculators.tensor._cuda_io import Loans

            with Loans(self._session.inputs, given, self._session.cuda_device) as loans:
                if loans:
                    return loans.run(self._session, self._arrays, given)
        return self._session.run(self._arrays(given, {}))

    def _arrays(self, given: dict[int, Tensor], lent: dict[int, DeviceArray]) -> list[Array | DeviceArray]:
        """Return the model's inputs: those of the graph, of the loops, and what is *lent* instead."""
        infos = self._session.inputs
        arrays: dict[int, Array | DeviceArray] = {**self._state, **lent}
        for index, tensor in given.items():
            if index not in lent:
                arrays[index] = _array_for(infos[index], tensor)
        return [arrays[index] for index in range(len(infos))]


def _array_for(info: TensorInfo, tensor: Tensor) -> Array:
    """Return the array in the shape of the model, which reads images as NCHW in some .onnx files."""
    logical = tensor.nhwc()
    if logical.shape != info.shape and tensor.layout == "NCHW" and tensor.data.shape == info.shape:
        return tensor.data
    return logical


def _index_of(name: str, infos: Sequence[TensorInfo], what: str) -> int:
    names = [info.name for info in infos]
    if name not in names:
        raise InferenceError(
            f'the model has no {what} "{name}"; it has {", ".join(names)}.{did_you_mean(name, names)}'
        )
    return names.index(name)


def _order(infos: Sequence[TensorInfo], looped: Sequence[int]) -> list[int]:
    """Return the indices of the model's tensors that the graph gives or takes, in the model's order."""
    return [index for index in range(len(infos)) if index not in looped]


def _wiring(infos: Sequence[TensorInfo], indices: IndicesMap | None, names: NamesMap | None) -> list[int] | None:
    """Return the model's index of each tensor of the graph, None where the config says nothing."""
    if names is not None:
        return [_index_of(name, infos, "tensor") for name in names.tensor_names]
    return None if indices is None else list(indices.model_tensor_indices)


def _checked(wired: list[int] | None, free: list[int]) -> list[int]:
    if wired is None:
        return free
    if sorted(wired) != free:
        raise InferenceError(
            f"input_output_config wires the tensors {wired} of the model; each of {free} is needed once."
        )
    return wired
