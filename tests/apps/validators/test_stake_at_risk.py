"""Whatever is bonded, taken out, shown and come back from, in whatever order: nothing is lost, nothing taken twice."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from hypothesis import given, settings
from hypothesis import strategies as st

from focusmesh.kernel.block import verify_chain
from focusmesh.kernel.state import bond_account, pool_account, read_account, read_convictions
from tests.apps.validators.paying import ALL, KEYS, REGISTRY, Paying, twice
from tests.kernel.block.voted import BALANCE

if TYPE_CHECKING:
    from focusmesh.kernel.state import Bond
    from focusmesh.protocol.identity import SigningKey

EXAMPLES = 40 if os.environ.get("FOCUSMESH_SOAK") else 6
_KEYS = st.sampled_from(KEYS[:5])
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("accuse"), _KEYS, st.integers(0, 2)),
        st.tuples(st.sampled_from(["bond", "unbond"]), _KEYS, st.integers(1, 3_000)),
        st.tuples(st.sampled_from(["withdraw", "unjail", "alive"]), _KEYS, st.just(0)),
        st.tuples(st.sampled_from(["delegate", "undelegate"]), _KEYS, st.integers(1, 3_000)),
        st.tuples(st.just("pass"), _KEYS, st.sampled_from([1, 60, 400])),
    ),
    min_size=4,
    max_size=14,
)


@dataclass
class Judge:
    """Holds a network against what must not happen, step by step."""

    node: Paying
    paid: set[tuple[bytes, int]] = field(default_factory=set)

    def step(self, what: str, key: SigningKey, number: int) -> None:
        """One thing that somebody does."""
        node = self.node
        if what == "pass":
            node.pass_epoch(time=node.chain.tip.time + number)
        elif what == "accuse":
            self.accuse(key, max(0, node.chain.epoch - number))
        elif what in ("delegate", "undelegate"):
            validator = KEYS[(KEYS.index(key) + 1) % len(KEYS)]
            node.code(key, f"{what}/1", validator.public, number)
        else:
            amount = [number] if what in ("bond", "unbond") else []
            node.code(key, f"{what}/1", *amount, time=node.chain.tip.time + 50)
        self.check()

    def accuse(self, key: SigningKey, epoch: int) -> None:
        """Evidence of an epoch: one epoch of one validator is paid for once."""
        node, before = self.node, self.bonds()
        supply, had, stood = node.supply(), self.reward(), self.at_stake()
        code = node.code(ALL, "accuse/2", twice(key, node.chain.network, epoch))
        taken = stood - self.at_stake()
        if code != "ok":
            assert self.bonds() == before
            assert node.supply() == supply
            return
        assert (key.public, epoch) not in self.paid
        self.paid |= {(key.public, each) for each in range(node.chain.epoch)}
        assert self.convicted()[-1] == key.public
        assert self.reward() - had == taken // 20
        assert supply - node.supply() == taken - taken // 20

    def check(self) -> None:
        """What is bonded lies in the account of the bond, and nobody has less than nothing."""
        self.node.supply()
        for key, bond in self.bonds().items():
            held = read_account(self.node.chain.state.get, bond_account(key))
            assert bond.stake_at_risk == (held.stake if held else 0)
            assert bond.amount >= 0
            assert all(each.amount > 0 for each in bond.unbonding)

    def bonds(self) -> dict[bytes, Bond]:
        return {key.public: self.node.bond(key) for key in KEYS}

    def at_stake(self) -> int:
        """What lies in the accounts of all bonds and pools."""
        get = self.node.chain.state.get
        holders = [holder(key.public) for key in KEYS for holder in (bond_account, pool_account)]
        return sum(account.stake for each in holders if (account := read_account(get, each)))

    def convicted(self) -> list[bytes]:
        return [each.neuron for each in read_convictions(self.node.chain.state.get)]

    def reward(self) -> int:
        account = read_account(self.node.chain.state.get, ALL.public)
        assert account is not None
        return account.balance - BALANCE


@settings(max_examples=EXAMPLES, deadline=None)
@given(STEPS)
def test_nothing_is_lost_and_nothing_is_taken_twice(steps: list[Any]) -> None:
    node = Paying()
    judge = Judge(node)
    for step in steps:
        judge.step(*step)
    assert verify_chain(node.store, REGISTRY).height == node.chain.height
