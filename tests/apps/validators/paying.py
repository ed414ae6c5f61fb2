"""Networks of version 6 with validators of given bonds, and evidence against them."""

from __future__ import annotations

from typing import Any

from focusmesh.apps.delegation import DELEGATION_OPERATIONS
from focusmesh.apps.validators import PENALTY_OPERATIONS
from focusmesh.kernel.block import Genesis, Grant
from focusmesh.kernel.consensus import Ballot, Equivocation, Slot, Vote
from focusmesh.kernel.runtime import Registry
from focusmesh.kernel.state import (
    ACCOUNT_PREFIX,
    Agreement,
    Bond,
    Bonded,
    ChangeRules,
    FeeRules,
    OrderRules,
    Parameters,
    StakingRules,
    read_account,
    read_bond,
    read_supply,
)
from focusmesh.protocol.identity import SigningKey
from tests.kernel.block.changing import OPERATIONS, ChangingVoted
from tests.kernel.block.voted import BALANCE, STAKE, decided

REGISTRY = Registry((*OPERATIONS, *PENALTY_OPERATIONS, *DELEGATION_OPERATIONS))
COUNT = 8
KEYS = sorted(
    (SigningKey.generate(bytes([at]) * 32) for at in range(COUNT)), key=lambda k: k.public
)
BOND = 10_000
ALL = SigningKey.generate(b"a" * 32)
"""Somebody without a bond."""


def paying_genesis(
    bonds: list[int] | None = None, keys: list[SigningKey] = KEYS, **rules: int
) -> Genesis:
    """Validators with these bonds, by default eight with the same; epochs of three blocks; a jail of 100 ms."""
    amounts = [BOND] * COUNT if bonds is None else bonds
    parameters = Parameters(
        version=6,
        agreement=Agreement(
            epoch_blocks=3,
            unbonding_ms=1_000,
            trusting_ms=500,
            bond_least=10,
            voters=tuple(
                Bonded(key.public, amount) for key, amount in zip(keys, amounts, strict=False)
            ),
        ),
        changes=ChangeRules(heartbeat_ms=5, epoch_ms=10_000, change_deposit=100),
        fees=FeeRules(),
        staking=StakingRules(**{"jail_ms": 100, "absence_ms": 10**9, **rules}),
        order=OrderRules(),
    )
    owners = sorted(key.public for key in (*keys, ALL))
    grants = tuple(Grant(key, BALANCE, STAKE) for key in owners)
    return Genesis(
        name="paying", time=1_000, parameters=parameters, grants=grants, operations=REGISTRY.digest
    )


class Paying(ChangingVoted):
    """A node of such a network."""

    def __init__(
        self, bonds: list[int] | None = None, keys: list[SigningKey] = KEYS, **rules: int
    ) -> None:
        super().__init__(began=paying_genesis(bonds, keys, **rules), registry=REGISTRY)
        self.keys = [*keys, ALL]
        self.nonces = {key.public: 0 for key in self.keys}

    def decision(self, header: Any) -> bytes:
        """The decision of all validators for a block."""
        validators = [key for key in self.keys if key.public in self.chain.proposers]
        return decided(header, self.chain.epoch, validators)

    def code(self, key: SigningKey, *operation: Any, time: int | None = None) -> str:
        """What becomes of one operation."""
        (code,) = self.codes(self.signed(key, list(operation)), time=time)
        return code

    def pass_epoch(self, time: int | None = None) -> None:
        """Empty blocks of one maker until the epoch has ended, the last of them at a time."""
        epoch = self.chain.epoch
        while self.chain.epoch == epoch:
            self.block(self.signed(ALL, ["stake/1", 1]), time=time)

    def bond(self, key: SigningKey) -> Bond:
        """The bond of a neuron."""
        return read_bond(self.chain.state.get, key.public) or Bond()

    def supply(self) -> int:
        """What the state says that there is; it has to be what all accounts have."""
        said = read_supply(self.chain.state.get)
        with self.chain.state.at() as view:
            keys = [key[len(ACCOUNT_PREFIX) :] for key, _ in view.scan(ACCOUNT_PREFIX)]
            accounts = [read_account(view.get, key) for key in keys]
        assert said == sum(each.balance + each.stake for each in accounts if each)
        return said


def twice(key: SigningKey, network: bytes, epoch: int = 1, round_: int = 5) -> bytes:
    """Evidence that a key voted for two things in one slot of an epoch."""
    slot = Slot(network, epoch, round_, "quorum/end")
    first, second = (Vote.sign(Ballot(slot, value), key) for value in (b"a" * 32, b""))
    return Equivocation(first, second).to_bytes()
