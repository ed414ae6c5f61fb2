"""Delegated stake in a ledger of one key that grew into a network of validators and went back."""

from __future__ import annotations

from typing import Any

import pytest

from focusmesh.host.storage.ledger_folder import operations
from focusmesh.kernel.block import Candidates, Chain, Genesis, Grant, verify_chain
from focusmesh.kernel.block.chain import block_end
from focusmesh.kernel.state import (
    ACCOUNT_PREFIX,
    Account,
    Bonded,
    MemoryStore,
    StakingRules,
    bond_account,
    note_votes,
    pool_account,
    read_account,
    read_bond,
    read_supply,
)
from focusmesh.kernel.state.accounts import parameter_bounds
from focusmesh.protocol.identity import SigningKey
from tests.apps.validators.paying import twice
from tests.kernel.block import grown
from tests.kernel.block.grown import Grown, back, proposal, solo_genesis, validators
from tests.kernel.block.ledger import KEYS, PROPOSER
from tests.kernel.block.voted import BALANCE, BOND, STAKE, VALIDATORS

REGISTRY = operations()
EVE = SigningKey.generate(bytes([50]) * 32)
ANN, BOB = VALIDATORS[:2]
YEAR_MS = 365 * 86_400_000


class Returned(Grown):
    """A node of such a ledger with all operations that are installed; Eve has stake to delegate."""

    def __init__(self, **rules: int) -> None:
        self.store, self.registry = MemoryStore(), REGISTRY
        self.genesis = _genesis(**rules)
        self.keys = [*KEYS, EVE]
        self.nonces = {key.public: 0 for key in self.keys}
        self.solo = Chain.create(self.store, self.genesis, REGISTRY)
        self.candidates = Candidates(self.store, REGISTRY)

    def code(self, key: SigningKey, *operation: Any, time: int | None = None) -> str:
        """What becomes of one operation."""
        (code,) = self.codes(self.signed(key, list(operation)), time=time)
        return code

    def account(self, key: bytes) -> Account:
        return read_account(self.chain.state.get, key) or Account()

    def check_supply(self) -> int:
        """The supply, which has to be what all accounts have."""
        said = read_supply(self.chain.state.get)
        with self.chain.state.at() as view:
            accounts = [Account.decode(value) for _, value in view.scan(ACCOUNT_PREFIX)]
        assert said == sum(each.balance + each.stake for each in accounts)
        return said

    def end_epoch_at(self, time: int) -> None:
        """Blocks until the epoch has ended; where validators vote, the last one of them is of ``time``."""
        epoch = self.chain.epoch
        while self.chain.epoch == epoch:
            is_last = self.chain.height % 3 == 0 or not self.is_voted
            self.block(self.link(BOB), time=time if is_last else None)


def _genesis(**rules: int) -> Genesis:
    began = solo_genesis(staking=StakingRules(**rules))
    grants = (*began.grants, Grant(EVE.public, BALANCE, STAKE))
    return Genesis(
        name=began.name,
        time=began.time,
        parameters=began.parameters,
        grants=tuple(sorted(grants, key=lambda each: each.neuron)),
        operations=REGISTRY.digest,
    )


@pytest.fixture(autouse=True)
def short_windows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(grown, "REGISTRY", REGISTRY)
    monkeypatch.setattr(parameter_bounds, "SOLO_WINDOW_MS", 1_000)


def delegated(amount: int, **rules: int) -> Returned:
    """A network of validators in whose second epoch Eve's stake votes through Ann."""
    network = Returned(**rules)
    network.grow(2)
    assert network.hand_over(validators()) == "ok"
    assert network.code(EVE, "delegate/1", ANN.public, amount) == "ok"
    network.end_epoch_at(network.chain.tip.time + 1)
    return network


def test_a_delegator_gets_everything_out_of_a_ledger_that_one_key_has_again() -> None:
    network = delegated(BOND)
    network.hand_back(back())
    assert not network.is_voted
    assert network.code(EVE, "undelegate/1", ANN.public, BOND) == "ok"
    time = network.chain.tip.time
    # Its epochs are of ten seconds.
    network.end_epoch_at(time + 20_000)
    assert network.code(EVE, "claim/1", ANN.public) == "nothing"
    network.end_epoch_at(time + 60_000)
    assert network.code(EVE, "claim/1", ANN.public) == "ok"
    assert network.account(EVE.public).stake == STAKE
    assert network.account(pool_account(ANN.public)) == Account()
    network.check_supply()
    assert verify_chain(network.store, REGISTRY).height == network.chain.height


def test_the_last_epoch_before_the_way_back_pays_bonds_as_any_other() -> None:
    network = delegated(BOND, inflation=1_000)
    assert network.code(ANN, "claim/1", ANN.public) == "nothing"
    network.end_epoch_at(network.chain.tip.time + YEAR_MS // 100)
    before, pot = network.account(ANN.public), network.account(pool_account(ANN.public))
    named = proposal(back(), network.chain.epoch + 1)
    assert network.code(BOB, *named) == "ok"
    change = next(value for _, value in network.chain.state.scan(b"/kv/change/of/"))
    votes = [network.vote(key, change) for key in (ANN, *VALIDATORS[2:])]
    assert set(network.codes(*votes)) == {"ok"}
    network.block(network.link(BOB), time=network.chain.tip.time + YEAR_MS // 100)
    assert not network.is_voted
    after = network.account(ANN.public)
    to_pool = network.account(pool_account(ANN.public)).balance - pot.balance
    to_bond = after.balance - before.balance
    assert to_pool > 0
    assert abs(to_bond - to_pool) <= 100, "bond and pool are of the same size"


def test_guilt_is_held_against_the_stake_that_voted_last() -> None:
    network = delegated(BOND)
    epoch = network.chain.epoch
    network.hand_back(back())
    before = network.account(bond_account(BOB.public)).stake
    evidence = twice(BOB, network.chain.network, epoch)
    assert network.code(PROPOSER, "accuse/2", evidence) == "ok"
    after = network.account(bond_account(BOB.public)).stake
    # One of five parts of the stake is guilty: three fifths.
    assert after == before - -(-before * 3 // 5)
    bond = read_bond(network.chain.state.get, BOB.public)
    assert bond is not None
    assert bond.is_jailed
    network.check_supply()


def test_delegators_of_a_validator_have_no_voice_in_a_ledger_of_keys() -> None:
    assert PROPOSER in (ANN, BOB)
    network = delegated(BOND)
    network.hand_back(back(*(key.public for key in (ANN, BOB))))
    named = proposal(b"", network.chain.epoch + 1, ("link_burn", 1))
    assert network.code(BOB, *named) == "ok"
    change = next(value for _, value in network.chain.state.scan(b"/kv/change/of/"))
    assert network.codes(network.vote(EVE, change)) == ["ok"]
    assert network.chain.parameters.link_burn == 0, "Ann and Bob decide"
    assert network.codes(network.vote(ANN, change)) == ["ok"]
    assert network.chain.parameters.link_burn == 1


def test_who_is_in_jail_is_not_handed_the_ledger() -> None:
    network = delegated(BOND)
    epoch = network.chain.epoch
    network.hand_back(back())
    evidence = twice(ANN, network.chain.network, epoch)
    assert network.code(PROPOSER, "accuse/2", evidence) == "ok"
    network.hand_over(validators(voters=(Bonded(ANN.public, 5),)))
    network.grow(3)
    assert not network.is_voted, "nobody could be elected"
    network.hand_over(validators(bond=5))
    network.grow(3)
    assert not network.is_voted, "three of four are not what was voted for"


def test_without_the_stake_that_voted_one_liar_loses_everything(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(block_end, "note_last_stake", lambda *_: None)
    with pytest.raises(AssertionError):
        test_guilt_is_held_against_the_stake_that_voted_last()


def test_where_pools_vote_on_delegators_decide_for_a_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        block_end, "note_votes", lambda state, **_: note_votes(state, is_voted=True)
    )
    with pytest.raises(AssertionError, match="Ann and Bob decide"):
        test_delegators_of_a_validator_have_no_voice_in_a_ledger_of_keys()
