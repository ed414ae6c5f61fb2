"""A wrong focus in a run of blocks under one decision: proved wherever it is, believed where all are decided."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest

from focusmesh.errors import BlockError, CodecError, ProofError
from focusmesh.kernel.block import Candidates, Chain, SignedHeader
from focusmesh.kernel.fraud import TraceAsk, prosecute, verify_fraud
from focusmesh.kernel.node import AgreedParts, Replica
from focusmesh.kernel.node.gossip.fraud_messages import FraudMessage, fraud_message
from focusmesh.kernel.node.wire import PROTOCOL_VERSION, Hello, chunks
from focusmesh.kernel.state import MemoryStore
from focusmesh.protocol.codec import encode
from focusmesh.protocol.gossip import Contact, Verdict
from focusmesh.protocol.simulation import SimNetwork
from focusmesh.protocol.transport import answers
from focusmesh.protocol.world import SameProcess, World
from tests.kernel.block.ledger import with_header
from tests.kernel.block.voted import REGISTRY, VALIDATORS, decided
from tests.kernel.fraud.lied_runs import LENGTH, LiedRun
from tests.kernel.node.networks import Users

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from focusmesh.protocol.transport import RequestHandler

FIRST = 2
"""The height where the run begins."""


class Node:
    """A node of that network which follows, in virtual time."""

    def __init__(self, sim: SimNetwork, lied: LiedRun, number: int) -> None:
        self.store = MemoryStore()
        Chain.create(self.store, lied.voted.genesis, REGISTRY)
        self.candidates = Candidates(self.store, REGISTRY)
        first = lied.chain.block(1)
        self.candidates.take([(first, None)], lied.chain.decision_of(1))
        self.number, self.sim = number, sim
        self.key, self.address = bytes([number + 1]) * 32, f"node-{number}"
        self.lies: dict[str, RequestHandler] = {}
        self.replica: Any = None

    def start(self, others: list[Node]) -> None:
        process = self.sim.process(self.address)
        transport = self.sim.transport(self.key, self.address, process)
        contacts = [Contact(other.key, other.address) for other in others]
        world: World[Any] = World(
            lambda: 1_700_000_000_000,
            lambda count: bytes([self.number]) * count,
            lambda path: self.store,
            Users(),
            SameProcess(),
        )

        async def run() -> None:
            agreed = AgreedParts(self.candidates, MemoryStore(), lambda validators: None)
            chain = self.candidates.decided
            self.replica = Replica(chain, world, transport, contacts=contacts, agreed=agreed)
            true = self.replica.serving.handlers()
            self.replica.serving.handlers = lambda: true | self.lies
            await self.replica.run()

        process.spawn(run())
        self.process = process


def told(lied: LiedRun, asked: list[TraceAsk]) -> dict[str, RequestHandler]:
    """What the validators' node says: three more blocks, and the pages of the wrong one."""

    async def hello(peer: bytes, body: Any) -> AsyncIterator[Any]:
        tip, chain = lied.blocks[-1].header, lied.chain
        said = Hello(PROTOCOL_VERSION, chain.network, tip.height, tip.id, 0, 0, "node-0")
        yield said.value()

    async def headers(peer: bytes, body: Any) -> AsyncIterator[Any]:
        first = body[0] - FIRST
        yield [each.encode() for each in lied.signed()[first:]]

    async def block(peer: bytes, body: Any) -> AsyncIterator[Any]:
        for chunk in chunks(0, lied.blocks[body - FIRST].body):
            yield chunk

    async def trace(peer: bytes, body: Any) -> AsyncIterator[Any]:
        ask = TraceAsk.decode(body)
        asked.append(ask)
        yield [0, True, lied.liar.answers([ask])[0]]

    asking = {"hello": hello, "headers": headers, "body": block, "trace": trace}
    return {name: answers(handler) for name, handler in asking.items()}


@pytest.fixture(scope="module", params=range(LENGTH), ids=lambda at: f"block {at + 1} of {LENGTH}")
def lied(request: pytest.FixtureRequest) -> LiedRun:
    return LiedRun(request.param)


def network(lied: LiedRun, count: int = 3) -> tuple[SimNetwork, list[Node], list[TraceAsk]]:
    """The first node lies, the others follow it."""
    sim, asked = SimNetwork(1), list[TraceAsk]()
    nodes = [Node(sim, lied, number) for number in range(count)]
    nodes[0].lies = told(lied, asked)
    for node in nodes:
        node.start(nodes[: node.number])
    return sim, nodes, asked


def proved(sim: SimNetwork, nodes: list[Node], block: bytes, seconds: float = 20.0) -> bool:
    """Whether all but the liar come to have a proof."""
    for _ in range(round(seconds)):
        sim.complete(asyncio.sleep(1.0), 2.0)
        assert not any(node.process.errors for node in nodes), [n.process.errors for n in nodes]
        if all(block in node.replica.frauds.proofs for node in nodes[1:]):
            return True
    return False


def test_a_wrong_focus_is_proved_wherever_in_a_run_it_is(lied: LiedRun) -> None:
    sim, nodes, asked = network(lied)
    assert proved(sim, nodes, lied.wrong.id)
    assert asked
    for node in nodes[1:]:
        replica = node.replica
        assert set(replica.frauds.proofs) == {lied.wrong.id}
        proof = replica.frauds.proofs[lied.wrong.id]
        parameters = lied.chain.parameters
        assert verify_fraud(proof, lied.wrong.header, lied.parent(), parameters).kind == "stage"
        assert replica.chain.height == 1
        assert not replica.peers.faults
    sim.close()


def test_who_looks_at_the_first_block_alone_proves_nothing(
    lied: LiedRun, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = Candidates.beyond
    monkeypatch.setattr(Candidates, "beyond", lambda self, run: (0, first(self, [])[1]))
    sim, nodes, _ = network(lied, 2)
    assert proved(sim, nodes, lied.wrong.id, 5.0) == (lied.wrong is lied.blocks[0])
    sim.close()


def test_pages_that_come_later_are_asked_for_again() -> None:
    lied = LiedRun(1)
    sim, nodes, _ = network(lied, 2)
    trace = nodes[0].lies.pop("trace")
    assert not proved(sim, nodes, lied.wrong.id, 5.0)
    nodes[0].replica.peers._requests._handlers["trace"] = trace
    assert proved(sim, nodes, lied.wrong.id)
    sim.close()


class Judge:
    """A node that only heard of it, and what it makes of a message."""

    def __init__(self, lied: LiedRun) -> None:
        self.lied = lied
        self.sim = SimNetwork(2)
        self.node = Node(self.sim, lied, 1)
        self.node.start([])
        self.sim.complete(asyncio.sleep(0.5), 1.0)
        count, chain = self.node.candidates.beyond([(each, None) for each in lied.blocks])
        proof = prosecute(chain, lied.blocks[count], None, lied.liar)
        assert proof is not None
        self.proof: bytes = proof
        self.before = [block.header_bytes for block in lied.blocks[:-1]]

    def judged(self, data: bytes | None) -> Verdict:
        assert data is not None
        frauds = self.node.replica.frauds
        verdict: Verdict = self.sim.complete(frauds.judge(data, bytes(32)), 5)
        return verdict

    def told(
        self, decision: bytes, before: list[bytes] | None = None, proof: bytes = b""
    ) -> Verdict:
        last = self.lied.blocks[-1]
        signed = SignedHeader(last.header_bytes, last.proof, b"", decision)
        led = self.before if before is None else before
        return self.judged(fraud_message(signed, proof or self.proof, led))


def test_a_proof_is_believed_with_headers_that_lead_to_what_a_quorum_decided() -> None:
    lied = LiedRun(1)
    judge, last = Judge(lied), lied.blocks[-1].header
    few = decided(last, 1, VALIDATORS[:2])
    assert judge.told(few) is Verdict.IGNORE
    assert judge.told(b"") is Verdict.IGNORE
    assert judge.told(lied.voted.decision(lied.blocks[0].header)) is Verdict.IGNORE
    assert judge.told(lied.decision, judge.before[1:]) is Verdict.IGNORE
    assert judge.told(lied.decision, judge.before[:1]) is Verdict.REJECT
    assert judge.told(lied.decision, judge.before[::-1]) is Verdict.REJECT
    bent = judge.proof[:-40] + bytes([judge.proof[-40] ^ 1]) + judge.proof[-39:]
    assert judge.told(lied.decision, proof=bent) is Verdict.REJECT
    other = with_header(lied.blocks[0], VALIDATORS[0], time=lied.blocks[0].header.time + 1)
    assert judge.told(lied.decision, [other.header_bytes, *judge.before[1:]]) is Verdict.REJECT
    assert not judge.node.replica.frauds.proofs
    assert judge.told(lied.decision) is Verdict.ACCEPT
    assert judge.told(lied.decision) is Verdict.ACCEPT
    assert set(judge.node.replica.frauds.proofs) == {lied.wrong.id}
    judge.sim.close()


def test_messages_have_one_form() -> None:
    lied = LiedRun(1)
    judge = Judge(lied)
    signed = lied.signed()[-1]
    message = fraud_message(signed, judge.proof, judge.before)
    assert message is not None
    found = FraudMessage.decode(message)
    assert (found.accused_header, found.at) == (lied.wrong.header, 1)
    forms: list[list[Any]] = [
        [signed.encode(), judge.proof, []],
        [signed.encode(), judge.proof, [1]],
        [signed.encode(), judge.proof, [b""]],
        [signed.encode(), judge.proof, judge.before, b""],
        [signed.encode(), bytes(1 << 19), judge.before],
        [signed.encode(), judge.proof],
        [signed.encode()],
    ]
    for parts in forms:
        with pytest.raises((BlockError, CodecError, ProofError)):
            FraudMessage.decode(encode(parts))
    assert fraud_message(signed, judge.proof, [bytes(4_096)] * 300) is None
    judge.sim.close()
