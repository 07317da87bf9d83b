"""Which tensor of a graph is which of a model, and tensors that a model hands to its own next run."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, Final, TypeAlias

import numpy as np

from graphkit.errors import InferenceError, did_you_mean
from graphkit.formats import Tensor
from graphkit_calculators.tensor._inference_options import InputOutputConfig
from graphkit_calculators.tensor._tensor_fit import described, reads_planes

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from graphkit.formats import Layout
    from graphkit.inference import DeviceArray, Session, TensorInfo

Array: TypeAlias = np.ndarray[Any, np.dtype[Any]]
IndicesMap: TypeAlias = InputOutputConfig.TensorIndicesMap
NamesMap: TypeAlias = InputOutputConfig.TensorNamesMap

_MOST_KINDS: Final = 64


class ModelIo:
    """Runs a session on the tensors of a graph.

    Args:
        session: the model.
        config: how its tensors are wired; None for "in their order".
        run: runs the session; None for its own ``run``.
        for_gpu: of the tensors that it gives, see `Tensor`.

    Raises:
        InferenceError: the wiring does not fit the model.
    """

    def __init__(
        self,
        session: Session,
        config: InputOutputConfig | None = None,
        *,
        run: Callable[[list[Array | DeviceArray]], list[Array]] | None = None,
        for_gpu: bool = False,
    ) -> None:
        self._session = session
        self._run = run or session.run
        self._as_planes: dict[tuple[int, tuple[int, ...], np.dtype[Any], Layout], bool] = {}
        self._for_gpu = for_gpu
        links = [] if config is None else config.feedback_tensor_links
        sources = [_index_of(link.from_output_tensor_name or "", session.outputs, "output") for link in links]
        targets = [_index_of(link.to_input_tensor_name or "", session.inputs, "input") for link in links]
        # (model output, model input) of each loop, and what stands there before the first run.
        self._loops = list(zip(sources, targets, strict=True))
        self._state = {target: np.zeros_like(session.inputs[target].empty()) for target in targets}
        self._inputs = _order(session.inputs, targets)
        self._outputs = _order(session.outputs, sources)
        if config is not None:
            inputs = _wiring(session.inputs, config.input_tensor_indices_map, config.input_tensor_names_map)
            outputs = _wiring(session.outputs, config.output_tensor_indices_map, config.output_tensor_names_map)
            self._inputs = self._checked("input", inputs, session.inputs, self._inputs)
            self._outputs = self._checked("output", outputs, session.outputs, self._outputs)

    def run(self, tensors: Sequence[Tensor]) -> list[Tensor]:
        """Return the outputs of the model for *tensors*, both in the graph's order.

        Raises:
            InferenceError: another number of tensors, or another shape, than the model takes.
        """
        if len(tensors) != len(self._inputs):
            wanted = ", ".join(described(self._session.inputs[index]) for index in self._inputs)
            raise InferenceError(
                f"{_counted(len(tensors))} came in; {self._session.path} takes {len(self._inputs)}: {wanted}."
            )
        given = dict(zip(self._inputs, tensors, strict=True))
        planes = {index for index, tensor in given.items() if self._reads_planes(index, tensor)}
        results = self._results(given, planes)
        for source, target in self._loops:
            self._state[target] = results[source]
        return [self._tensor(results[index], in_planes=bool(planes)) for index in self._outputs]

    def _reads_planes(self, index: int, tensor: Tensor) -> bool:
        """Return whether an input takes a tensor as planes; looked at once for each kind of tensor."""
        kind = (index, tensor.shape, tensor.dtype, tensor.layout)
        known = self._as_planes.get(kind)
        if known is None:
            known = reads_planes(self._session.inputs[index], tensor, self._session.path)
            if len(self._as_planes) < _MOST_KINDS:  # models with open sizes take any number of them
                self._as_planes[kind] = known
        return known

    def _tensor(self, result: Array, *, in_planes: bool) -> Tensor:
        """Return an output: of a model that reads pictures as planes, what has four sizes is planes, too.

        ONNX Runtime makes new memory for every run, so it need not be copied.
        """
        layout: Layout = "NCHW" if in_planes and result.ndim == 4 else "NHWC"
        return Tensor.lent(result, layout, for_gpu=self._for_gpu)

    def _results(self, given: dict[int, Tensor], planes: set[int]) -> list[Array]:
        arrays = partial(self._arrays, planes)
        if self._session.cuda_device is not None:
            from graphkit_calculators.tensor._cuda_io import Leases

            with Leases(self._session.inputs, given, self._session.cuda_device) as leases:
                if leases:
                    return leases.run(self._session, arrays, given)
        return self._run(arrays(given, {}))

    def _arrays(
        self, planes: set[int], given: dict[int, Tensor], lent: dict[int, DeviceArray]
    ) -> list[Array | DeviceArray]:
        """Return the model's inputs: those of the graph, of the loops, and what is *lent* instead."""
        arrays: dict[int, Array | DeviceArray] = {**self._state, **lent}
        for index, tensor in given.items():
            if index not in lent:
                arrays[index] = tensor.nchw() if index in planes else tensor.nhwc()
        return [arrays[index] for index in range(len(self._session.inputs))]

    def _checked(
        self, what: str, wired: list[int] | None, infos: Sequence[TensorInfo], free: list[int]
    ) -> list[int]:
        """Return the indices that the config gives; each input is needed once, an output at most once."""
        if wired is None:
            return free
        distinct = set(wired) <= set(free) and len(set(wired)) == len(wired)
        if not distinct or (what == "input" and len(wired) < len(free)):
            known = ", ".join(f"{index}: {described(infos[index])}" for index in free)
            rule = "is needed once" if what == "input" else "may be given once"
            raise InferenceError(
                f"input_output_config wires the {what}s {wired} of {self._session.path}; "
                f"each of these {rule}: {known}."
            )
        return wired


def _counted(count: int) -> str:
    return f"{count} tensor{'' if count == 1 else 's'}"


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
