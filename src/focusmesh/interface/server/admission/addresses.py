"""Whose address a request has: that of the connection, or the one that a trusted proxy says."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import TYPE_CHECKING

from focusmesh.errors import ParameterError

if TYPE_CHECKING:
    from collections.abc import Iterable
    from ipaddress import IPv4Network, IPv6Network

FORWARDED = b"x-forwarded-for"
_IPV6_PREFIX = 64
_ENTRIES_MAX = 64
"""How many addresses of a header are read, from its end."""


class Proxies:
    """Proxies whose X-Forwarded-For is believed; without any, the header is not read."""

    def __init__(self, said: str) -> None:
        """``said``: addresses and networks (10.0.0.0/8) with commas between. Raises ParameterError for what is none."""
        self._networks = [_network(one.strip()) for one in said.split(",") if one.strip()]

    def client(self, peer: str, headers: Iterable[tuple[bytes, bytes]]) -> str:
        """The address of who asks: the last one in X-Forwarded-For that is no trusted proxy's, else the connection's.

        What stands before it was written by whoever asks, and is not looked at.
        """
        if not self._networks or not self._is_trusted(peer):
            return peer
        said = b",".join(value for name, value in headers if name == FORWARDED)
        found = peer
        for entry in reversed(said.decode("latin-1").split(",")[-_ENTRIES_MAX:]):
            address = _address(entry.strip())
            if address is None:
                return found
            found = str(address)
            if not self._is_trusted(found):
                return found
        return found

    def _is_trusted(self, text: str) -> bool:
        address = _address(text)
        return address is not None and any(address in network for network in self._networks)


def bucket_of(address: str) -> str:
    """What shares a rate: an IPv4 address; of IPv6 the /64, which one subscriber has whole."""
    parsed = _address(address)
    if not isinstance(parsed, IPv6Address):
        return address if parsed is None else str(parsed)
    return str(ip_network((parsed, _IPV6_PREFIX), strict=False))


def _address(text: str) -> IPv4Address | IPv6Address | None:
    """The address; one of IPv4 that is written as IPv6 is that of IPv4. None for what is none."""
    try:
        found = ip_address(text.partition("%")[0])
    except ValueError:
        return None
    mapped = found.ipv4_mapped if isinstance(found, IPv6Address) else None
    return mapped or found


def _network(text: str) -> IPv4Network | IPv6Network:
    try:
        return ip_network(text, strict=False)
    except ValueError as error:
        raise ParameterError(
            f"access.proxies: {text[:64]!r} is neither an address nor a network such as 10.0.0.0/8"
        ) from error
