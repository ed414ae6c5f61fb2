"""Bonds: stake that votes, its way back, and what voting twice costs."""

from __future__ import annotations

from typing import Any

import pytest

from focusmesh.apps.validators import (
    VALIDATOR_OPERATIONS,
    Accuse,
    ValidatorRecord,
    validators,
)
from focusmesh.errors import SignalError
from focusmesh.kernel.block import verify_chain
from focusmesh.kernel.consensus import Ballot, Equivocation, Slot, Vote
from focusmesh.kernel.consensus.slots import HEIGHT_MAX
from focusmesh.kernel.runtime import ROTATION_DOMAIN, rotation_digest
from focusmesh.kernel.state import Parameters, bond_account, read_account, read_supply
from focusmesh.protocol.identity import SigningKey
from tests.kernel.block.voted import BALANCE, BOND, REGISTRY, STAKE, VALIDATORS, Voted, agreed

ANN, BOB, CEM, DAN = VALIDATORS
NEW = SigningKey.generate(b"n" * 32)


def record(node: Voted, key: SigningKey = ANN) -> ValidatorRecord:
    """What a neuron has bonded."""
    with node.chain.state.at() as view:
        return next(each for each in validators(view) if each.neuron == key.public)


def stake(node: Voted, key: bytes) -> int:
    account = read_account(node.chain.state.get, key)
    return account.stake if account else 0


def supply(node: Voted) -> int:
    return read_supply(node.chain.state.get)


def total(node: Voted) -> int:
    """Everything that accounts have."""
    with node.chain.state.at() as view:
        keys = [key[len(b"/token/account/") :] for key, _ in view.scan(b"/token/account/")]
        accounts = [read_account(view.get, key) for key in keys]
    return sum(each.balance + each.stake for each in accounts if each)


def code(node: Voted, key: SigningKey, *operation: Any, time: int | None = None) -> str:
    """What becomes of one operation."""
    (result,) = node.block(node.signed(key, list(operation)), time=time).values()
    return str(result.code)


def twice(
    key: SigningKey,
    network: bytes,
    values: tuple[bytes, bytes] = (b"a" * 32, b""),
    step: str = "end",
) -> bytes:
    """Evidence that a key voted for two things in one slot."""
    slot = Slot(network, 1, 5, step)
    first, second = (Vote.sign(Ballot(slot, value), key) for value in values)
    return Equivocation(first, second).to_bytes()


def test_the_first_validators_are_bonded_out_of_their_stake() -> None:
    node = Voted()
    assert record(node) == ValidatorRecord(ANN.public, ANN.public, BOND, (), False)
    assert stake(node, ANN.public) == STAKE - BOND
    assert stake(node, bond_account(ANN.public)) == BOND
    assert total(node) == supply(node) == 4 * (STAKE + BALANCE)


def test_a_bond_votes_from_the_next_epoch_on_and_comes_back_after_its_time() -> None:
    node = Voted()
    assert code(node, ANN, "bond/1", 500) == "ok"
    assert record(node).bond == BOND + 500
    assert node.chain.validator_set_of(2).weights[ANN.public] == BOND
    node.grow(2)
    assert node.chain.validator_set_of(4).weights[ANN.public] == BOND + 500
    assert code(node, ANN, "unbond/1", BOND + 500) == "ok"
    assert record(node).unbonding == ((BOND + 500, 0),)
    assert code(node, ANN, "withdraw/1", time=100_000) == "unbonding"
    node.grow(1)
    assert node.chain.validator_set_of(7).weight(ANN.public) == 0
    ended = node.chain.tip.time
    assert record(node).unbonding == ((BOND + 500, ended + 1_000),)
    assert code(node, ANN, "withdraw/1", time=ended + 999) == "unbonding"
    assert code(node, ANN, "withdraw/1", time=ended + 1_000) == "ok"
    assert stake(node, ANN.public) == STAKE
    with node.chain.state.at() as view:
        assert ANN.public not in [each.neuron for each in validators(view)]
    assert total(node) == supply(node) == 4 * (STAKE + BALANCE)
    assert verify_chain(node.store, REGISTRY).height == node.chain.height


@pytest.mark.parametrize(
    ("operation", "expected"),
    [
        (["bond/1", STAKE], "stake"),
        (["unbond/1", BOND + 1], "bond"),
        (["unbond/1", BOND - 1], "bond"),
        (["withdraw/1"], "unbonding"),
        (["accuse/1", b"no evidence"], "evidence"),
    ],
)
def test_what_cannot_be_is_refused(operation: list[Any], expected: str) -> None:
    node = Voted(began=agreed(bond_least=10))
    before = record(node)
    assert code(node, ANN, *operation) == expected
    assert record(node) == before


def test_a_small_bond_and_too_many_amounts_are_refused() -> None:
    node = Voted(began=agreed(bond_least=10))
    assert code(node, ANN, "unbond/1", BOND) == "ok"
    assert code(node, ANN, "bond/1", 9) == "bond"
    node.block(*[node.signed(BOB, ["unbond/1", 1]) for _ in range(16)])
    assert code(node, BOB, "unbond/1", 1) == "unbonding"


def test_without_an_agreement_nobody_bonds() -> None:
    for operation in VALIDATOR_OPERATIONS:
        fields = {"Accuse": [b"x"], "WithdrawStake": []}.get(operation.__name__, [1])
        with pytest.raises(SignalError) as found:
            operation(*fields).validate(Parameters())
        assert found.value.code == "agreement"


def test_only_the_largest_bonds_vote() -> None:
    node = Voted(
        began=agreed(voters_most=2, voters=agreed().parameters.required_agreement.voters[:2])
    )
    node.block(node.signed(CEM, ["bond/1", 1_001]), node.signed(DAN, ["bond/1", 1_000]))
    node.grow(2)
    assert node.chain.validator_set is not None
    # Of equal bonds that of the lower key votes.
    assert node.chain.validator_set.weights == {ANN.public: 1_000, CEM.public: 1_001}


def test_where_nobody_has_bonded_enough_the_validators_stay() -> None:
    node = Voted()
    node.block(*[node.signed(key, ["unbond/1", BOND]) for key in VALIDATORS])
    node.grow(5)
    assert node.chain.validator_set is not None
    assert node.chain.validator_set.weights == {key.public: BOND for key in VALIDATORS}


def test_who_votes_twice_loses_everything_and_the_accuser_has_a_twentieth() -> None:
    node = Voted()
    before = supply(node)
    assert code(node, BOB, "unbond/1", 400) == "ok"
    assert code(node, ANN, "accuse/1", twice(BOB, node.chain.network)) == "ok"
    assert record(node, BOB) == ValidatorRecord(
        BOB.public, BOB.public, 0, (), True, tombstoned=True
    )
    assert supply(node) == total(node) == before - BOND + BOND // 20
    account = read_account(node.chain.state.get, ANN.public)
    assert account is not None
    assert account.balance == BALANCE + BOND // 20
    assert read_account(node.chain.state.get, bond_account(BOB.public)) is None
    # Once is enough, and other evidence of the same validator is too late.
    again = twice(BOB, node.chain.network, (b"b" * 32, b""))
    for evidence in (twice(BOB, node.chain.network), again):
        assert code(node, ANN, "accuse/1", evidence) == "jailed"
    assert code(node, BOB, "bond/1", 1_000) == "jailed"
    assert code(node, BOB, "withdraw/1", time=10**6) == "unbonding"
    node.grow(3)
    assert node.chain.validator_set is not None
    assert BOB.public not in node.chain.validator_set.weights
    assert verify_chain(node.store, REGISTRY).height == node.chain.height


@pytest.mark.parametrize("step", ["quorum/end", f"snowman/{HEIGHT_MAX}/notarise", "snowman/7/move"])
def test_votes_in_slots_that_name_their_engine_are_evidence(step: str) -> None:
    node = Voted()
    proof = twice(BOB, node.chain.network, (b"a" * 32, b"b" * 32), step)
    assert code(node, ANN, "accuse/1", proof) == "ok"
    longer = twice(CEM, node.chain.network, (b"a" * 32, b"b" * 32), step) + b"\0"
    assert code(node, ANN, "accuse/1", longer) == "evidence"


def test_what_was_withdrawn_cannot_be_taken() -> None:
    node = Voted(began=agreed(epoch_blocks=1))
    assert code(node, BOB, "unbond/1", BOND) == "ok"
    assert code(node, BOB, "withdraw/1", time=10**6) == "ok"
    assert code(node, ANN, "accuse/1", twice(BOB, node.chain.network)) == "absent"


def test_evidence_proves_two_votes_of_this_network() -> None:
    node = Voted()
    network = node.chain.network
    good = twice(BOB, network)
    flipped = good[:-1] + bytes([good[-1] ^ 1])
    same = twice(BOB, network, (b"a" * 32, b"a" * 32))
    for evidence in (twice(BOB, bytes(32)), flipped, same, good + b"\0", b""):
        assert code(node, ANN, "accuse/1", evidence) == "evidence"
    assert record(node, BOB).bond == BOND
    assert len(good) < 512
    with pytest.raises(SignalError):
        REGISTRY.read([["accuse/1", bytes(513)]])
    assert Accuse(good).first_is_free


def test_a_rotated_key_votes_and_is_guilty_for_the_first_one() -> None:
    node = Voted()
    accepted = rotation_digest(node.chain.network, BOB.public, NEW.public)
    signature = NEW.sign(ROTATION_DOMAIN, accepted)
    node.keys.append(NEW)
    assert code(node, BOB, "rotate_key/1", NEW.public, signature) == "ok"
    node.grow(2)
    assert node.chain.validator_set is not None
    assert node.chain.validator_set.weights[NEW.public] == BOND
    assert BOB.public not in node.chain.validator_set.weights
    assert record(node, BOB).key == NEW.public
    assert code(node, NEW, "unbond/1", 100) == "ok"
    assert record(node, BOB).bond == BOND - 100
    # What either key signed twice is one neuron's.
    assert code(node, ANN, "accuse/1", twice(NEW, node.chain.network)) == "ok"
    assert record(node, BOB).jailed
    assert code(node, ANN, "accuse/1", twice(BOB, node.chain.network)) == "jailed"


def test_were_unbonding_stake_left_it_could_be_withdrawn(monkeypatch: pytest.MonkeyPatch) -> None:
    """The twin of the slash: a liar that unbonds first would lose little."""
    from focusmesh.kernel.state import Bond

    monkeypatch.setattr(Bond, "stake_at_risk", property(lambda bond: bond.amount))
    node = Voted()
    assert code(node, BOB, "unbond/1", 900) == "ok"
    assert code(node, ANN, "accuse/1", twice(BOB, node.chain.network)) == "ok"
    assert stake(node, bond_account(BOB.public)) == 900
