"""Which execution provider of ONNX Runtime runs a model, and one line that says why.

ONNX Runtime lists CUDA wherever it was compiled in and prints a long error when asked for it in vain, so the
libraries and a device are looked for before it is asked.
"""

from __future__ import annotations

import ctypes
import importlib.metadata
import logging
import os
from functools import cache
from typing import Any, Final, NamedTuple

from graphkit._process.system import WINDOWS
from graphkit.errors import InferenceError, StatusCode, UsageError, did_you_mean
from graphkit.inference._onnx_runtime import onnx_runtime

logger = logging.getLogger("graphkit.inference")

PROVIDERS = ("auto", "cpu", "cuda", "tensorrt")
_cuda_started: Final[dict[str, int]] = {}
_INSTALL = "pip install 'onnxruntime-gpu[cuda,cudnn]' brings the NVIDIA libraries"


class Choice(NamedTuple):
    """A provider ("cpu", "cuda" or "tensorrt"), why it was taken, and how ONNX Runtime is told.

    Attributes:
        required: it was asked for by name, so another one will not do.
    """

    provider: str
    reason: str
    onnx_providers: tuple[Any, ...]
    required: bool

    @property
    def onnx_name(self) -> str:
        """ONNX Runtime's name of the provider."""
        first = self.onnx_providers[0]
        return str(first if isinstance(first, str) else first[0])


def choose(provider: str = "auto", asked_by: str = "") -> Choice:
    """Return the provider to use.

    Args:
        provider: "auto" takes CUDA where it is usable and else the CPU; the others are taken or refused.
        asked_by: who wants it, for the reason; "" for the caller.

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
    asked = f"{asked_by} asks for it" if asked_by else "it was asked for"
    if provider == "cpu":
        return Choice("cpu", asked, _onnx_providers("cpu"), required=True)
    missing = _fork_fault() or cuda_fault() or (tensorrt_fault() if provider == "tensorrt" else None)
    if missing is None:
        taken = "cuda" if provider == "auto" else provider
        reason = "an NVIDIA GPU and its libraries were found" if provider == "auto" else asked
        return Choice(taken, reason, _onnx_providers(taken), required=provider != "auto")
    if provider == "auto":
        return Choice("cpu", missing, _onnx_providers("cpu"), required=False)
    raise InferenceError(
        f'provider {provider!r} cannot be used: {missing}. Use "auto", which takes what there is, or "cpu" '
        "({provider}).",
        remedies=("provider",),
        status=StatusCode.UNAVAILABLE,
    )


def _onnx_providers(provider: str) -> tuple[Any, ...]:
    cpu = ("CPUExecutionProvider",)
    # TF32 has 10 bits of mantissa: landmarks would move by tenths of a pixel.
    cuda = (("CUDAExecutionProvider", {"use_tf32": "0"}),)
    tensorrt = ("TensorrtExecutionProvider",)
    return {"cpu": cpu, "cuda": cuda + cpu, "tensorrt": tensorrt + cuda + cpu}[provider]


def _fork_fault() -> str | None:
    """Return why CUDA cannot be used in a forked process, or None where that is not what keeps it from being."""
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
    onnxruntime = onnx_runtime()
    if not built_with_cuda():
        return "this onnxruntime is built without CUDA (onnxruntime-gpu has it)"
    fault = driver_fault()
    if fault is not None:
        return fault
    if hasattr(onnxruntime, "preload_dlls"):
        onnxruntime.preload_dlls()
    return library_fault(_cuda_libraries(cuda_major()))


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


def driver_fault() -> str | None:
    """Return why the NVIDIA driver shows no device, or None when it shows one."""
    name = "nvcuda.dll" if WINDOWS else "libcuda.so.1"
    try:
        driver = ctypes.CDLL(name)
    except OSError:
        return f"no NVIDIA driver ({name} not found)"
    status = driver.cuInit(0)
    if status != 0:
        return f"the NVIDIA driver does not start (cuInit gave {status})"
    _cuda_started["in"] = os.getpid()
    count = ctypes.c_int(0)
    status = driver.cuDeviceGetCount(ctypes.byref(count))
    return None if status == 0 and count.value > 0 else "the NVIDIA driver shows no GPU"


def library_fault(names: list[str]) -> str | None:
    """Return which of the shared libraries cannot be loaded, or None when all can."""
    missing = []
    for name in names:
        try:
            ctypes.CDLL(name)
        except OSError:
            missing.append(name)
    return f"{' and '.join(missing)} not found ({_INSTALL})" if missing else None


def _cuda_libraries(major: str) -> list[str]:
    if WINDOWS:
        return [f"cublasLt64_{major}.dll", "cudnn64_9.dll"]
    return [f"libcublasLt.so.{major}", "libcudnn.so.9"]


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
        importlib.metadata.version(distribution)
    except importlib.metadata.PackageNotFoundError:
        return False
    return True
