"""Where a preview listens, and which Host headers it answers to."""

from __future__ import annotations

import re
import socket
from dataclasses import dataclass
from ipaddress import IPv6Address, ip_address
from typing import Final

from graphkit.errors import UsageError

DEFAULT_PORT: Final = 8477
"""Where a preview listens unless it is told otherwise."""
_LOOPBACK: Final = "127.0.0.1"
_HOST: Final = re.compile(r"(?:\[(?P<address>[0-9A-Fa-f:.]+)\]|(?P<name>[A-Za-z0-9._~!$&'()*+,;=%-]+))(?::\d*)?")
_PLACE: Final = re.compile(r"(?:(?P<host>\[[0-9A-Fa-f:.]+\]|[^\s:\[\]/]+):)?(?P<port>\d+)")


@dataclass(frozen=True, slots=True)
class Address:
    """A host and port to listen on.

    Attributes:
        host: a name or address of this machine; only this machine reaches the default.
        port: 1 to 65535, or 0 for any that is free.
    """

    host: str = _LOOPBACK
    port: int = DEFAULT_PORT

    @classmethod
    def parse(cls, text: str) -> Address:
        """Return the address that ``PORT``, ``HOST:PORT`` or ``[IPV6]:PORT`` names; the default for "".

        Raises:
            UsageError: it is none of these.
        """
        if not text:
            return cls()
        match = _PLACE.fullmatch(text)
        if match is None or int(match["port"]) > 65535:
            raise UsageError(
                f'"{text}" is neither PORT nor HOST:PORT, such as {DEFAULT_PORT} or 0.0.0.0:{DEFAULT_PORT}.',
                parameter="preview",
            )
        return cls((match["host"] or _LOOPBACK).strip("[]"), int(match["port"]))

    @staticmethod
    def looks_like(text: str) -> bool:
        """Return whether *text* looks like an address."""
        return _PLACE.fullmatch(text) is not None

    @property
    def url(self) -> str:
        """The URL that a browser on this machine opens."""
        host = {"0.0.0.0": _LOOPBACK, "::": "::1"}.get(self.host, self.host)
        return f"http://{f'[{host}]' if ':' in host else host}:{self.port}/"

    def answers_to(self, header: str | None) -> bool:
        """Return whether a request with this Host header addresses the preview.

        A page elsewhere can point a name of its own at 127.0.0.1 and have the browser fetch the pictures under
        that name (DNS rebinding). It cannot do so with numbers, nor with names that are not its own. The port
        does not matter: a tunnel may have another at its far end.
        """
        name = _host_of(header or "")
        if not name:
            return False
        if name in {"localhost", self.host.lower()} or name.endswith(".localhost"):
            return True
        try:
            number = ip_address(name)
        except ValueError:
            return not self._is_loopback() and name == socket.gethostname().lower()
        return number.is_loopback or not self._is_loopback()

    def _is_loopback(self) -> bool:
        try:
            return ip_address(self.host).is_loopback
        except ValueError:
            return self.host.lower() == "localhost"


def _host_of(header: str) -> str:
    """Return the host of a Host header (``uri-host [ ":" port ]``, RFC 9110), "" if it is none."""
    match = _HOST.fullmatch(header.strip())
    if match is None:
        return ""
    if match["name"] is not None:
        return match["name"].lower()
    try:
        return str(IPv6Address(match["address"]))
    except ValueError:
        return ""
