"""Handshakes that must fail, each with a twin: the same attack succeeds where the defence is switched off."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from focusmesh.errors import NetworkError
from focusmesh.protocol.codec import decode, encode
from focusmesh.protocol.transport import QuicLimits
from focusmesh.protocol.transport import handshake as proving
from focusmesh.protocol.transport.framing import frame_bytes
from focusmesh.protocol.transport.handshake import PROOF_BYTES_MAX, proved_digest
from focusmesh.protocol.transport.quic import library as quic_library
from focusmesh.protocol.transport.quic import link as quic_link
from focusmesh.protocol.transport.quic.library import GROUP, Group, PinnedConnection
from focusmesh.protocol.transport.quic.selftest import Careless
from tests.protocol.transport.wires import NETWORK, RawDialler

if TYPE_CHECKING:
    from collections.abc import Callable

    from focusmesh.protocol.transport import Connection

from tests.protocol.transport.sites import (
    DIALLER,
    OTHER,
    SERVER,
    WICKED,
    Site,
    challenged,
    ends_with,
    hello,
    run,
    signed,
    site,
)


def test_a_raw_dialler_that_keeps_the_rules_is_welcome() -> None:
    """The attacks below fail for what they do, not for how they are made."""

    async def body() -> None:
        async with site() as at:
            raw = await RawDialler(at.wire, SERVER.public).complete()
            raw.send(signed(await challenged(raw)))
            assert decode(await raw.frame()) == [True]
            assert [each.peer_key for each in at.accepted] == [DIALLER.public]
            assert at.faults == []

    run(body)


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(lambda challenge: signed(challenge, WICKED, claimed=DIALLER.public), id="key"),
        pytest.param(lambda challenge: signed(b"\1" * 32), id="challenge"),
        pytest.param(lambda challenge: signed(challenge, server=OTHER.public), id="server"),
        pytest.param(lambda challenge: frame_bytes(encode([bytes(64)])), id="zeros"),
        pytest.param(lambda challenge: frame_bytes(encode([bytes(63)])), id="short"),
        pytest.param(lambda challenge: frame_bytes(encode([True])), id="type"),
        pytest.param(lambda challenge: frame_bytes(b"\xff"), id="garbage"),
        pytest.param(lambda challenge: frame_bytes(encode([challenge] * 2)), id="two"),
    ],
)
def test_a_proof_that_does_not_hold_is_refused(answer: Callable[[bytes], bytes]) -> None:
    async def body() -> None:
        async with site() as at:
            raw = await RawDialler(at.wire, SERVER.public).complete()
            raw.send(answer(await challenged(raw)))
            await ends_with(raw, "handshake")
            assert at.accepted == []
            assert at.faults == [("::1", "handshake")]
            assert at.server.stats().refused == 1

    run(body)


@pytest.mark.parametrize(
    ("first", "word"),
    [
        pytest.param(hello(network=b"m" * 32), "refused", id="network"),
        pytest.param(hello(version=2), "refused", id="version"),
        pytest.param(frame_bytes(encode([1, NETWORK, b"short"])), "handshake", id="key"),
        pytest.param(frame_bytes(encode([1, NETWORK])), "handshake", id="short"),
        pytest.param(frame_bytes(encode(1)), "handshake", id="number"),
        pytest.param(frame_bytes(b""), "handshake", id="empty"),
        pytest.param((PROOF_BYTES_MAX + 1).to_bytes(4, "big"), "size", id="length"),
        pytest.param(frame_bytes(bytes(PROOF_BYTES_MAX - 3)), "early", id="much"),
        pytest.param(hello(SERVER), "handshake", id="itself"),
    ],
)
def test_a_beginning_that_is_none_is_refused(first: bytes, word: str) -> None:
    async def body() -> None:
        async with site() as at:
            raw = await RawDialler(at.wire, SERVER.public).complete()
            raw.send(first)
            if word == "handshake" and first == hello(SERVER):
                raw.send(signed(decode(await raw.frame())[0], WICKED, claimed=SERVER.public))
            await ends_with(raw, word)
            assert at.accepted == []

    run(body)


async def relayed(at: Site) -> None:
    """DIALLER means WICKED, who passes everything on to SERVER, as if it were DIALLER."""
    wicked = at.wire.transport(WICKED, 3)
    raw = await RawDialler(at.wire, SERVER.public).complete()
    raw.send(hello(DIALLER))
    (challenge,) = decode(await raw.frame())
    # WICKED's own challenge to DIALLER is SERVER's.
    wicked._random = lambda count: bytes(challenge)
    dialler = at.wire.transport(DIALLER, 9)
    proofs: list[bytes] = []
    take = proving.ServerProof.take

    def overheard(self: proving.ServerProof, frame: bytes) -> bytes:
        proofs.append(frame)
        return take(self, frame)

    proving.ServerProof.take = overheard  # type: ignore[method-assign]
    try:
        await dialler.connect(WICKED.public, wicked.address)
    finally:
        proving.ServerProof.take = take  # type: ignore[method-assign]
    raw.send(frame_bytes(proofs[-1]))
    await asyncio.sleep(0.1)
    for transport in (dialler, wicked):
        await transport.close()


def test_a_relayed_proof_is_refused() -> None:
    async def body() -> None:
        async with site() as at:
            await relayed(at)
            assert at.accepted == []
            assert at.faults == [("::1", "handshake")]

    run(body)


def test_without_the_servers_key_in_it_a_relayed_proof_would_do(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(
        proving,
        "proved_digest",
        lambda network, server, dialler, challenge: proved_digest(
            network, bytes(32), dialler, challenge
        ),
    )

    async def body() -> None:
        async with site() as at:
            await relayed(at)
            assert [each.peer_key for each in at.accepted] == [DIALLER.public]

    run(body)


async def replayed(at: Site) -> None:
    """Whoever read DIALLER's proof once sends it again."""
    first = await RawDialler(at.wire, SERVER.public).complete()
    proof = signed(await challenged(first))
    first.send(proof)
    assert decode(await first.frame()) == [True]
    at.accepted.clear()
    second = await RawDialler(at.wire, SERVER.public, port=901).complete()
    await challenged(second)
    second.send(proof)
    await asyncio.sleep(0.1)


def test_a_replayed_proof_is_refused() -> None:
    async def body() -> None:
        async with site() as at:
            await replayed(at)
            assert at.accepted == []
            assert at.faults == [("::1", "handshake")]

    run(body)


def test_with_the_same_challenge_twice_a_replayed_proof_would_do() -> None:
    async def body() -> None:
        async with site(random=lambda count: b"c" * count) as at:
            await replayed(at)
            assert len(at.accepted) == 1

    run(body)


async def mistaken(at: Site) -> Connection:
    """DIALLER means OTHER, and SERVER is at that address."""
    dialler = at.wire.transport(DIALLER, 9, limits=QuicLimits(dial_seconds=2))
    try:
        return await dialler.connect(OTHER.public, at.server.address)
    finally:
        await dialler.close()


def test_another_server_is_not_taken_for_the_one_dialled() -> None:
    async def body() -> None:
        async with site() as at:
            with pytest.raises(NetworkError) as caught:
                await mistaken(at)
            assert caught.value.code == "handshake"
            assert "another key than the one that was dialled" in str(caught.value)
            assert at.accepted == []

    run(body)


def test_without_the_pin_another_server_would_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(PinnedConnection, "_check_keys", Careless._check_keys)
    monkeypatch.setattr(proving, "proved_digest", lambda *parts: b"d" * 32)

    async def body() -> None:
        async with site() as at:
            await mistaken(at)
            assert [each.peer_key for each in at.accepted] == [DIALLER.public]

    run(body)


def test_a_dialler_without_the_hybrid_exchange_is_refused() -> None:
    async def body() -> None:
        async with site() as at:
            raw = RawDialler(at.wire, SERVER.public, connection=Careless, groups=(Group.X25519,))
            with pytest.raises(ConnectionError, match="X25519MLKEM768"):
                await raw.complete()

    run(body)


def test_a_server_that_chooses_another_group_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    async def body() -> None:
        async with site() as at:
            raw = RawDialler(at.wire, SERVER.public, groups=(Group.X25519, GROUP))
            with pytest.raises(ConnectionError, match="X25519MLKEM768"):
                await raw.complete()

    monkeypatch.setattr(quic_link, "UNPROVED_BYTES_MAX", 1 << 20)
    run(body)


def test_without_the_check_weaker_groups_would_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(PinnedConnection, "_check_keys", Careless._check_keys)

    async def body() -> None:
        async with site() as at:
            for number, groups in enumerate([(Group.X25519,), (Group.X25519, GROUP)]):
                raw = RawDialler(at.wire, SERVER.public, port=900 + number, groups=groups)
                assert await raw.complete() is raw

    run(body)


def test_another_protocol_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    async def body() -> None:
        async with site() as at:
            monkeypatch.setattr(quic_library, "ALPN", "h3")
            raw = RawDialler(at.wire, SERVER.public)
            with pytest.raises(ConnectionError, match="ALPN"):
                await raw.complete()

    run(body)


def test_a_key_that_is_not_welcome_hears_why() -> None:
    async def body() -> None:
        admit = {DIALLER.public: "this key broke the rules"}
        async with site(admit=lambda key: admit.get(key, "")) as at:
            dialler = at.wire.transport(DIALLER, 9)
            with pytest.raises(NetworkError, match="this key broke the rules") as caught:
                await dialler.connect(SERVER.public, at.server.address)
            assert caught.value.code == "refused"
            other = at.wire.transport(OTHER, 2)
            await other.connect(SERVER.public, at.server.address)
            await dialler.close()
            await other.close()

    run(body)


def test_a_node_does_not_dial_itself_and_no_key_too_often() -> None:
    async def body() -> None:
        async with site() as at:
            with pytest.raises(NetworkError, match="the node itself"):
                await at.server.connect(SERVER.public, at.server.address)
            dialler = at.wire.transport(DIALLER, 9)
            for _ in range(4):
                await dialler.connect(SERVER.public, at.server.address)
            with pytest.raises(NetworkError, match="4 connections with this key already"):
                await dialler.connect(SERVER.public, at.server.address)
            await dialler.close()

    run(body)


def test_a_dialler_of_another_network_is_told() -> None:
    async def body() -> None:
        async with site() as at:
            dialler = at.wire.transport(DIALLER, 9, network=b"m" * 32)
            with pytest.raises(NetworkError, match="of network 6e6e") as caught:
                await dialler.connect(SERVER.public, at.server.address)
            assert caught.value.code == "refused"
            await dialler.close()

    run(body)


def test_nobody_there_is_said_so() -> None:
    async def body() -> None:
        async with site() as at:
            dialler = at.wire.transport(DIALLER, 9, limits=QuicLimits(dial_seconds=0.2))
            with pytest.raises(NetworkError, match=r"no node at \[::1\]:77") as caught:
                await dialler.connect(SERVER.public, "[::1]:77")
            assert caught.value.code == "unreachable"
            for address in ("somewhere:1", "::1:7", "[::1]", "[::1]:99999", "", "[::1]:x"):
                with pytest.raises(NetworkError) as caught:
                    await dialler.connect(SERVER.public, address)
                assert caught.value.code == "address"
            await dialler.close()
            with pytest.raises(NetworkError) as caught:
                await dialler.connect(SERVER.public, at.server.address)
            assert caught.value.code == "closed"

    run(body)
