"""The bodies over iroh: a process that test_iroh starts where there is no net but loopback. Prints JSON."""

from __future__ import annotations

import asyncio
import json
import sys
import traceback
from functools import partial
from typing import TYPE_CHECKING

import pytest

from focusmesh.errors import NetworkError
from focusmesh.host.node.transports import open_iroh
from focusmesh.protocol.identity import SigningKey
from focusmesh.protocol.transport import IrohLimits
from tests.protocol.transport.bodies import BODIES, connected

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from tests.protocol.transport.bodies import Body

NETWORK = b"n" * 32
A, B, C = (SigningKey(letter * 32) for letter in (b"a", b"b", b"c"))
SECONDS_MAX = 30.0
LIMITS = IrohLimits(dial_seconds=2.0)


async def over_iroh(body: Body, host: str = "[::1]:0") -> None:
    async with (
        open_iroh(A, NETWORK, host, limits=LIMITS) as a,
        open_iroh(B, NETWORK, host, limits=LIMITS) as b,
        asyncio.timeout(SECONDS_MAX),
    ):
        await body(a, b)


async def refusals() -> None:
    """Whoever is of another network, is one too many, or is not welcome."""
    admit = {C.public: "this key broke the rules"}
    async with (
        open_iroh(B, NETWORK, "127.0.0.1:0", admit=lambda key: admit.get(key, "")) as b,
        open_iroh(A, NETWORK, "127.0.0.1:0", limits=LIMITS) as a,
        open_iroh(A, b"m" * 32, "127.0.0.1:0", limits=LIMITS) as other,
        open_iroh(C, NETWORK, "127.0.0.1:0", limits=LIMITS) as unwelcome,
    ):
        with pytest.raises(NetworkError) as caught:
            await other.connect(b.key, b.address)
        assert caught.value.code in {"handshake", "unreachable"}
        refused = await unwelcome.connect(b.key, b.address)
        assert "broke the rules" in await asyncio.wait_for(refused.wait_closed(), 10)
        for _ in range(4):
            await connected(a, b)
        fifth = await a.connect(b.key, b.address)
        assert "4 connections" in await asyncio.wait_for(fifth.wait_closed(), 10)
        assert b.stats().refused == 3


async def ipv4() -> None:
    await over_iroh(BODIES["frames_come_whole_and_in_order"], "127.0.0.1:0")


async def _awaited(begin: Callable[[], Awaitable[None]]) -> None:
    await begin()


def main() -> None:
    """Every body by its name: "" where it passed, else what went wrong."""
    work: dict[str, Callable[[], Awaitable[None]]] = {"refusals": refusals, "ipv4": ipv4}
    for name, body in BODIES.items():
        work[name] = partial(over_iroh, body)
    found: dict[str, str] = {}
    for name, begin in work.items():
        try:
            asyncio.run(_awaited(begin))
            found[name] = ""
        except BaseException:
            found[name] = traceback.format_exc()
    json.dump(found, sys.stdout)


if __name__ == "__main__":
    main()
