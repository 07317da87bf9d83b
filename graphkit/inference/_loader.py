"""`load`: from a model file to the one session of this process that runs it."""

from __future__ import annotations

import hashlib
import logging
import platform
import threading
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from graphkit._process.forks import call_in_children
from graphkit._process.threads import inference_threads
from graphkit.errors import InferenceError, ModelFormatError, ResourceNotFoundError
from graphkit.errors._base import shortened
from graphkit.framework._resources import FileContents
from graphkit.inference import _cache as cache
from graphkit.inference import _onnx_model as onnx_model
from graphkit.inference import _providers as providers
from graphkit.inference._imported import IMPORTER_VERSION
from graphkit.inference._model_file import describe_bytes
from graphkit.inference._onnx_runtime import onnx_runtime
from graphkit.inference._session import Session
from graphkit.models import replaced_by

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from graphkit.inference._providers import Choice

logger = logging.getLogger("graphkit.inference")

_TFLITE_IDENTIFIER = b"TFL3"
_BLOCKED_MACHINES = ("x86_64", "amd64")


class _Key(NamedTuple):
    digest: str
    provider: str
    outputs: tuple[int, ...] | None
    threads: int


class _Source:
    """A model's bytes, read when they are needed, and their SHA-256."""

    def __init__(self, path: str, read: Callable[[], bytes], digest: str | None = None) -> None:
        self.path = path
        self.read = read
        self.digest = digest or hashlib.sha256(read()).hexdigest()


class _Pool:
    """The sessions of this process. Different models load at the same time, the same one only once."""

    def __init__(self) -> None:
        self._sessions: dict[_Key, Session] = {}
        self._asked: dict[_Key, int] = {}
        self.requests = 0
        self._of_parent: list[Session] = []
        self._renew_locks()
        call_in_children(self, _Pool._begin_again)

    def _begin_again(self) -> None:
        """In a forked process: forget sessions that do not survive it. Freeing one would wait for its threads."""
        self._renew_locks()
        self._of_parent += [session for session in self._sessions.values() if not session.survives_fork]
        self._sessions = {key: session for key, session in self._sessions.items() if session.survives_fork}

    def _renew_locks(self) -> None:
        """Have locks that nobody holds, at first and in a forked process."""
        self._lock = threading.Lock()
        self._loading: dict[_Key, threading.Lock] = {}

    def get(self, key: _Key, source: _Source, choice: Choice) -> Session:
        with self._lock:
            self.requests += 1
            self._asked[key] = self.requests
            found = self._sessions.get(key)
            gate = self._loading.setdefault(key, threading.Lock())
        if found is not None:
            return found
        with gate:
            found = self._sessions.get(key)
            if found is None:
                found = _start(key, source.path, source.read(), choice)
                with self._lock:
                    self._sessions[key] = found
        return found

    def all(self, since: int) -> list[Session]:
        with self._lock:
            return [session for key, session in self._sessions.items() if self._asked[key] > since]

    def clear(self) -> None:
        with self._lock:
            self._sessions.clear()
            self._asked.clear()
            self._loading.clear()


_pool = _Pool()


def load(
    model: str | Path | bytes,
    *,
    provider: str = "auto",
    outputs: Sequence[int] | None = None,
    threads: int | None = None,
    asked_by: str = "",
) -> Session:
    """Return the session of a model.

    Args:
        model: the path of a .tflite or .onnx file, or its bytes. What it is shows in its content.
        provider: "cpu", "cuda", "tensorrt", or "auto" for CUDA where it is usable and the CPU elsewhere.
        outputs: the indices of the outputs to compute, in the order in which `run` gives them; what only
            the others need is not computed. None for all.
        threads: threads inside one run; None for the budget's (`graphkit._process.threads`).
        asked_by: who wants *provider*, in words for `Session.provider_reason`; "" for the caller.

    Returns:
        The one session of this process for that model, provider, choice of outputs and number of threads.

    Raises:
        ResourceNotFoundError: no such file.
        ModelFormatError: the file is no model, or damaged.
        UnsupportedOpError: the model holds an operation that is not known.
        InferenceError: the provider was asked for by name and is not usable, or there is no such output.
    """
    choice = providers.choose(provider, asked_by)
    source = _bytes_source(model) if isinstance(model, bytes) else _file_source(Path(model))
    wanted = None if outputs is None else tuple(outputs)
    key = _Key(source.digest, choice.provider, wanted, threads or inference_threads())
    return _pool.get(key, source, choice)


def requests() -> int:
    """Return how often this process has asked for a session so far."""
    return _pool.requests


def loaded_sessions(since: int = 0) -> list[Session]:
    """Return the sessions of this process, in the order in which they were started.

    Args:
        since: what `requests` returned at some time; leaves out what nobody has asked for after it.
    """
    return _pool.all(since)


def unload_all() -> None:
    """Forget the sessions of this process. Those still in use live on until nobody holds them."""
    _pool.clear()
    _file_digest.cache_clear()


def _bytes_source(data: bytes) -> _Source:
    return _Source(data.path if isinstance(data, FileContents) else "<bytes>", lambda: data)


def _file_source(path: Path) -> _Source:
    """Return a file as a source. A file that has not changed since is not read again for its digest."""
    try:
        state = path.stat()
        digest = _file_digest(path.resolve(), state.st_size, state.st_mtime_ns)
    except FileNotFoundError:
        raise ResourceNotFoundError(path.name, [path]) from None
    except OSError as exc:
        raise InferenceError(f"the model cannot be read: {exc.strerror}", model=str(path)) from exc
    return _Source(str(path), path.read_bytes, digest)


@lru_cache(maxsize=64)
def _file_digest(path: Path, size: int, modified_ns: int) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _start(key: _Key, path: str, data: bytes, choice: Choice) -> Session:
    imported = is_tflite(path, data)
    content = _imported(key, path, data) if imported else _selected(key, path, data)
    onnxruntime = onnx_runtime()
    try:
        session = _onnx_session(onnxruntime, content, key.threads, choice)
    except Exception as exc:  # ONNX Runtime's errors have no common base of their own
        reason = shortened(str(exc))
        if imported:
            raise InferenceError(
                f"ONNX Runtime cannot start it on {choice.provider}: {reason}", model=path
            ) from exc
        raise ModelFormatError(path, f"{describe_bytes(data)}, which ONNX Runtime cannot read ({reason})") from exc
    provider, reason = choice.provider, choice.reason
    if choice.onnx_name not in session.get_providers():
        # It was there when probed, and ONNX Runtime fell back by itself: another version of a library, no memory.
        if choice.required:
            raise InferenceError(
                f"ONNX Runtime could not start {provider} although its libraries are there", model=path
            )
        provider, reason = "cpu", f"ONNX Runtime could not start {provider} although its libraries are there"
    logger.info("%s runs on %s: %s", path, provider, reason)
    _tell_of_replacement(path, key.digest)
    return Session(session, path, provider, reason, threads=key.threads)


def _onnx_session(onnxruntime: Any, content: bytes, threads: int, choice: Choice) -> Any:
    """Start a session; on the CPU where the provider fails that nobody asked for by name.

    ONNX Runtime would do that itself, for every model that it cannot read as well, and print what it does.
    """
    settings = _session_options(onnxruntime, threads)

    def start(onnx_providers: Sequence[Any]) -> Any:
        return onnxruntime.InferenceSession(content, settings, providers=list(onnx_providers), enable_fallback=0)

    try:
        return start(choice.onnx_providers)
    except Exception:
        if choice.required or choice.provider == "cpu":
            raise
        return start(choice.onnx_providers[-1:])


def _tell_of_replacement(path: str, digest: str) -> None:
    """Warn of a file that runs in the place of a known model; its user may mean it."""
    model = replaced_by(path, digest)
    if model is not None:
        logger.warning(
            "%s is not the %s that graphkit knows: its SHA-256 is %s…, not %s…; what it finds may differ",
            path, model.name, digest[:12], model.sha256[:12],
        )  # fmt: skip


def is_tflite(path: str, data: bytes) -> bool:
    """Tell whether a model goes to the importer: by its content, or because its name claims so."""
    return data[4:8] == _TFLITE_IDENTIFIER or not data or path.endswith(".tflite")


def _imported(key: _Key, path: str, data: bytes) -> bytes:
    blocked = key.provider == "cpu" and platform.machine().lower() in _BLOCKED_MACHINES
    chosen = "all" if key.outputs is None else "_".join(map(str, key.outputs))
    entry = cache.Entry(f"{key.digest[:40]}-{chosen}{'' if blocked else '-plain'}", f"v{IMPORTER_VERSION}")
    return cache.get_or_build(entry, lambda: _import(data, path, key.outputs, blocked=blocked))


def _import(data: bytes, path: str, outputs: tuple[int, ...] | None, *, blocked: bool) -> bytes:
    from graphkit.inference._importer import import_tflite

    return import_tflite(data, path, outputs, blocked=blocked)


def _selected(key: _Key, path: str, data: bytes) -> bytes:
    return data if key.outputs is None else onnx_model.select_outputs(data, path, key.outputs)


def _session_options(onnxruntime: Any, threads: int) -> Any:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_ALL
    # What goes wrong is raised; it need not be printed as well.
    options.log_severity_level = 4
    # A thread that spins while it waits takes the core from decoding, drawing and encoding.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    options.add_session_config_entry("session.inter_op.allow_spinning", "0")
    return options
