"""NVIDIA's libraries, in any package: finding and loading them, and the reason if one cannot be loaded.

ONNX Runtime looks for them beside its own package only, and prints what it misses. A library that is loaded once
is found by its name afterwards, so they are loaded here by their paths, those that others need first.
"""

from __future__ import annotations

import ctypes
import sys
from pathlib import Path
from typing import Final

from graphkit._process.system import WINDOWS

INSTALL: Final = "pip install 'onnxruntime-gpu[cuda,cudnn]' brings the NVIDIA libraries"
_FOLDERS: Final = ("lib", "bin", "bin/x86_64")
_CUFFT: Final = {"12": "11", "13": "12"}


def needed(major: str) -> list[str]:
    """Return the libraries that ONNX Runtime's CUDA needs, for the CUDA of version *major*."""
    if WINDOWS:
        return [f"cudart64_{major}.dll", f"cublasLt64_{major}.dll", f"cublas64_{major}.dll", "cudnn64_9.dll"]
    return [
        f"libcudart.so.{major}", f"libcublasLt.so.{major}", f"libcublas.so.{major}", "libcurand.so.10",
        "libcudnn.so.9",
    ]  # fmt: skip


def useful(major: str) -> list[str]:
    """Return the libraries that some builds and some models need."""
    if WINDOWS:
        return [f"cufft64_{_CUFFT.get(major, '12')}.dll"]
    return [f"libnvrtc.so.{major}", f"libcufft.so.{_CUFFT.get(major, '12')}"]


def load_all(major: str) -> str | None:
    """Load what CUDA of version *major* needs; return what is missing, None if nothing is."""
    for name in useful(major):
        _fault_of(name)
    return library_fault(needed(major))


def library_fault(names: list[str]) -> str | None:
    """Load shared libraries; return which of them cannot be loaded and why, None when all can."""
    faults = {name: fault for name in names if (fault := _fault_of(name)) is not None}
    told = [f"{name} cannot be loaded ({fault})" for name, fault in faults.items() if fault]
    missing = [name for name, fault in faults.items() if not fault]
    if missing:
        told.append(f"{' and '.join(missing)} not found ({INSTALL})")
    return "; ".join(told) or None


def _fault_of(name: str) -> str | None:
    """Load one library; return None, why it cannot be loaded, or "" if there is none of that name."""
    reason = ""
    for place in [*_places(name), name]:
        try:
            ctypes.CDLL(place)
        except OSError as exc:
            text = str(exc)
            is_absent = text.startswith(f"{name}: cannot open shared object file") or "Could not find" in text
            reason = reason or ("" if place == name and is_absent else text)
        else:
            return None
    return reason


def _places(name: str) -> list[str]:
    """Return the paths of library *name* in the packages ``nvidia-*``, in the order of ``sys.path``."""
    found: list[str] = []
    for entry in sys.path:
        root = Path(entry or ".") / "nvidia"
        if root.is_dir():
            found += [str(path) for folder in _FOLDERS for path in sorted(root.glob(f"*/{folder}/{name}"))]
    return found
