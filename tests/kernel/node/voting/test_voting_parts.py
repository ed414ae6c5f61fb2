"""What validators keep, show and hand on: pledges, cards, lanes, packets, what travels with a motion."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from focusmesh.errors import BlockError, NetworkError, ParameterError, ProofError, SignalError
from focusmesh.host.storage.network_params import agreed_fields
from focusmesh.ids import digest
from focusmesh.kernel.block import Chain
from focusmesh.kernel.consensus import BATCH_BYTES_MAX, VoteRecord
from focusmesh.kernel.node import Mempool, MempoolLimits, NoUsers
from focusmesh.kernel.node.voting import lane_builder as laning
from focusmesh.kernel.node.voting.address_book import CARDS_A_VALIDATOR, AddressBook, ValidatorCard
from focusmesh.kernel.node.voting.lane_builder import (
    ELSEWHERE_MS,
    LATE_MS,
    LATER_MS,
    NEXT_MS,
    LaneBuilder,
)
from focusmesh.kernel.node.voting.packet_reader import PacketReader
from focusmesh.kernel.node.voting.proposal_data import Moved
from focusmesh.kernel.node.voting.vote_records import MOVED_KEPT, BookName, Promised, VoteLog
from focusmesh.kernel.state import LmdbStore, MemoryStore, Parameters, read_account
from focusmesh.protocol.codec import encode
from focusmesh.protocol.gossip import Contact
from focusmesh.protocol.packet import Packet
from focusmesh.protocol.signal import Signal, parse, sign
from focusmesh.protocol.world import SameProcess
from tests.kernel.block.ledger import KEYS, REGISTRY, genesis, particle

if TYPE_CHECKING:
    from pathlib import Path

    from focusmesh.kernel.state import Store
    from focusmesh.protocol.identity import SigningKey
    from focusmesh.protocol.signal import SignedSignal

MEMPOOL = (1 << 63) - 1
NETWORK = bytes(31) + b"n"
HERE = Contact(bytes(31) + b"t", "[::1]:7777")


@pytest.fixture(params=["memory", "lmdb"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Any:
    made: Store = MemoryStore() if request.param == "memory" else LmdbStore(tmp_path / "votes")
    yield made
    made.close()


def test_pledges_are_there_when_the_book_is_opened_again(store: Store) -> None:
    book = VoteLog(store)
    vote_records = [
        VoteRecord(2, b"b"),
        VoteRecord(1, b"a"),
        VoteRecord(MEMPOOL, b"batch"),
        VoteRecord(2, b"c"),
    ]
    book.keep([Promised(3, vote_record) for vote_record in vote_records])
    book.keep([Promised(2, VoteRecord(7, b"earlier"))])
    again = VoteLog(store)
    assert sorted(again.vote_records(3)) == sorted(vote_records)
    assert again.vote_records(4) == []
    again.let_go(3, 1, [])
    assert sorted(again.vote_records(3)) == [VoteRecord(2, b"b"), VoteRecord(2, b"c")]
    assert again.vote_records(2) == []
    again.keep([Promised(3, vote_records[2])])
    again.let_go(3, 2, [vote_records[2]])
    assert again.vote_records(3) == [vote_records[2]]


def test_a_book_knows_since_when_it_has_all_votes_and_the_last_cuts(store: Store) -> None:
    book = VoteLog(store)
    assert book.since() is None
    book.begin(4, BookName(bytes(16), 1))
    for number in range(MOVED_KEPT + 3):
        book.keep_moved(b"%d" % number)
    again = VoteLog(store)
    assert again.since() == 4
    assert again.proposal_data() == [b"%d" % each for each in range(MOVED_KEPT + 2, 2, -1)]
    again.keep_moved(b"newest")
    assert again.proposal_data()[0] == b"newest"
    assert len(again.proposal_data()) == MOVED_KEPT


def test_cards_say_where_validators_are() -> None:
    cards = AddressBook(NETWORK)
    cards.expect([KEYS[0].public, KEYS[1].public])
    first = ValidatorCard.sign(NETWORK, HERE, 5, KEYS[0])
    assert cards.add(first.encode())
    assert not cards.add(first.encode())
    assert cards.validator_at(HERE.key) == KEYS[0].public
    moved = Contact(HERE.key, "[::1]:8888")
    assert not cards.add(ValidatorCard.sign(NETWORK, moved, 4, KEYS[0]).encode())
    assert cards.add(ValidatorCard.sign(NETWORK, moved, 6, KEYS[0]).encode())
    assert cards.contacts() == [moved]
    assert not cards.add(ValidatorCard.sign(NETWORK, HERE, 5, KEYS[2]).encode()), "no validator"
    for number in range(7, 20):
        key = number.to_bytes(32, "big")
        cards.add(ValidatorCard.sign(NETWORK, Contact(key, "[::1]:1"), number, KEYS[1]).encode())
    assert len(cards.nodes_of(KEYS[1].public)) == CARDS_A_VALIDATOR
    cards.expect([KEYS[1].public])
    assert cards.validator_at(HERE.key) is None


def test_a_card_that_its_validator_did_not_sign_is_none() -> None:
    """Else anybody could take a validator's notices, or give its own out for them."""
    cards = AddressBook(NETWORK)
    cards.expect([KEYS[0].public])
    card = ValidatorCard.sign(NETWORK, HERE, 5, KEYS[0])
    stolen = ValidatorCard(card.validator, bytes(32), card.address, card.number, card.signature)
    elsewhere = ValidatorCard.sign(bytes(32), HERE, 5, KEYS[0])
    for data in (stolen.encode(), elsewhere.encode()):
        with pytest.raises(NetworkError) as found:
            cards.add(data)
        assert found.value.code == "card"
    for data in (b"", encode([1]), card.encode()[:-1], encode([*"abcde"])):
        with pytest.raises(NetworkError) as found:
            cards.add(data)
        assert found.value.code == "form"


class Pool:
    """A chain, a pool, and the lane of one of three validators."""

    def __init__(self, validator: int = 0, **connected: Any) -> None:
        """``connected``: what the lane is told of the other validators."""
        self.now = 0
        self.chain = Chain.create(MemoryStore(), genesis(), REGISTRY)
        self.mempool = Mempool(NoUsers(), lambda: self.now, MempoolLimits())
        validators = [key.public for key in KEYS[:3]]
        self.laning = LaneBuilder(
            *(self.chain, self.mempool, validators[validator], validators, lambda: self.now),
            **connected,
        )

    def signal(self, key: SigningKey, nonce: int, **head: Any) -> SignedSignal:
        fields: dict[str, Any] = {
            "network": self.chain.network,
            "neuron": key.public,
            "nonce": nonce,
            "expires_height": 1_000,
            "operations": [["link/1", particle(nonce), particle("b"), b"", 10]],
        }
        return parse(sign(Signal(**fields | head), key))

    def add(self, signed: SignedSignal, *contents: bytes, is_local: bool = True) -> bytes:
        self.mempool.add(Packet(signed.wire, contents), signed, is_local=is_local)
        self.now += 1_000
        return signed.id

    def due(self) -> list[bytes]:
        self.now += 1_000
        return [Packet.decode(data).id for data in self.laning.due()]

    def decide(self, *signals: SignedSignal) -> None:
        """A block of these; what was in it goes from where it waited."""
        made = self.chain.propose(signals, self.chain.tip.time + 1, KEYS[0])
        assert len(made.results) == len(signals)
        self.mempool.remove(made.results)
        self.laning.pass_over(made.results)


def test_signals_of_a_neuron_go_into_the_lane_in_their_order_each_once() -> None:
    pool = Pool()
    ids = [pool.add(pool.signal(KEYS[3], nonce)) for nonce in (1, 0, 3)]
    assert pool.due() == [ids[1], ids[0]]
    assert pool.due() == []
    third = pool.add(pool.signal(KEYS[3], 2))
    assert pool.due() == [third, ids[2]]
    pool.laning.pass_over(ids[:1])
    assert pool.laning.passed_over() == ids[:1]
    assert pool.due() == [ids[0]], "a block left it out"


def test_nonces_are_looked_up_where_they_are_not_what_is_expected(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    looked: list[bytes] = []

    def counted(get: Any, neuron: bytes) -> Any:
        looked.append(neuron)
        return read_account(get, neuron)

    monkeypatch.setattr(laning, "read_account", counted)
    pool = Pool()
    signals = [pool.signal(KEYS[3], nonce) for nonce in range(6)]
    for signed in signals[:3]:
        pool.add(signed)
        assert pool.due() == [signed.id]
        pool.decide(signed)
    assert len(looked) == 1, "what was decided of its own is known"
    later = pool.add(signals[4])
    assert pool.due() == pool.due() == []
    assert len(looked) == 2, "once a block"
    pool.decide(signals[3])
    assert pool.due() == [later], "another validator's block had the one before"
    pool.decide(signals[4])
    assert pool.add(signals[2]) not in pool.due()
    assert pool.laning.passed_over() == [signals[2].id]


def test_between_what_is_due_lies_the_least_time() -> None:
    pool = Pool()
    noted: list[bytes] = []
    pool.laning = LaneBuilder(
        *(pool.chain, pool.mempool, KEYS[0].public, [KEYS[0].public], lambda: pool.now, 5_000),
        lambda data, signed, packet: noted.append(signed.id),
    )
    ids = [pool.add(pool.signal(KEYS[3], 0))]
    assert pool.due() == ids, "the first goes at once"
    ids.append(pool.add(pool.signal(KEYS[3], 1)))
    assert pool.due() == []
    pool.now += 5_000
    assert pool.due() == ids[1:]
    assert noted == ids


def test_signals_of_others_fall_to_one_validator_and_later_to_the_next() -> None:
    pools = [Pool(validator) for validator in range(3)]
    for pool in pools:
        pool.add(pool.signal(KEYS[3], 0), is_local=False)
    taken = [len(pool.due()) for pool in pools]
    assert sorted(taken) == [0, 0, 1]
    for pool in pools:
        pool.now += NEXT_MS
    assert sum(taken) + sum(len(pool.laning.due()) for pool in pools) == 2
    for pool in pools:
        pool.now += NEXT_MS
        pool.due()
    assert all(not pool.due() for pool in pools)


def test_signals_fall_to_no_validator_that_is_gone() -> None:
    """Who waits for one that is not there waits for nothing."""
    pools = [Pool(validator) for validator in range(3)]
    for pool in pools:
        pool.add(pool.signal(KEYS[3], 0), is_local=False)
    (first,) = [number for number, pool in enumerate(pools) if pool.due()]
    left = [key.public for at, key in enumerate(KEYS) if at != first]
    others = [Pool(validator, present=lambda: left) for validator in range(3) if validator != first]
    for pool in others:
        pool.add(pool.signal(KEYS[3], 0), is_local=False)
    assert sorted(len(pool.due()) for pool in others) == [0, 1]


def test_what_another_validators_batch_has_goes_into_a_second_one_only_after_a_while() -> None:
    """It would cost its bytes twice; a batch that comes to nobody keeps it out of blocks for that while alone."""
    elsewhere = set[bytes]()
    pool = Pool(present=list, is_elsewhere=elsewhere.__contains__)
    signal = pool.add(pool.signal(KEYS[3], 0), is_local=False)
    elsewhere.add(signal)
    assert pool.due() == []
    pool.now += ELSEWHERE_MS
    assert pool.due() == [signal]


def test_what_the_next_block_would_refuse_goes_into_no_lane() -> None:
    """Else it would wake everybody, and could make a block of nothing."""
    pool = Pool()
    rich = pool.add(pool.signal(KEYS[3], 0, tip=1 << 40))
    late = pool.add(pool.signal(KEYS[2], 0, expires_height=0))
    lost = pool.add(pool.signal(KEYS[1], 0, operations=[["put_blob/1", digest(b"lost"), 4]]))
    assert pool.due() == []
    assert pool.laning.passed_over() == [rich, late, lost]


def test_contents_that_the_ledger_has_go_along() -> None:
    """A block is of what came with its signals: it would be refused there for ever, and batched again for ever."""
    pool = Pool()
    publish = [["put_blob/1", digest(b"kept"), 4]]
    first = pool.signal(KEYS[3], 0, operations=publish)
    pool.add(first, b"kept")
    assert pool.due() == [first.id]
    made = pool.chain.propose([first], pool.chain.tip.time + 1, KEYS[0], {digest(b"kept"): b"kept"})
    pool.mempool.remove(made.results)
    pool.laning.pass_over(made.results)
    pool.add(pool.signal(KEYS[3], 1, operations=publish))
    assert [Packet.decode(data).contents for data in pool.laning.due()] == [(b"kept",)]


def test_signals_of_users_are_told_to_others_where_no_block_has_them_soon() -> None:
    pool = Pool()
    waits = pool.signal(KEYS[3], 1)
    pool.mempool.add(Packet(waits.wire), waits, is_local=True)
    laned = pool.signal(KEYS[2], 0)
    pool.mempool.add(Packet(laned.wire), laned, is_local=True)
    strange = pool.signal(KEYS[1], 0)
    pool.mempool.add(Packet(strange.wire), strange, is_local=False)
    assert [Packet.decode(data).id for data in pool.laning.due()] == [laned.id, strange.id]
    assert pool.laning.late() == []
    pool.now += LATE_MS
    assert [packet.id for packet in pool.laning.late()] == [waits.id]
    pool.now += LATER_MS
    assert [packet.id for packet in pool.laning.late()] == [laned.id]
    assert pool.laning.late() == [], "each once"


def test_what_fits_no_batch_is_refused() -> None:
    pool = Pool()
    refused: dict[bytes, SignalError] = {}
    pool.mempool.local.refuse = refused.__setitem__  # type: ignore[method-assign,assignment]
    signal = pool.add(pool.signal(KEYS[3], 0), bytes(BATCH_BYTES_MAX))
    assert pool.due() == []
    assert refused[signal].code == "size"
    assert not pool.mempool.has(signal)


@settings(max_examples=25, deadline=None)
@given(
    st.lists(
        st.sampled_from(["good", "again", "garbage", "forged", "elsewhere"]), min_size=1, max_size=8
    )
)
def test_a_reader_passes_over_what_is_no_signal(kinds: list[str]) -> None:
    pool = Pool()
    reader = PacketReader(pool.chain, SameProcess())
    datas, expected = [], []
    for nonce, kind in enumerate(kinds):
        signed = pool.signal(KEYS[1], 0 if kind == "again" else nonce)
        wire = signed.wire
        if kind == "forged":
            wire = bytes(64) + wire[64:]
        elif kind == "elsewhere":
            wire = pool.signal(KEYS[1], nonce, network=bytes(32)).wire
        datas.append(b"garbage" if kind == "garbage" else Packet(wire, (b"text",)).encode())
        if kind in ("good", "again"):
            expected.append(signed.id)
    for _ in range(2):
        assert [each.signed.id for each in reader.read(datas)] == list(dict.fromkeys(expected))


def test_what_was_noted_is_not_checked_again() -> None:
    """Its own users' signals were checked when they came; what others say of a packet notes nothing."""
    pool = Pool()
    reader = PacketReader(pool.chain, SameProcess())
    signed = pool.signal(KEYS[1], 0)
    unsigned = Packet(bytes(64) + signed.wire[64:], ()).encode()
    assert reader.read([unsigned]) == []
    fresh = PacketReader(pool.chain, SameProcess())
    fresh.note(unsigned, signed, Packet(signed.wire, ()))
    assert [each.signed.id for each in fresh.read([unsigned, unsigned])] == [signed.id]
    assert [each.signed.id for each in fresh.read([unsigned])] == [signed.id], "it is kept"


def test_what_travels_with_a_motion_has_one_form() -> None:
    for wrong in (b"", encode([b"", b""]), encode([b"", b"", 1]), encode([b"h", b"p", None])):
        with pytest.raises((BlockError, ProofError)):
            Moved.read(wrong)


def test_a_network_says_how_it_agrees() -> None:
    validators = {KEYS[0].public: 5, KEYS[1].public: 7}
    for kind in ("quorum", "snowman"):
        parameters = Parameters(**agreed_fields(kind, validators, 10))
        assert parameters.kind == kind
        assert parameters.required_agreement.epoch_blocks == 10
    assert agreed_fields("solo", {}, 10) == {}
    for kind, given_validators in (
        ("solo", validators),
        ("quorum", {}),
        ("snowman", {}),
        ("x", {}),
    ):
        with pytest.raises(ParameterError):
            agreed_fields(kind, given_validators, 10)


def test_work_of_a_book_is_done_in_turn() -> None:
    from focusmesh.kernel.node.executors import AtOnce
    from focusmesh.kernel.node.voting.engine_run import VoteLogSlot

    async def both() -> list[int]:
        told: list[int] = []
        turn = VoteLogSlot(VoteLog(MemoryStore()), AtOnce())
        await asyncio.gather(*(turn.do(partial(told.append, number)) for number in range(3)))
        return told

    assert asyncio.run(both()) == [0, 1, 2]
