"""Accounts: what a neuron owns, has staked, has locked in links; and what its stake lets it do.

A leaf at ``/token/account/`` ‖ neuron, dag-cbor of ``[balance, stake, locked, burned, nonce, bandwidth,
bandwidth_height, origin]``. All numbers are base units or counts, 0 ≤ a < 2⁶³. ``/token/supply`` is the dag-cbor of
Σ (balance + stake) over all accounts, so that nothing is above it and no sum overflows.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

import msgspec

from focusmesh.ids import DIGEST_BYTES
from focusmesh.kernel.state.key_space import ACCOUNT_PREFIX, KEY_PREFIX, SUPPLY_KEY
from focusmesh.protocol.codec import decode, encode
from focusmesh.protocol.signal import AMOUNT_MAX

if TYPE_CHECKING:
    from collections.abc import Callable

    from focusmesh.kernel.state.accounts.parameters import Parameters


class Account(msgspec.Struct, frozen=True, gc=False):
    """One neuron's account. ``locked`` ≤ ``stake``: the sum of its live links' amounts.

    ``burned`` counts what it has burned so far, up to 2⁶³ − 1. ``nonce`` is that of its next signal. ``bandwidth`` was
    left at ``bandwidth_height``, in parts of ``bandwidth_blocks`` to a unit, so that a block refills a whole number of
    them. ``origin`` is the first key of a chain of rotated keys, empty where the key is the first one itself.
    """

    balance: int = 0
    stake: int = 0
    locked: int = 0
    burned: int = 0
    nonce: int = 0
    bandwidth: int = 0
    bandwidth_height: int = 0
    origin: bytes = b""

    @property
    def free_stake(self) -> int:
        """Stake that no link holds."""
        return self.stake - self.locked

    def burning(self, amount: int) -> Account:
        """The account with ``amount`` less in its balance. The count stops at its end: minting may go on for ever."""
        burned = min(self.burned + amount, AMOUNT_MAX)
        return changed(self, balance=self.balance - amount, burned=burned)

    def encode(self) -> bytes:
        """The leaf's value."""
        return encode(
            [
                self.balance,
                self.stake,
                self.locked,
                self.burned,
                self.nonce,
                self.bandwidth,
                self.bandwidth_height,
                self.origin,
            ]
        )

    @classmethod
    def decode(cls, value: bytes) -> Account:
        """The account in a leaf's value, which came out of the state. Raises CodecError for bytes that are none."""
        return cls(*decode(value))

    def bandwidth_at(self, height: int, parameters: Parameters) -> int:
        """Bandwidth in parts at ``height``: what was left, refilled by one part a block for every unit of capacity."""
        capacity = self.stake // parameters.bandwidth_stake
        refill = (height - self.bandwidth_height) * capacity
        return min(self.bandwidth + refill, full_bandwidth(self.stake, parameters))

    def with_stake(self, stake: int, height: int, parameters: Parameters) -> Account:
        """The account at ``height`` with another stake; more of it brings no bandwidth at once, less of it caps it.

        Were it there at once, one stake could be used, taken out, sent on and used again within a block.
        """
        left = self.bandwidth_at(height, parameters)
        full = full_bandwidth(stake, parameters)
        return changed(self, stake=stake, bandwidth=min(left, full), bandwidth_height=height)


changed = msgspec.structs.replace


def full_bandwidth(stake: int, parameters: Parameters) -> int:
    """The most bandwidth, in parts, that a stake can have; like every number of an account it is below 2⁶³."""
    return min(stake // parameters.bandwidth_stake * parameters.bandwidth_blocks, AMOUNT_MAX)


def account_key(neuron: bytes) -> bytes:
    """Where the account of a neuron (32 bytes) is in the state."""
    return ACCOUNT_PREFIX + neuron


def read_account(get: Callable[[bytes], bytes | None], neuron: bytes) -> Account | None:
    """The account of ``neuron`` in a state of which ``get`` gives values, None where it has none."""
    value = get(account_key(neuron))
    return None if value is None else Account.decode(value)


def read_supply(get: Callable[[bytes], bytes | None]) -> int:
    """Σ (balance + stake) over all accounts, in base units."""
    value = get(SUPPLY_KEY)
    return 0 if value is None else int(decode(value))


def key_holder(get: Callable[[bytes], bytes | None], neuron: bytes) -> bytes:
    """The key that signs today for ``neuron``: itself, or where its rotations led. Two reads, however many they were.

    A leaf at ``/kv/key/`` ‖ key is the key after it ‖ the first of the chain; that of the first has the newest one.
    Walking from key to key would let a chain of cheap rotations slow down everything that names its second key.
    """
    leaf = get(KEY_PREFIX + neuron)
    if leaf is None:
        return neuron
    return (get(KEY_PREFIX + leaf[DIGEST_BYTES:]) or leaf)[:DIGEST_BYTES]


class Changes(Protocol):
    """What accounts need of the changes of a block: its entries, and a way to take back what is recorded."""

    @property
    def finishers(self) -> list[Callable[[], None]]:
        """Called when the block is settled."""

    def get(self, key: bytes) -> bytes | None:
        """The value of a key as the block has left it so far."""

    def put(self, key: bytes, value: bytes) -> None:
        """Sets the value of a key."""

    def delete(self, key: bytes) -> None:
        """Takes a key out of the state."""

    def record(self, table: dict[Any, Any], key: Any, value: Any) -> None:
        """Sets ``table[key]`` so that it can be taken back."""


class Accounts:
    """The accounts that a block works with, and the supply: decoded once, encoded when the block is settled.

    Until then the state's entries do not have what is changed here, so that who works on a block asks here. What is
    put is taken back with the block's other changes.
    """

    def __init__(self, working: Changes) -> None:
        self._working = working
        self._read: dict[bytes, Account | None] = {}
        self._put: dict[bytes, Account | None] = {}
        self._supply: dict[bytes, int] = {}
        working.finishers.append(self._write)

    def get(self, neuron: bytes) -> Account | None:
        """The account of ``neuron`` as the block has left it so far, None where it has none."""
        for table in (self._put, self._read):
            if neuron in table:
                return table[neuron]
        account = read_account(self._working.get, neuron)
        self._read[neuron] = account
        return account

    def put(self, neuron: bytes, account: Account | None) -> None:
        """Sets the account of ``neuron``; None takes it out of the state."""
        self._working.record(self._put, neuron, account)

    @property
    def supply(self) -> int:
        """Σ (balance + stake) as the block has left it so far, in base units."""
        if self._supply:
            return self._supply[SUPPLY_KEY]
        return read_supply(self._working.get)

    def add_supply(self, amount: int) -> None:
        """Changes the supply, by a negative amount where tokens were burned."""
        if amount:
            self._working.record(self._supply, SUPPLY_KEY, self.supply + amount)

    def _write(self) -> None:
        for neuron, account in self._put.items():
            if account is None:
                self._working.delete(account_key(neuron))
            else:
                self._working.put(account_key(neuron), account.encode())
        for key, supply in self._supply.items():
            self._working.put(key, encode(supply))
