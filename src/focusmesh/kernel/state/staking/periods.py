"""Periods of a pool: within one the ratio alone tells what a unit of stake earned; a slash ends it.

That is the F1 scheme (Ojha and Goes, "F1 Fee Distribution", 2019) where rewards come at the ends of epochs only. A
leaf at ``/kv/pool/period/`` ‖ validator ‖ number (8 bytes) is what ended the period: dag-cbor of ``[ratio, numerator,
denominator, source, first_exit, members]``. It is kept as long as somebody is in this period or an earlier one, so an
amount of long ago is carried forward slash by slash.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from focusmesh.kernel.state.accounts.accounts import changed
from focusmesh.kernel.state.key_space import POOL_PREFIX
from focusmesh.kernel.state.staking.pools import put_pool, ratio_bytes, read_pool
from focusmesh.protocol.codec import decode, encode

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from focusmesh.kernel.state.staking.leaves import StakeState

_PERIODS = POOL_PREFIX + b"period/"
OWN = b""
"""The ``source`` of a slash of the validator itself."""


class Slash(NamedTuple):
    """``numerator`` of ``denominator`` is taken.

    ``source`` OWN: of all that is in the pool, and of ways out from ``first_exit`` on. Else: of what came from that
    validator on its ways out from ``first_exit`` on.
    """

    numerator: int
    denominator: int
    source: bytes
    first_exit: int

    def rest(self, amount: int) -> int:
        """What of an amount stays, floored."""
        return amount * (self.denominator - self.numerator) // self.denominator


class Period(NamedTuple):
    """A period that has ended: with which ``ratio``, by which ``slash``; ``members`` have not been carried over it."""

    ratio: int
    slash: Slash
    members: int

    def encode(self) -> bytes:
        """The leaf's value."""
        return encode([ratio_bytes(self.ratio), *self.slash, self.members])

    @classmethod
    def decode(cls, value: bytes) -> Period:
        """The period in a leaf's value, which came out of the state."""
        ratio, numerator, denominator, source, first_exit, members = decode(value)
        slash = Slash(numerator, denominator, source, first_exit)
        return cls(int.from_bytes(ratio, "big"), slash, members)


def period_key(validator: bytes, number: int) -> bytes:
    """Where it stands how a period of a validator's pool ended."""
    return _PERIODS + validator + number.to_bytes(8, "big")


def periods_since(
    get: Callable[[bytes], bytes | None], validator: bytes, first: int
) -> Iterator[Period]:
    """How the periods from ``first`` on ended, in their order. O(slashes since · log n).

    Each took something, and took a part of all that there was: the amount carried over them ends sooner than they.
    """
    for number in range(first, read_pool(get, validator).period):
        value = get(period_key(validator, number))
        assert value is not None, f"a period that has members is kept: {number}"
        yield Period.decode(value)


def end_period(state: StakeState, validator: bytes, slash: Slash) -> None:
    """Ends the open period; where nobody began in it or before it, nobody will ask and it goes on."""
    pool = read_pool(state.get, validator)
    if not pool.members and pool.kept == pool.period:
        return
    ended = Period(pool.ratio, slash, pool.members)
    state.put(period_key(validator, pool.period), ended.encode())
    put_pool(state, validator, changed(pool, period=pool.period + 1, members=0))


def join_period(state: StakeState, validator: bytes) -> int:
    """Counts one more member of the open period, which it returns."""
    pool = read_pool(state.get, validator)
    put_pool(state, validator, changed(pool, members=pool.members + 1))
    return pool.period


def leave_period(state: StakeState, validator: bytes, number: int) -> None:
    """Counts one member of a period less, and lets go of periods that nobody will ask for. O(those · log n)."""
    pool = read_pool(state.get, validator)
    if number == pool.period:
        put_pool(state, validator, changed(pool, members=pool.members - 1))
        return
    key = period_key(validator, number)
    period = _period(state, key)
    state.put(key, period._replace(members=period.members - 1).encode())
    kept = pool.kept
    while kept < pool.period and not _period(state, period_key(validator, kept)).members:
        state.delete(period_key(validator, kept))
        kept += 1
    if kept != pool.kept:
        put_pool(state, validator, changed(pool, kept=kept))


def _period(state: StakeState, key: bytes) -> Period:
    value = state.get(key)
    assert value is not None, "a period that has members is kept"
    return Period.decode(value)
