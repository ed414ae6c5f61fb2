"""The base price of a unit: what room in a block costs whoever has no bandwidth for it, as EIP-1559 moves it.

A leaf at ``/kv/price``, dag-cbor of ``[price, since, units, before]``. Time of headers is cut into intervals of
``price_ms``; one of them is what a block is in EIP-1559. ``since`` is the time at which the present one began,
``units`` were paid in it so far, ``before`` were paid in the one before. From a price p, with u units paid and a target
t, the next one is p + max(⌊⌊p·(u−t)/t⌋/8⌋, 1) above the target, and p − ⌊⌊p·(t−u)/t⌋/8⌋ below it.
Source: https://eips.ethereum.org/EIPS/eip-1559, "Specification".
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from focusmesh.kernel.state.key_space import PRICE_KEY
from focusmesh.protocol.codec import decode, encode
from focusmesh.protocol.signal import AMOUNT_MAX

if TYPE_CHECKING:
    from collections.abc import Callable

    from focusmesh.kernel.state.accounts.fee_rules import FeeRules

_PARTS = 8
"""The price moves by at most this part of itself in an interval."""


class BasePrice(NamedTuple):
    """The price in base units, when its interval began (ms), and the units paid in this interval and the last one."""

    price: int
    since: int
    units: int = 0
    before: int = 0

    def encode(self) -> bytes:
        """The leaf's value."""
        return encode(list(self))

    @classmethod
    def decode(cls, value: bytes) -> BasePrice:
        """The price in a leaf's value, which came out of the state."""
        return cls(*decode(value))

    def at(self, time: int, rules: FeeRules) -> BasePrice:
        """The price at a time: that of its interval, after all that ended since. At most some 400 steps.

        However long nobody paid: a price without paid units falls by an eighth a step until it moves no more.
        """
        ended = (time - self.since) // rules.price_ms
        if ended <= 0:
            return self._replace(price=max(self.price, rules.price_least))
        price = _next_within(self.price, self.units, rules)
        for _ in range(ended - 1):
            lower = _next_within(price, 0, rules)
            if lower == price:
                break
            price = lower
        last = self.units if ended == 1 else 0
        return BasePrice(price, self.since + ended * rules.price_ms, 0, last)

    def paying(self, units: int) -> BasePrice:
        """The same interval with so many paid units more."""
        return self._replace(units=self.units + units)


@dataclass(slots=True)
class RoomUsed:
    """What the signals of a block have used of its room so far: all units, and those of them that were free or paid."""

    units: int = 0
    free: int = 0
    paid: int = 0


def next_price(price: int, units: int, target: int) -> int:
    """The price after an interval in which so many units were paid, in EIP-1559's integers, without a least price.

    Units above twice the target count as twice: several blocks can lie in an interval, and the price moves by at most
    an eighth.
    """
    over = min(units, 2 * target) - target
    if over > 0:
        return min(price + max(price * over // target // _PARTS, 1), AMOUNT_MAX)
    return price - price * -over // target // _PARTS


def _next_within(price: int, units: int, rules: FeeRules) -> int:
    return max(next_price(price, units, rules.units_target), rules.price_least)


def read_price(get: Callable[[bytes], bytes | None], time: int, rules: FeeRules) -> BasePrice:
    """The base price at a time, from a state of which ``get`` gives values. It begins as the least there is."""
    value = get(PRICE_KEY)
    if value is None:
        return BasePrice(rules.price_least, time)
    return BasePrice.decode(value).at(time, rules)
