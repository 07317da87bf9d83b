"""Which execution provider of ONNX Runtime runs a model, and one line that says why.

ONNX Runtime lists CUDA wherever it was compiled in and prints a long error if it cannot start it, so the
libraries and a device are looked for before it is asked.
"""

from __future__ import annotations

import ctypes
import importlib.metadata
import logging
import os
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

from graphkit._process.system import WINDOWS
from graphkit.errors import InferenceError, StatusCode, UsageError, did_you_mean
from graphkit.inference._cuda_libraries import library_fault, load_all
from graphkit.inference._onnx_runtime import onnx_runtime

logger = logging.getLogger("graphkit.inference")

PROVIDERS = ("auto", "cpu", "cuda", "tensorrt")
VISIBLE: Final = "CUDA_VISIBLE_DEVICES"
CUDA_GRAPHS: Final = "GRAPHKIT_CUDA_GRAPHS"
HALF_PRECISION: Final = "GRAPHKIT_TENSORRT_FP16"
CAPTURES: Final = "enable_cuda_graph"
"""ONNX Runtime's name of the option that has it record a run, and play it again."""
_TF32: Final = "NVIDIA_TF32_OVERRIDE"
_cuda_started: Final[dict[str, int]] = {}
_INIT_FAULTS: Final = {
    2: "it has no memory left",
    100: "it finds no GPU",
    802: "its system is not ready: start nvidia-fabricmanager",
    803: "it and its library are of two versions: restart the machine, or the container with the host's libraries",
    804: "its library for another version of CUDA does not work on this GPU: take it out of LD_LIBRARY_PATH",
}


@dataclass(frozen=True, slots=True)
class Choice:
    """A provider ("cpu", "cuda" or "tensorrt"), why it was taken, and how ONNX Runtime is told.

    Attributes:
        required: it was asked for by name, so another one will not do.
        device: CUDA's number of the GPU; 0 on the CPU.
    """

    provider: str
    reason: str
    onnx_providers: tuple[Any, ...]
    required: bool
    device: int = 0

    @property
    def onnx_name(self) -> str:
        """ONNX Runtime's name of the provider."""
        first = self.onnx_providers[0]
        return str(first if isinstance(first, str) else first[0])


def choose(provider: str = "auto", why: str = "", device: int = 0) -> Choice:
    """Return the provider to use.

    Args:
        provider: "auto" takes CUDA if it is usable and else the CPU; the others are taken or refused.
        why: the reason, such as "the graph asks for it"; "" if the caller asks.
        device: CUDA's number of the GPU to use.

    Raises:
        UsageError: there is no such provider.
        InferenceError: CUDA or TensorRT was asked for and cannot be used; the message says what is missing.
    """
    if provider not in PROVIDERS:
        known = ", ".join(PROVIDERS)
        raise UsageError(
            f"no provider {provider!r}; there are {known}.{did_you_mean(provider, PROVIDERS)}",
            parameter="provider",
        )
    warn_of_two_runtimes()
    asked = why or "it was asked for"
    if provider == "cpu":
        return Choice("cpu", asked, _onnx_providers("cpu"), required=True)
    missing = _fork_fault() or cuda_fault() or (tensorrt_fault() if provider == "tensorrt" else None)
    if missing is None:
        taken = "cuda" if provider == "auto" else provider
        reason = "an NVIDIA GPU and its libraries were found" if provider == "auto" else asked
        return Choice(taken, reason, _onnx_providers(taken, device), required=provider != "auto", device=device)
    if provider == "auto":
        return Choice("cpu", missing, _onnx_providers("cpu"), required=False)
    raise InferenceError(
        f'provider {provider!r} cannot be used: {missing}. Use "auto", which takes what there is, or "cpu" '
        "({provider}).",
        remedies=("provider",),
        status=StatusCode.UNAVAILABLE,
    )


def _onnx_providers(provider: str, device: int = 0) -> tuple[Any, ...]:
    cpu = ("CPUExecutionProvider",)
    number = {"device_id": str(device)}
    # TF32 has 10 bits of mantissa: landmarks would move by tenths of a pixel. An exhaustive search for algorithms,
    # ONNX Runtime's default, takes seconds at the first run and may end with others in the next process.
    settings = {**number, "use_tf32": "0", "cudnn_conv_algo_search": "HEURISTIC"}
    if os.environ.get(CUDA_GRAPHS) == "1" and provider == "cuda":
        settings[CAPTURES] = "1"
    cuda = (("CUDAExecutionProvider", settings),)
    half = {"trt_fp16_enable": "1"} if os.environ.get(HALF_PRECISION) == "1" else {}
    tensorrt = (("TensorrtExecutionProvider", {**number, **half}),)
    return {"cpu": cpu, "cuda": cuda + cpu, "tensorrt": tensorrt + cuda + cpu}[provider]


def _fork_fault() -> str | None:
    """Return why CUDA cannot be used in a forked process, or None if the fork is not the reason."""
    pid = os.getpid()
    if _cuda_started.get("in", pid) == pid:
        return None
    return (
        "this process was forked from one that uses CUDA, which CUDA does not survive; start processes with "
        'multiprocessing.get_context("spawn")'
    )


@cache
def cuda_fault() -> str | None:
    """Return what keeps CUDA from being used, or None when nothing does."""
    if not built_with_cuda():
        return "this onnxruntime is built without CUDA (onnxruntime-gpu has it)"
    fault = driver_fault()
    if fault is not None:
        return fault
    # `use_tf32` steers ONNX Runtime's choice only: if cuDNN has no other way it still takes TF32.
    os.environ.setdefault(_TF32, "0")
    return load_all(cuda_major())


def built_with_cuda() -> bool:
    """Return whether the ONNX Runtime that is installed has CUDA's provider."""
    return "CUDAExecutionProvider" in onnx_runtime().get_available_providers()


def cuda_major() -> str:
    """Return the major version of the CUDA that ONNX Runtime is built for."""
    version: str = getattr(onnx_runtime(), "cuda_version", "") or "12"
    return version.split(".", maxsplit=1)[0]


@cache
def tensorrt_fault() -> str | None:
    """Return what keeps TensorRT from being used, or None when nothing does."""
    if "TensorrtExecutionProvider" not in onnx_runtime().get_available_providers():
        return "this onnxruntime is built without TensorRT"
    return library_fault(["libnvinfer.so.10"])


def start_fault(provider: str) -> str:
    """Return why ONNX Runtime, which does not say it, could not start *provider*, as far as that can be found."""
    folder = Path(str(onnx_runtime().__file__)).parent / "capi"
    try:
        ctypes.CDLL(str(folder / "libonnxruntime_providers_shared.so"), ctypes.RTLD_GLOBAL)
        ctypes.CDLL(str(folder / f"libonnxruntime_providers_{provider}.so"))
    except OSError as exc:
        return str(exc)
    return "its libraries are there; the GPU may have no memory left, or be too old for it"


def driver_fault() -> str | None:
    """Return why the NVIDIA driver shows no device, or None when it shows one."""
    name = "nvcuda.dll" if WINDOWS else "libcuda.so.1"
    try:
        driver = ctypes.CDLL(name)
    except OSError:
        return f"no NVIDIA driver ({name} not found)"
    status = driver.cuInit(0)
    if status != 0:
        return f"the NVIDIA driver does not start ({_init_fault(status)}cuInit gave {status}){_hidden()}"
    _cuda_started["in"] = os.getpid()
    count, version = ctypes.c_int(0), ctypes.c_int(0)
    status = driver.cuDeviceGetCount(ctypes.byref(count))
    if status != 0 or count.value < 1:
        return f"the NVIDIA driver shows no GPU{_hidden()}"
    status = driver.cuDriverGetVersion(ctypes.byref(version))
    known, wanted = version.value // 1000, int(cuda_major())
    if status == 0 and known < wanted:
        built = f"this onnxruntime is built for CUDA {wanted}"
        return f"the NVIDIA driver knows CUDA {known}, {built}: update the driver"
    return None


def _init_fault(status: int) -> str:
    return f"{_INIT_FAULTS[status]}; " if status in _INIT_FAULTS else ""


def _hidden() -> str:
    """Return the hint that the environment hides GPUs, "" if it does not."""
    value = os.environ.get(VISIBLE)
    return "" if value is None else f'; {VISIBLE}="{value}" decides what it shows'


@cache
def warn_of_two_runtimes() -> None:
    """Warn, once, when two builds of ONNX Runtime are installed over each other."""
    installed = [name for name in ("onnxruntime", "onnxruntime-gpu") if _is_installed(name)]
    if len(installed) > 1:
        logger.warning(
            "onnxruntime and onnxruntime-gpu are both installed and overwrite each other's files. Fix: "
            "pip uninstall -y onnxruntime onnxruntime-gpu && pip install onnxruntime-gpu"
        )


def _is_installed(distribution: str) -> bool:
    try:
        importlib.metadata.distribution(distribution)
    except importlib.metadata.PackageNotFoundError:
        return False
    return True
