"""InferenceCalculator: runs a model on tensors."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar, Final

import numpy as np

from graphkit import Calculator, Input, Options, Output, SideInput, Timestamp, calculator
from graphkit.errors import ContractError
from graphkit.formats import Model, OpResolver, Tensor
from graphkit.framework import IDLE_CORES, INFERENCE, Demand, InferenceSettings
from graphkit_calculators.tensor._inference_options import (
    Delegate,
    InferenceCalculatorOptions,
    provider_of,
    threads_of,
    wants_gpu,
)
from graphkit_calculators.tensor._model_io import ModelIo
from graphkit_calculators.tensor._waiting_rows import WaitingRows, waiting_rows

if TYPE_CHECKING:
    from collections.abc import Sequence

    from graphkit import CalculatorContext, CalculatorContract
    from graphkit.inference import Session

_EMPTY: Final = Tensor(np.empty(0, np.float32))
"""Stands for an output that nobody reads."""


@calculator
class InferenceCalculator(Calculator):
    """Runs a ``.tflite`` or ``.onnx`` model in ONNX Runtime.

    Emits the outputs of the model at every timestamp with all of its inputs. They come and go as one
    list on TENSORS, or one by one on TENSOR:0, TENSOR:1, ...

    The model is the side packet MODEL or the option ``model_path``. It is loaded when the run starts
    (5 to 20 ms; the first time after an update also the import, which is kept on disk), once per process. A model
    that was imported before, or is one that graphkit knows, loads on another thread, beside others; it is
    waited for when its first tensors come. What is wrong with any other is an error of the start.
    OP_RESOLVER is accepted and not needed; DELEGATE overrides the option.

    Knobs: ``delegate`` says where it runs: ``{ xnnpack {} }`` or ``{ tflite {} }`` on the CPU, ``{ gpu {} }``
    on the GPU where one is usable and else on the CPU; none at all means ``gpu`` in a graph that draws on the
    GPU and the CPU in others. The service INFERENCE comes first. ``xnnpack { num_threads: N }``
    or ``cpu_num_thread`` give one inference more threads than the budget does: faster alone, slower where
    frames overlap. ``input_output_config`` wires tensors by index or name, and outputs back to inputs.

    What is drawn of the outputs (a mask) is drawn on the GPU where the graph wants the model there, whether it
    can run there or not.

    In a loop over the regions of a frame, BATCH_END of the BeginLoop calculator lets two regions go through the
    model in one run: every output then comes at the time of its own input, but not before the last input of the
    loop. That is done where the model runs on CUDA; ``InferenceSettings.batches`` decides otherwise. On the
    CPU it saves nothing. The values are the same.

    Outputs that nobody reads in a run are not computed, and stand in the list as empty tensors: which ones is
    told by the ranges of SplitTensorVectorCalculator, by gates that a side packet keeps shut, and by what the
    program observes. The mask of a pose is nearly half of its model's time.

    Attributes:
        outputs: indices of the outputs that are computed; None for all.
        output_count: length that consumers expect of the list where it is not all.

    Example::

        node {
          calculator: "InferenceCalculator"
          input_stream: "TENSORS:input_tensor"
          input_side_packet: "MODEL:model"
          output_stream: "TENSORS:output_tensors"
          options {
            [mediapipe.InferenceCalculatorOptions.ext] {
              delegate { xnnpack {} }
            }
          }
        }
    """

    blocking = True
    pure = True
    cpu_only: ClassVar[bool] = False

    tensors = Input(list[Tensor], "TENSORS", optional=True)
    tensor = Input(Tensor, "TENSOR", optional=True, repeated=True)
    batch_end = Input(Timestamp, "BATCH_END", optional=True)
    model = SideInput(Model, "MODEL", optional=True)
    delegate = SideInput(Delegate, "DELEGATE", value_optional=True)
    op_resolver = SideInput(OpResolver, "OP_RESOLVER", value_optional=True)
    custom_op_resolver = SideInput(OpResolver, "CUSTOM_OP_RESOLVER", value_optional=True)
    results = Output(list[Tensor], "TENSORS", optional=True)
    result = Output(Tensor, "TENSOR", optional=True, repeated=True)
    options: Options[Any] = Options(InferenceCalculatorOptions)

    outputs: tuple[int, ...] | None = None
    output_count: int = 0

    @classmethod
    def update_contract(cls, cc: CalculatorContract) -> None:
        """Check that tensors come in one way and go out one way, and that there is a model."""
        cc.use_service(INFERENCE, optional=True)
        cc.use_service(IDLE_CORES, optional=True)
        cls.check_ways(cc)
        cls.check_model(cc)

    @classmethod
    def check_ways(cls, cc: CalculatorContract) -> None:
        """Check that tensors come in one way and go out one way."""
        for side, together, alone in (("in", cls.tensors, cls.tensor), ("out", cls.results, cls.result)):
            if together.is_connected(cc) == (alone.count(cc) > 0):
                raise ContractError(
                    f"tensors come {side} on TENSORS or on TENSOR:0, TENSOR:1, ...; use one of both."
                )

    @classmethod
    def check_model(cls, cc: CalculatorContract) -> None:
        """Check that there is a model, and only one."""
        if cls.model.is_connected(cc) == (cls.settings(cc).model_path is not None):
            raise ContractError("the model is the side packet MODEL or the option model_path; use one of both.")

    @classmethod
    def settings(cls, cc: CalculatorContract | CalculatorContext) -> InferenceCalculatorOptions:
        """Return what the options say; a subclass with options of its own puts them into these."""
        chosen: InferenceCalculatorOptions = cls.options(cc)
        return chosen

    def restrict_outputs(self, demanded: Sequence[Demand]) -> None:
        """Compute only what is read; all where that is nothing, or where nobody says what."""
        whole = demanded[0]
        if len(demanded) > 1:
            whole = Demand(frozenset(index for index, read in enumerate(demanded) if read), len(demanded))
        if whole and whole.elements is not None:
            self.outputs, self.output_count = tuple(sorted(whole.elements)), whole.length

    def open(self, cc: CalculatorContext) -> None:
        """Begin to load the model."""
        from graphkit.inference import load_ahead

        self._as_list = self.results.is_connected(cc)
        self._from_list = self.tensors.is_connected(cc)
        config = self.settings(cc).input_output_config
        self._computed = None if config is not None else self.outputs
        settings = cc.service(INFERENCE) or InferenceSettings()
        self._loader = self._loading(cc)
        self._ahead = load_ahead(*self._loader.args, **self._loader.keywords)
        self._io: list[ModelIo] = []
        self._waiting: WaitingRows | None = None
        may_wait = self.batch_end.is_connected(cc) and config is None
        if self._ahead.is_done or config is not None or (may_wait and settings.batches):
            io, session = self._begin(cc)[0], self._ahead.result()
            if may_wait:
                self._waiting = waiting_rows(session, io, self._loader, settings, for_gpu=self._wants_gpu(cc))
        if self._waiting is not None:
            self.pure = False
            for shard in cc.outputs.shards:
                shard.offset = None

    def process(self, cc: CalculatorContext) -> None:
        """Run the model once, or, in batches, for all that waits when the last of a loop is there."""
        given = self.given(cc)
        if self._waiting is None:
            if given is not None:
                self._emit(cc, (self._io or self._begin(cc))[0].run(given))
            return
        if given is not None:
            self._waiting.add(cc.input_timestamp, given)
        if self.batch_end.get(cc) is not None:
            self._emit_waiting(cc, self._waiting)
            for shard in cc.outputs.shards:
                shard.set_next_timestamp_bound(cc.input_timestamp.next_allowed_in_stream())

    def close(self, cc: CalculatorContext) -> None:
        """Run what waits for a loop that does not end any more; wait for a model that nothing has come for."""
        if cc.graph_error is not None:
            return
        if not self._io:
            self._begin(cc)
        if self._waiting is not None:
            self._emit_waiting(cc, self._waiting)

    def _begin(self, cc: CalculatorContext) -> list[ModelIo]:
        """Wait for the model, and return what runs it; calls at the same time get the same."""
        from graphkit.inference import IdleCoreRunner

        session, idle = self._ahead.result(), cc.service(IDLE_CORES)
        settings = cc.service(INFERENCE) or InferenceSettings()
        settings.opened(session)
        run = None
        own_threads = threads_of(settings, self.settings(cc), self._delegate(cc))
        if idle is not None and own_threads is None and IdleCoreRunner.serves(session):
            run = IdleCoreRunner.of_model(session, self._loader.args[0], self._computed, idle)
        config = self.settings(cc).input_output_config
        self._io.append(ModelIo(session, config, run=run, for_gpu=self._wants_gpu(cc)))
        return self._io

    def _emit_waiting(self, cc: CalculatorContext, waiting: WaitingRows) -> None:
        for time, found in waiting.run():
            self._emit(cc, found, time)

    def _emit(self, cc: CalculatorContext, found: list[Tensor], time: int | None = None) -> None:
        if self._computed is not None:
            found = in_their_places(found, self._computed, self.output_count)
        self.send(cc, found, time)

    def given(self, cc: CalculatorContext) -> list[Tensor] | None:
        """Return what comes in, None where that is not all there."""
        if self._from_list:
            return self.tensors.get(cc)
        packets = self.tensor.packets(cc)
        return [packet.payload for packet in packets] if all(packets) else None

    def send(self, cc: CalculatorContext, found: list[Tensor], time: int | None = None) -> None:
        """Emit what the model gives, at the time of the input if it is None."""
        if self._as_list:
            self.results.send(cc, found, time)
            return
        for index, tensor in enumerate(found[: self.result.count(cc)]):
            self.result.send(cc, tensor, time, index=index)

    def _loading(self, cc: CalculatorContext) -> partial[Session]:
        """Return what loads the model where it is to run."""
        from graphkit.inference import load

        chosen = self.settings(cc)
        model = self.model.get(cc)
        source = cc.resources.resolve(chosen.model_path) if model is None else model.source
        settings = cc.service(INFERENCE) or InferenceSettings()
        delegate = self._delegate(cc)
        provider = "cpu" if self.cpu_only else provider_of(settings, chosen, delegate, on_gpu=_draws_on_gpu(cc))
        threads = threads_of(settings, chosen, delegate)
        said = delegate is not None or self.cpu_only or provider != "cpu"
        asked = "the graph asks for it" if said else "the graph names no delegate"
        return partial(
            load,
            source,
            provider=provider,
            outputs=self._computed,
            threads=threads,
            why="" if settings.provider else asked,
            device=0 if provider == "cpu" else _drawing_device(cc),
        )

    def _delegate(self, cc: CalculatorContext) -> Delegate | None:
        side = self.delegate.get(cc)
        return self.settings(cc).delegate if side is None else side

    def _wants_gpu(self, cc: CalculatorContext) -> bool:
        return not self.cpu_only and wants_gpu(self.settings(cc), self._delegate(cc), on_gpu=_draws_on_gpu(cc))


@calculator
class InferenceCalculatorCpu(InferenceCalculator):
    """InferenceCalculator on the CPU, whatever delegate or program say.

    Example::

        node {
          calculator: "InferenceCalculatorCpu"
          input_stream: "TENSORS:input_tensor"
          input_side_packet: "MODEL:model"
          output_stream: "TENSORS:output_tensors"
        }
    """

    cpu_only = True


@calculator
class InferenceCalculatorXnnpack(InferenceCalculatorCpu):
    """Another name of InferenceCalculatorCpu, for graphs that name it.

    Example::

        node {
          calculator: "InferenceCalculatorXnnpack"
          input_stream: "TENSORS:input_tensor"
          input_side_packet: "MODEL:model"
          output_stream: "TENSORS:output_tensors"
        }
    """


def _draws_on_gpu(cc: CalculatorContext) -> bool:
    """Return whether a node of the graph has asked for the GPU, without asking for it as well."""
    return cc.has_service("gpu")


def _drawing_device(cc: CalculatorContext) -> int:
    """Return CUDA's number of the GPU that the graph draws on, and have it lend its tensors; 0 where it cannot."""
    if not _draws_on_gpu(cc):
        return 0
    from graphkit.gpu import GPU_SERVICE

    resources = cc.service(GPU_SERVICE)
    return 0 if resources is None else resources.group.cuda.device(resources.group) or 0


def in_their_places(found: list[Tensor], places: tuple[int, ...], count: int) -> list[Tensor]:
    """Return a list of *count* tensors or more with *found* at *places* and empty ones elsewhere."""
    tensors = [_EMPTY] * max(count, places[-1] + 1)
    for place, tensor in zip(places, found, strict=True):
        tensors[place] = tensor
    return tensors
