"""A ledger of one key grows into a network of validators with its id and history, and goes back."""

from __future__ import annotations

from io import BytesIO
from typing import TYPE_CHECKING, Any

import msgspec
import pytest

from focusmesh.apps.changes import ProposeAnyChange, ProposeChange
from focusmesh.errors import BlockError, ParameterError
from focusmesh.kernel.block import (
    BLOCK_DOMAIN,
    ArchiveWriter,
    BlockImport,
    Chain,
    HeaderChain,
    SignedHeader,
    SnapshotRestore,
    Snapshots,
    read_archive,
    read_signed_headers,
    verify_chain,
)
from focusmesh.kernel.consensus import Equivocation, Vote, VoteSlots
from focusmesh.kernel.consensus.quorum import Ballot
from focusmesh.kernel.state import (
    MemoryStore,
    SoloKeys,
    agreement_bytes,
    bond_account,
    read_account,
    read_agreement,
    read_bond,
    read_supply,
)
from focusmesh.kernel.state.votes import laws
from tests.kernel.block.grown import (
    REGISTRY,
    UNBONDING_MS,
    Grown,
    back,
    proposal,
    solo_genesis,
    validators,
)
from tests.kernel.block.ledger import KEYS, PROPOSER
from tests.kernel.block.voted import BOND, STAKE, VALIDATORS

if TYPE_CHECKING:
    from focusmesh.kernel.block import Header


def handed_over(kind: str = "quorum", count: int = 3, **terms: Any) -> Grown:
    """Blocks of one key, its hand-over, and so many of the validators."""
    network = Grown()
    network.grow(3)
    assert network.hand_over(validators(kind, **terms)) == "ok"
    network.grow(count)
    return network


@pytest.fixture(scope="module")
def there_and_back() -> Grown:
    """One key, validators, the key again, and validators once more."""
    network = handed_over(count=4)
    network.hand_back(back())
    network.grow(2)
    assert network.hand_over(validators("snowman", bond=7)) == "ok"
    network.grow(5)
    return network


def headers_of(chain: Chain) -> list[SignedHeader]:
    return list(read_signed_headers(chain, 1, chain.height))


@pytest.mark.parametrize("kind", ["quorum", "snowman"])
def test_a_solo_ledger_grows_into_four_validators_and_back(kind: str) -> None:
    network = Grown()
    network.grow(3)
    name = network.chain.network
    assert network.hand_over(validators(kind)) == "ok"
    last = network.chain.tip
    assert (last.engine, last.epoch, last.ends_epoch) == ("solo", 1, True)
    assert network.chain.validator_set is not None
    assert last.validators_hash == network.chain.validator_set.digest()
    assert set(network.chain.proposers) == {key.public for key in VALIDATORS}
    network.grow(4)
    assert (network.chain.tip.engine, network.chain.tip.epoch) == (kind, 3)
    given = network.hand_back(back())
    assert (given.header.engine, given.header.ends_epoch) == (kind, True)
    assert network.chain.validator_set is None
    network.grow(2)
    assert network.chain.tip.engine == "solo"
    assert network.chain.network == name
    assert verify_chain(network.store, REGISTRY).height == network.chain.height


def test_epoch_numbers_never_repeat_and_each_has_one_engine(there_and_back: Grown) -> None:
    chain = there_and_back.chain
    headers = [chain.header(height) for height in range(1, chain.height + 1)]
    epochs = [each.epoch for each in headers]
    assert epochs == sorted(epochs)
    engines: dict[int, set[str]] = {}
    for each in headers:
        engines.setdefault(each.epoch, set()).add(each.engine)
    assert all(len(found) == 1 for found in engines.values())
    assert {engine for found in engines.values() for engine in found} == {
        "solo",
        "quorum",
        "snowman",
    }
    assert verify_chain(there_and_back.store, REGISTRY).height == chain.height


def test_headers_archives_and_snapshots_go_through_it(there_and_back: Grown) -> None:
    chain = there_and_back.chain
    headers = HeaderChain(chain.genesis, REGISTRY)
    for each in headers_of(chain):
        headers.add(each)
    assert headers.final == chain.tip
    stream = BytesIO()
    writer = ArchiveWriter(stream, chain.genesis, decided=chain.was_voted_on)
    for height in range(1, chain.height + 1):
        writer.add(chain.block(height), (), chain.decision_of(height))
    writer.close()
    genesis, blocks = read_archive(BytesIO(stream.getvalue()))
    store = MemoryStore()
    Chain.create(store, genesis, REGISTRY)
    arriving = BlockImport(store, REGISTRY)
    for block, contents, decision in blocks:
        arriving.add(block, contents, decision)
    arriving.finish()
    assert arriving.chain.tip == chain.tip
    assert headers_of(arriving.chain) == headers_of(chain)


def test_who_joins_at_any_block_goes_on_as_the_others(there_and_back: Grown) -> None:
    chain = there_and_back.chain
    signed = headers_of(chain)
    for height in range(1, chain.height + 1):
        store = MemoryStore()
        restoring = SnapshotRestore(store, chain.genesis, REGISTRY)
        restoring.add_headers(signed)
        with Snapshots(chain, height) as snapshot:
            if snapshot.height != height:
                continue
            restoring.begin(snapshot.manifest)
            while missing := restoring.missing():
                for number in missing:
                    restoring.take(number, snapshot.page(number))
            made = restoring.finish(chain.block(height).body)
        assert made.parameters == chain.parameters_of(height + 1)
        assert (made.validator_set is None) == (made.parameters.agreement is None)
        assert headers_of(made) == signed[:height]
        assert verify_chain(store, REGISTRY).height == height
        arriving = BlockImport(store, REGISTRY)
        for at in range(height + 1, chain.height + 1):
            arriving.add(chain.block(at), None, chain.decision_of(at))
        arriving.finish()
        assert arriving.chain.tip == chain.tip


def stray(header: Header, **fields: Any) -> SignedHeader:
    """A header that the key signs behind another."""
    made = msgspec.structs.replace(header, **fields)
    return SignedHeader(made.encode(), PROPOSER.sign(BLOCK_DOMAIN, made.id))


def test_no_block_of_the_key_follows_its_hand_over() -> None:
    """Not in a chain that is open, and not in headers alone, whoever signs them."""
    network = handed_over(count=0)
    tip = network.chain.tip
    with pytest.raises(BlockError) as refused:
        network.solo.propose([], tip.time + 1, PROPOSER, whole=True)
    assert refused.value.code == "agreement"
    behind = {"height": tip.height + 1, "parent": tip.id}
    known = HeaderChain(network.genesis, REGISTRY)
    for each in headers_of(network.chain):
        known.add(each)
    of_chain = HeaderChain.of(network.chain)
    before = network.chain.header(1).validators_hash
    for fields in ({"epoch": 1}, {"epoch": 2}):
        made = stray(tip, **behind, **fields, ends_epoch=False, validators_hash=before)
        for headers in (known, of_chain):
            with pytest.raises(BlockError) as refused:
                headers.add(made)
            assert refused.value.code == "engine"
    network.grow(1)


def test_without_the_rule_a_header_of_the_key_would_be_taken(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The twin: where the last header is not held against who made it, the key goes on in epoch 2."""
    network = handed_over(count=0)
    tip, before = network.chain.tip, network.chain.header(1).validators_hash
    known = HeaderChain(network.genesis, REGISTRY)
    for each in headers_of(network.chain):
        known.add(each)
    monkeypatch.setattr(type(known), "_check_maker", lambda *_: None)
    fields = {"height": tip.height + 1, "parent": tip.id, "epoch": 2, "ends_epoch": False}
    known.add(stray(tip, **fields, validators_hash=before))
    assert known.final.engine == "solo"


def test_bonds_are_locked_with_the_hand_over_and_the_supply_stays() -> None:
    network = Grown()
    network.grow(2)
    before = read_supply(network.chain.state.get)
    assert network.hand_over(validators()) == "ok"
    get = network.chain.state.get
    for key in VALIDATORS:
        account, bond = read_account(get, key.public), read_bond(get, key.public)
        held = read_account(get, bond_account(key.public))
        assert account is not None
        assert bond is not None
        assert held is not None
        assert (bond.amount, held.stake, account.stake) == (BOND, BOND, STAKE - BOND)
    assert read_supply(get) == before


def test_who_bonds_while_the_law_waits_votes_in_the_first_epoch() -> None:
    network = Grown()
    network.grow(1)
    late = VALIDATORS[3]
    assert network.codes(network.signed(late, ["bond/1", 5_000])) == ["agreement"]
    three = tuple(each for each in read_agreement(validators()).voters[:3])  # type: ignore[union-attr]
    assert network.hand_over(validators(voters=three), wait=2) == "ok"
    assert network.chain.parameters.agreement is None
    assert network.codes(network.signed(late, ["bond/1", 5_000])) == ["ok"]
    assert network.codes(network.signed(VALIDATORS[0], ["bond/1", 40])) == ["ok"]
    network.block(network.link(), time=network.chain.tip.time + 10_000)
    assert network.chain.validator_set is not None
    weights = network.chain.validator_set.weights
    assert weights[late.public] == 5_000
    assert weights[VALIDATORS[0].public] == BOND, "what was bonded before is part of what is named"
    network.grow(2)


def test_a_law_whose_validators_cannot_bond_lapses_and_bonds_come_free() -> None:
    network = Grown()
    network.grow(1)
    assert network.hand_over(validators(), wait=2) == "ok"
    poor = VALIDATORS[1]
    assert network.codes(network.signed(poor, ["unstake/1", STAKE - 10])) == ["ok"]
    assert network.codes(network.signed(VALIDATORS[2], ["bond/1", 50])) == ["ok"]
    network.block(time=network.chain.tip.time + 10_000)
    assert network.chain.parameters.agreement is None
    assert not list(network.chain.state.scan(b"/kv/change/open/"))
    assert network.codes(network.signed(VALIDATORS[3], ["bond/1", 50])) == ["agreement"]
    assert network.codes(network.signed(VALIDATORS[2], ["unbond/1", 50], ["withdraw/1"])) == ["ok"]
    assert not list(network.chain.state.scan(b"/kv/validators/"))


def test_going_back_frees_bonds_after_the_time_and_accusations_hold_until_then() -> None:
    network = handed_over()
    given = network.hand_back(back())
    get, until = network.chain.state.get, given.header.time + UNBONDING_MS
    for key in VALIDATORS:
        bond = read_bond(get, key.public)
        assert bond is not None
        assert (bond.amount, [each.until for each in bond.unbonding]) == (0, [until])
    honest, liar = VALIDATORS[0], VALIDATORS[1]
    withdraw = network.signed(honest, ["withdraw/1"])
    assert network.codes(withdraw) == ["unbonding"]
    slot = VoteSlots.of("quorum", network.chain.network, 2, 5).end(5)
    votes = (Vote.sign(Ballot(slot, bytes([at]) * 32), liar) for at in (1, 2))
    evidence = Equivocation(*votes).to_bytes()
    supply = read_supply(network.chain.state.get)
    assert network.codes(network.signed(honest, ["accuse/1", evidence])) == ["ok"]
    # A quarter of the stake that voted lied: it loses three quarters of what it had.
    taken = 3 * BOND // 4
    assert read_supply(network.chain.state.get) == supply - taken + taken // 20
    network.block(network.link(), time=until)
    assert network.codes(network.signed(honest, ["withdraw/1"])) == ["ok"]
    assert network.codes(network.signed(liar, ["withdraw/1"])) == ["ok"]
    kept = read_account(network.chain.state.get, liar.public)
    assert kept is not None
    assert kept.stake == STAKE - taken
    account = read_account(network.chain.state.get, honest.public)
    assert account is not None
    assert account.stake == STAKE


def test_two_thirds_are_needed_on_the_way_back() -> None:
    network = handed_over()
    for _ in range(2):
        network.end_epoch()
    named = proposal(back(), network.chain.epoch + 1)
    assert network.codes(network.signed(VALIDATORS[0], named)) == ["ok"]
    change = next(value for _, value in network.chain.state.scan(b"/kv/change/of/"))
    assert network.codes(network.vote(VALIDATORS[1], change)) == ["ok"]
    network.end_epoch()
    network.end_epoch()
    assert network.chain.validator_set is not None


def test_another_key_can_be_given_the_blocks() -> None:
    network = handed_over()
    other = KEYS[2]
    network.hand_back(back(other.public))
    assert network.chain.proposers == (other.public,)
    with pytest.raises(BlockError) as refused:
        network.solo.propose([], network.chain.tip.time + 1, PROPOSER, whole=True)
    assert refused.value.code == "proposer"
    network.solo.propose([], network.chain.tip.time + 1, other, whole=True)
    headers = HeaderChain(network.genesis, REGISTRY)
    for each in headers_of(network.solo):
        headers.add(each)
    assert headers.proposers == (other.public,)


def test_agreements_that_cannot_follow_are_refused() -> None:
    network = Grown()
    network.grow(1)
    for named, code in (
        (back(), "change"),
        (b"\xa0", "change"),
        (validators() + b"\x00", "change"),
        (validators(trusting_ms=400), "change"),
    ):
        wrong = named if code else b""
        if named == validators(trusting_ms=400):
            # Heartbeats would be too rare for clients that trust validators for so short a time.
            assert network.hand_over(wrong) == "change"
        else:
            assert network.hand_over(wrong) == code
    assert network.hand_over(validators()) == "ok"
    key = VALIDATORS[0]
    for named in (validators("snowman"), validators()):
        assert network.codes(network.signed(key, proposal(named, network.chain.epoch + 1))) == [
            "change"
        ]
    with pytest.raises(ParameterError, match="each once"):
        SoloKeys(proposers=(bytes(32), bytes(32)))


def test_a_ledger_of_version_5_comes_to_both_in_one_change() -> None:
    began = solo_genesis(version=5, fees=None, staking=None, order=None)
    network = Grown(began=began)
    network.grow(1)
    assert network.hand_over(validators()) == "change"
    assert network.hand_over(validators(), ("version", 6)) == "ok"
    assert network.chain.parameters.version == 6
    network.grow(3)
    assert verify_chain(network.store, REGISTRY).height == network.chain.height


def test_the_least_bond_rises_above_that_of_the_first_validators() -> None:
    network = handed_over()
    name = "agreement.bond_least"
    (code,) = network.codes(
        network.signed(VALIDATORS[0], proposal(b"", network.chain.epoch + 1, (name, 4)))
    )
    assert code == "ok"
    network = handed_over(bond_least=BOND // 2)
    network.block(*(network.signed(key, ["bond/1", BOND]) for key in VALIDATORS[1:]))
    named = proposal(b"", network.chain.epoch + 1, (name, BOND * 3 // 2))
    assert network.codes(network.signed(VALIDATORS[0], named)) == ["ok"]
    change = next(value for _, value in network.chain.state.scan(b"/kv/change/of/"))
    for key in VALIDATORS[1:]:
        network.block(network.vote(key, change))
    while network.chain.parameters.required_agreement.bond_least == BOND // 2:
        network.grow()
    assert set(network.chain.proposers) == {key.public for key in VALIDATORS[1:]}


def test_a_law_that_drops_a_hand_over_leaves_no_bond(monkeypatch: pytest.MonkeyPatch) -> None:
    """The twin: without bonds the first epoch has nobody who votes, and the block cannot be made."""
    network = Grown()
    network.grow(1)
    monkeypatch.setattr(laws, "lock_first_bonds", lambda *_: None)
    with pytest.raises(Exception, match=r"voters|validator"):
        network.hand_over(validators())


def test_the_first_form_of_a_proposal_names_no_agreement() -> None:
    assert "agreement" not in ProposeChange.__struct_fields__
    assert ProposeAnyChange.__struct_fields__[-1] == "agreement"
    assert read_agreement(back()) == SoloKeys(proposers=(PROPOSER.public,))
    assert agreement_bytes(read_agreement(validators())) == validators()
