"""A naive model of delegated stake, written from the rule alone: each event visits every delegator at once.

It keeps what each delegator earned in exact fractions, and floors where the rule does: at a slash, and when somebody is
paid. The rule itself never visits delegators, so both have nothing in common but what they should come to.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from fractions import Fraction
from typing import TypeAlias

SCALE = 1 << 64
Way: TypeAlias = tuple[int, int, int | None]
"""What leaves a validator in an epoch, for another one or, None, for its owner."""


@dataclass
class Share:
    """What one neuron has with one validator: by the way that it came, or leaves; ``earned`` since the last floor."""

    stake: int = 0
    guests: dict[Way, int] = field(default_factory=dict)
    leaving: dict[Way, int] = field(default_factory=dict)
    due: int = 0
    earned: Fraction = Fraction(0)

    @property
    def amount(self) -> int:
        return self.stake + sum(self.guests.values())

    def floor(self) -> None:
        """What was earned so far is whole units; the rest stays in the pot."""
        self.due += int(self.earned)
        self.earned = Fraction(0)


@dataclass
class Validator:
    """A bond and what votes with it."""

    bond: int
    commission: int = 0
    stake: int = 0
    voting: int = 0
    bonded: int = 0
    locked: int = 0
    pot: int = 0
    balance: int = 0
    shares: defaultdict[int, Share] = field(default_factory=lambda: defaultdict(Share))


class Model:
    """All validators of a network, and the ways on which stake left them."""

    def __init__(self, bonds: list[int], unbonding: int) -> None:
        self.validators = [Validator(bond) for bond in bonds]
        self.unbonding = unbonding
        self.epoch = 1
        self.ways: dict[Way, int] = {}
        self.until: dict[Way, int] = {}

    def delegate(self, to: int, neuron: int, amount: int) -> int:
        validator = self.validators[to]
        validator.shares[neuron].stake += amount
        validator.stake += amount
        validator.locked += amount
        return self._pay(to, neuron)

    def undelegate(self, of: int, neuron: int, amount: int) -> int:
        earned, validator = self._pay(of, neuron), self.validators[of]
        share, way = validator.shares[neuron], (self.epoch, of, None)
        share.stake -= amount
        validator.stake -= amount
        share.leaving[way] = share.leaving.get(way, 0) + amount
        self.ways[way] = self.ways.get(way, 0) + amount
        return earned

    def redelegate(self, of: int, to: int, neuron: int, amount: int) -> int:
        earned = self._pay(of, neuron) + self._pay(to, neuron)
        source, target = self.validators[of], self.validators[to]
        way = (self.epoch, of, to)
        source.shares[neuron].stake -= amount
        guests = target.shares[neuron].guests
        guests[way] = guests.get(way, 0) + amount
        self.ways[way] = self.ways.get(way, 0) + amount
        for validator, sign in ((source, -1), (target, 1)):
            validator.stake += sign * amount
            validator.locked += sign * amount
        return earned

    def claim(self, of: int, neuron: int, time: int) -> tuple[int, int]:
        earned, share = self._pay(of, neuron), self.validators[of].shares[neuron]
        due = [
            way
            for way in share.leaving
            if way not in self.ways or 0 < self.until.get(way, 0) <= time
        ]
        returned = 0
        for way in due:
            amount = share.leaving.pop(way)
            returned += amount
            if way in self.ways:
                self.ways[way] -= amount
        self.validators[of].locked -= returned
        return earned, returned

    def slash(self, who: int, numerator: int, denominator: int) -> int:
        """Ways, and what votes, are floored as a whole too: what all have together is not more."""

        def left(amount: int) -> int:
            return amount * (denominator - numerator) // denominator

        ways = [way for way in self.ways if way[1] == who]
        lost: dict[int, int] = defaultdict(int)
        validator = self.validators[who]
        lost[who] = validator.stake - left(validator.stake)
        validator.stake -= lost[who]
        for way in ways:
            taken = self.ways[way] - left(self.ways[way])
            self.ways[way] -= taken
            lost[who if way[2] is None else way[2]] += taken
            if way[2] is not None:
                self.validators[way[2]].stake -= taken
        # What came here from elsewhere shrinks as all else, on the books of where it came from too.
        for way in self.ways:
            if way[2] == who and lost[who]:
                self.ways[way] = left(self.ways[way])
        for number, taken in lost.items():
            self.validators[number].locked -= taken
            for share in self.validators[number].shares.values() if taken else ():
                share.floor()
                if number == who:
                    share.stake = left(share.stake)
                    share.guests = {way: left(held) for way, held in share.guests.items()}
                    for way in share.leaving.keys() & set(ways):
                        share.leaving[way] = left(share.leaving[way])
                else:
                    for way in share.guests.keys() & set(ways):
                        share.guests[way] = left(share.guests[way])
        return sum(lost.values())

    def end_epoch(self, time: int, minted: int, weights: dict[int, int]) -> int:
        """The shares of all that voted, then the ways that come to their end; what was paid."""
        paid = 0
        for number, weight in weights.items():
            validator, share = self.validators[number], minted * weight // sum(weights.values())
            paid += share
            voting = min(validator.voting, validator.stake)
            bonded = min(validator.bonded, validator.bond)
            after = share - share * validator.commission // 1_000
            delegated = int(Fraction(voting, max(1, voting + bonded)) * after)
            validator.balance += share - delegated
            validator.pot += delegated
            for each in validator.shares.values() if delegated else ():
                unit = Fraction(delegated * SCALE // validator.stake, SCALE)
                each.earned += each.amount * unit
        self.until |= {way: time + self.unbonding for way in self.ways if way not in self.until}
        # Of each validator those go that come first: a way is not shut before an earlier one is.
        for who in range(len(self.validators)):
            for way in [way for way in self.ways if way[1] == who]:
                if self.until[way] > time:
                    break
                del self.ways[way]
        self.epoch += 1
        for validator in self.validators:
            validator.voting, validator.bonded = validator.stake, validator.bond
        return paid

    def _pay(self, of: int, neuron: int) -> int:
        """Who is paid for has its guests of ways that are shut as stake from then on."""
        validator = self.validators[of]
        share = validator.shares[neuron]
        share.floor()
        for way in [way for way in share.guests if way not in self.ways]:
            share.stake += share.guests.pop(way)
        earned, share.due = share.due, 0
        validator.pot -= earned
        return earned
