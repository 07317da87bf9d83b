"""The preview over real connections."""

from __future__ import annotations

import errno
import json
import re
import socket
import threading
import time
from contextlib import ExitStack, contextmanager, suppress
from http.client import HTTPConnection, HTTPResponse
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np
import pytest

from graphkit import Packet
from graphkit.errors import PreviewError
from graphkit.formats import ImageFrame
from graphkit.preview import Address, PreviewServer
from graphkit.preview import _server as server
from graphkit.preview._requests import PreviewRequest

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def preview() -> Iterator[PreviewServer]:
    with PreviewServer(Address(port=0)) as made:
        yield made


def port_of(preview: PreviewServer) -> int:
    return int(preview.url.rstrip("/").rpartition(":")[2])


@contextmanager
def asked(preview: PreviewServer, path: str, method: str = "GET", **headers: str) -> Iterator[HTTPResponse]:
    connection = HTTPConnection("127.0.0.1", port_of(preview), timeout=60)
    try:
        connection.request(method, path, headers=headers)
        yield connection.getresponse()
    finally:
        connection.close()


def show(preview: PreviewServer, level: int) -> None:
    preview.take(Packet(ImageFrame(np.full((48, 64, 3), level, np.uint8)), 0))


def wait_for_watcher(preview: PreviewServer) -> None:
    assert preview.broadcaster.changed.wait_for(lambda: preview.broadcaster.watchers > 0, 60)


NEXT_HEAD = b"Content-Type: image/jpeg\r\n\r\n"
"""Of a part that does not come."""


def read_picture(answer: HTTPResponse) -> float:
    """Read a part of the multipart answer up to the line that ends it; return its mean level."""
    head = {}
    while line := answer.readline().strip():
        name, _, value = line.partition(b": ")
        head[name] = value
    assert head == {b"Content-Type": b"image/jpeg"}
    jpeg = b""
    while not (jpeg := jpeg + answer.readline()).endswith(b"\r\n--graphkit-picture\r\n"):
        pass
    jpeg = jpeg.removesuffix(b"\r\n--graphkit-picture\r\n")
    return float(cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_COLOR).mean())


def read_numbers(answer: HTTPResponse) -> dict[str, object]:
    line = answer.readline()
    assert answer.readline() == b"\n"
    found: dict[str, object] = json.loads(line.removeprefix(b"data: "))
    return found


@pytest.mark.parametrize(
    ("path", "kind", "contains"),
    [
        pytest.param("/", "text/html", b'<img id="picture"', id="page"),
        pytest.param("/?again", "text/html", b"graphkit", id="page with a query"),
        pytest.param("/preview.js", "text/javascript", b"EventSource", id="script"),
        pytest.param("/preview.css", "text/css", b"body {", id="style"),
    ],
)
def test_pages(preview: PreviewServer, path: str, kind: str, contains: bytes) -> None:
    with asked(preview, path) as answer:
        body = answer.read()
        assert answer.status == 200
        assert answer.getheader("Content-Type", "").startswith(kind)
        assert contains in body
    with asked(preview, path, "HEAD") as answer:
        assert (answer.status, answer.getheader("Content-Length")) == (200, str(len(body)))
        assert answer.read() == b""


def test_the_page_loads_nothing_from_elsewhere(preview: PreviewServer) -> None:
    with asked(preview, "/") as answer:
        policy = answer.getheader("Content-Security-Policy", "")
        page = answer.read().decode()
        assert answer.getheader("Cross-Origin-Resource-Policy") == "same-origin"
        assert answer.getheader("X-Content-Type-Options") == "nosniff"
    assert policy.startswith("default-src 'none'; img-src 'self' data:;")
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    for link in re.findall(r'(?:src|href)="([^"]+)"', page):
        assert link in {"data:,", "preview.css", "graph.css", "preview.js", "pictures"}


@pytest.mark.parametrize(
    ("method", "path", "status", "text"),
    [
        pytest.param("GET", "/else", 404, b"There is nothing at /else here; the preview is at /.\n", id="unknown"),
        pytest.param("HEAD", "/else", 404, b"", id="head of that"),
        pytest.param("HEAD", "/pictures", 200, b"", id="head of the pictures"),
        pytest.param("GET", "/../../etc/passwd", 404, b"There is nothing at /../../etc", id="a way out"),
        pytest.param("POST", "/", 501, b"", id="another method"),
    ],
)
def test_other_requests(preview: PreviewServer, method: str, path: str, status: int, text: bytes) -> None:
    with asked(preview, path, method) as answer:
        assert answer.status == status
        assert answer.read().startswith(text)


@pytest.mark.parametrize("path", ["/", "/pictures", "/numbers", "/else"])
def test_a_foreign_host_is_refused(preview: PreviewServer, path: str) -> None:
    with asked(preview, path, Host="evil.example:8477") as answer:
        assert answer.status == 403
        text = answer.read().decode()
    assert "not at the host that was asked for (evil.example:8477)" in text
    assert f"Open {preview.url}, or start it at another HOST:PORT" in text


@pytest.mark.parametrize(
    ("site", "mode", "status"),
    [
        pytest.param("cross-site", "no-cors", 403, id="shown in another site"),
        pytest.param("cross-site", "navigate", 200, id="linked from another site"),
        pytest.param("same-origin", "no-cors", 200, id="its own page"),
        pytest.param("none", "navigate", 200, id="typed"),
    ],
)
def test_other_sites_may_link_but_not_show(preview: PreviewServer, site: str, mode: str, status: int) -> None:
    with asked(preview, "/pictures", "HEAD", **{"Sec-Fetch-Site": site, "Sec-Fetch-Mode": mode}) as answer:
        assert answer.status == status


def test_a_mistake_in_an_answer_is_logged(preview: PreviewServer, caplog, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(preview.broadcaster, "statistics", lambda: 1 / 0)
    with asked(preview, "/numbers") as answer:
        assert answer.read() == b""
    preview.close()
    assert [record.getMessage() for record in caplog.records if record.levelname == "WARNING"] == [
        "preview: a request of 127.0.0.1 failed."
    ]


def test_pictures_as_they_come(preview: PreviewServer) -> None:
    with asked(preview, "/pictures") as answer:
        assert answer.getheader("Content-Type") == "multipart/x-mixed-replace; boundary=graphkit-picture"
        assert answer.readline() == b"--graphkit-picture\r\n"
        wait_for_watcher(preview)
        for level in (40, 80, 120):
            show(preview, level)
            assert abs(read_picture(answer) - level) < 2
        preview.end()
        assert answer.read() == NEXT_HEAD


def test_the_last_picture_reaches_the_browser(preview: PreviewServer) -> None:
    with asked(preview, "/pictures") as answer:
        assert answer.readline() == b"--graphkit-picture\r\n"
        wait_for_watcher(preview)
        for level in range(0, 250, 10):
            show(preview, level)
        preview.end()
        seen = [read_picture(answer)]
        while seen[-1] < 238:
            seen.append(read_picture(answer))
        assert answer.read() == NEXT_HEAD
    assert seen == sorted(seen)


def test_a_browser_that_does_not_read_holds_nothing_up(preview: PreviewServer) -> None:
    noise = np.random.default_rng(1).integers(0, 255, (720, 1280, 3), np.uint8)
    with asked(preview, "/pictures"):
        wait_for_watcher(preview)
        for _ in range(200):
            preview.take(Packet(ImageFrame(noise), 0))
        assert preview.broadcaster.statistics().frames == 200


def test_a_browser_that_goes_away_is_forgotten(preview: PreviewServer) -> None:
    with asked(preview, "/pictures"):
        wait_for_watcher(preview)
    for level in range(250):
        show(preview, level)
        if preview.broadcaster.changed.wait_for(lambda: preview.broadcaster.watchers == 0, 0.1):
            break
    assert preview.broadcaster.watchers == 0


def test_numbers_and_the_end(preview: PreviewServer) -> None:
    with asked(preview, "/numbers") as answer:
        assert answer.getheader("Content-Type") == "text/event-stream"
        assert read_numbers(answer)["state"] == "waiting"
        show(preview, 0)
        preview.dropped(3)
        preview.end(failure=ValueError("the graph broke"))
        last = read_numbers(answer)
        while not last["over"]:
            last = read_numbers(answer)
        assert answer.read() == b""
    assert (last["state"], last["frames"], last["dropped"]) == ("failed", 1, 3)
    assert last["message"] == "the graph broke"


@pytest.mark.parametrize(
    ("how", "state"),
    [
        pytest.param({}, "finished", id="finished"),
        pytest.param({"stopped": True}, "stopped", id="stopped"),
        pytest.param({"failure": KeyError()}, "failed", id="failed without words"),
    ],
)
def test_endings(preview: PreviewServer, how: dict[str, object], state: str) -> None:
    preview.end(**how)  # type: ignore[arg-type]
    with asked(preview, "/numbers") as answer:
        assert read_numbers(answer)["state"] == state


@pytest.mark.parametrize(
    ("error", "state", "message"),
    [
        pytest.param(ValueError("no such graph"), "failed", "no such graph", id="an error"),
        pytest.param(KeyboardInterrupt(), "stopped", "", id="Ctrl-C"),
    ],
)
def test_what_ends_the_block_before_a_job_is_told(error: BaseException, state: str, message: str) -> None:
    with pytest.raises(type(error)), PreviewServer(Address(port=0)) as preview:
        raise error
    numbers = preview.broadcaster.statistics()
    assert (numbers.state, numbers.message) == (state, message)


def test_closing_says_goodbye_and_leaves_no_thread() -> None:
    before = set(threading.enumerate())
    preview = PreviewServer(Address(port=0))
    with asked(preview, "/pictures") as pictures, asked(preview, "/numbers") as numbers:
        wait_for_watcher(preview)
        show(preview, 90)
        preview.end()
        preview.close()
        preview.close()
        assert pictures.readline() == b"--graphkit-picture\r\n"
        assert abs(read_picture(pictures) - 90) < 2
        assert b'"state": "finished"' in numbers.read()
    assert not set(threading.enumerate()) - before


def test_closing_does_not_wait_for_those_who_do_not_listen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server, "_FAREWELL_SECONDS", 0.05)
    before = set(threading.enumerate())
    preview = PreviewServer(Address(port=0))
    noise = np.random.default_rng(1).integers(0, 255, (1440, 2560, 3), np.uint8)
    with asked(preview, "/pictures"), socket.create_connection(("127.0.0.1", port_of(preview))):
        wait_for_watcher(preview)
        preview.take(Packet(ImageFrame(noise), 0))
        preview.close()
    assert not set(threading.enumerate()) - before


def test_closing_cuts_a_connection_whose_thread_has_not_begun(monkeypatch: pytest.MonkeyPatch) -> None:
    accepted, hung_up = threading.Event(), threading.Event()
    answer, hang_up = server.PreviewHttpServer.process_request_thread, server.PreviewHttpServer.hang_up

    def answer_late(*arguments: Any) -> None:
        accepted.set()
        assert hung_up.wait(60)
        answer(*arguments)

    def hang_up_first(*arguments: Any) -> None:
        hang_up(*arguments)
        hung_up.set()

    monkeypatch.setattr(server.PreviewHttpServer, "process_request_thread", answer_late)
    monkeypatch.setattr(server.PreviewHttpServer, "hang_up", hang_up_first)
    monkeypatch.setattr(PreviewRequest, "timeout", 120)
    preview = PreviewServer(Address(port=0))
    closing = threading.Thread(target=preview.close)
    with socket.create_connection(("127.0.0.1", port_of(preview))):
        assert accepted.wait(60)
        closing.start()
        closing.join(60)
        assert not closing.is_alive(), "it waits for a request that nobody will make"


def test_more_connections_than_there_is_room_for(
    preview: PreviewServer, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(server, "_MOST_CONNECTIONS", 1)
    with asked(preview, "/numbers") as answer:
        assert read_numbers(answer)["state"] == "waiting"
        for _ in range(3):
            with pytest.raises(ConnectionError), asked(preview, "/"):
                pass
        show(preview, 90)
        assert read_numbers(answer)["over"] is False
    assert [record.getMessage() for record in caplog.records if record.levelname == "WARNING"] == [
        "preview: 127.0.0.1 was turned away: there are 1 connections already."
    ], "said once"


def refused(port: int) -> bool:
    """Whether somebody who asks at once gets no answer."""
    with socket.create_connection(("127.0.0.1", port), timeout=60) as connection:
        connection.sendall(b"GET /preview.css HTTP/1.1\r\nHost: localhost\r\n\r\n")
        try:
            return not connection.recv(20).startswith(b"HTTP/1.0 200")
        except ConnectionError:
            return True


@contextmanager
def slow_askers(port: int, count: int) -> Iterator[list[socket.socket]]:
    """Connections that have begun to ask."""
    with ExitStack() as opened:
        connections = []
        for _ in range(count):
            connection = opened.enter_context(socket.create_connection(("127.0.0.1", port), timeout=60))
            connection.sendall(b"GET / HT")
            connections.append(connection)
        yield connections


def is_cut(connection: socket.socket) -> bool:
    try:
        return connection.recv(1) == b""
    except ConnectionError:
        return True


def test_a_request_has_a_deadline_however_it_comes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server.PreviewHttpServer, "request_seconds", 0.3)
    with PreviewServer(Address(port=0)) as preview, slow_askers(port_of(preview), 3) as slow:
        deadline = time.monotonic() + 120
        with suppress(ConnectionError):
            while time.monotonic() < deadline:  # a byte now and then is no reason to wait on
                slow[0].sendall(b"a")
                time.sleep(0.05)
        assert time.monotonic() < deadline
        assert all(is_cut(connection) for connection in slow[1:])
        monkeypatch.undo()
        assert not refused(port_of(preview))


def test_whoever_asks_slowly_makes_room(preview: PreviewServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server, "_MOST_CONNECTIONS", 4)
    with slow_askers(port_of(preview), 4) as slow:
        assert not refused(port_of(preview))
        assert is_cut(slow[0])


@pytest.mark.parametrize("path", ["/pictures", "/numbers"])
def test_a_watcher_that_reads_too_slowly_is_let_go(monkeypatch: pytest.MonkeyPatch, path: str) -> None:
    monkeypatch.setattr(PreviewRequest, "timeout", 1)
    monkeypatch.setattr("graphkit.preview._requests._EVENT_SECONDS", 0.0)
    noise = ImageFrame(np.random.default_rng(1).integers(0, 255, (720, 1280, 3), np.uint8))
    with PreviewServer(Address(port=0)) as preview, socket.socket() as watcher:
        watcher.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        watcher.connect(("127.0.0.1", port_of(preview)))
        watcher.sendall(f"GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
        deadline = time.monotonic() + 120
        while not preview._server._streams:
            assert time.monotonic() < deadline
        while preview._server._streams:
            assert time.monotonic() < deadline, "it is still watching"
            preview.take(Packet(noise, 0))
            watcher.recv(1)
            time.sleep(0.01)


@pytest.mark.parametrize(
    ("host", "warnings"),
    [
        pytest.param("127.0.0.1", [], id="this machine"),
        pytest.param("localhost", [], id="this machine, by name"),
        pytest.param("0.0.0.0", ["the preview listens on 0.0.0.0, port "], id="its network"),
    ],
)
def test_a_word_when_others_may_watch(host: str, warnings: list[str], caplog: pytest.LogCaptureFixture) -> None:
    with PreviewServer(Address(host, 0)):
        pass
    told = [record.getMessage() for record in caplog.records if record.levelname == "WARNING"]
    assert [message[:37] for message in told] == warnings
    assert all(message.endswith(": whoever reaches this machine can watch.") for message in told)


def test_a_taken_port() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(PreviewError) as caught:
            PreviewServer(Address(port=port))
    assert str(caught.value) == (
        f"port {port} of 127.0.0.1 is taken by another program. Choose another, or 0 for any that is free: "
        "preview."
    )


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        pytest.param(OSError(errno.EACCES, "denied"), "port 80 is not allowed for this user", id="low port"),
        pytest.param(
            socket.gaierror(-2, "unknown"),
            'cannot listen on "box.lan": it is no name or address',
            id="unknown name",
        ),
        pytest.param(OSError(errno.EADDRNOTAVAIL, "no"), "no name or address of this machine", id="not ours"),
        pytest.param(OSError(errno.EMFILE, "too many"), "on box.lan:80: too many", id="anything else"),
    ],
)
def test_addresses_that_cannot_be_had(monkeypatch: pytest.MonkeyPatch, error: OSError, expected: str) -> None:
    def refuse(*args: object, **more: object) -> None:
        raise error

    monkeypatch.setattr(server.socket, "getaddrinfo", refuse)
    with pytest.raises(PreviewError, match=expected):
        PreviewServer(Address("box.lan", 80))


@pytest.mark.parametrize("host", ["a..b", "x" * 70])
def test_a_host_that_is_no_name(host: str) -> None:
    with pytest.raises(PreviewError, match=f'cannot listen on "{host}": it is no name or address'):
        PreviewServer(Address(host, 0))


def test_an_address_of_somebody_else() -> None:
    with pytest.raises(PreviewError, match=r'the preview cannot listen on "192\.0\.2\.1"'):
        PreviewServer(Address("192.0.2.1", 0))


def test_ipv6() -> None:
    if not socket.has_ipv6:
        pytest.skip("no IPv6 here")
    try:
        preview = PreviewServer(Address("::1", 0))
    except PreviewError:
        pytest.skip("no IPv6 loopback here")
    with preview:
        assert preview.url.startswith("http://[::1]:")
        with socket.create_connection(("::1", port_of(preview)), timeout=60) as connection:
            connection.sendall(b"HEAD / HTTP/1.1\r\nHost: [::1]\r\n\r\n")
            assert connection.recv(15) == b"HTTP/1.0 200 OK"
