"""One body over every transport; iroh's are run by test_iroh, in a network of their own."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from focusmesh.host.node.transports import open_quic
from focusmesh.protocol.identity import SigningKey
from focusmesh.protocol.simulation import SimNetwork
from tests.protocol.transport.bodies import BODIES

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.protocol.transport.bodies import Body

NETWORK = b"n" * 32
SECONDS_MAX = 30.0


def over_simulated_net(body: Body) -> bool:
    """Whether the body came to its end."""
    network = SimNetwork(7)

    async def run() -> None:
        async with network.transport(b"a" * 32) as a, network.transport(b"b" * 32) as b:
            await body(a, b)

    network.complete(run(), limit_s=600)
    return True


def over_quic(body: Body, host: str = "[::1]:0") -> bool:
    """Whether the body came to its end."""

    async def run() -> None:
        async with (
            open_quic(SigningKey(b"a" * 32), NETWORK, host) as a,
            open_quic(SigningKey(b"b" * 32), NETWORK, host) as b,
            asyncio.timeout(SECONDS_MAX),
        ):
            await body(a, b)

    asyncio.run(run())
    return True


RUNNERS: dict[str, Callable[[Body], bool]] = {
    "sim": over_simulated_net,
    "quic": over_quic,
}


@pytest.mark.parametrize("name", BODIES)
@pytest.mark.parametrize("runner", RUNNERS)
def test_every_transport_does_it(runner: str, name: str) -> None:
    assert RUNNERS[runner](BODIES[name])


def test_quic_goes_over_ipv4_as_well() -> None:
    assert over_quic(BODIES["frames_come_whole_and_in_order"], "127.0.0.1:0")


def test_others_are_told_an_address_that_is_not_the_sockets() -> None:
    async def run() -> None:
        told = "192.0.2.7:7777"
        key = SigningKey(b"a" * 32)
        async with open_quic(key, NETWORK, "127.0.0.1:0", told=told) as transport:
            assert transport.address == told

    asyncio.run(run())


def test_an_ipv6_socket_takes_ipv4() -> None:
    async def run() -> None:
        async with (
            open_quic(SigningKey(b"a" * 32), NETWORK, "[::]:0") as a,
            open_quic(SigningKey(b"b" * 32), NETWORK, "127.0.0.1:0") as b,
            asyncio.timeout(SECONDS_MAX),
        ):
            dialling, accepting = await asyncio.gather(a.connect(b.key, b.address), b.accept())
            assert accepting.peer_key == a.key
            await dialling.close()

    asyncio.run(run())
