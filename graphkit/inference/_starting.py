"""From the bytes of a model to a session on the provider that was chosen."""

from __future__ import annotations

import logging
import platform
from dataclasses import dataclass
from functools import partial
from mmap import ACCESS_READ, mmap
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from graphkit.errors import InferenceError, StatusCode
from graphkit.errors._base import shortened
from graphkit.inference import _cache as cache
from graphkit.inference import _onnx_model as onnx_model
from graphkit.inference._imported import IMPORTER_VERSION
from graphkit.inference._onnx_runtime import onnx_runtime
from graphkit.inference._optimised import build_of, processor, start_from_disk
from graphkit.inference._providers import CAPTURES, start_fault
from graphkit.inference._refused_model import refused_model
from graphkit.inference._session import Session
from graphkit.models import is_known, replaced_by

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from numpy.typing import NDArray

    from graphkit.inference._optimised import Left
    from graphkit.inference._providers import Choice

logger = logging.getLogger("graphkit.inference")

_TFLITE_IDENTIFIER = b"TFL3"
_BLOCKED_MACHINES = ("x86_64", "amd64")
_NO_WEIGHTS: Final[Mapping[str, NDArray[Any]]] = {}
_WEIGHTS_IN: Final = "session.model_external_initializers_file_folder_path"
_WEIGHTS_NAME: Final = "session.optimized_model_external_initializers_file_name"
_WEIGHTS_FROM: Final = "session.optimized_model_external_initializers_min_size_in_bytes"


@dataclass(frozen=True, slots=True)
class Key:
    """What makes two sessions the same.

    Attributes:
        digest: SHA-256 of the model's file.
        provider: "cpu", "cuda" or "tensorrt".
        outputs: the indices of the outputs that are computed; None for all.
        threads: threads inside one run.
        spin: whether they spin while a run lasts.
        device: CUDA's number of the GPU; 0 on the CPU.
        rows: how many pictures one run takes.
        stage: which part of the model, counted from 0; None for all of it.
    """

    digest: str
    provider: str
    outputs: tuple[int, ...] | None
    threads: int
    spin: bool = False
    device: int = 0
    rows: int = 1
    stage: int | None = None


def start(key: Key, path: str, data: bytes, choice: Choice, on_cpu: Callable[[], Session]) -> Session:
    """Return a new session.

    Args:
        key: which one.
        path: of the model, for messages.
        data: the model.
        choice: where it runs.
        on_cpu: returns the session that takes over if this one fails later.

    Raises:
        ModelFormatError: the file is no model, or damaged.
        UnsupportedOpError: the model holds an operation that is not known.
        InferenceError: the provider was asked for by name and cannot run it, or there is no such output.
    """
    imported = is_tflite(path, data)
    failures: list[str] = []
    make = _imported_session if imported else _own_session
    session = make(key, path, data, choice, failures)
    provider, reason = choice.provider, choice.reason
    if choice.onnx_name not in session.get_providers():
        # It was there when probed, and ONNX Runtime fell back by itself: another version of a library, no memory.
        failure = failures[0] if failures else start_fault(provider)
        reason = f"ONNX Runtime could not start {provider}: {failure}"
        if choice.required:
            raise InferenceError(reason, model=path)
        provider = "cpu"
    logger.info("%s runs on %s: %s", path, provider, reason)
    _tell_of_replacement(path, key.digest)
    instead = None if choice.required or provider == "cpu" else on_cpu
    return Session(session, path, provider, reason, threads=key.threads, imported=imported, instead=instead)


def is_tflite(path: str, data: bytes) -> bool:
    """Tell whether a model goes to the importer: by its content, or because its name claims so."""
    return data[4:8] == _TFLITE_IDENTIFIER or not data or path.endswith(".tflite")


def _own_session(key: Key, path: str, data: bytes, choice: Choice, failures: list[str]) -> Any:
    """Return ONNX Runtime's session of an .onnx file."""
    if key.rows > 1:
        refused = f"only a .tflite can take {key.rows} pictures in one run"
        raise InferenceError(refused, model=path, status=StatusCode.UNIMPLEMENTED)
    content = data if key.outputs is None else onnx_model.select_outputs(data, path, key.outputs)
    try:
        return _onnx_session(content, key, choice, failures)
    except Exception as exc:  # ONNX Runtime's errors have no common base of their own
        if choice.provider != "cpu":
            raise _cannot_start(path, choice, exc) from exc
        raise refused_model(path, data, exc, onnx_runtime().__version__) from exc


def _cannot_start(path: str, choice: Choice, error: Exception) -> InferenceError:
    return InferenceError(
        f"ONNX Runtime cannot start it on {choice.provider}: {shortened(str(error))}", model=path
    )


def _imported_session(key: Key, path: str, data: bytes, choice: Choice, failures: list[str]) -> Any:
    """Return ONNX Runtime's session of a .tflite file."""
    entry, is_optimised = _entry(key)

    def begin(content: bytes, weights: Mapping[str, NDArray[Any]] = _NO_WEIGHTS, **files: Any) -> Any:
        try:
            return _onnx_session(content, key, choice, failures, weights, **files)
        except Exception as exc:  # ONNX Runtime's errors have no common base of their own
            raise _cannot_start(path, choice, exc) from exc

    how = partial(_import, data, path, key)
    if is_optimised:
        return start_from_disk(entry, partial(how, apart=True), begin)
    return begin(cache.get_or_build(entry, how))


def surely_starts(key: Key, path: str) -> bool:
    """Return whether a model has been imported before, or is known to be sound and has the outputs asked for."""
    if cache.has(_entry(key)[0]):
        return True
    return is_known(key.digest) and (key.outputs is None or _has_outputs(path, key.outputs))


def _has_outputs(path: str, outputs: Sequence[int]) -> bool:
    # Not from its module: two threads that import the two in turn would each get a half of the package.
    from graphkit.inference._importer import count_outputs

    try:
        with Path(path).open("rb") as file, mmap(file.fileno(), 0, access=ACCESS_READ) as data:
            return bool(outputs) and min(outputs) >= 0 and max(outputs) < count_outputs(data)
    except OSError:  # bytes that came from nowhere, or a file that is gone
        return False


def _entry(key: Key) -> tuple[cache.CacheEntry, bool]:
    """Return the place of an imported model in the cache, and whether it is kept as ONNX Runtime optimises it."""
    chosen = "all" if key.outputs is None else "_".join(map(str, key.outputs))
    part = "" if key.rows == 1 else f"-rows{key.rows}"
    part += "" if key.stage is None else f"-stage{key.stage}"
    name = f"{key.digest[:40]}-{chosen}{part}{'' if _is_blocked(key) else '-plain'}"
    version = f"v{IMPORTER_VERSION}"
    machine = processor() if key.provider == "cpu" else None
    if machine is None:
        return cache.CacheEntry(name, version), False
    return cache.CacheEntry(f"{name}-{machine}", f"{version}-{build_of(onnx_runtime())}"), True


def _is_blocked(key: Key) -> bool:
    return key.provider == "cpu" and platform.machine().lower() in _BLOCKED_MACHINES


def _import(data: bytes, path: str, key: Key, *, apart: bool = False) -> Any:
    from graphkit.inference import _importer as importer

    convert = importer.import_apart if apart else importer.import_tflite
    return convert(data, path, key.outputs, blocked=_is_blocked(key), rows=key.rows, stage=key.stage)


def _onnx_session(
    content: bytes,
    key: Key,
    choice: Choice,
    failures: list[str],
    weights: Mapping[str, NDArray[Any]] = _NO_WEIGHTS,
    *,
    weights_in: Path | None = None,
    leave: Left | None = None,
) -> Any:
    """Start a session; on the CPU if the provider fails and was not asked for by name; *failures* gets why.

    ONNX Runtime would do that itself, for every model that it cannot read as well, and print what it does.
    """
    onnxruntime = onnx_runtime()
    settings = _session_options(onnxruntime, key, optimised=weights_in is not None)
    values = [onnxruntime.OrtValue.ortvalue_from_numpy(array) for array in weights.values()]
    if values:
        settings.add_external_initializers(list(weights), values)
    if weights_in is not None:
        settings.add_session_config_entry(_WEIGHTS_IN, str(weights_in))
    if leave is not None:
        settings.optimized_model_filepath = str(leave.graph)
        settings.add_session_config_entry(_WEIGHTS_NAME, leave.weights)
        settings.add_session_config_entry(_WEIGHTS_FROM, "1024")

    def start(onnx_providers: Sequence[Any]) -> Any:
        made = onnxruntime.InferenceSession(content, settings, providers=list(onnx_providers), enable_fallback=0)
        made.graphkit_weights = values  # ONNX Runtime computes with this memory, and does not own it
        return made

    try:
        return _captured_or_not(start, choice)
    except Exception as exc:  # ONNX Runtime's errors have no common base of their own
        if choice.required or choice.provider == "cpu":
            raise
        failures.append(shortened(str(exc)))
        return start(choice.onnx_providers[-1:])


def _captured_or_not(start: Callable[[Sequence[Any]], Any], choice: Choice) -> Any:
    """Start a session by CUDA graphs if they are asked for, and without if the model cannot be recorded."""
    first = choice.onnx_providers[0]
    if isinstance(first, str) or CAPTURES not in first[1]:
        return start(choice.onnx_providers)
    try:
        session = start(choice.onnx_providers)
        if _is_sized(session):
            return session
        why = "it leaves sizes open"
    except Exception as exc:  # ONNX Runtime's errors have no common base of their own
        why = shortened(str(exc))
    name, settings = first
    plain = {option: value for option, value in settings.items() if option != CAPTURES}
    session = start([(name, plain), *choice.onnx_providers[1:]])
    logger.warning("a model runs without a CUDA graph: %s", why)
    return session


def _is_sized(session: Any) -> bool:
    """Return whether all inputs and outputs of a model have sizes of their own."""
    values = [*session.get_inputs(), *session.get_outputs()]
    return all(isinstance(size, int) for value in values for size in value.shape)


def _session_options(onnxruntime: Any, key: Key, *, optimised: bool) -> Any:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = key.threads
    options.inter_op_num_threads = 1
    levels = onnxruntime.GraphOptimizationLevel
    options.graph_optimization_level = levels.ORT_DISABLE_ALL if optimised else levels.ORT_ENABLE_ALL
    # What goes wrong is raised; it need not be printed as well.
    options.log_severity_level = 4
    # A thread that spins takes the core from decoding, drawing and encoding; between two runs none ever does.
    options.add_session_config_entry("session.intra_op.allow_spinning", "1" if key.spin else "0")
    options.add_session_config_entry("session.inter_op.allow_spinning", "0")
    options.add_session_config_entry("session.force_spinning_stop", "1")
    return options


def _tell_of_replacement(path: str, digest: str) -> None:
    """Warn of a file that runs in the place of a known model; its user may mean it."""
    model = replaced_by(path, digest)
    if model is not None:
        logger.warning(
            "%s is not the %s that graphkit knows: its SHA-256 is %s…, not %s…; what it finds may differ",
            path, model.name, digest[:12], model.sha256[:12],
        )  # fmt: skip
