"""`load`: from a model file to the one session of this process that runs it."""

from __future__ import annotations

import hashlib
import threading
from dataclasses import replace
from functools import lru_cache, partial
from pathlib import Path
from typing import TYPE_CHECKING

from graphkit._process.forks import call_in_children
from graphkit._process.threads import budget, inference_threads
from graphkit.errors import InferenceError, ResourceNotFoundError
from graphkit.framework._resources import FileContents
from graphkit.inference import _providers as providers
from graphkit.inference._ahead import Ahead, helpers
from graphkit.inference._starting import Key, start, surely_starts

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from graphkit.inference._providers import Choice
    from graphkit.inference._session import Session


class _Source:
    """A model's bytes, read when they are needed, and their SHA-256."""

    def __init__(self, path: str, read: Callable[[], bytes], digest: str | None = None) -> None:
        self.path = path
        self.read = read
        self.digest = digest or hashlib.sha256(read()).hexdigest()


class _Pool:
    """The sessions of this process. Different models load at the same time, the same one only once."""

    def __init__(self) -> None:
        self._sessions: dict[Key, Session] = {}
        self._asked: dict[Key, int] = {}
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
        """Have locks that no thread holds, at first and in a forked process."""
        self._lock = threading.Lock()
        self._loading: dict[Key, threading.Lock] = {}

    def get(self, key: Key, source: _Source, choice: Choice) -> Session:
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
                found = start(key, source.path, source.read(), choice, partial(self._on_cpu, key, source))
                with self._lock:
                    self._sessions[key] = found
        return found

    def has(self, key: Key) -> bool:
        """Return whether the session exists."""
        return key in self._sessions

    def _on_cpu(self, key: Key, source: _Source) -> Session:
        """Return the session of the same model on the CPU."""
        return self.get(replace(key, provider="cpu", device=0), source, providers.choose("cpu"))

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
    spin: bool = False,
    why: str = "",
    device: int = 0,
    rows: int = 1,
) -> Session:
    """Return the session of a model.

    Args:
        model: the path of a .tflite or .onnx file, or its bytes. Its content tells which.
        provider: "cpu", "cuda", "tensorrt", or "auto" for CUDA if it is usable and else the CPU.
        outputs: the indices of the outputs to compute, in the order in which `run` gives them; what only
            the others need is not computed. None for all.
        threads: threads inside one run; None for the budget's (`graphkit._process.threads`).
        spin: let them spin while a run lasts: quicker on cores that have nothing else to do, and else much slower.
        why: why it is *provider*, for `Session.provider_reason`; "" if the caller asks for it.
        device: CUDA's number of the GPU, if it is CUDA or TensorRT.
        rows: how many pictures one run takes, of a .tflite for one: the first size of its inputs and outputs.
            On the CPU each row is what a run of its own gives, bit for bit.

    Returns:
        The one session of this process for that model, provider, device, choice of outputs, threads and rows. With
        "auto" it continues on the CPU, with a line in the log, if the GPU fails later.

    Raises:
        ResourceNotFoundError: no such file.
        ModelFormatError: the file is no model, or damaged.
        UnsupportedOpError: the model holds an operation that is not known.
        InferenceError: the provider was asked for by name and is not usable, or there is no such output, or the
            model cannot take that many *rows*.
    """
    choice = providers.choose(provider, why, device)
    source = _source(model)
    wanted = None if outputs is None else tuple(outputs)
    key = Key(source.digest, choice.provider, wanted, threads or inference_threads(), spin, choice.device, rows)
    return _loaded(key, source, choice)


def load_stage(model: str | Path | bytes, stage: int, *, outputs: Sequence[int] | None, threads: int) -> Session:
    """Return the session of a part of a .tflite model, on the CPU; `Session.stages` says how many it has.

    Args:
        model: the path of a .tflite file, or its bytes.
        stage: counted from 0. The first stage takes what the model takes, and the last gives what the model gives,
            bit for bit. In between, each gives one picture of many channels, NCHW, and the next takes it.
        outputs: see `load`.
        threads: inside one run. Several spin while it lasts.

    Raises:
        ResourceNotFoundError, ModelFormatError, UnsupportedOpError, InferenceError: see `load`.
    """
    source = _source(model)
    wanted = None if outputs is None else tuple(outputs)
    key = Key(source.digest, "cpu", wanted, threads, threads > 1, stage=stage)
    return _loaded(key, source, providers.choose("cpu"))


def load_ahead(
    model: str | Path | bytes,
    *,
    provider: str = "auto",
    outputs: Sequence[int] | None = None,
    threads: int | None = None,
    why: str = "",
    device: int = 0,
) -> Ahead[Session]:
    """Begin to load a model; ``result()`` of what is returned waits for the session.

    If nothing can be wrong with the model, because it was imported before or is one that graphkit knows, it loads
    on another thread. Any other is loaded here. Arguments are those of `load`.

    Raises:
        ResourceNotFoundError, ModelFormatError, UnsupportedOpError, InferenceError: see `load`. What goes wrong on
            the other thread is raised by ``result()``.
    """
    choice = providers.choose(provider, why, device)
    source = _source(model)
    wanted = None if outputs is None else tuple(outputs)
    key = Key(source.digest, choice.provider, wanted, threads or inference_threads(), False, choice.device)
    work = Ahead(partial(_loaded, key, source, choice))
    if choice.provider == "cpu" and budget().cores > 1 and not _pool.has(key) and surely_starts(key, source.path):
        helpers.begin(work)
    else:
        work.result()
    return work


def _loaded(key: Key, source: _Source, choice: Choice) -> Session:
    session = _pool.get(key, source, choice)
    if choice.required and session.provider != choice.provider:
        raise InferenceError(session.provider_reason, model=source.path)
    return session


def _source(model: str | Path | bytes) -> _Source:
    return _bytes_source(model) if isinstance(model, bytes) else _file_source(Path(model))


def requests() -> int:
    """Return how often this process has asked for a session so far."""
    return _pool.requests


def loaded_sessions(since: int = 0) -> list[Session]:
    """Return the sessions of this process, in the order in which they were started.

    Args:
        since: what `requests` returned at some time; leaves out what was not asked for after it.
    """
    return _pool.all(since)


def unload_all() -> None:
    """Forget the sessions of this process. Those still in use live on until they are no longer referenced."""
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
