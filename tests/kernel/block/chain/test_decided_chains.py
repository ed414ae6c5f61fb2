"""Chains whose validators decide: what is kept and travels convinces strangers, and nothing less does."""

from __future__ import annotations

from io import BytesIO
from typing import TYPE_CHECKING

import msgspec
import pytest

from focusmesh.errors import BlockError
from focusmesh.kernel.block import (
    Archived,
    ArchiveWriter,
    BlockImport,
    Candidates,
    Chain,
    HeaderChain,
    SignedHeader,
    SnapshotRestore,
    Snapshots,
    read_archive,
    read_signed_headers,
    read_validator_set,
    validator_set_bytes,
    verify_chain,
)
from focusmesh.kernel.block.chain import header_chain as block_headers
from focusmesh.kernel.consensus import ValidatorSet
from focusmesh.kernel.state import MemoryStore
from focusmesh.protocol.identity import SigningKey
from tests.kernel.block.ledger import KEYS, with_header
from tests.kernel.block.voted import REGISTRY, VALIDATORS, Voted, agreed, decided

if TYPE_CHECKING:
    from collections.abc import Callable

BLOCKS = 7
STRANGERS = [SigningKey.generate(bytes([number]) * 32) for number in range(50, 54)]


@pytest.fixture(scope="module")
def grown() -> Voted:
    """Blocks of three epochs; a validator takes half of its bond out in the first."""
    node = Voted()
    node.block(node.signed(VALIDATORS[0], ["unbond/1", 500]))
    node.grow(BLOCKS - 1)
    return node


def headers(node: Voted) -> list[SignedHeader]:
    """As they travel."""
    signed = read_signed_headers(node.chain, 1, node.chain.height)
    return [SignedHeader.decode(each.encode()) for each in signed]


def following(node: Voted, signed: list[SignedHeader]) -> HeaderChain:
    """A stranger that took these headers."""
    chain = HeaderChain(node.genesis, REGISTRY)
    for each in signed:
        chain.add(each)
    return chain


def test_a_stranger_follows_to_the_end(grown: Voted) -> None:
    chain = following(grown, headers(grown))
    assert chain.final == chain.tip == grown.chain.tip
    assert [bool(each.rotation) for each in headers(grown)] == [False] * 3 + [True] + [False] * 3
    assert chain.validator_set is not None
    assert chain.validator_set.weights == {
        key.public: 500 if key is VALIDATORS[0] else 1_000 for key in VALIDATORS
    }
    assert grown.chain.epoch == 3
    assert grown.chain.validator_set_of(3).weights[VALIDATORS[0].public] == 1_000
    assert grown.chain.validator_set_of(4).weights == chain.validator_set.weights


def test_a_later_decision_stands_for_those_before() -> None:
    node = Voted()
    first = node.made(node.link())
    second = node.candidates.make(first.id, [node.link()], 2_000, KEYS[0]).block
    assert second is not None
    blocks = node.candidates.decide(second.id, node.decision(second.header))
    assert blocks == [first, second]
    assert [bool(node.chain.decision_of(height)) for height in (1, 2)] == [False, True]
    assert following(node, headers(node)).final.height == 2
    assert following(node, headers(node)[:1]).final.height == 0
    assert node.candidates.decide(second.id, b"") == []


def test_layers_above_what_is_decided_stay() -> None:
    node = Voted()
    first = node.made(node.link())
    second = node.candidates.make(first.id, [node.link()], 2_000, KEYS[0]).block
    assert second is not None
    node.candidates.decide(first.id, node.decision(first.header))
    assert node.candidates.block(second.id) == second
    node.candidates.decide(second.id, node.decision(second.header))
    assert node.chain.height == 2


def _none(node: Voted, signed: SignedHeader) -> bytes:
    return b""


def _of_too_few(node: Voted, signed: SignedHeader) -> bytes:
    return _by(node, signed, VALIDATORS[:2])


def _of_strangers(node: Voted, signed: SignedHeader) -> bytes:
    return _by(node, signed, STRANGERS)


def _of_another_network(node: Voted, signed: SignedHeader) -> bytes:
    block = node.chain.block(3)
    return decided(msgspec.structs.replace(block.header, network=bytes(32)), 1)


def _of_another_block(node: Voted, signed: SignedHeader) -> bytes:
    return node.chain.decision_of(2)


def _of_another_epoch(node: Voted, signed: SignedHeader) -> bytes:
    return decided(node.chain.header(3), 2)


def _forged(node: Voted, signed: SignedHeader) -> bytes:
    return signed.decision[:-1] + bytes([signed.decision[-1] ^ 1])


def _by(node: Voted, signed: SignedHeader, validators: list[SigningKey]) -> bytes:
    return decided(node.chain.header(3), 1, validators)


LIES = [
    _none,
    _of_too_few,
    _of_strangers,
    _of_another_network,
    _of_another_block,
    _of_another_epoch,
    _forged,
]


@pytest.mark.parametrize("lie", LIES)
def test_without_its_decision_an_epoch_does_not_end(
    grown: Voted, lie: Callable[[Voted, SignedHeader], bytes]
) -> None:
    signed = headers(grown)
    changed = msgspec.structs.replace(signed[2], decision=lie(grown, signed[2]))
    chain = following(grown, signed[:2])
    with pytest.raises(BlockError) as found:
        _add_both(chain, changed, signed[3])
    assert found.value.code == "decision"
    assert chain.final.height == 2
    chain.abandon()
    for each in signed[2:]:
        chain.add(each)
    assert chain.final == grown.chain.tip


def _add_both(chain: HeaderChain, first: SignedHeader, second: SignedHeader) -> None:
    chain.add(first)
    chain.add(second)


def test_only_the_validators_that_a_header_names_come_next(grown: Voted) -> None:
    signed = headers(grown)
    others = validator_set_bytes(ValidatorSet({key.public: 1_000 for key in STRANGERS}))
    for rotation in (others, b"", signed[3].rotation[:-1], b"\x80"):
        chain = following(grown, signed[:3])
        with pytest.raises(BlockError) as found:
            chain.add(msgspec.structs.replace(signed[3], rotation=rotation))
        assert found.value.code == "rotation"
        assert chain.tip.height == 3


def test_a_header_of_another_height_is_named_so(grown: Voted) -> None:
    signed = headers(grown)
    for first, wrong in ((3, 4), (3, 2), (4, 6)):
        chain = following(grown, signed[:first])
        with pytest.raises(BlockError) as found:
            chain.add(signed[wrong])
        assert found.value.code == "height"


def test_the_validators_do_not_change_within_an_epoch(grown: Voted) -> None:
    block = grown.chain.block(2)
    proposer = next(key for key in KEYS if key.public == block.header.proposer)
    other = with_header(block, proposer, validators_hash=bytes(32))
    chain = following(grown, headers(grown)[:1])
    with pytest.raises(BlockError) as found:
        chain.add(SignedHeader(other.header_bytes, other.proof, b"", decided(other.header, 1)))
    assert found.value.code == "validators-hash"


def test_a_chain_goes_out_and_comes_in_with_its_decisions(grown: Voted) -> None:
    stream = BytesIO()
    archive = ArchiveWriter(stream, grown.genesis)
    for height in range(1, BLOCKS + 1):
        archive.add(grown.chain.block(height), (), grown.chain.decision_of(height))
    archive.close()

    def came(change: Callable[[Archived], bytes]) -> Chain:
        genesis, blocks = read_archive(BytesIO(stream.getvalue()))
        store = MemoryStore()
        Chain.create(store, genesis, REGISTRY)
        arriving = BlockImport(store, REGISTRY)
        for each in blocks:
            arriving.add(each.block, each.contents, change(each))
        arriving.finish()
        return arriving.chain

    assert came(lambda each: each.decision).tip == grown.chain.tip
    for wrong in (2, 3, BLOCKS):
        with pytest.raises(BlockError) as found:
            came(
                lambda each, at=wrong: (  # type: ignore[misc]
                    decided(each.block.header, 1, STRANGERS)
                    if each.block.header.height == at
                    else each.decision
                )
            )
        assert found.value.code == "decision"
    with pytest.raises(BlockError, match="are not decided"):
        came(lambda each: b"" if each.block.header.height == BLOCKS else each.decision)


def test_what_is_kept_is_verified(grown: Voted) -> None:
    assert verify_chain(grown.store, REGISTRY).height == BLOCKS
    for table, key in (("proofs", b"decision"), ("meta", b"electorate")):
        store = MemoryStore()
        with grown.store.read() as reader, store.write() as writer:
            for name in ("meta", "headers", "bodies", "proofs"):
                writer.put_many(name, list(reader.scan(name)))
        with store.write() as writer:
            last = [each for each, _ in writer.scan(table) if key in each][-1]
            writer.delete_many(table, [last])
        with pytest.raises(BlockError) as found:
            verify_chain(store, REGISTRY)
        assert found.value.code in ("decision", "difference")


def test_nobody_makes_a_block_alone(grown: Voted) -> None:
    chain = Chain(grown.store, REGISTRY)
    with pytest.raises(BlockError) as found:
        chain.propose([], 10_000, VALIDATORS[0])
    assert found.value.code == "agreement"
    with pytest.raises(BlockError) as found:
        chain.accept(grown.chain.block(2))
    assert found.value.code == "agreement"


def test_a_judge_wants_all_signals_that_can_be_carried_out_and_no_others() -> None:
    leader, judge = Voted(), Voted()
    first, second = leader.link(KEYS[0]), leader.link(KEYS[1])
    block = leader.made(first, second)
    parent = block.header.parent
    for offered in ([first], [first, second, leader.link(KEYS[3])]):
        with pytest.raises(BlockError) as found:
            judge.candidates.judge(block, parent, offered)
        assert found.value.code == "signals"
    judge.candidates.judge(block, parent, [second, first])
    with pytest.raises(BlockError) as found:
        judge.candidates.judge(block, parent, [first])
    assert found.value.code == "signals"
    judge.candidates.decide(block.id, leader.decision(block.header))
    assert judge.chain.tip == block.header


def test_a_block_of_nothing_settles_a_cut_of_what_came_twice() -> None:
    leader, judge = Voted(), Voted()
    signal = leader.link()
    block = leader.made(signal)
    for node in (leader, judge):
        if node is judge:
            judge.candidates.judge(block, block.header.parent, [signal])
        node.candidates.decide(block.id, leader.decision(block.header))
    made = leader.candidates.make(block.id, [signal], 2_000, KEYS[0])
    assert made.block is not None
    assert list(made.refused) == [signal.id]
    judge.candidates.judge(made.block, block.id, [signal])


def test_a_refused_decision_leaves_the_store(grown: Voted) -> None:
    node = Voted()
    block = node.made(node.link())
    for decision in (b"", decided(block.header, 1, VALIDATORS[:2]), decided(block.header, 2)):
        with pytest.raises(BlockError) as found:
            node.candidates.decide(block.id, decision)
        assert found.value.code == "decision"
        with pytest.raises(BlockError) as found:
            node.candidates.take([(block, None)], decision)
        assert found.value.code == "decision"
    assert node.chain.height == 0
    node.candidates.take([(block, None)], node.decision(block.header))
    assert node.chain.height == 1
    with pytest.raises(BlockError) as found:
        node.candidates.decide(bytes(32), b"")
    assert found.value.code == "absent"


def test_an_epoch_is_not_run_over() -> None:
    node = Voted(began=agreed(epoch_blocks=1))
    block = node.made(node.link())
    later = node.candidates.make(block.id, [], 2_000, KEYS[0]).block
    assert later is not None
    for act in (node.candidates.decide, lambda name, data: _taken(node, block, later, data)):
        with pytest.raises(BlockError) as found:
            act(later.id, decided(later.header, 2))
        assert found.value.code == "decision"
    node.candidates.decide(block.id, node.decision(block.header))
    node.candidates.decide(later.id, node.decision(later.header))
    assert node.chain.epoch == 3


def _taken(node: Voted, block: object, later: object, decision: bytes) -> object:
    return node.candidates.take([(block, None), (later, None)], decision)  # type: ignore[list-item]


def test_what_samples_chose_is_certified_as_what_a_quorum_finalised() -> None:
    node = Voted(began=agreed(kind="snowman"))
    block = node.made(node.link())
    with pytest.raises(BlockError, match="without the decision"):
        node.candidates.decide(block.id)
    node.candidates.decide(block.id, node.decision(block.header))
    assert node.chain.height == 1
    assert verify_chain(node.store, REGISTRY).height == 1
    assert following(node, headers(node)).final.id == block.id


def test_an_electorate_has_one_encoding() -> None:
    validator_set = ValidatorSet({key.public: 3 for key in VALIDATORS})
    data = validator_set_bytes(validator_set)
    assert read_validator_set(data).weights == validator_set.weights


@pytest.mark.parametrize("height", [0, 3, BLOCKS])
def test_a_chain_begins_with_a_snapshot_of_a_decided_block(grown: Voted, height: int) -> None:
    """At the end of an epoch too, where the next validators follow from the state alone; and at the genesis."""
    store = MemoryStore()
    restoring = SnapshotRestore(store, grown.genesis, REGISTRY)
    signed = headers(grown)
    restoring.add_headers([msgspec.structs.replace(signed[0], decision=b"")])
    assert restoring.headers.final.height == 0
    restoring.abandon_open()
    restoring.add_headers(signed[:5])
    restoring = SnapshotRestore(store, grown.genesis, REGISTRY)
    assert restoring.headers.final.height == 5
    restoring.add_headers(signed[5:])
    with Snapshots(grown.chain, height) as snapshot:
        restoring.begin(snapshot.manifest)
        while missing := restoring.missing():
            for number in missing:
                restoring.take(number, snapshot.page(number))
        chain = restoring.finish(grown.chain.block(height).body)
    assert chain.tip == grown.chain.header(height)
    node = Candidates(store, REGISTRY)
    for later in range(height + 1, BLOCKS + 1):
        node.take([(grown.chain.block(later), None)], grown.chain.decision_of(later))
    assert node.final == grown.chain.tip
    expected = grown.chain.validator_set
    assert expected is not None
    assert node.decided.validator_set_of(BLOCKS + 1).weights == expected.weights
    assert verify_chain(store, REGISTRY).height == BLOCKS
    if height < BLOCKS:
        with store.write() as writer:
            writer.delete_many("proofs", [BLOCKS.to_bytes(8, "big") + b"decision"])
        with pytest.raises(BlockError, match="not decided"):
            verify_chain(store, REGISTRY)


def test_headers_without_end_are_not_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    node = Voted()
    node.grow(3)
    monkeypatch.setattr(block_headers, "OPEN_MAX", 1)
    bare = [msgspec.structs.replace(each, decision=b"") for each in headers(node)]
    with pytest.raises(BlockError, match="none of 1 headers up to 2 is decided"):
        following(node, bare)


def test_who_votes_is_still_known_when_another_snapshot_is_begun_with(grown: Voted) -> None:
    """The lists came with the headers, and stay with them."""
    restoring = SnapshotRestore(MemoryStore(), grown.genesis, REGISTRY)
    restoring.add_headers(headers(grown))
    for height in (3, BLOCKS):
        with Snapshots(grown.chain, height) as snapshot:
            restoring.begin(snapshot.manifest)
            while missing := restoring.missing():
                for number in missing:
                    restoring.take(number, snapshot.page(number))
            if height == BLOCKS:
                chain = restoring.finish(grown.chain.block(height).body)
            else:
                restoring.abandon()
    for height in range(1, BLOCKS + 2):
        assert (
            chain.validator_set_of(height).weights == grown.chain.validator_set_of(height).weights
        )
