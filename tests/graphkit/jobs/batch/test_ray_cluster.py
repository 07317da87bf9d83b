"""Where Ray is, and what is asked of it, as far as that needs no Ray."""

from __future__ import annotations

import socket
import subprocess
import sys
from importlib.util import find_spec
from types import SimpleNamespace
from typing import Any

import pytest

from graphkit.errors import ArgumentError, BatchError, PackageError, StatusCode
from graphkit.jobs import RayEngine, Share
from graphkit.jobs._batch import ray_cluster, ray_engine
from graphkit.jobs._batch.ray_cluster import Cluster


def free_port() -> int:
    with socket.socket() as asked:
        asked.bind(("127.0.0.1", 0))
        return int(asked.getsockname()[1])


@pytest.mark.parametrize("scheme", ["", "ray://"])
def test_an_address_where_nobody_answers(scheme: str) -> None:
    address = f"{scheme}127.0.0.1:{free_port()}"
    with pytest.raises(BatchError, match=f"nobody answers at {address}: .*efused. Is the cluster up") as caught:
        ray_cluster._check_answer(address)
    assert caught.value.status is StatusCode.UNAVAILABLE


@pytest.mark.skipif(find_spec("ray") is None, reason="Ray is not installed")
def test_somebody_else_who_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ray_cluster, "_HEALTH_SECONDS", 0.05)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        address = f"127.0.0.1:{silent.getsockname()[1]}"
        with pytest.raises(
            BatchError, match=f"what answers at {address} cannot be used: no Ray within 0.05 s. Is"
        ):
            ray_cluster._check_answer(address)


def node(cpus: float, gpus: float = 0, *, alive: bool = True) -> dict[str, Any]:
    return {"Alive": alive, "Resources": {"CPU": cpus, "GPU": gpus} if gpus else {"CPU": cpus}}


@pytest.mark.parametrize(
    ("share", "room"),
    [
        pytest.param(Share(), 22, id="a core each"),
        pytest.param(Share(4), 5, id="four cores"),
        pytest.param(Share(1, 0.5), 8, id="half a card"),
        pytest.param(Share(32), 0, id="more than there is"),
    ],
)
def test_the_room_is_that_of_the_machines_that_are_alive(share: Share, room: int) -> None:
    cluster = Cluster("anywhere", share)
    nodes = [node(16, 4), node(4), node(2), node(64, alive=False)]
    cluster._ray = SimpleNamespace(nodes=lambda: nodes)
    assert cluster.room() == room


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"cpus": 0}, r"cpus: found 0; a clip takes more than 0 cores"),
        ({"gpus": -1}, r"gpus: found -1; the number cannot be negative"),
    ],
)
def test_shares_that_are_none(arguments: dict[str, float], message: str) -> None:
    with pytest.raises(ArgumentError, match=message):
        Share(**arguments)


def test_without_ray_the_command_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ray_engine, "find_spec", lambda name: None)
    with pytest.raises(
        PackageError, match=r"ray: a batch on Ray needs it.*Fix: pip install 'graphkit-media\[ray\]'"
    ):
        RayEngine()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [({"tasks": 0}, "at least 1 task"), ({"retries": -1}, "retries: found -1; the number cannot be negative")],
)
def test_arguments_that_are_refused(
    arguments: dict[str, int], message: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ray_engine, "find_spec", lambda name: object())
    with pytest.raises(ArgumentError, match=message):
        RayEngine(**arguments)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("code", "message"),
    [
        pytest.param(
            "import sys; sys.exit('x\\nAuthenticationError: a token')", "AuthenticationError: a token", id="why"
        ),
        pytest.param("raise SystemExit(3)", "status 3 of its check of health", id="no word"),
    ],
)
def test_what_ray_says_of_its_health_is_passed_on(
    monkeypatch: pytest.MonkeyPatch, code: str, message: str
) -> None:
    run = subprocess.run
    monkeypatch.setattr(
        ray_cluster.subprocess, "run", lambda command, **options: run([sys.executable, "-c", code], **options)
    )
    with pytest.raises(BatchError, match=f"what answers at a:1 cannot be used: {message}. Is this the address"):
        ray_cluster._check_health("a:1")
    # Ray would wait for minutes for one that was killed.
    with pytest.raises(BatchError, match="the address is auto, and no Ray answers on this machine") as auto:
        ray_cluster._check_answer("auto")
    assert auto.value.status is StatusCode.UNAVAILABLE
