"""Runs models: ``.tflite`` (imported to ONNX) and ``.onnx``, in ONNX Runtime, on the CPU or an NVIDIA GPU.

`load` gives a `Session`; a process makes one per model, provider and choice of outputs. `load_ahead` does so while
other things are done.
"""

from graphkit.inference._ahead import Ahead
from graphkit.inference._bound_runs import DeviceArray
from graphkit.inference._idle_cores import IdleCoreRunner
from graphkit.inference._loader import load, load_ahead, unload_all
from graphkit.inference._preload import preload
from graphkit.inference._providers import cuda_fault, cuda_major
from graphkit.inference._session import Session, TensorInfo

__all__ = [
    "Ahead",
    "DeviceArray",
    "IdleCoreRunner",
    "Session",
    "TensorInfo",
    "cuda_fault",
    "cuda_major",
    "preload",
    "load",
    "load_ahead",
    "unload_all",
]
