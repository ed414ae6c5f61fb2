"""Ways out of a pool: what was undelegated or redelegated, and which slashes of its source still reach it.

All that leaves a validator for one target within one epoch is one way out: a leaf at ``/kv/pool/exit/`` ‖ validator ‖
number (8 bytes), dag-cbor of ``[target, amount, period, until]``. ``target`` is empty where it was undelegated. So a
slash costs what ways out there are, however many delegators took each.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from focusmesh.kernel.state.accounts.accounts import changed
from focusmesh.kernel.state.key_space import POOL_PREFIX
from focusmesh.kernel.state.staking.periods import (
    OWN,
    join_period,
    leave_period,
    periods_since,
)
from focusmesh.kernel.state.staking.pools import put_pool, read_pool
from focusmesh.protocol.codec import decode, encode

if TYPE_CHECKING:
    from collections.abc import Callable

    from focusmesh.kernel.state.staking.leaves import StakeState

_EXITS = POOL_PREFIX + b"exit/"
BACK = b""
"""The target of what was undelegated."""


class Exit(NamedTuple):
    """``amount`` on its way to ``target``, as of the ``period`` of the target's pool; ``until`` it can be slashed.

    ``until`` is in milliseconds, 0 as long as the epoch lasts in which it voted at its source.
    """

    target: bytes
    amount: int
    period: int
    until: int

    def encode(self) -> bytes:
        """The leaf's value."""
        return encode(list(self))


def exit_key(validator: bytes, number: int) -> bytes:
    """Where a way out of a validator's pool is in the state."""
    return _EXITS + validator + number.to_bytes(8, "big")


def read_exit(get: Callable[[bytes], bytes | None], validator: bytes, number: int) -> Exit | None:
    """A way out, None where slashes no longer reach it."""
    value = get(exit_key(validator, number))
    return None if value is None else Exit(*decode(value))


def amount_now(get: Callable[[bytes], bytes | None], way: Exit) -> int:
    """What of a way out slashes of its target have left."""
    if way.target == BACK:
        return way.amount
    amount = way.amount
    for period in periods_since(get, way.target, way.period):
        if period.slash.source == OWN:
            amount = period.slash.rest(amount)
    return amount


def add_exit(state: StakeState, validator: bytes, target: bytes, amount: int) -> int:
    """Sends an amount out of a pool, which no longer has it; the number of its way. O(log n)."""
    pool = read_pool(state.get, validator)
    if target in pool.open_exits:
        number = pool.exits - len(pool.open_exits) + pool.open_exits.index(target)
        way = read_exit(state.get, validator, number)
        assert way is not None, "what is open stands in the state"
        put_exit(state, validator, number, way, amount_now(state.get, way) + amount)
        return number
    put_pool(
        state,
        validator,
        changed(pool, exits=pool.exits + 1, open_exits=(*pool.open_exits, target)),
    )
    period = 0 if target == BACK else join_period(state, target)
    way = Exit(target, amount, period, 0)
    state.put(exit_key(validator, pool.exits), way.encode())
    return pool.exits


def put_exit(state: StakeState, validator: bytes, number: int, way: Exit, amount: int) -> None:
    """Sets what is on a way out as of now."""
    period = 0
    if way.target != BACK:
        leave_period(state, way.target, way.period)
        period = join_period(state, way.target)
    now = way._replace(amount=amount, period=period)
    state.put(exit_key(validator, number), now.encode())


def time_exits(state: StakeState, validator: bytes, until: int) -> None:
    """An epoch has ended: slashes reach what left in it ``until`` then, or as long as what left before."""
    pool = read_pool(state.get, validator)
    if not pool.open_exits:
        return
    until = max(until, pool.until)
    for number in range(pool.exits - len(pool.open_exits), pool.exits):
        way = read_exit(state.get, validator, number)
        assert way is not None, "what is open stands in the state"
        state.put(exit_key(validator, number), way._replace(until=until).encode())
    put_pool(state, validator, changed(pool, open_exits=(), until=until))


def close_exits(state: StakeState, validator: bytes, time: int) -> None:
    """Lets go of ways out that slashes no longer reach at ``time``. O(those · log n)."""
    pool = read_pool(state.get, validator)
    first = pool.first_exit
    while first < pool.exits:
        way = read_exit(state.get, validator, first)
        assert way is not None, "what slashes reach stands in the state"
        if not 0 < way.until <= time:
            break
        if way.target != BACK:
            leave_period(state, way.target, way.period)
        state.delete(exit_key(validator, first))
        first += 1
    if first != pool.first_exit:
        # The target of a way out may not be its source, so this pool is as it was read.
        put_pool(state, validator, changed(pool, first_exit=first))
