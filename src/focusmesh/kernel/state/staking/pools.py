"""Pools: what is delegated to a validator, and what each unit of it has earned so far.

A leaf at ``/kv/pool/at/`` ‖ validator (its first key), dag-cbor of the fields of ``Pool`` in their order. Both what is
delegated and what it earned lie in an account that is nobody's key: stake of delegators in its stake, the pot of their
rewards in its balance.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from focusmesh.ids import digest
from focusmesh.kernel.state.key_space import POOL_PREFIX
from focusmesh.protocol.codec import decode, encode

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from focusmesh.kernel.state.staking.leaves import StakeState

RATIO_BITS = 64
"""Ratios are integers over 2⁶⁴."""
_POOLS = POOL_PREFIX + b"at/"
_DOMAIN = "focusmesh/pool/1"


class Pool(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    """What is delegated to one validator.

    ``stake``: base units that vote through it. ``ratio``: what one unit has earned since the beginning, over 2⁶⁴.
    ``period`` is the open period, which the next slash ends; ``members`` began in it, and periods from ``kept`` on are
    in the state. ``exits`` numbers the next way out, all before ``first_exit`` are beyond the reach of slashes, and
    ``open_exits`` are the targets of the last ones, which began in this epoch; ``until``: the latest time of one.
    ``commission``: per mille since ``commission_epoch``, before that ``commission_before``. When the epoch began, the
    validator had ``bonded``, and ``voting`` voted through it.
    """

    stake: int = 0
    ratio: int = 0
    period: int = 0
    members: int = 0
    kept: int = 0
    exits: int = 0
    first_exit: int = 0
    open_exits: tuple[bytes, ...] = ()
    until: int = 0
    commission: int = 0
    commission_before: int = 0
    commission_epoch: int = 0
    bonded: int = 0
    voting: int = 0

    def encode(self) -> bytes:
        """The leaf's value."""
        fields = msgspec.to_builtins(self, builtin_types=(bytes,))
        return encode([self.stake, ratio_bytes(self.ratio), *fields[2:]])

    @classmethod
    def decode(cls, value: bytes) -> Pool:
        """The pool in a leaf's value, which came out of the state."""
        stake, ratio, *others = decode(value)
        fields = [stake, int.from_bytes(ratio, "big"), *others]
        return msgspec.convert(fields, cls, builtin_types=(bytes,))

    def commission_in(self, epoch: int) -> int:
        """What of a thousand the validator keeps of rewards for ``epoch``: a raise holds from the next epoch on."""
        if self.commission_epoch == epoch:
            return min(self.commission, self.commission_before)
        return self.commission


def ratio_bytes(ratio: int) -> bytes:
    """A ratio, which has no upper bound, in as few bytes as it takes, highest first."""
    return ratio.to_bytes(-(-ratio.bit_length() // 8), "big")


def pool_key(validator: bytes) -> bytes:
    """Where the pool of a validator, by its first key, is in the state."""
    return _POOLS + validator


def pool_account(validator: bytes) -> bytes:
    """The account that holds what is delegated to a validator, and the pot of rewards: no key anybody has."""
    return digest(encode([_DOMAIN, validator]))


def read_pool(get: Callable[[bytes], bytes | None], validator: bytes) -> Pool:
    """The pool of a validator in a state of which ``get`` gives values; an empty one where there is none."""
    value = get(pool_key(validator))
    return Pool() if value is None else Pool.decode(value)


def read_pools(
    scan: Callable[[bytes], Iterator[tuple[bytes, bytes]]],
) -> Iterator[tuple[bytes, Pool]]:
    """Validators that have, or had, something delegated, by rising key."""
    for key, value in scan(_POOLS):
        yield key[len(_POOLS) :], Pool.decode(value)


def put_pool(state: StakeState, validator: bytes, pool: Pool) -> None:
    """Sets the pool of a validator; its leaf stays, for its numbers never begin again."""
    state.put(pool_key(validator), pool.encode())
