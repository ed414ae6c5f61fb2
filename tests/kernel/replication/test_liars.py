"""Peers that answer with what is false: it is not taken, they are turned away, and the others are asked."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from focusmesh.ids import digest
from focusmesh.kernel.block import SignedHeader, read_signed_headers
from focusmesh.kernel.replication import MempoolLimits, ReplicaSettings
from focusmesh.protocol.packet import Packet
from focusmesh.protocol.transport import answers
from tests.kernel.block.ledger import KEYS, PROPOSER, with_header
from tests.kernel.replication.networks import Network

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from tests.kernel.replication.networks import Node

TEXT = b"what a liar leaves out"


def grown(network: Network) -> None:
    """The first two nodes have some blocks; the third and the fourth have not begun."""
    maker, second = network.nodes[:2]
    maker.start([], makes_blocks=True)
    second.start([maker])
    network.run(2)
    put = network.signed(KEYS[1], ["put_blob/1", digest(TEXT), len(TEXT)])
    maker.users.leave(put, TEXT)
    for number in range(4):
        maker.users.leave(network.link(KEYS[1], ("a", number)))
        network.run(0.5)
    network.until(lambda: network.heights()[0] == network.heights()[1] >= 4)


def altered_headers(node: Node) -> Callable[[bytes, Any], AsyncIterator[Any]]:
    """Headers with another state root, which nobody signed."""

    async def lie(peer: bytes, body: Any) -> AsyncIterator[Any]:
        chain = node.replica.chain
        signed = read_signed_headers(chain, 1, 1)[0]
        block = with_header(chain.block(1), KEYS[2], state_root=bytes(32))
        yield [SignedHeader(block.header_bytes, signed.proof).encode()]

    return lie


def altered_body(node: Node) -> Callable[[bytes, Any], AsyncIterator[Any]]:
    async def lie(peer: bytes, body: Any) -> AsyncIterator[Any]:
        data = node.replica.chain.block(body).body
        yield [0, True, data[:-1] + bytes([data[-1] ^ 1])]

    return lie


def endless(node: Node) -> Callable[[bytes, Any], AsyncIterator[Any]]:
    async def lie(peer: bytes, body: Any) -> AsyncIterator[Any]:
        for _ in range(1_000):
            yield [0, False, bytes(1 << 19)]

    return lie


def formless(node: Node) -> Callable[[bytes, Any], AsyncIterator[Any]]:
    async def lie(peer: bytes, body: Any) -> AsyncIterator[Any]:
        yield {"what": "is this"}

    return lie


def altered_contents(node: Node) -> Callable[[bytes, Any], AsyncIterator[Any]]:
    async def lie(peer: bytes, body: Any) -> AsyncIterator[Any]:
        for number, _ in enumerate(body):
            yield [number, True, TEXT[::-1]]

    return lie


@pytest.mark.parametrize(
    ("name", "lie", "fault"),
    [
        ("headers", altered_headers, "header"),
        ("headers", formless, "form"),
        ("body", altered_body, "body"),
        ("body", formless, "form"),
        ("body", endless, "size"),
        ("contents", altered_contents, "content"),
        ("contents", formless, "form"),
    ],
)
def test_a_liar_is_found_out_and_passed_over(name: str, lie: Any, fault: str) -> None:
    with Network(count=3, block_bytes_max=1 << 20) as network:
        grown(network)
        maker, liar, late = network.nodes
        liar.stop()
        liar.lies = {name: answers(lie(liar))}
        liar.start([maker])
        network.run(2)
        late.start([liar])
        network.run(0.1)
        network.until(lambda: late.replica.peers.faults[fault] > 0)
        network.run(1)
        assert liar.key not in late.replica.peers.present()
        assert not maker.replica.peers.faults
        late.stop()
        late.start([liar, maker])
        network.run(0.1)
        network.until(
            lambda: len(set(network.heights())) == 1 and not len(late.replica.lacking), 90
        )
        assert len(network.tips()) == 1
        with late.replica.chain.state.at() as view:
            assert view.content(digest(TEXT)) == TEXT


def test_signals_that_nobody_signed_go_nowhere() -> None:
    with Network(count=3) as network:
        grown(network)
        liar, other = network.nodes[1:]
        true = network.link(KEYS[2], ("x", "y"))
        forged = Packet(bytes(64) + true.wire[64:])

        async def pool(peer: bytes, body: Any) -> AsyncIterator[Any]:
            yield [forged.id]

        async def packets(peer: bytes, body: Any) -> AsyncIterator[Any]:
            yield [0, True, forged.encode()]

        async def hello(peer: bytes, body: Any) -> AsyncIterator[Any]:
            said = liar.replica.serving.hello().value()
            yield [*said[:5], 1, *said[6:]]

        liar.stop()
        liar.lies = {"pool": answers(pool), "packets": answers(packets), "hello": answers(hello)}
        liar.start([network.nodes[0]])
        other.start([liar, network.nodes[0]])
        network.run(0.1)
        network.until(lambda: other.replica.peers.faults["signal"] > 1, 60)
        assert not other.replica.mempool.ids()
        # Its true form is another one's business: a forged copy has not taken its place.
        other.users.leave(true)
        network.until(lambda: other.users.placed == [true.id], 30)


def test_one_neuron_cannot_fill_the_pool_of_others() -> None:
    limits = MempoolLimits(neuron_signals_max=5)
    with Network(count=2) as network:
        maker, second = network.nodes
        settings = ReplicaSettings(mempool=limits, block_s=1e6)
        maker.start([], makes_blocks=True, settings=settings)
        second.start([maker], settings=settings)
        network.run(2)
        for number in range(12):
            second.users.leave(network.link(KEYS[1], ("a", number)))
        second.users.leave(network.link(KEYS[2], ("a", "b")))
        network.run(10)
        neurons = [entry.signed.signal.neuron for entry in maker.replica.mempool.entries()]
        assert neurons.count(KEYS[1].public) == 5
        assert neurons.count(KEYS[2].public) == 1
        assert len(second.users.waiting) == 13
    assert PROPOSER.public not in neurons
