"""A state of delegated stake in memory, and steps that both the rule and its model take."""

from __future__ import annotations

from typing import TYPE_CHECKING

from focusmesh.kernel.state import (
    Bond,
    Delegation,
    EndState,
    EpochStart,
    StakeEpoch,
    StakingRules,
    carry_delegation,
    changed,
    claim,
    delegate,
    note_votes,
    pay_stake,
    pool_account,
    put_pool,
    read_account,
    read_delegation,
    read_pool,
    redelegate,
    settle_exits,
    slash_pool,
    undelegate,
)
from focusmesh.kernel.state.accounts.bonds import bond_key
from focusmesh.kernel.state.staking.rewards import YEAR_MS
from tests.kernel.state.staking.f1_model import Model, Validator

if TYPE_CHECKING:
    from collections.abc import Iterator

UNBONDING = 3_000
EPOCH_MS = 1_000
SUPPLY = 10**9


class Leaves:
    """A state of leaves alone; those under one prefix of the pools are found without looking at all."""

    def __init__(self) -> None:
        self.leaves: dict[bytes, bytes] = {}

    def get(self, key: bytes) -> bytes | None:
        return self.leaves.get(key)

    def scan(self, prefix: bytes) -> Iterator[tuple[bytes, bytes]]:
        return iter(sorted(each for each in self.leaves.items() if each[0].startswith(prefix)))

    def put_entry(self, key: bytes, value: bytes) -> None:
        self.leaves[key] = value

    def delete_entry(self, key: bytes) -> None:
        self.leaves.pop(key, None)


def key_of(number: int, kind: bytes = b"v") -> bytes:
    """The key of a validator, or of a neuron where ``kind`` is ``b"n"``."""
    return kind + number.to_bytes(31, "big")


class Stakes:
    """The rule and its model side by side; every step compares what both give."""

    def __init__(self, bonds: list[int], commissions: list[int]) -> None:
        self.leaves = Leaves()
        self.state = EndState(self.leaves)
        self.model = Model(bonds, UNBONDING)
        self.time = 0
        self.minted = self.burned = 0
        self.paid_out = 0
        """What neurons and validators have by now, which the state here does not hold."""
        self.state.add_supply(SUPPLY)
        for number, (bond, rate) in enumerate(zip(bonds, commissions, strict=True)):
            self.state.put(bond_key(key_of(number)), Bond(bond).encode())
            put_pool(
                self.state,
                key_of(number),
                changed(read_pool(self.state.get, key_of(number)), commission=rate),
            )
            self.model.validators[number].commission = rate

    @property
    def epoch(self) -> int:
        return self.model.epoch

    def held(self, of: int, neuron: int) -> int:
        """What can leave a validator now, by the rule."""
        found = read_delegation(self.state.get, key_of(of), key_of(neuron, b"n"))
        return carry_delegation(self.state.get, key_of(of), found)[0].stake if found else 0

    def delegate(self, to: int, neuron: int, amount: int) -> None:
        earned = delegate(self.state, key_of(to), key_of(neuron, b"n"), amount, self.epoch)
        self._same(earned, self.model.delegate(to, neuron, amount))

    def undelegate(self, of: int, neuron: int, amount: int) -> None:
        earned = undelegate(self.state, key_of(of), key_of(neuron, b"n"), amount)
        self._same(earned, self.model.undelegate(of, neuron, amount))

    def redelegate(self, of: int, to: int, neuron: int, amount: int) -> None:
        who = key_of(neuron, b"n")
        earned = redelegate(self.state, key_of(of), key_of(to), who, amount, self.epoch)
        self._same(earned, self.model.redelegate(of, to, neuron, amount))

    def claim(self, of: int, neuron: int) -> tuple[int, int]:
        given = claim(self.state, key_of(of), key_of(neuron, b"n"), self.time)
        expected = self.model.claim(of, neuron, self.time)
        assert tuple(given) == expected, (of, neuron)
        self.paid_out += given.earned
        return expected

    def slash(self, who: int, numerator: int, denominator: int) -> int:
        taken = slash_pool(self.state, key_of(who), numerator, denominator)
        assert taken == self.model.slash(who, numerator, denominator)
        self.state.add_supply(-taken)
        self.burned += taken
        return taken

    def end_epoch(self, per_mille: int, elapsed: int = EPOCH_MS) -> None:
        """An epoch of so long, with so much inflation that a year of it is ``per_mille`` of the supply an epoch."""
        first, self.time = self.time, self.time + elapsed
        weights = {
            number: each.bond + each.voting
            for number, each in enumerate(self.model.validators)
            if each.bond
        }
        end = StakeEpoch(
            EpochStart(self.epoch, 1, first - YEAR_MS + elapsed),
            self.time,
            StakingRules(inflation=per_mille, commission_most=1_000),
            {key_of(number): weight for number, weight in weights.items()},
            UNBONDING,
        )
        minted = end.inflation(self.state.supply())
        paid = pay_stake(self.state, end)
        settle_exits(self.state, end)
        note_votes(self.state, is_voted=True)
        assert paid == self.model.end_epoch(self.time, minted, weights)
        self.minted += paid

    def differences(self) -> list[str]:
        """Where pools, delegations or the supply differ from the model, or a pot or pool is short."""
        found: list[str] = []
        for number, model in enumerate(self.model.validators):
            found += self._differences(number, model)
        if self.state.supply() != SUPPLY + self.minted - self.burned:
            found.append("supply")
        return found

    def _differences(self, number: int, model: Validator) -> Iterator[str]:
        get, validator = self.state.get, key_of(number)
        held, own = self.state.account(pool_account(validator)), read_account(get, validator)
        pool, balance = read_pool(get, validator), own.balance if own else 0
        if (held.stake, held.balance, pool.stake) != (model.locked, model.pot, model.stake):
            yield f"pool {number}"
        if balance != model.balance:
            yield f"rewards of {number}"
        amounts = leaving = claims = 0
        for neuron, share in model.shares.items():
            found = read_delegation(get, validator, key_of(neuron, b"n"))
            now, earned = carry_delegation(get, validator, found) if found else (Delegation(), 0)
            on_way = sum(each.amount for each in now.leaving)
            if (now.amount, on_way) != (share.amount, sum(share.leaving.values())):
                yield f"delegation of {neuron} to {number}"
            if earned != share.due + int(share.earned):
                yield f"what {neuron} earned of {number}"
            amounts, leaving, claims = amounts + now.amount, leaving + on_way, claims + earned
        if amounts > pool.stake or amounts + leaving > held.stake or claims > held.balance:
            yield f"pool {number} is short"

    def _same(self, earned: int, expected: int) -> None:
        assert earned == expected
        self.paid_out += earned
