"""Sockets for transports: where bytes between peers leave this process."""

from __future__ import annotations

import asyncio
import os
import socket
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

from focusmesh.errors import MissingExtraError, NetworkError
from focusmesh.protocol.transport import for_socket, read_address

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Sequence

    from focusmesh.protocol.identity import SigningKey
    from focusmesh.protocol.transport import IrohTransport, QuicTransport, SocketAddress

SOCKET_BYTES = 4 << 20
"""Asked of the system for what comes and goes by UDP; it gives what its own limit allows."""


class UdpSocket(asyncio.DatagramProtocol):
    """A UDP socket in an event loop; many datagrams a call of the system where Linux can do that."""

    def __init__(self, address: SocketAddress) -> None:
        self.address = address
        self._transport: Any = None
        self._receive: Callable[[Sequence[bytes], SocketAddress], None] | None = None

    def connection_made(self, transport: Any) -> None:
        """As asyncio calls it."""
        self._transport = transport

    def datagram_received(self, data: bytes, address: SocketAddress) -> None:
        """As asyncio calls it."""
        self.datagrams_received([data], address)

    def datagrams_received(self, datagrams: Sequence[bytes], address: SocketAddress) -> None:
        """As qh3's transport calls it."""
        if self._receive is not None:
            self._receive(datagrams, address)

    def error_received(self, error: Exception) -> None:
        """Nobody listens there, says the system; QUIC finds out by itself."""

    def start(self, receive: Callable[[Sequence[bytes], SocketAddress], None]) -> None:
        """As ``Datagrams`` says."""
        self._receive = receive

    def send(self, datagrams: list[bytes], address: SocketAddress) -> None:
        """As ``Datagrams`` says."""
        if not self._transport.is_closing():
            self._transport.sendto_many(datagrams, address)

    def close(self) -> None:
        """As ``Datagrams`` says."""
        self._transport.close()


@asynccontextmanager
async def open_quic(
    key: SigningKey, network: bytes, listen: str, **keywords: Any
) -> AsyncIterator[QuicTransport]:
    """A QUIC transport that listens at ``[::1]:7777`` or ``127.0.0.1:7777``; port 0 is any that is free.

    ``keywords``: as QuicTransport has them. NetworkError ``"address"`` where that cannot be listened at.
    """
    from focusmesh.protocol.transport import QuicTransport

    datagrams = await open_udp(listen)
    try:
        async with QuicTransport(key, network, datagrams, os.urandom, **keywords) as transport:
            yield transport
    finally:
        datagrams.close()


@asynccontextmanager
async def open_iroh(
    key: SigningKey,
    network: bytes,
    listen: str,
    *,
    may_leave_loopback: bool = False,
    **keywords: Any,
) -> AsyncIterator[IrohTransport]:
    """An iroh transport that listens at ``[::1]:7777`` or ``127.0.0.1:7777``; port 0 is any that is free.

    iroh asks routers to map its port, by multicast and whatever it is told: so it is opened where there is nothing but
    loopback, in a network namespace of its own, unless the caller says that it may leave. ``keywords``: as
    IrohTransport has them. NetworkError ``"namespace"``, ``"address"``.
    """
    others = sorted(name for _, name in socket.if_nameindex() if name != "lo")
    if others and not may_leave_loopback:
        raise NetworkError(
            "namespace",
            f"iroh would be heard on {', '.join(others)}: run it in a network namespace of its own, "
            "unshare -rn sh -c 'ip link set lo up; ...'",
        )
    from focusmesh.protocol.transport import (
        IrohError,
        IrohTransport,
        endpoint_builder,
        protocol_of,
    )

    is_ipv6 = ":" in read_address(listen).host
    builder = endpoint_builder(key, protocol_of(network))
    try:
        builder.bind_addr(listen)
        # Else it listens on every address of the other kind.
        builder.bind_addr("127.0.0.1:0" if is_ipv6 else "[::1]:0")
        endpoint = await builder.bind()
    except IrohError as error:
        raise NetworkError("address", f"cannot listen at {listen}: {error}") from error
    address = next(each for each in endpoint.bound_sockets() if each.startswith("[") == is_ipv6)
    async with IrohTransport(endpoint, address, network, **keywords) as transport:
        yield transport


async def open_udp(listen: str) -> UdpSocket:
    """A socket bound to an address; IPv6 takes IPv4 as well. NetworkError ``"address"``."""
    try:
        from qh3.asyncio._transport import create_optimized_datagram_transport
    except ImportError as error:
        raise MissingExtraError("network", "QUIC") from error
    where = read_address(listen)
    address = for_socket(where, ":" in where.host)
    opened = socket.socket(
        socket.AF_INET6 if len(address) == 4 else socket.AF_INET, socket.SOCK_DGRAM
    )
    try:
        if len(address) == 4:
            opened.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
        opened.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, SOCKET_BYTES)
        opened.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SOCKET_BYTES)
        opened.bind(address)
    except OSError as error:
        opened.close()
        raise NetworkError(
            "address", f"cannot listen at {listen}: {error.strerror or error}; choose another one"
        ) from error
    loop = asyncio.get_running_loop()
    made = UdpSocket(opened.getsockname())
    await create_optimized_datagram_transport(loop, lambda: made, opened)
    return made
