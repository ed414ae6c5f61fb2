"""A header of a version that came later stops a node with a clear error, and costs no peer anything."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest

from focusmesh.errors import NetworkError, UpgradeRequiredError
from focusmesh.ids import digest
from focusmesh.kernel.block import BLOCK_DOMAIN, HeaderChain, SignedHeader, read_signed_headers
from focusmesh.kernel.node import AtOnce, NetworkJoin
from focusmesh.kernel.state import MemoryStore
from focusmesh.protocol.codec import encode
from focusmesh.protocol.gossip import Verdict
from focusmesh.protocol.transport import answers
from focusmesh.protocol.world import SameProcess
from tests.kernel.block.ledger import KEYS, PROPOSER, REGISTRY
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


def shown(network: Network, key: SigningKey) -> Node:
    """The third node has asked the second one, which shows newer headers that ``key`` signed."""
    grown(network)
    maker, newest, late = network.nodes
    maker.stop()
    newest.stop()
    newest.lies = {"headers": answers(upgraded(newest, key))}
    newest.start([])
    network.run(2)
    late.start([newest])
    return late


def test_a_node_ends_where_the_next_block_is_newer() -> None:
    """Who makes the blocks has signed it: nobody can go on, and nobody is to blame."""
    with Network(count=3) as network:
        late = shown(network, PROPOSER)
        process = late.process
        assert process is not None
        with pytest.raises(AssertionError):
            network.run(5)
        assert late.replica.chain.height == 1
        assert not late.replica.peers.faults
        (ended,) = process.errors
        assert UpgradeRequiredError.__name__ in str(ended)
        assert "upgrade it, nothing here is damaged" in str(ended)


def test_a_newer_header_of_somebody_else_is_nothing() -> None:
    """It costs no peer anything either: others are asked, and the node goes on with them."""
    with Network(count=3) as network:
        late = shown(network, KEYS[2])
        maker, newest, _ = network.nodes
        network.run(5)
        assert newest.key in late.replica.peers.present()
        assert late.replica.chain.height == 1
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


@pytest.mark.parametrize("key", [PROPOSER, KEYS[2]])
def test_who_joins_is_told_to_upgrade(key: SigningKey) -> None:
    """If the proposer signed it; else there is nobody to join."""
    with Network(count=3) as network:
        shown(network, key).stop()
        newest, transport = network.nodes[1], network.sim.transport(b"\x77" * 32)

        async def join() -> None:
            joining = NetworkJoin(transport, [newest.contact], network.genesis.network, AtOnce())
            await joining.connect()
            await joining.restore(MemoryStore(), await joining.genesis(), REGISTRY, SameProcess())

        expected = UpgradeRequiredError if key is PROPOSER else NetworkError
        with pytest.raises(expected, match="made by a newer focusmesh"):
            network.sim.complete(join(), 60)
