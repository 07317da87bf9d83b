"""ONNX Runtime, its providers, why CUDA is not used if it is not, and a model that is run."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from graphkit._process.requirements import installed, pip, supported
from graphkit.app.doctor.facts import Fact, Status
from graphkit.app.doctor.hardware import find_hardware
from graphkit.app.doctor.packages import version_fact
from graphkit.app.doctor.repairs import failed

if TYPE_CHECKING:
    from graphkit.inference import Session

_BUILDS: Final = ("onnxruntime", "onnxruntime-gpu")
_TRIED_MODEL: Final = "mediapipe/modules/palm_detection/palm_detection_lite.tflite"
_NAMES: Final = {"cpu": "the CPU", "cuda": "CUDA", "tensorrt": "TensorRT"}
_NO_GPU: Final = "an NVIDIA GPU and its driver; in a container: docker run --gpus all"


def check() -> list[Fact]:
    """Import ONNX Runtime, ask for its providers, and run a model as a graph would."""
    from graphkit.inference._onnx_runtime import onnx_runtime

    try:
        onnxruntime = onnx_runtime()
    except Exception as exc:  # besides ImportError: built for another version of numpy
        return [failed("ONNX Runtime", exc, Status.BROKEN, _BUILDS[-1])]
    builds = installed(*_BUILDS)
    facts = [_version(onnxruntime.__version__, list(builds))]
    if len(builds) > 1:
        facts.append(two_builds_fact())
    facts.append(Fact("providers", ", ".join(onnxruntime.get_available_providers())))
    return [*facts, cuda_fact(), *_run_a_model()]


def _version(version: str, builds: list[str]) -> Fact:
    checked = version_fact(builds[0] if builds else _BUILDS[-1], version)
    by = f" ({' and '.join(builds)})" if builds else ""
    return Fact("ONNX Runtime", checked.found + by, checked.status, checked.fix)


def two_builds_fact() -> Fact:
    """Return the fact that two builds of ONNX Runtime are installed over each other."""
    fix = f"{pip()} uninstall -y {' '.join(_BUILDS)} && {pip()} install {_BUILDS[-1]}"
    return Fact("packages", f"{' and '.join(_BUILDS)} overwrite each other's files", Status.WARNING, fix)


def cuda_fact() -> Fact:
    """Return whether models will run on CUDA, and if not, why, and what would help."""
    from graphkit.inference import _providers as providers

    fault = providers.cuda_fault()
    if fault is None:
        return Fact("CUDA", "used: an NVIDIA GPU and its libraries were found")
    hardware = find_hardware()
    driver_fault = providers.driver_fault()
    gpu_seen = bool(hardware.nvidia or hardware.driver) or driver_fault is None
    if not gpu_seen:
        return Fact("CUDA", f"not used: {fault}", Status.ABSENT, _NO_GPU)
    return Fact("CUDA", f"not used: {fault}", Status.WARNING, _cuda_fix(driver_fault))


def _cuda_fix(driver_fault: str | None) -> str:
    from graphkit.inference import _providers as providers

    if driver_fault is not None:
        return "install or update NVIDIA's driver until nvidia-smi works; in a container: docker run --gpus all"
    if not providers.built_with_cuda():
        return f"{pip()} uninstall -y onnxruntime && {_with_cuda()}"
    return _with_cuda()


def _with_cuda() -> str:
    """Return the command that installs ONNX Runtime with NVIDIA's libraries, as the extra ``cuda`` does."""
    return f"{pip()} install '{_BUILDS[-1]}[cuda,cudnn]{supported(_BUILDS[-1])}'"


def _run_a_model() -> list[Fact]:
    """Run one that is shipped; if it is missing, the check of model files says so."""
    from graphkit.errors import ResourceNotFoundError
    from graphkit.framework import Resources

    try:
        path = Resources().resolve(_TRIED_MODEL)
    except ResourceNotFoundError:
        return []
    try:
        from graphkit.inference import load

        session = load(path)
        return [Fact("a model", f"{path.stem} {_run(session)}", *_fallback(session))]
    except Exception as exc:  # whatever it is, it would meet a run too
        return [failed("a model", exc, Status.BROKEN)]


def _run(session: Session) -> str:
    import numpy as np

    inputs: list[Any] = [np.zeros_like(info.empty()) for info in session.inputs]
    session.run(inputs)
    return f"runs on {_NAMES.get(session.provider, session.provider)}"


def _fallback(session: Session) -> tuple[Status, str]:
    """Return the severity of a session that does not run on the planned provider."""
    from graphkit.inference import _providers as providers

    if session.provider == "cpu" and providers.cuda_fault() is None:
        return Status.WARNING, f"{session.provider_reason}; update NVIDIA's driver, or {_with_cuda()}"
    return Status.OK, ""
