"""Deposits by the byte: balance that is locked as long as the state keeps something, and given back when that leaves.

A leaf at ``/kv/deposit/`` ‖ neuron (its first key) ‖ the key of the leaf that is paid for is the dag-cbor of the amount
in base units. A leaf at ``/kv/linked/`` ‖ particle is the dag-cbor of ``[neuron, links]``: who locked for its first
link, and how many live links touch it. The tokens lie in an account that is nobody's key. It stays in the state once it
was there, so that deposits are looked after also when ``byte_deposit`` is 0 again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from focusmesh.errors import SignalError
from focusmesh.ids import digest
from focusmesh.kernel.state.accounts.accounts import Account, account_key, changed, key_holder
from focusmesh.kernel.state.key_space import DEPOSIT_PREFIX, LINKED_PREFIX
from focusmesh.protocol.codec import decode, encode

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from focusmesh.kernel.state.overlay import StateOverlay

BYTE_DEPOSIT_ACCOUNT = digest(encode(["focusmesh/byte-deposit/1"]))
"""Holds all deposits by the byte."""
PARTICLE_BYTES = 128
"""What the first link of a particle pays for: its digest with its number, its place in the vector, and its leaf."""
_NOBODY = b""


def has_deposits(working: StateOverlay) -> bool:
    """Whether this block locks or returns deposits: something costs some, or something once did.

    It is so for all signals of a block or for none. A gift to the account makes no difference before the next block,
    else links would be taken back that nobody counted.
    """
    fees = working.parameters.fees
    if fees is None:
        return False
    # Accounts of this block are written when it is settled: until then the leaf is of the block before.
    return fees.byte_deposit > 0 or working.get(account_key(BYTE_DEPOSIT_ACCOUNT)) is not None


def deposit_key(neuron: bytes, key: bytes) -> bytes:
    """Where the deposit of a neuron (its first key) for a leaf is in the state."""
    return DEPOSIT_PREFIX + neuron + key


def read_deposit(get: Callable[[bytes], bytes | None], neuron: bytes, key: bytes) -> int | None:
    """What a neuron (its first key) has locked for a leaf, None where it has locked nothing."""
    value = get(deposit_key(neuron, key))
    return None if value is None else int(decode(value))


def read_deposits(
    scan: Callable[[bytes], Iterable[tuple[bytes, bytes]]], neuron: bytes
) -> Iterator[tuple[bytes, int]]:
    """The keys of the leaves that a neuron (its first key) has locked for, ascending, with the amounts."""
    prefix = deposit_key(neuron, b"")
    for key, value in scan(prefix):
        yield key[len(prefix) :], int(decode(value))


def lock_deposit(working: StateOverlay, neuron: bytes, key: bytes, size_bytes: int) -> None:
    """Locks what so many bytes cost now, in the place of what the neuron (its first key) has locked for that leaf.

    Raises SignalError ``"deposit"`` where its balance is too small.
    """
    if not has_deposits(working):
        return
    amount = working.parameters.required_fees.byte_deposit * size_bytes
    held = read_deposit(working.get, neuron, key) or 0
    if amount == held:
        return
    holder = key_holder(working.get, neuron)
    balance = (working.accounts.get(holder) or Account()).balance
    if amount - held > balance:
        raise SignalError(
            "deposit",
            f"{size_bytes:,} bytes in the state lock {amount:,} base units, {held:,} of them are locked already, and "
            f"the balance is {balance:,}: it comes back when they leave the state",
        )
    _move(working, holder, BYTE_DEPOSIT_ACCOUNT, amount - held)
    if amount:
        working.put(deposit_key(neuron, key), encode(amount))
    else:
        working.delete(deposit_key(neuron, key))


def return_deposit(working: StateOverlay, neuron: bytes, key: bytes) -> None:
    """Gives back what the neuron (its first key) locked for a leaf, to whoever holds its key now."""
    if not has_deposits(working):
        return
    held = read_deposit(working.get, neuron, key)
    if held is not None:
        _move(working, BYTE_DEPOSIT_ACCOUNT, key_holder(working.get, neuron), held)
        working.delete(deposit_key(neuron, key))


def add_deposited_link(
    working: StateOverlay, neuron: bytes, source: bytes, target: bytes, relation: bytes, amount: int
) -> None:
    """``StateOverlay.add_link`` of an author whose first link of a particle locks a deposit, and the last returns it.

    Particles that were there before there were deposits never have one: nobody knows their links without counting all.
    """
    before = working.amount(neuron, source, target, relation)
    working.add_link(neuron, source, target, relation, amount)
    change = (before + amount > 0) - (before > 0)
    if change:
        for particle in (source, target):
            _count_link(working, neuron, particle, change)


def _count_link(working: StateOverlay, neuron: bytes, particle: bytes, change: int) -> None:
    key = LINKED_PREFIX + particle
    value = working.get(key)
    if value is None and (change < 0 or working.has_particle(particle)):
        return
    payer, links = (_NOBODY, 0) if value is None else decode(value)
    if not links:
        payer = neuron
        lock_deposit(working, payer, key, PARTICLE_BYTES)
    links += change
    if not links:
        return_deposit(working, payer, key)
        payer = _NOBODY
    working.put(key, encode([payer, links]))


def _move(working: StateOverlay, giver: bytes, taker: bytes, amount: int) -> None:
    for neuron, change in ((giver, -amount), (taker, amount)):
        account = working.accounts.get(neuron) or Account()
        working.accounts.put(neuron, changed(account, balance=account.balance + change))
