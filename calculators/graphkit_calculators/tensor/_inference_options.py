"""The options of InferenceCalculator, and where they say that a model is to run."""

from __future__ import annotations

from enum import IntEnum
from typing import TYPE_CHECKING

from graphkit import option, options

if TYPE_CHECKING:
    from graphkit.framework import InferenceSettings


@options("mediapipe.InferenceCalculatorOptions", extension=336783863)
class InferenceCalculatorOptions:
    """Which model, where it runs, and how its tensors are wired."""

    @options("mediapipe.InferenceCalculatorOptions.Delegate")
    class Delegate:
        """Where the model runs; set one of them."""

        @options("mediapipe.InferenceCalculatorOptions.Delegate.TfLite")
        class TfLite:
            """On the CPU."""

        @options("mediapipe.InferenceCalculatorOptions.Delegate.Gpu")
        class Gpu:
            """On the GPU where one is usable. The fields steer drivers of phones; they are read and unused."""

            class Api(IntEnum):
                """Interface to the GPU."""

                ANY = 0
                OPENGL = 1
                OPENCL = 2

            class CacheWritingBehavior(IntEnum):
                """What becomes of compiled kernels."""

                NO_WRITE = 0
                TRY_WRITE = 1
                WRITE_OR_ERROR = 2

            class InferenceUsage(IntEnum):
                """Whether one answer or many matter."""

                UNSPECIFIED = 0
                FAST_SINGLE_ANSWER = 1
                SUSTAINED_SPEED = 2

            use_advanced_gpu_api: bool = option(1, default=False)
            api: Api = option(4, default=Api.ANY)
            allow_precision_loss: bool = option(3, default=True)
            cached_kernel_path: str | None = option(2)
            serialized_model_dir: str | None = option(7)
            cache_writing_behavior: CacheWritingBehavior = option(10, default=CacheWritingBehavior.WRITE_OR_ERROR)
            model_token: str | None = option(8)
            usage: InferenceUsage = option(5, default=InferenceUsage.SUSTAINED_SPEED)

        @options("mediapipe.InferenceCalculatorOptions.Delegate.Nnapi")
        class Nnapi:
            """On Android's interface; the CPU elsewhere. The fields are read and unused."""

            cache_dir: str | None = option(1)
            model_token: str | None = option(2)
            accelerator_name: str | None = option(3)

        @options("mediapipe.InferenceCalculatorOptions.Delegate.Xnnpack")
        class Xnnpack:
            """On the CPU, with so many threads."""

            num_threads: int = option(1, default=-1)
            enable_zero_copy_tensor_io: bool = option(7, default=False)
            slow_consistent_arithmetic: bool = option(8, default=False)

        @options("mediapipe.InferenceCalculatorOptions.Delegate.LiteRt")
        class LiteRt:
            """On the GPU where ``gpu`` is set and one is usable, else on the CPU; the rest is read and unused."""

            @options("mediapipe.InferenceCalculatorOptions.Delegate.LiteRt.Cpu")
            class Cpu:
                """On the CPU, with so many threads."""

                num_threads: int | None = option(1)

            @options("mediapipe.InferenceCalculatorOptions.Delegate.LiteRt.Gpu")
            class Gpu:
                """On the GPU."""

            run_async: bool = option(4, default=False)
            enable_dynamic_resize: bool = option(5, default=True)
            cpu: Cpu | None = option(8)
            gpu: Gpu | None = option(9)
            signature_key: str | None = option(12)
            defer_runner_creation: bool = option(13, default=False)

        tflite: TfLite | None = option(1)
        gpu: Gpu | None = option(2)
        nnapi: Nnapi | None = option(3)
        xnnpack: Xnnpack | None = option(4)
        litert: LiteRt | None = option(8)

    @options("mediapipe.InferenceCalculatorOptions.InputOutputConfig")
    class InputOutputConfig:
        """Which tensor of the graph is which of the model."""

        @options("mediapipe.InferenceCalculatorOptions.InputOutputConfig.TensorIndicesMap")
        class TensorIndicesMap:
            """For each tensor of the graph the index of the model's."""

            model_tensor_indices: list[int] = option(1)

        @options("mediapipe.InferenceCalculatorOptions.InputOutputConfig.TensorNamesMap")
        class TensorNamesMap:
            """For each tensor of the graph the name of the model's."""

            tensor_names: list[str] = option(1)

        @options("mediapipe.InferenceCalculatorOptions.InputOutputConfig.FeedbackTensorLink")
        class FeedbackTensorLink:
            """An output that is an input of the next run; zeros in the first."""

            from_output_tensor_name: str | None = option(1)
            to_input_tensor_name: str | None = option(2)

        input_tensor_indices_map: TensorIndicesMap | None = option(1)
        input_tensor_names_map: TensorNamesMap | None = option(3)
        output_tensor_indices_map: TensorIndicesMap | None = option(2)
        output_tensor_names_map: TensorNamesMap | None = option(4)
        feedback_tensor_links: list[FeedbackTensorLink] = option(5)

    model_path: str | None = option(1)
    try_mmap_model: bool = option(7, default=False)
    use_gpu: bool = option(2, default=False)
    use_nnapi: bool = option(3, default=False)
    cpu_num_thread: int = option(4, default=-1)
    delegate: Delegate | None = option(5)
    input_output_config: InputOutputConfig | None = option(8)


Delegate = InferenceCalculatorOptions.Delegate
InputOutputConfig = InferenceCalculatorOptions.InputOutputConfig


def wants_gpu(chosen: InferenceCalculatorOptions, delegate: Delegate | None, *, on_gpu: bool) -> bool:
    """Return whether the graph wants the model on the GPU.

    The delegate says so. Without one it is wanted there in a graph that draws on the GPU (*on_gpu*).
    """
    if delegate is None:
        return chosen.use_gpu or on_gpu
    return delegate.gpu is not None or (delegate.litert is not None and delegate.litert.gpu is not None)


def provider_of(
    settings: InferenceSettings, chosen: InferenceCalculatorOptions, delegate: Delegate | None, *, on_gpu: bool
) -> str:
    """Return the provider: what the program says, else what the graph wants.

    That is CUDA, where it is usable, for a model that it wants on the GPU, and else the CPU; see `wants_gpu`.
    """
    if settings.provider is not None:
        return settings.provider
    return "auto" if wants_gpu(chosen, delegate, on_gpu=on_gpu) else "cpu"


def threads_of(
    settings: InferenceSettings, chosen: InferenceCalculatorOptions, delegate: Delegate | None
) -> int | None:
    """Return the number of threads that program or graph ask for; None for the thread budget's."""
    xnnpack = None if delegate is None else delegate.xnnpack
    litert = None if delegate is None or delegate.litert is None else delegate.litert.cpu
    asked_of_cpu = [each.num_threads for each in (xnnpack, litert) if each is not None]
    for asked in (settings.threads, *asked_of_cpu, chosen.cpu_num_thread):
        if asked is not None and asked > 0:
            return asked
    return None
