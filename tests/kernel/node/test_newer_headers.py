"""A header of a version that came later stops a node with a clear error, and costs no peer anything."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest

from focusmesh.ids import digest
from focusmesh.kernel.block import BLOCK_DOMAIN, HeaderChain, SignedHeader, read_signed_headers
from focusmesh.protocol.codec import encode
from focusmesh.protocol.gossip import Verdict
from focusmesh.protocol.transport import answers
from tests.kernel.block.ledger import KEYS, PROPOSER
from tests.kernel.node.networks import Network

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from focusmesh.protocol.identity import SigningKey
    from tests.kernel.node.networks import Node


def grown(network: Network) -> None:
    """The first two nodes have some blocks; the third has not begun."""
    maker, second = network.nodes[:2]
    maker.start([], makes_blocks=True)
    second.start([maker])
    network.run(2)
    for number in range(3):
        maker.users.leave(network.link(KEYS[1], ("a", number)))
        network.run(0.5)
    network.until(lambda: network.heights()[0] == network.heights()[1] >= 2)


def newer(node: Node, height: int, key: SigningKey = PROPOSER) -> SignedHeader:
    """The header of a block with a field that nobody knows yet, signed by whoever."""
    fields = node.replica.chain.header(height).as_fields()
    data = encode({**fields, "version": 99, "later": True})
    return SignedHeader(data, key.sign(BLOCK_DOMAIN, digest(data)))


def upgraded(node: Node, key: SigningKey) -> Callable[[bytes, Any], AsyncIterator[Any]]:
    """The first header as it is, and then newer ones."""

    async def say(peer: bytes, body: Any) -> AsyncIterator[Any]:
        first = body[0]
        (known,) = read_signed_headers(node.replica.chain, 1, 1)
        shown = [known, newer(node, 2, key)]
        yield [each.encode() for each in shown[first - 1 :]]

    return say


@pytest.mark.parametrize("key", [PROPOSER, KEYS[2]])
def test_sync_stops_with_the_error_where_the_next_block_is_newer(key: SigningKey) -> None:
    """Signed by who makes the blocks it is the end of the way; by anybody else it is nothing, and others are asked."""
    with Network(count=3) as network:
        grown(network)
        maker, newest, late = network.nodes
        maker.stop()
        newest.stop()
        newest.lies = {"headers": answers(upgraded(newest, key))}
        newest.start([])
        network.run(2)
        late.start([newest])
        network.run(5)
        assert newest.key in late.replica.peers.present()
        assert not late.replica.peers.faults
        assert late.replica.chain.height == 1
        assert ("upgrade it" in late.replica.status().trouble) == (key is PROPOSER)
        maker.start([])
        late.stop()
        late.start([newest, maker])
        network.until(lambda: network.heights()[2] == network.heights()[0], 90)
        assert not late.replica.peers.faults
        assert late.replica.status().trouble == ""


def test_a_newer_block_that_is_passed_on_is_left_alone() -> None:
    with Network(count=3) as network:
        grown(network)
        node = network.nodes[0]
        signed = newer(node, 1)
        gossip = node.replica.spreading
        for message, verdict in (
            (encode([signed.encode(), b""]), Verdict.IGNORE),
            (encode([SignedHeader(b"\xa0", b"").encode(), b""]), Verdict.REJECT),
        ):
            judged = asyncio.run(gossip._judge_block(message, KEYS[1].public))
            assert judged is verdict


def test_who_stands_by_it_is_found_out() -> None:
    with Network(count=3) as network:
        grown(network)
        node = network.nodes[0]
        headers = HeaderChain(node.replica.chain.genesis, node.replica.chain.runtime.registry)
        assert headers.is_newer(newer(node, 1))
        for wrong in (newer(node, 1, KEYS[2]), newer(node, 2), SignedHeader(b"\x80", bytes(64))):
            assert not headers.is_newer(wrong)
