"""Many who dial at once: tokens that show where they are, and how many a host may begin."""

from __future__ import annotations

import asyncio

from focusmesh.protocol.transport import QuicLimits
from focusmesh.protocol.transport.quic.retry import RetryTokens, read_initial
from tests.protocol.transport.sites import SERVER, run, site, welcome
from tests.protocol.transport.wires import RawDialler, counter


def test_strangers_in_numbers_show_first_that_they_are_where_they_say() -> None:
    async def body() -> None:
        limits = QuicLimits(retry_above=3, unproved_max=5)
        async with site(limits=limits) as at:
            silent = [RawDialler(at.wire, SERVER.public, port=900 + number) for number in range(3)]
            for each in silent:
                await each.complete()
            before = len(at.wire.carried)
            late = await welcome(at, port=950)
            sent = [
                datagram for sender, _, datagram in at.wire.carried[before:] if sender[1] == 950
            ]
            initials = [found for found in map(read_initial, sent) if found]
            assert initials[0].token == b""
            assert initials[-1].token != b""
            assert not late.ended.done()
            more = [RawDialler(at.wire, SERVER.public, port=960 + number) for number in range(4)]
            await asyncio.sleep(0.3)
            assert sum(each.is_complete.done() for each in more) == 2
            assert at.server.stats().refused > 0

    run(body)


def test_a_token_is_for_one_host_one_id_and_half_a_minute() -> None:
    async def body() -> None:
        now = 1_000.0
        async with site() as at:
            RawDialler(at.wire, SERVER.public)
            await asyncio.sleep(0)
            initial = read_initial(at.wire.carried[0][2])
            assert initial is not None
            tokens = RetryTokens(counter(), lambda: now)
            retry = tokens.retry(initial, "::1")
            source = (2).to_bytes(8, "big")
            assert source in retry
            token = retry[retry.index(source) + 8 : -16]
            again = initial._replace(token=token, destination=source)
            found = tokens.original(again, "::1")
            assert found is not None
            assert found == (initial.destination, source)
            assert tokens.original(again, "::2") is None
            assert tokens.original(again._replace(destination=bytes(8)), "::1") is None
            assert tokens.original(again._replace(token=token[:-1]), "::1") is None
            assert (
                tokens.original(again._replace(token=bytes((token[0] ^ 1,)) + token[1:]), "::1")
                is None
            )
            assert RetryTokens(lambda n: bytes(n), lambda: now).original(again, "::1") is None
            now += 61
            assert tokens.original(again, "::1") is None

    run(body)


def test_a_host_begins_only_so_many_handshakes() -> None:
    async def body() -> None:
        limits = QuicLimits(per_host_burst=3, per_host_per_s=0.1)
        async with site(limits=limits) as at:
            raws = [RawDialler(at.wire, SERVER.public, port=900 + number) for number in range(6)]
            await asyncio.sleep(0.3)
            assert sum(raw.is_complete.done() for raw in raws) == 3

    run(body)
