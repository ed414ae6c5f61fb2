"""A block whose focus is wrong: whoever refuses it proves it, and the proof reaches everybody."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from focusmesh.errors import ProofError
from focusmesh.kernel.block import SignedHeader
from focusmesh.kernel.fraud import TraceAsk, verify_fraud
from focusmesh.protocol.codec import encode
from focusmesh.protocol.gossip import Verdict
from focusmesh.protocol.transport import answers
from tests.kernel.block.ledger import KEYS, Ledger, with_header
from tests.kernel.fraud import lies
from tests.kernel.fraud.liar import VERSION, lie_about
from tests.kernel.node.networks import Network

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from focusmesh.kernel.block import Block
    from tests.kernel.fraud.liar import Liar

NEXT = [("p3", "p9", 1)]


def grown(network: Network) -> Ledger:
    """All nodes have a block of some links; a ledger with the same blocks."""
    network.start()
    network.run(1)
    maker = network.nodes[0]
    maker.users.leave(network.link(KEYS[1], *((f"p{at}", f"p{at + 1}") for at in range(30))))
    network.until(lambda: set(network.heights()) == {1})
    ledger = Ledger(version=VERSION)
    ledger.chain.accept(maker.replica.chain.block(1))
    ledger.nonces = dict(network.nonces)
    return ledger


def told(ledger: Ledger) -> tuple[Block, Liar]:
    """A block with one entry of one stage wrong."""
    lie = lie_about(ledger, NEXT)
    lies.cell(lie, 3, "Q5", 1)
    return lie.told()


def served(liar: Liar, asked: list[TraceAsk]) -> Any:
    """Answers of whoever has the pages of the wrong block."""

    async def trace(peer: bytes, body: Any) -> AsyncIterator[Any]:
        ask = TraceAsk.decode(body)
        asked.append(ask)
        yield [0, True, liar.answers([ask])[0]]

    return answers(trace)


def spread(network: Network, block: Block) -> None:
    """The first node tells everybody of a block that it does not take itself."""
    signed = SignedHeader(block.header_bytes, block.proof)
    gossip = network.nodes[0].replica.spreading._gossip
    network.sim.complete(gossip.broadcast("block", encode([signed.encode(), block.body])), 5)


def test_who_refuses_a_block_for_its_focus_proves_it_to_everybody() -> None:
    with Network(count=4, version=VERSION) as network:
        asked: list[TraceAsk] = []
        waiting: dict[str, Any] = {}
        network.nodes[0].lies = waiting
        ledger = grown(network)
        block, liar = told(ledger)
        network.nodes[0].stop()
        waiting["trace"] = served(liar, asked)
        network.nodes[0].start(network.nodes[1:])
        network.until(lambda: len(network.nodes[0].replica.peers.present()) == 3)
        network.run(2)
        heard = [dict[bytes, bytes]() for _ in network.nodes]
        for node, kept in zip(network.nodes, heard, strict=True):
            node.replica.frauds._on_fraud = kept.__setitem__
        spread(network, block)
        others = network.nodes[1:]
        network.until(lambda: all(node.replica.frauds.proofs for node in others))
        assert asked
        for node, kept in zip(others, heard[1:], strict=True):
            proof = node.replica.frauds.proofs[block.header.id]
            assert kept == {block.header.id: proof}
            tip = node.replica.chain.tip
            assert verify_fraud(proof, block.header, tip, ledger.chain.parameters).kind == "stage"
            assert node.replica.chain.height == 1
            assert not node.replica.peers.faults


def test_a_block_that_is_right_or_wrong_in_something_else_accuses_nobody() -> None:
    with Network(count=3, version=VERSION) as network:
        ledger = grown(network)
        lie = lie_about(ledger, NEXT)
        spread(network, with_header(lie.block, state_root=bytes(32)))
        network.run(2)
        spread(network, lie.block)
        network.run(2)
        assert not any(node.replica.frauds.proofs for node in network.nodes)
        assert set(network.heights()[1:]) == {2}


def test_false_proofs_are_blamed_and_proofs_of_no_believed_block_ignored() -> None:
    with Network(count=2, version=VERSION) as network:
        ledger = grown(network)
        block, _ = told(ledger)
        from focusmesh.kernel.fraud import prosecute

        right = prosecute(ledger.chain, block, None, told(ledger)[1])
        assert right is not None
        frauds = network.nodes[1].replica.frauds

        def judged(signed: SignedHeader, proof: bytes) -> Verdict:
            message = encode([signed.encode(), proof])
            verdict: Verdict = network.sim.complete(frauds.judge(message, bytes(32)), 5)
            return verdict

        signed = SignedHeader(block.header_bytes, block.proof)
        unsigned = SignedHeader(block.header_bytes, bytes(64))
        bent = right[:-40] + bytes([right[-40] ^ 1]) + right[-39:]
        with pytest.raises(ProofError):
            verify_fraud(bent, block.header, ledger.chain.tip, ledger.chain.parameters)
        assert judged(signed, b"no proof") is Verdict.REJECT
        assert judged(signed, bent) is Verdict.REJECT
        assert judged(unsigned, right) is Verdict.IGNORE
        assert judged(signed, right) is Verdict.ACCEPT
        assert judged(signed, right) is Verdict.ACCEPT
        tip = SignedHeader(ledger.chain.tip.encode(), ledger.chain.block(1).proof)
        assert judged(tip, right) is Verdict.REJECT
