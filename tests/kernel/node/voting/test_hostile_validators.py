"""What one validator with a key of its own, or anybody at all, may say without a node ending, forgetting or waiting."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import msgspec
import pytest

from focusmesh.errors import BlockError, NetworkError, ProofError
from focusmesh.kernel.block import HeaderChain, SignedHeader
from focusmesh.kernel.consensus import (
    Ballot,
    Certificate,
    Cut,
    Decision,
    Proposal,
    SignalBatch,
    ValidationRequest,
    ValidatorSet,
    VoteRecord,
    end_slot,
)
from focusmesh.kernel.fraud.forms import FraudProof
from focusmesh.kernel.node.executors import AtOnce
from focusmesh.kernel.node.gossip.fraud_proofs import Frauds
from focusmesh.kernel.node.gossip.gossip import NodeGossip
from focusmesh.kernel.node.sync.block_sync import ANNOUNCED_MAX
from focusmesh.kernel.node.voting import packet_reader as packet_reading
from focusmesh.kernel.node.voting import vote_pruning as trimming
from focusmesh.kernel.node.voting.address_book import AddressBook, ValidatorCard
from focusmesh.kernel.node.voting.engine_run import VoteLogSlot
from focusmesh.kernel.node.voting.packet_reader import PacketReader
from focusmesh.kernel.node.voting.proposals import Proposals
from focusmesh.kernel.node.voting.validator_channels import ValidatorChannels
from focusmesh.kernel.node.voting.vote_pruning import TRIM_BLOCKS, VotePruning
from focusmesh.kernel.node.voting.vote_records import Promised, VoteLog
from focusmesh.kernel.state import MemoryStore
from focusmesh.protocol.codec import encode
from focusmesh.protocol.gossip import Contact, Verdict
from focusmesh.protocol.world import SameProcess
from tests.kernel.block.ledger import KEYS, PROPOSER, Ledger, with_header
from tests.kernel.node.networks import Network

if TYPE_CHECKING:
    from focusmesh.kernel.block import Block

NETWORK = bytes(31) + b"n"
NODE = Contact(bytes(31) + b"t", "[::1]:7777")


@pytest.mark.parametrize("empty", [{}, "", b""])
def test_a_cut_that_would_be_written_in_another_way_is_none(empty: Any) -> None:
    """A node that wrote it again would not find it by what the motion names: every judge ended so."""
    with pytest.raises(ProofError):
        Cut.from_bytes(encode([empty, b"header"]))
    assert Cut.from_bytes(encode([[], b"header"])) == Cut((), b"header")


def test_a_proof_against_the_first_block_ends_nobody() -> None:
    """There is no block before it; anybody can send this."""
    with Network(count=2) as network:
        network.start()
        network.run(1)
        replica = network.nodes[0].replica
        header = replica.chain.header(0)
        signed = SignedHeader(header.encode(), bytes(64))
        proof = FraudProof(header.id, "leaders", (), b"", (), (), (), ()).encode()
        frauds = replica.frauds
        message = encode([signed.encode(), proof])
        verdict = network.sim.complete(frauds.judge(message, bytes(32)), 5)
        assert verdict is Verdict.IGNORE


def test_all_tokens_there_can_be_may_be_bonded() -> None:
    """Else the last block of an epoch could not be made, once somebody bonded more than half of them."""
    assert ValidatorSet({KEYS[0].public: (1 << 63) - 1}).total == (1 << 63) - 1


def test_a_batch_of_crumbs_is_none() -> None:
    crumbs = tuple(number.to_bytes(3, "big") for number in range(4_097))
    batch = SignalBatch(KEYS[0].public, 1, bytes(32), (), crumbs)
    with pytest.raises(ProofError):
        batch.digest(NETWORK, 1)
    assert batch._replace(signals=crumbs[:-1]).digest(NETWORK, 1)


def _decision(round_: int) -> Decision:
    proposal = Proposal(1, round_, round_, bytes(32), bytes(32), bytes(32))
    ballot = Ballot(end_slot(NETWORK, 1, round_), proposal.digest(NETWORK))
    return Decision(proposal, Certificate(ballot, ()))


@pytest.mark.parametrize("stored", [3, 9])
def test_pledges_of_what_is_not_in_the_store_stay(
    stored: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A node that ends begins with the store's decision: what its engine knew besides is forgotten."""
    monkeypatch.setattr(trimming, "last_decision", lambda chain, epoch: _decision(stored))
    book = VoteLog(MemoryStore())
    vote_records = [VoteRecord(number, b"%d" % number) for number in range(1, 12)]
    book.keep([Promised(1, each) for each in vote_records])
    root = _decision(9).proposal
    engine = SimpleNamespace(root=root, kept_records=tuple)

    async def trim() -> None:
        work = AtOnce()
        chain: Any = SimpleNamespace(height=0)
        run: Any = SimpleNamespace(engine=engine, epoch=1)
        await VotePruning(chain, VoteLogSlot(book, work), work).note_decided(run, TRIM_BLOCKS)

    asyncio.run(trim())
    kept = sorted(each.round for each in book.vote_records(1))
    assert kept == ([10, 11] if stored == 9 else list(range(1, 12)))


class Stage:
    """A node that judges one block of a leader, at a height above its last."""

    def __init__(self, **changes: Any) -> None:
        ledger = Ledger()
        made = ledger.block(ledger.links(KEYS[1], (1, 2)))
        self.parameters = ledger.chain.parameters
        header = msgspec.structs.replace(made.header, **changes)
        self.body = made.body
        data = encode([header.encode(), bytes(64), None])
        proposal = Proposal(1, 1, header.height, bytes(32), header.id, bytes(32))
        self.header = header
        self.inquiry = ValidationRequest(bytes(32), proposal, header.parent, KEYS[0].public, data)
        self.final = SimpleNamespace(height=header.height - 1, id=header.parent, time=0)
        self.asked = 0
        self.given: bytes | None = None
        self.held: list[Block] = []

    async def ask(self, proposer: bytes, block: Block) -> bytes:
        self.asked += 1
        if self.given is None:
            raise NetworkError("unavailable", "nobody has it")
        return self.given

    def block(self, block_id: bytes) -> None:
        return None

    async def judged(
        self, pushed: bytes | None = None, decided_s: float = 60.0, is_past: bool = False
    ) -> bool | None:
        candidates: Any = self
        engine = SimpleNamespace(
            has_let_go=lambda inquiry: is_past and self.asked > 0,
            note_block=lambda subject, ends_epoch: None,
        )
        judge = Proposals(
            *(candidates, None, AtOnce(), lambda: 0),  # type: ignore[arg-type]
            *(KEYS[0], self.ask, lambda block, body: None, 0.0),
            lambda proposals: SimpleNamespace(refused={"body": 0}, engine=engine),  # type: ignore[arg-type,return-value]
            *(lambda block, results: None, lambda signals: None),
        )
        if pushed is not None:
            judge.got(self.header.id, pushed)

        async def held(block: Block, inquiry: ValidationRequest, datas: Any) -> bool:
            self.held.append(block)
            return True

        judge._execute = held  # type: ignore[method-assign]
        asyncio.get_running_loop().call_later(
            decided_s, setattr, self.final, "height", self.header.height
        )
        return await asyncio.wait_for(judge._validate(self.inquiry, []), 10)


@pytest.mark.parametrize("changes", [{}, {"time": 10**14}], ids=["withheld", "ahead"])
def test_nobody_waits_for_a_block_whose_height_is_decided(changes: dict[str, Any]) -> None:
    """Each motion of a liar would be asked for until the epoch ends, of everybody, five times a second."""
    stage = Stage(**changes)
    assert asyncio.run(stage.judged(decided_s=0.1)) is None
    assert stage.asked <= 3
    assert not stage.held


@pytest.mark.parametrize("is_past", [True, False])
def test_nobody_waits_for_a_block_of_a_round_that_is_long_past(is_past: bool) -> None:
    """Rounds that time out, each with a block that nobody gives, would leave a task each; the twin waits on."""
    stage = Stage()
    work = stage.judged(decided_s=2.0, is_past=is_past)
    assert asyncio.run(work) is None
    assert (stage.asked == 1) == is_past


def test_a_wrong_body_that_somebody_pushed_is_not_held_against_the_block() -> None:
    stage = Stage()
    stage.given = stage.body
    assert asyncio.run(stage.judged(pushed=b"another")) is True
    assert [block.body for block in stage.held] == [stage.body]
    right = Stage()
    assert asyncio.run(right.judged(pushed=right.body)) is True
    assert not right.asked


def test_one_validator_cannot_have_others_blamed_nor_fill_the_gossip() -> None:
    """Who is a block behind passes on what is found wrong by who is not."""
    ledger = Ledger()
    validator_set = ValidatorSet({PROPOSER.public: 1, KEYS[1].public: 2})
    chain = SimpleNamespace(
        network=ledger.chain.network,
        parameters=ledger.chain.parameters,
        height=4,
        tip=ledger.chain.tip,
        validator_set=validator_set,
    )
    heard: list[bytes] = []
    syncing = SimpleNamespace(note_block=lambda peer, signed, header, body: heard.append(header.id))
    none: Any = None
    spreading = NodeGossip(chain, none, none, syncing, none, AtOnce(), none, none)  # type: ignore[arg-type]
    made = ledger.block(ledger.links(KEYS[1], (1, 2)))

    def verdict(height: int, decision: bytes = b"", **fields: Any) -> Verdict:
        block = with_header(made, PROPOSER, height=height, **fields)
        signed = SignedHeader(block.header_bytes, block.proof, b"", decision)
        return asyncio.run(spreading._judge_block(encode([signed.encode(), b""]), bytes(32)))

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(HeaderChain, "of", lambda chain: headers)
        headers: Any = SimpleNamespace(
            tip=SimpleNamespace(height=4, id=bytes(32)), proposers=tuple(validator_set.weights)
        )

        def refuse(signed: SignedHeader) -> None:
            raise BlockError("decision", "it is none")

        headers.add = refuse
        assert verdict(5, b"no decision", parent=bytes(32)) is Verdict.IGNORE
        found = [verdict(6, time=time) for time in range(5)]
        assert found == [Verdict.ACCEPT, *[Verdict.IGNORE] * 4]
        assert verdict(6, time=0) is Verdict.ACCEPT
        assert verdict(4 + ANNOUNCED_MAX + 1) is Verdict.IGNORE
        headers.add = lambda signed: None
        assert [verdict(5, b"decided", parent=bytes(32), time=time) for time in range(2)] == [
            Verdict.ACCEPT
        ] * 2
    assert len(set(heard)) == 3


def test_who_asks_for_the_traces_of_many_blocks_gets_a_share_of_the_time() -> None:
    """Each of another block is the work of a whole focus, in the turn of blocks; anybody can ask."""

    async def asked(blocks: bytes) -> float:
        now = asyncio.get_running_loop().time
        frauds = Frauds(*[SimpleNamespace(parameters=None)] * 2, AtOnce())  # type: ignore[arg-type,call-arg]
        kept = [b""]

        def answer(ask: Any) -> bytes:
            until = now() + (0.02 if ask.block != kept[0] else 0.0)
            while now() < until:
                pass
            kept[0] = ask.block
            return b"page"

        frauds._answer = answer  # type: ignore[method-assign]
        frauds._server = SimpleNamespace(has=lambda block: block == kept[0])  # type: ignore[assignment]
        began = now()
        asks: list[Any] = [SimpleNamespace(block=bytes([block])) for block in blocks]
        for ask in asks:
            assert await frauds._answer_in_turn(ask) == b"page"
        return now() - began

    assert asyncio.run(asked(bytes([1, 2, 1, 2]))) >= 0.3


def test_what_was_read_of_batches_is_kept_up_to_so_many_bytes(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(packet_reading, "READ_BYTES_KEPT", 100)
    reader = PacketReader(Ledger().chain, SameProcess())
    for number in range(50):
        assert reader.read([bytes([number]) * 30, bytes([number]) * 30]) == []
        assert sum(map(len, reader._known)) == reader._bytes <= 100
    assert len(reader._known) == 3


class Room:
    """The lines of a node that hears of validators by their cards."""

    def __init__(self) -> None:
        self.transport = Contact(bytes(32), "")
        self.on_notice: Any = None
        self.on_relay: Any = None
        self.dialled: dict[bytes, bool] = {}
        self.cards = AddressBook(NETWORK)
        self.cards.expect([key.public for key in KEYS[:2]])
        self.heard: list[bytes] = []
        self.takes = KEYS[0].public
        self.lines = ValidatorChannels(self, self.cards, self.hear, lambda block, body: None)  # type: ignore[arg-type]

    def hear(self, validator: bytes, epoch: int, notice: bytes) -> bool:
        self.heard.append(validator)
        return bool(validator == self.takes)

    def present(self) -> tuple[bytes, ...]:
        return ()

    async def keep(self, contact: Contact) -> None:
        self.dialled[contact.key] = True
        try:
            await asyncio.Event().wait()
        finally:
            self.dialled[contact.key] = False

    def card(self, key: int, node: Contact, number: int) -> None:
        self.cards.add(ValidatorCard.sign(NETWORK, node, number, KEYS[key]).encode())


@pytest.mark.parametrize("first", [0, 1])
def test_who_says_that_the_node_of_another_is_its_own_takes_nothing_from_it(first: int) -> None:
    """What a validator says is heard as its own, and what is said to it reaches it."""

    async def claimed() -> None:
        room = Room()
        for key in (first, 1 - first):
            room.card(key, NODE, 1)
        for takes in (0, 1):
            room.heard.clear()
            room.takes = KEYS[takes].public
            await room.lines._hear(NODE.key, encode(["notice", 1, b"vote"]))
            assert room.heard[-1] == room.takes
        line: Any = SimpleNamespace(put=room.heard.append)
        room.lines._lines[NODE.key] = line
        for validator in (KEYS[0].public, KEYS[1].public, None):
            room.heard.clear()
            room.lines.say(validator, 1, b"notice")
            assert len(room.heard) == 1

    asyncio.run(claimed())


def test_where_a_validator_is_no_more_nobody_dials() -> None:
    """Else cards of ever new nodes would make everybody dial ever more addresses, for good."""

    async def moved() -> tuple[Room, int]:
        room = Room()
        running = asyncio.get_running_loop().create_task(room.lines.run())
        for number in range(1, 13):
            room.card(0, Contact(number.to_bytes(32, "big"), "[::1]:1"), number)
            await asyncio.sleep(0.05)
        await asyncio.sleep(0.7)
        dialled = sum(room.dialled.values())
        assert len(room.lines._lines) == dialled
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        return room, dialled

    room, dialled = asyncio.run(moved())
    assert len(room.dialled) > dialled == len(room.cards.nodes_of(KEYS[0].public))
