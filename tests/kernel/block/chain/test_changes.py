"""A network changes its parameters: what holds for a block, who says so, and what stays of it."""

from __future__ import annotations

from io import BytesIO
from typing import TYPE_CHECKING, Any

import pytest

from focusmesh.errors import BlockError
from focusmesh.ids import digest
from focusmesh.kernel.block import (
    ArchiveWriter,
    Candidates,
    Chain,
    HeaderChain,
    read_archive,
    read_signed_headers,
    verify_chain,
)
from focusmesh.kernel.block.chain.header_builder import parameters_bytes
from focusmesh.kernel.block.header import VERSION_CHANGING
from focusmesh.kernel.state import (
    PARAMETERS_KEY,
    ChangeRules,
    LmdbStore,
    MemoryStore,
    Parameters,
    verify_membership,
)
from tests.kernel.block.changing import REGISTRY, ChangingVoted, Solo, copies, proposal
from tests.kernel.block.ledger import KEYS, with_header
from tests.kernel.block.voted import VALIDATORS

if TYPE_CHECKING:
    from pathlib import Path


def grown(count: int = 3, **parameters: Any) -> Solo:
    """A ledger with some links."""
    made = Solo(**parameters)
    for at in range(count):
        made.block(made.links(KEYS[1], (at, at + 1), (at, "hub"), ("hub", at)))
    return made


def test_a_solo_ledger_changes_what_links_burn_with_the_next_block() -> None:
    ledger = grown(link_burn=1)
    before = ledger.chain.parameters
    assert ledger.change(("link_burn", 3)) == "ok"
    tip = ledger.chain.tip
    assert (tip.version, tip.epoch, tip.ends_epoch) == (VERSION_CHANGING, 1, True)
    assert ledger.chain.parameters.link_burn == 3
    supply = ledger.chain.state.get(b"/token/supply")
    ledger.block(ledger.links(KEYS[2], ("new", "other")))
    after = ledger.chain.tip
    assert (after.epoch, after.ends_epoch) == (2, False)
    assert after.params_hash != tip.params_hash == digest(parameters_bytes(before))
    assert ledger.chain.state.get(b"/token/supply") != supply
    assert ledger.chain.parameters_of(tip.height) == before
    assert ledger.chain.parameters_of(after.height).link_burn == 3


def test_the_changed_parameters_are_proved_under_the_last_block_before_them() -> None:
    ledger = grown()
    ledger.change(("link_burn", 1))
    root = ledger.chain.tip.state_root
    with ledger.chain.state.at() as view:
        value, proof = view.get(PARAMETERS_KEY), view.tree.prove(PARAMETERS_KEY)
    assert value is not None
    verify_membership(root, proof, PARAMETERS_KEY, value)
    ledger.block(ledger.links(KEYS[1], ("a", "b")))
    assert digest(value) == ledger.chain.tip.params_hash


def test_bandwidth_is_counted_by_the_parameters_of_the_block() -> None:
    ledger = grown(bandwidth_stake=50_000, bandwidth_blocks=1)
    many = [(f"a{at}", f"b{at}") for at in range(30)]
    assert ledger.results(ledger.links(KEYS[2], *many)) == ["bandwidth"]
    assert ledger.change(("bandwidth_stake", 25_000)) == "ok"
    assert ledger.results(ledger.links(KEYS[2], *many)) == ["ok"]


@pytest.mark.parametrize("interval", [1, 3])
def test_the_focus_is_computed_anew_under_another_operator(interval: int) -> None:
    ledger = grown(5, focus_interval=interval)
    follower = ledger.follower()
    alpha = ledger.chain.parameters.alpha
    before = ledger.chain.tip.focus_certificate
    assert ledger.change(("alpha", alpha * 3 // 2)) == "ok"
    ledger.block(ledger.links(KEYS[2], ("late", "hub")))
    tip = ledger.chain.tip
    own = tip.focus_certificate
    assert before is not None
    assert own is not None
    assert own.height == tip.height, "the first block under another operator carries its focus"
    assert own.params_hash != before.params_hash
    copies(ledger.chain, follower)
    assert follower.tip.id == tip.id
    assert (follower.focus.vector == ledger.chain.focus.vector).all()
    reopened = Chain(ledger.store, REGISTRY)
    ledger.block(ledger.links(KEYS[2], ("later", "hub")))
    reopened.follow()
    assert reopened.focus.params == ledger.chain.focus.params
    assert verify_chain(ledger.store, REGISTRY).height == ledger.chain.height


def test_a_changed_operator_is_not_the_old_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """The twin: where the focus does not follow the parameters, the other node refuses."""
    ledger = grown(5)
    follower = ledger.follower()
    copies(ledger.chain, follower)
    monkeypatch.setattr(ledger.chain.focus, "follow", lambda *_: None)
    ledger.change(("alpha", ledger.chain.parameters.alpha * 3 // 2))
    ledger.block(ledger.links(KEYS[2], ("late", "hub")))
    with pytest.raises(BlockError) as refused:
        copies(ledger.chain, follower)
    assert refused.value.code in ("focus-certificate", "focus-residual", "focus-floor")


def test_headers_alone_are_followed_through_a_change() -> None:
    ledger = grown()
    ledger.change(("link_burn", 1))
    ledger.block(ledger.links(KEYS[2], ("x", "y")))
    headers = HeaderChain(ledger.chain.genesis, REGISTRY)
    for signed in read_signed_headers(ledger.chain, 1, ledger.chain.height):
        headers.add(signed)
    assert headers.tip == ledger.chain.tip
    assert headers.parameters == ledger.chain.parameters


def test_a_header_of_the_old_rules_is_refused_after_the_change() -> None:
    ledger = grown()
    follower = ledger.follower()
    old = ledger.chain.tip.params_hash
    ledger.change(("link_burn", 1))
    block = ledger.block(ledger.links(KEYS[2], ("x", "y")))
    copies(ledger.chain, follower, block.header.height - 1)
    for fields in ({"params_hash": old}, {"epoch": 1}, {"ends_epoch": True}):
        with pytest.raises(BlockError) as refused:
            follower.accept(with_header(block, **fields))
        assert refused.value.code == next(iter(fields)).replace("_", "-")
    follower.accept(block)


def test_a_new_process_goes_on_with_the_changed_parameters(tmp_path: Path) -> None:
    store = LmdbStore(tmp_path / "store")
    ledger = grown(store=store)
    ledger.change(("link_burn", 1))
    store.close()
    again = LmdbStore(tmp_path / "store")
    ledger.store, ledger.chain = again, Chain(again, REGISTRY)
    assert (ledger.chain.parameters.link_burn, ledger.chain.epoch) == (1, 2)
    ledger.block(ledger.links(KEYS[2], ("x", "y")))
    assert verify_chain(again, REGISTRY).height == ledger.chain.height
    again.close()


def test_an_epoch_ends_by_time_too() -> None:
    ledger = grown(rules=ChangeRules(epoch_ms=100, heartbeat_ms=1))
    start = ledger.chain.tip.time
    ledger.results(ledger.links(KEYS[1], ("a", "b")), time=1_099)
    assert not ledger.chain.tip.ends_epoch
    assert start < 1_099
    ledger.results(ledger.links(KEYS[1], ("b", "c")), time=1_100)
    assert ledger.chain.tip.ends_epoch
    assert (ledger.chain.epoch, ledger.chain.epoch_start(2)) == (2, ledger.chain.height + 1)
    assert ledger.chain.epoch_of(ledger.chain.height) == 1


def passed(network: ChangingVoted, *changes: tuple[str, object]) -> bytes:
    """Proposes, has all vote for it: the id of the proposal."""
    from focusmesh.apps.changes import changes as listed

    key = VALIDATORS[0]
    epoch = network.chain.epoch + 1
    assert network.codes(network.signed(key, proposal(*changes, from_epoch=epoch))) == ["ok"]
    with network.chain.state.at() as view:
        change = listed(view)[-1].id
    votes = [network.vote(each, change) for each in VALIDATORS[1:]]
    assert network.codes(*votes) == ["ok"] * 3
    return change


def test_validators_change_their_own_agreement() -> None:
    network = ChangingVoted()
    follower = ChangingVoted(began=network.genesis)
    passed(network, ("agreement.epoch_blocks", 5), ("agreement.trusting_ms", 600))
    last = network.end_epoch().header
    assert (last.height, last.epoch) == (3, 1)
    agreement = network.chain.parameters.required_agreement
    assert (agreement.epoch_blocks, agreement.trusting_ms) == (5, 600)
    assert network.end_epoch().header.height == 8
    assert network.end_epoch().header.height == 13
    assert [network.chain.epoch_start(epoch) for epoch in (1, 2, 3, 4)] == [1, 4, 9, 14]
    network.copies(follower)
    assert follower.chain.tip == network.chain.tip
    assert verify_chain(network.store, REGISTRY).height == 13


def test_nobody_goes_on_behind_a_block_that_ends_an_epoch_before_it_is_decided() -> None:
    network = ChangingVoted()
    network.grow(2)
    last = network.made(network.link())
    assert last.header.ends_epoch
    key = VALIDATORS[0]
    with pytest.raises(BlockError) as refused:
        network.candidates.make(last.id, [network.link()], last.header.time + 1, key)
    assert refused.value.code == "epoch"
    follower = ChangingVoted(began=network.genesis)
    network.copies(follower)
    network.candidates.decide(last.id, network.decision(last.header))
    network.grow()


def test_bonds_are_released_by_an_epoch_that_ends_by_time() -> None:
    """A quiet network frees stake: no block number has to be reached."""
    network = ChangingVoted(began=None)
    network.codes(network.signed(VALIDATORS[0], ["unbond/1", 10]))
    network.block(network.link(VALIDATORS[1]), time=network.genesis.time + 10_000)
    assert network.chain.tip.ends_epoch
    assert network.chain.height == 2
    network.block(network.link(VALIDATORS[1]), time=network.genesis.time + 12_000)
    assert network.codes(network.signed(VALIDATORS[0], ["withdraw/1"])) == ["ok"]


def test_a_snapshot_of_candidates_is_opened_again_behind_a_change() -> None:
    network = ChangingVoted()
    passed(network, ("link_burn", 2))
    network.end_epoch()
    network.candidates = Candidates(network.store, REGISTRY)
    network.grow(4)
    assert network.chain.parameters == Parameters.decode(
        network.chain.state.get(PARAMETERS_KEY) or b""
    )


def test_ledgers_that_cannot_change_have_no_records_of_rules() -> None:
    from focusmesh.kernel.block.chain.rule_records import rule_records
    from tests.kernel.block.ledger import Ledger

    ledger = Ledger(MemoryStore())
    ledger.block(ledger.links(KEYS[1], (1, 2)))
    with ledger.store.read() as reader:
        assert rule_records(reader, 10) == []
    assert ledger.chain.tip.version == 1


def test_blocks_that_grew_by_a_vote_come_back_from_an_archive() -> None:
    ledger = Solo(block_bytes_max=1_000)
    assert ledger.change(("block_bytes_max", 4_000)) == "ok"
    links = [(f"a{at}", f"b{at}") for at in range(12)]
    block = ledger.block(ledger.links(KEYS[1], *links))
    assert len(block.body) > 1_000
    stream = BytesIO()
    writer = ArchiveWriter(stream, ledger.chain.genesis)
    for height in range(1, ledger.chain.height + 1):
        writer.add(ledger.chain.block(height))
    writer.close()
    genesis, blocks = read_archive(BytesIO(stream.getvalue()))
    chain = Chain.create(MemoryStore(), genesis, REGISTRY)
    for each, contents, _ in blocks:
        chain.accept(each, contents)
    assert chain.tip == ledger.chain.tip
