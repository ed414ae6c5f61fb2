"""Peers that answer with what is false: it is not taken, they are turned away, and the others are asked."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest

from focusmesh.errors import BlockError, NetworkError
from focusmesh.ids import digest
from focusmesh.kernel.block import Block, Body, Chain, SignedHeader, read_signed_headers
from focusmesh.kernel.node import MempoolLimits, NoUsers, ReplicaSettings
from focusmesh.kernel.node.mempool import Mempool
from focusmesh.kernel.node.sync.block_fetch import claims_of
from focusmesh.kernel.node.wire import gather_parts
from focusmesh.protocol.codec import encode
from focusmesh.protocol.gossip import Verdict
from focusmesh.protocol.packet import Packet
from focusmesh.protocol.transport import answers
from tests.kernel.block.ledger import KEYS, PROPOSER, REGISTRY, with_header
from tests.kernel.node.networks import Network

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from tests.kernel.node.networks import Node

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


def empty_parts(node: Node) -> Callable[[bytes, Any], AsyncIterator[Any]]:
    async def lie(peer: bytes, body: Any) -> AsyncIterator[Any]:
        for number in range(1 << 20):
            yield [number, True, b""]

    return lie


def drops(node: Node) -> Callable[[bytes, Any], AsyncIterator[Any]]:
    """A byte every now and then."""

    async def lie(peer: bytes, body: Any) -> AsyncIterator[Any]:
        while True:
            await asyncio.sleep(20)
            yield [0, False, b"."]

    return lie


@pytest.mark.parametrize(("name", "bytes_max"), [("body", 100), ("contents", 100)])
def test_what_has_no_bytes_is_not_gathered_without_end(name: str, bytes_max: int) -> None:
    async def parts(is_last: bool) -> AsyncIterator[Any]:
        for number in range(1 << 20):
            yield [number if is_last else 0, is_last, b""]

    for is_last in (True, False):
        with pytest.raises(NetworkError):
            asyncio.run(gather_parts(parts(is_last), bytes_max, 1 if name == "body" else 1_024))
    assert asyncio.run(gather_parts(_once([0, True, b""]), 0)) == {0: b""}


async def _once(value: Any) -> AsyncIterator[Any]:
    yield value


@pytest.mark.parametrize(
    ("name", "lie"), [("body", drops), ("body", empty_parts), ("headers", drops)]
)
def test_who_promises_much_and_gives_nothing_holds_up_nobody(name: str, lie: Any) -> None:
    with Network(count=3) as network:
        grown(network)
        maker, liar, late = network.nodes

        async def hello(peer: bytes, body: Any) -> AsyncIterator[Any]:
            said = liar.replica.serving.hello().value()
            yield [*said[:2], 1 << 62, *said[3:]]

        liar.stop()
        # The handlers of this node end after a minute; a liar's would not.
        liar.lies = {"hello": answers(hello), name: answers(lie(liar))}
        liar.start([maker])
        network.run(2)
        late.start([liar, maker])
        network.until(lambda: network.heights()[2] == network.heights()[0], 120)
        network.until(lambda: late.replica.caught_up.is_set(), 120)
        began = network.sim.time.now
        for number in range(10):
            maker.users.leave(network.link(KEYS[2], ("b", number)))
            network.run(1)
        network.until(lambda: network.heights()[2] == network.heights()[0], 120)
        assert network.sim.time.now - began < 120


def test_a_copy_of_a_signal_that_nobody_signed_is_not_passed_on() -> None:
    with Network(count=2) as network:
        grown(network)
        maker, second = network.nodes
        waiting = network.link(KEYS[2], ("x", "y"))
        second.replica.mempool.add(Packet(waiting.wire), waiting, is_local=False)
        verdicts: list[Verdict] = []

        async def ask() -> None:
            for packet in (
                Packet(waiting.wire),
                Packet(bytes(64) + waiting.wire[64:]),
                Packet(waiting.wire, (b"nobody claims this",)),
            ):
                judged = second.replica.spreading._judge("signal", packet.encode(), maker.key)
                verdicts.append(await judged)

        network.sim.complete(ask(), 1)
        assert verdicts == [Verdict.ACCEPT, Verdict.IGNORE, Verdict.IGNORE]


def test_a_block_of_nobody_is_not_passed_on_whatever_proof_it_brings() -> None:
    with Network(count=2) as network:
        grown(network)
        maker, second = network.nodes
        chain = second.replica.chain
        tip = chain.block(chain.height)
        verdicts: list[Verdict] = []

        async def ask(block: Block, rotation: bytes) -> None:
            signed = SignedHeader(block.header_bytes, block.proof, rotation)
            data = encode([signed.encode(), b""])
            verdicts.append(await second.replica.spreading._judge("block", data, maker.key))

        for height, parent, rotation in (
            (chain.height + 1, chain.tip.id, b"a proof"),
            (chain.height + 1, chain.tip.id, b""),
            (chain.height + 9, chain.tip.id, b"a proof"),
            (0, bytes(32), b""),
        ):
            more = {"height": height, "parent": parent, "proposer": KEYS[2].public}
            block = with_header(tip, KEYS[2], **more)
            network.sim.complete(ask(block, rotation), 1)
        assert verdicts == [Verdict.REJECT, Verdict.IGNORE, Verdict.IGNORE, Verdict.REJECT]
        assert not second.replica.syncing.is_forked
        # What who may make blocks has signed is passed on.
        network.sim.complete(
            ask(with_header(tip, PROPOSER, height=chain.height + 1, parent=chain.tip.id), b""), 1
        )
        assert verdicts[-1] is Verdict.ACCEPT


def test_a_false_signal_in_a_signed_body_is_its_signers_fault() -> None:
    with Network(count=1) as network:
        (node,) = network.nodes
        chain = Chain(node.store, REGISTRY)
        body = Body(signals=(bytes(64) + b"put_blob/1",), results=(), focus=b"")
        block = Block(chain.tip, b"", b"", body.encode())
        with pytest.raises(BlockError):
            claims_of(chain, block, chain.parameters.block_bytes_max)


def test_contents_that_wait_are_found_by_their_digests_and_go_with_their_signals() -> None:
    with Network(count=1) as network:
        pool = Mempool(NoUsers(), lambda: 0, MempoolLimits())
        both = [network.link(key, ("a", "b")) for key in KEYS[1:3]]
        for signed in both:
            pool.add(Packet(signed.wire, (TEXT, TEXT, signed.id)), signed, is_local=False)
        asked = [digest(TEXT), digest(both[1].id), bytes(32)]
        assert pool.contents(asked) == {asked[0]: TEXT, asked[1]: both[1].id}
        pool.remove([both[0].id])
        assert pool.contents(asked[:1]) == {asked[0]: TEXT}
        pool.drop([asked[0]])
        assert not pool.contents(asked)
        assert not len(pool)
