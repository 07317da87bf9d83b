"""Where a preview listens and which Host headers are its own."""

from __future__ import annotations

import pytest

from graphkit.errors import UsageError
from graphkit.preview import Address


@pytest.mark.parametrize(
    ("text", "expected", "url"),
    [
        pytest.param("", Address("127.0.0.1", 8477), "http://127.0.0.1:8477/", id="nothing"),
        pytest.param("9000", Address("127.0.0.1", 9000), "http://127.0.0.1:9000/", id="port"),
        pytest.param("0.0.0.0:80", Address("0.0.0.0", 80), "http://127.0.0.1:80/", id="everywhere"),
        pytest.param("box.lan:0", Address("box.lan", 0), "http://box.lan:0/", id="name"),
        pytest.param("[::1]:9000", Address("::1", 9000), "http://[::1]:9000/", id="IPv6"),
        pytest.param("[::]:9000", Address("::", 9000), "http://[::1]:9000/", id="everywhere, IPv6"),
    ],
)
def test_parse(text: str, expected: Address, url: str) -> None:
    assert Address.parse(text) == expected
    assert expected.url == url


@pytest.mark.parametrize(
    "text", ["localhost", "localhost:", ":9000", "65536", "-1", "a:b:9000", "::1:90", "a b:1"]
)
def test_no_address(text: str) -> None:
    with pytest.raises(UsageError, match=r'preview: ".*" is neither PORT nor HOST:PORT, such as 8477 or'):
        Address.parse(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("8000", True, id="port"),
        pytest.param("0.0.0.0:8000", True, id="both"),
        pytest.param("graph.pbtxt", False, id="graph"),
        pytest.param("--quiet", False, id="flag"),
        pytest.param("", False, id="nothing"),
    ],
)
def test_what_looks_like_an_address(text: str, expected: bool) -> None:
    assert Address.looks_like(text) is expected


@pytest.mark.parametrize(
    ("host", "header", "expected"),
    [
        pytest.param("127.0.0.1", "127.0.0.1:8477", True, id="as told"),
        pytest.param("127.0.0.1", "localhost:9000", True, id="through a tunnel"),
        pytest.param("127.0.0.1", "LocalHost", True, id="no port, other case"),
        pytest.param("127.0.0.1", "app.localhost:1", True, id="a name under localhost"),
        pytest.param("127.0.0.1", "[::1]:8477", True, id="IPv6 loopback"),
        pytest.param("127.0.0.1", "evil.example:8477", False, id="a foreign name"),
        pytest.param("127.0.0.1", "localhost.evil.example", False, id="one that begins alike"),
        pytest.param("127.0.0.1", "192.168.1.7:8477", False, id="another address"),
        pytest.param("127.0.0.1", "[::1].evil.example", False, id="a foreign name behind brackets"),
        pytest.param("127.0.0.1", "[::1]evil.example:80", False, id="a foreign name right behind brackets"),
        pytest.param("127.0.0.1", "[::1", False, id="an open bracket"),
        pytest.param("127.0.0.1", "[0:0:0:0:0:0:0:1]:80", True, id="IPv6 loopback in full"),
        pytest.param("127.0.0.1", "[127.0.0.1]", False, id="IPv4 in brackets"),
        pytest.param("127.0.0.1", "localhost:80:evil", False, id="two ports"),
        pytest.param("127.0.0.1", "localhost:80@evil.example", False, id="a user"),
        pytest.param("127.0.0.1", "evil.example/.localhost", False, id="a path"),
        pytest.param("127.0.0.1", "", False, id="empty"),
        pytest.param("127.0.0.1", None, False, id="none"),
        pytest.param("localhost", "192.168.1.7", False, id="another address, bound by name"),
        pytest.param("0.0.0.0", "192.168.1.7:8477", True, id="an address, bound to all"),
        pytest.param("0.0.0.0", "evil.example", False, id="a foreign name, bound to all"),
        pytest.param("0.0.0.0", "workstation", True, id="this machine's name, bound to all"),
        pytest.param("127.0.0.1", "workstation", False, id="this machine's name, bound to loopback"),
        pytest.param("box.lan", "box.lan:8477", True, id="the name it was bound by"),
        pytest.param("::", "[fe80::1]:8477", True, id="IPv6, bound to all"),
    ],
)
def test_host_headers(monkeypatch: pytest.MonkeyPatch, host: str, header: str | None, expected: bool) -> None:
    monkeypatch.setattr("graphkit.preview._address.socket.gethostname", lambda: "Workstation")
    assert Address(host, 8477).answers_to(header) is expected
