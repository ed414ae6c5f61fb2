"""Addresses as people write them, ``[::1]:7777`` or ``127.0.0.1:7777``, and as sockets have them."""

from __future__ import annotations

import ipaddress
from typing import Any, NamedTuple

from focusmesh.errors import NetworkError

SocketAddress = tuple[Any, ...]
"""Host and port, and two numbers more for IPv6."""
PORT_MAX = 65_535


class HostPort(NamedTuple):
    """A host, which may be a name, and a port."""

    host: str
    port: int


def read_address(text: str) -> HostPort:
    """NetworkError ``"address"`` for what is not ``host:port``; IPv6 stands in brackets."""
    host, colon, port = text.rpartition(":")
    bracketed = host.startswith("[") and host.endswith("]")
    if not colon or not host or (":" in host and not bracketed):
        raise _unreadable(text)
    if not (port.isascii() and port.isdigit() and int(port) <= PORT_MAX):
        raise _unreadable(text)
    return HostPort(host[1:-1] if bracketed else host, int(port))


def show_address(address: SocketAddress) -> str:
    """The text of a socket's address; IPv4 within IPv6 is shown as IPv4."""
    host, port = plain_host(address), address[1]
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def plain_host(address: SocketAddress) -> str:
    """The host of a socket's address, in one way for each."""
    found = ipaddress.ip_address(str(address[0]).partition("%")[0])
    mapped = getattr(found, "ipv4_mapped", None)
    return str(mapped or found)


def for_socket(where: HostPort, is_ipv6: bool) -> SocketAddress:
    """The address for a socket. NetworkError ``"address"`` where the host is a name or of the other kind."""
    try:
        found = ipaddress.ip_address(where.host)
    except ValueError as error:
        raise NetworkError(
            "address", f"{where.host!r} is a name: give the number that it stands for"
        ) from error
    if is_ipv6:
        host = str(found) if found.version == 6 else f"::ffff:{found}"
        return host, where.port, 0, 0
    if found.version == 6:
        raise NetworkError(
            "address",
            f"[{found}]:{where.port} is IPv6, and this node listens on IPv4: let it listen on [::]:PORT",
        )
    return str(found), where.port


def _unreadable(text: str) -> NetworkError:
    return NetworkError(
        "address", f"{text!r} is not an address: write [::1]:7777 or 127.0.0.1:7777"
    )
