"""What a validator loses that voted twice: little alone, everything together, each thing once."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from focusmesh.apps.validators import AccuseAny, Alive, Unjail
from focusmesh.errors import SignalError
from focusmesh.kernel.block import verify_chain
from focusmesh.kernel.state import (
    Parameters,
    bond_account,
    read_account,
    read_convictions,
    read_pool,
)
from focusmesh.kernel.state.staking import penalties
from tests.apps.validators.paying import ALL, BOND, COUNT, KEYS, REGISTRY, Paying, twice
from tests.kernel.block.voted import BALANCE, agreed

if TYPE_CHECKING:
    from focusmesh.kernel.runtime import Operation
    from focusmesh.protocol.identity import SigningKey

ANN, BOB, CEM = KEYS[:3]


def accuse(node: Paying, key: SigningKey, epoch: int | None = None, kind: str = "accuse/2") -> str:
    """What becomes of evidence against a validator, of the present epoch by default."""
    at = node.chain.epoch if epoch is None else epoch
    return node.code(ALL, kind, twice(key, node.chain.network, at))


def balance(node: Paying, key: SigningKey = ALL) -> int:
    account = read_account(node.chain.state.get, key.public)
    assert account is not None
    return account.balance


@pytest.mark.parametrize("kind", ["accuse/1", "accuse/2"])
def test_one_of_many_loses_the_least_part(kind: str) -> None:
    node = Paying([1_000, *[100_000] * 7])
    before = node.supply()
    assert accuse(node, ANN, kind=kind) == "ok"
    bond = node.bond(ANN)
    assert bond.amount == 949, "a twentieth, rounded against the guilty"
    assert (bond.is_jailed, bond.tombstoned) == (True, False)
    assert balance(node) == BALANCE + 51 // 20
    assert node.supply() == before - 51 + 51 // 20
    held = read_account(node.chain.state.get, bond_account(ANN.public))
    assert held is not None
    assert held.stake == 949


def test_one_of_eight_loses_three_times_its_share() -> None:
    node = Paying()
    assert accuse(node, ANN) == "ok"
    assert node.bond(ANN).amount == BOND * 5 // 8


def test_who_is_found_guilty_later_takes_those_before_along() -> None:
    node = Paying()
    before = node.supply()
    assert accuse(node, ANN) == "ok"
    assert accuse(node, BOB) == "ok"
    assert [node.bond(key).amount for key in (ANN, BOB)] == [BOND // 4] * 2
    assert not node.bond(BOB).tombstoned
    assert accuse(node, CEM) == "ok"
    assert [node.bond(key).amount for key in (ANN, BOB, CEM)] == [0] * 3
    assert all(node.bond(key).tombstoned for key in (ANN, BOB, CEM))
    rewards = balance(node) - BALANCE
    assert node.supply() == before - 3 * BOND + rewards
    assert rewards == sum(
        taken // 20
        for taken in (BOND * 3 // 8, BOND * 3 // 8 + BOND * 3 // 4, BOND // 4 * 2 + BOND)
    )
    assert verify_chain(node.store, REGISTRY).height == node.chain.height


def test_looked_at_one_by_one_a_third_would_keep_most(monkeypatch: pytest.MonkeyPatch) -> None:
    """The twin of the one above: without what was found before, three pay as if each were alone."""
    monkeypatch.setattr(penalties, "read_convictions", lambda get: [])
    node = Paying()
    for key in (ANN, BOB, CEM):
        assert accuse(node, key) == "ok"
    assert [node.bond(key).amount for key in (ANN, BOB, CEM)] == [BOND * 5 // 8] * 3


def test_outside_of_the_window_each_pays_alone() -> None:
    node = Paying()
    assert accuse(node, ANN) == "ok"
    later = node.chain.tip.time + 1_000
    evidence = twice(BOB, node.chain.network, node.chain.epoch)
    assert node.code(ALL, "accuse/2", evidence, time=later) == "ok"
    assert [node.bond(key).amount for key in (ANN, BOB)] == [BOND * 5 // 8] * 2
    assert [each.neuron for each in read_convictions(node.chain.state.get)] == [BOB.public]


def test_what_is_unbonding_is_taken_likewise() -> None:
    node = Paying()
    assert node.code(ANN, "unbond/1", 4_000) == "ok"
    assert accuse(node, ANN) == "ok"
    bond = node.bond(ANN)
    assert (bond.amount, [each.amount for each in bond.unbonding]) == (6_000 * 5 // 8, [2_500])
    assert node.supply() > 0


def test_what_is_delegated_falls_by_the_same_part_and_counts_as_stake() -> None:
    node = Paying()
    assert node.code(BOB, "delegate/1", ANN.public, BOND) == "ok"
    node.pass_epoch()
    assert node.chain.validator_set is not None
    assert node.chain.validator_set.weight(ANN.public) == 2 * BOND
    before = node.supply()
    assert accuse(node, ANN) == "ok"
    # Two ninths of all stake are guilty, so two thirds are lost, rounded against the guilty.
    assert node.bond(ANN).amount == BOND // 3
    pool = read_pool(node.chain.state.get, ANN.public)
    assert pool.stake == BOND // 3
    taken = 2 * (BOND - BOND // 3)
    assert before - node.supply() == taken - taken // 20
    assert accuse(node, CEM) == "ok"
    assert read_pool(node.chain.state.get, ANN.public).stake == 0, "a third of all is guilty now"
    node.supply()
    assert verify_chain(node.store, REGISTRY).height == node.chain.height


def test_one_misdeed_is_paid_once_and_the_second_ends_it() -> None:
    node = Paying([1_000, *[100_000] * 7])
    assert accuse(node, ANN) == "ok"
    bond = node.bond(ANN)
    other = twice(ANN, node.chain.network, round_=9)
    assert accuse(node, ANN) == "paid"
    assert node.code(ALL, "accuse/2", other) == "paid"
    node.pass_epoch()
    assert accuse(node, ANN, epoch=1) == "paid"
    assert node.bond(ANN) == bond
    assert accuse(node, ANN) == "ok"
    assert node.bond(ANN).tombstoned
    assert node.bond(ANN).amount == 949 - 48
    assert accuse(node, ANN) == "jailed"
    assert node.code(ANN, "bond/1", 100) == "jailed"
    assert node.code(ANN, "unjail/1", time=10**6) == "jailed"
    assert node.code(ANN, "unbond/1", 901) == "ok", "what was left to it is its own"


def test_paid_for_each_vote_a_broken_machine_would_lose_all(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The twin of the one above."""
    real = penalties._answerable
    monkeypatch.setattr(
        penalties, "_answerable", lambda bond, key, epoch, now: real(bond, key, now + 1, now + 1)
    )
    node = Paying([1_000, *[100_000] * 7])
    assert accuse(node, ANN) == "ok"
    assert accuse(node, ANN) == "ok"
    assert node.bond(ANN).tombstoned


def test_evidence_has_to_be_of_this_network_of_an_epoch_that_began_and_of_this_bond() -> None:
    node = Paying()
    assert node.code(ALL, "accuse/2", twice(ANN, bytes(32))) == "evidence"
    assert node.code(ALL, "accuse/2", b"x" * 600) == "evidence"
    assert accuse(node, ANN, epoch=2) == "early"
    assert accuse(node, ALL) == "absent"
    assert node.code(ALL, "bond/1", 1_000) == "ok"
    assert accuse(node, ALL) == "old"
    node.pass_epoch()
    assert accuse(node, ALL, epoch=1) == "old"
    before = node.supply()
    assert accuse(node, ALL) == "ok"
    assert node.supply() < before


def test_who_is_jailed_is_not_elected_until_it_comes_back() -> None:
    node = Paying()
    assert accuse(node, ANN) == "ok"
    until = node.bond(ANN).jailed_until
    assert until == node.chain.tip.time + 100
    assert node.code(ANN, "unjail/1") == "jailed"
    node.pass_epoch()
    assert ANN.public not in node.chain.proposers
    node.pass_epoch(time=until)
    assert ANN.public not in node.chain.proposers, "time alone ends no jail"
    assert node.code(ANN, "unjail/1", time=until) == "ok"
    assert node.code(ANN, "unjail/1") == "absent"
    node.pass_epoch()
    assert ANN.public in node.chain.proposers
    # What it did before the penalty stays paid for when it has come back.
    assert accuse(node, ANN, epoch=1) == "paid"


def test_who_has_too_little_left_bonds_more_first() -> None:
    node = Paying([10, *[100_000] * 7])
    assert accuse(node, ANN) == "ok"
    later = node.chain.tip.time + 100
    assert node.code(ANN, "unjail/1", time=later) == "bond"
    assert node.code(ANN, "bond/1", 1) == "ok"
    assert node.code(ANN, "unjail/1") == "ok"


def test_who_takes_all_out_in_jail_stays_there() -> None:
    node = Paying()
    assert accuse(node, ANN) == "ok"
    assert node.code(ANN, "unbond/1", node.bond(ANN).amount) == "ok"
    node.pass_epoch()
    assert node.code(ANN, "withdraw/1", time=node.chain.tip.time + 1_000) == "ok"
    assert node.code(ANN, "bond/1", 1_000) == "ok"
    assert node.bond(ANN).is_jailed
    assert read_account(node.chain.state.get, ANN.public) is not None


@pytest.mark.parametrize("operation", [AccuseAny(b"x"), Alive(), Unjail()])
def test_networks_without_these_rules_refuse_the_operations(operation: Operation) -> None:
    for parameters, code in ((Parameters(), "agreement"), (agreed().parameters, "version")):
        with pytest.raises(SignalError) as found:
            operation.validate(parameters)
        assert found.value.code == code


def test_a_network_is_never_owed_more_than_it_has() -> None:
    node = Paying()
    before = node.supply()
    for key in KEYS:
        accuse(node, key)
        node.supply()
    assert sum(node.bond(key).stake_at_risk for key in KEYS) == 0
    assert before - node.supply() == COUNT * BOND - (balance(node) - BALANCE)
    assert verify_chain(node.store, REGISTRY).height == node.chain.height
