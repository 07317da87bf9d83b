"""Cluster: the Ray that a batch talks to, started for it or there before."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from graphkit.errors import ArgumentError, BatchError, StatusCode
from graphkit.errors._base import shortened

if TYPE_CHECKING:
    from collections.abc import Iterator

_LOCAL: Final = "local"
_AUTO: Final = "auto"
_NONE_HERE: Final = (
    f"the address is {_AUTO}, and no Ray answers on this machine. Without an address, one is started."
)
_CLIENT: Final = "ray://"
_ANSWER_SECONDS: Final = 5.0
_HEALTH_SECONDS: Final = 15.0
_LONGEST: Final = 300
# Outcomes are small; Ray would take a third of the memory.
_STORE_BYTES: Final = 128 << 20
_REPLACED_BY_RAY: Final = (signal.SIGINT, signal.SIGTERM)


@dataclass(frozen=True, slots=True)
class Share:
    """What Ray keeps of a machine for one clip.

    Attributes:
        cpus: cores.
        gpus: graphics cards; a half lets two clips share one.
    """

    cpus: float = 1.0
    gpus: float = 0.0

    def __post_init__(self) -> None:
        if self.cpus <= 0:
            raise ArgumentError(f"found {self.cpus:g}; a clip takes more than 0 cores.", parameter="cpus")
        if self.gpus < 0:
            raise ArgumentError(f"found {self.gpus:g}; the number cannot be negative.", parameter="gpus")

    def __str__(self) -> str:
        return f"{self.cpus:g} cores" + (f" and {self.gpus:g} GPUs" if self.gpus else "")


class Cluster:
    """A Ray that is running, or is started for a batch.

    Args:
        address: as Ray has it; None for that in ``RAY_ADDRESS``, and else for a Ray of our own on this machine.
        share: of a machine that each clip needs.
    """

    def __init__(self, address: str | None, share: Share) -> None:
        self.share = share
        self._address = address or os.environ.get("RAY_ADDRESS") or _LOCAL
        self._ray: Any = None

    @contextmanager
    def connected(self, processes: int) -> Iterator[Any]:
        """Give the module ``ray``, connected; a Ray that was started for this ends with the block.

        A program that has connected to Ray by itself keeps its own connection.

        Args:
            processes: how many clips a Ray of our own is to do at a time.

        Raises:
            BatchError: no Ray answers, or no machine has what a clip needs.
        """
        # Before Ray is imported: nothing is reported to its makers unless the user wants that.
        os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
        import ray

        self._ray = ray
        ours = not ray.is_initialized()
        if ours:
            self._connect(processes)
        try:
            if not self.room():
                raise BatchError(
                    f"no machine of the cluster has the {self.share} that a clip is to have.",
                    status=StatusCode.RESOURCE_EXHAUSTED,
                )
            yield ray
        finally:
            if ours:
                ray.shutdown()

    def room(self) -> int:
        """Return how many clips all machines together can do at a time."""
        share, room = self.share, 0
        for node in self._ray.nodes():
            if node["Alive"]:
                has = node["Resources"]
                clips = int(has.get("CPU", 0) / share.cpus)
                room += min(clips, int(has.get("GPU", 0) / share.gpus)) if share.gpus else clips
        return room

    def _connect(self, processes: int) -> None:
        quiet = {"log_to_driver": False, "logging_level": "ERROR"}
        # Ray installs its own signal handlers; the earlier ones are put back.
        main = threading.current_thread() is threading.main_thread()
        before = {number: signal.getsignal(number) for number in _REPLACED_BY_RAY} if main else {}
        try:
            if self._address == _LOCAL:
                cores = max(1, round(processes * self.share.cpus))
                small = {"include_dashboard": False, "object_store_memory": _STORE_BYTES}
                self._ray.init(address=_LOCAL, num_cpus=cores, **small, **quiet)
            else:
                _check_answer(self._address)
                self._ray.init(address=self._address, **quiet)
        except (ConnectionError, RuntimeError, ValueError, OSError) as exc:
            raise BatchError(self._unusable(exc), status=StatusCode.UNAVAILABLE) from exc
        finally:
            for number, handler in before.items():
                if handler is not None:
                    signal.signal(number, handler)

    def _unusable(self, error: BaseException) -> str:
        if self._address == _AUTO:
            return _NONE_HERE
        return f"Ray at {self._address} cannot be used: {str(error) or type(error).__name__}"


def _check_answer(address: str) -> None:
    """Make sure that a Ray answers, for Ray itself waits for minutes; raises BatchError."""
    if address == _AUTO:  # one that was killed leaves its address behind
        _check_health(address)
        return
    host, _, port = address.removeprefix(_CLIENT).rpartition(":")
    if not (host and port.isdecimal()):
        return  # what Ray knows to read
    try:
        socket.create_connection((host.strip("[]"), int(port)), _ANSWER_SECONDS).close()
    except (OSError, OverflowError) as exc:  # a port beyond 65535
        raise BatchError(
            f"nobody answers at {address}: {getattr(exc, 'strerror', None) or exc}. Is the cluster up, and is "
            "this its address? Without an address, Ray runs on this machine.",
            status=StatusCode.UNAVAILABLE,
        ) from exc
    if not address.startswith(_CLIENT):
        _check_health(address)


def _check_health(address: str) -> None:
    command = [sys.executable, "-m", "ray.scripts.scripts", "health-check", "--address", address]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=_HEALTH_SECONDS)
    except subprocess.TimeoutExpired:
        why = f"no Ray within {_HEALTH_SECONDS:g} s"
    else:
        if done.returncode == 0:
            return
        lines = done.stderr.strip().splitlines()
        why = shortened(lines[-1], _LONGEST) if lines else f"status {done.returncode} of its check of health"
    message = (
        f"what answers at {address} cannot be used: {why}. Is this the address of the cluster, and is its Ray "
        "the one that is installed here?"
    )
    raise BatchError(_NONE_HERE if address == _AUTO else message, status=StatusCode.UNAVAILABLE)
