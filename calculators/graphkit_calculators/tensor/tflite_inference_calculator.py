"""TfLiteInferenceCalculator: InferenceCalculator under the name that older graphs call it by."""

from __future__ import annotations

from typing import Any

from graphkit import (
    CalculatorContext,
    CalculatorContract,
    Input,
    Options,
    Output,
    SideInput,
    calculator,
    option,
    options,
)
from graphkit.errors import ContractError
from graphkit.formats import Model, OpResolver, Tensor
from graphkit_calculators.tensor._inference_options import Delegate as ModelDelegate
from graphkit_calculators.tensor._inference_options import InferenceCalculatorOptions
from graphkit_calculators.tensor.inference_calculator import InferenceCalculator


@options("mediapipe.TfLiteInferenceCalculatorOptions", extension=233867213)
class TfLiteInferenceCalculatorOptions:
    """Which model, and where it runs."""

    @options("mediapipe.TfLiteInferenceCalculatorOptions.Delegate")
    class Delegate:
        """Where the model runs; set one of the four."""

        @options("mediapipe.TfLiteInferenceCalculatorOptions.Delegate.TfLite")
        class TfLite:
            """On the CPU."""

        @options("mediapipe.TfLiteInferenceCalculatorOptions.Delegate.Gpu")
        class Gpu:
            """On the GPU where one is usable. The fields steer drivers of phones; they are read and unused."""

            use_advanced_gpu_api: bool = option(1, default=False)
            api: ModelDelegate.Gpu.Api = option(4, default=ModelDelegate.Gpu.Api.ANY)
            allow_precision_loss: bool = option(3, default=True)
            cached_kernel_path: str | None = option(2)
            usage: ModelDelegate.Gpu.InferenceUsage = option(
                5, default=ModelDelegate.Gpu.InferenceUsage.SUSTAINED_SPEED
            )

        @options("mediapipe.TfLiteInferenceCalculatorOptions.Delegate.Nnapi")
        class Nnapi:
            """On Android's interface; the CPU elsewhere. The fields are read and unused."""

            cache_dir: str | None = option(1)
            model_token: str | None = option(2)

        @options("mediapipe.TfLiteInferenceCalculatorOptions.Delegate.Xnnpack")
        class Xnnpack:
            """On the CPU, with so many threads."""

            num_threads: int = option(1, default=-1)

        tflite: TfLite | None = option(1)
        gpu: Gpu | None = option(2)
        nnapi: Nnapi | None = option(3)
        xnnpack: Xnnpack | None = option(4)

    model_path: str | None = option(1)
    try_mmap_model: bool = option(6, default=False)
    use_gpu: bool = option(2, default=False)
    use_nnapi: bool = option(3, default=False)
    cpu_num_thread: int = option(4, default=-1)
    delegate: Delegate | None = option(5)


@calculator
class TfLiteInferenceCalculator(InferenceCalculator):
    """Runs a ``.tflite`` or ``.onnx`` model in ONNX Runtime; the older name of InferenceCalculator.

    Emits, loads and runs as InferenceCalculator does. Tensors come in on TENSORS or TENSORS_GPU and go out on one
    of them; both carry the same here.

    The model is the side packet MODEL or the option ``model_path``. CUSTOM_OP_RESOLVER is accepted and not needed.

    Knobs: ``delegate``: ``{ xnnpack {} }`` or ``{ tflite {} }`` on the CPU, ``{ gpu {} }`` on the GPU where one is
    usable; ``use_gpu``, and tensors on TENSORS_GPU, ask for the GPU, too. ``cpu_num_thread`` or ``xnnpack {
    num_threads: N }`` give one inference more threads.

    Example::

        node {
          calculator: "TfLiteInferenceCalculator"
          input_stream: "TENSORS:image_tensor"
          output_stream: "TENSORS:result_tensors"
          options {
            [mediapipe.TfLiteInferenceCalculatorOptions.ext] {
              model_path: "mediapipe/modules/iris_landmark/iris_landmark.tflite"
              delegate { xnnpack {} }
            }
          }
        }
    """

    tensors_gpu = Input(list[Tensor], "TENSORS_GPU", optional=True)
    model = SideInput(Model, "MODEL", optional=True)
    custom_op_resolver = SideInput(OpResolver, "CUSTOM_OP_RESOLVER", value_optional=True)
    results_gpu = Output(list[Tensor], "TENSORS_GPU", optional=True)
    options: Options[Any] = Options(TfLiteInferenceCalculatorOptions)

    @classmethod
    def check_ways(cls, cc: CalculatorContract) -> None:
        """Check that tensors come in one way and go out one way."""
        for side, plain, on_gpu in (("in", cls.tensors, cls.tensors_gpu), ("out", cls.results, cls.results_gpu)):
            if plain.is_connected(cc) == on_gpu.is_connected(cc):
                raise ContractError(f"tensors come {side} on TENSORS or on TENSORS_GPU; use one of both.")

    @classmethod
    def settings(cls, cc: CalculatorContract | CalculatorContext) -> InferenceCalculatorOptions:
        """Return what the options say as those of InferenceCalculator."""
        chosen: TfLiteInferenceCalculatorOptions = cls.options(cc)
        return InferenceCalculatorOptions(
            model_path=chosen.model_path,
            try_mmap_model=chosen.try_mmap_model,
            use_gpu=chosen.use_gpu or cls.tensors_gpu.is_connected(cc),
            use_nnapi=chosen.use_nnapi,
            cpu_num_thread=chosen.cpu_num_thread,
            delegate=_delegate(chosen.delegate),
            input_output_config=None,
        )

    def given(self, cc: CalculatorContext) -> list[Tensor] | None:
        """Return what comes in."""
        found = self.tensors.get(cc)
        return self.tensors_gpu.get(cc) if found is None else found

    def send(self, cc: CalculatorContext, found: list[Tensor], time: int | None = None) -> None:
        """Emit what the model gives."""
        (self.results if self._as_list else self.results_gpu).send(cc, found, time)


def _delegate(chosen: TfLiteInferenceCalculatorOptions.Delegate | None) -> ModelDelegate | None:
    if chosen is None:
        return None
    gpu, nnapi, xnnpack = chosen.gpu, chosen.nnapi, chosen.xnnpack
    return ModelDelegate(
        tflite=None if chosen.tflite is None else ModelDelegate.TfLite(),
        gpu=None if gpu is None else ModelDelegate.Gpu(**vars(gpu)),
        nnapi=None if nnapi is None else ModelDelegate.Nnapi(**vars(nnapi), accelerator_name=None),
        xnnpack=None if xnnpack is None else ModelDelegate.Xnnpack(**vars(xnnpack)),
        litert=None,
    )
