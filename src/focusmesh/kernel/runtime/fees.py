"""What a signal takes of a block, and what it pays for that: bandwidth as far as it goes, the base price beyond.

Its tip is the most that a signal costs. Units that are not free are paid out of it; what is left of it is the true tip.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from focusmesh.errors import SignalError
from focusmesh.kernel.state import PRICE_KEY, changed

if TYPE_CHECKING:
    from collections.abc import Sequence

    from focusmesh.kernel.runtime.operation import Operation
    from focusmesh.kernel.state import Account, FeeRules, Parameters, StateOverlay
    from focusmesh.protocol.signal import SignedSignal


class Charge(NamedTuple):
    """The units of a signal, those of them that are ``free``, and of its tip what is burned and what is ``left``."""

    units: int = 0
    free: int = 0
    burned: int = 0
    left: int = 0


def units_of(operations: Sequence[Operation]) -> int:
    """The units of bandwidth that operations of a signal take together."""
    units = sum([operation.bandwidth() for operation in operations])
    free = {type(each): each for each in reversed(operations) if each.first_is_free}
    return units - sum(first.bandwidth() for first in free.values())


def check_units(
    signed: SignedSignal, operations: Sequence[Operation], parameters: Parameters
) -> None:
    """Raises SignalError ``"size"`` for a signal of more units than any block has room for."""
    if parameters.fees is not None:
        _units_within(signed, operations, parameters.fees)


def _units_within(signed: SignedSignal, operations: Sequence[Operation], fees: FeeRules) -> int:
    units = units_of(operations)
    if units > fees.units_max:
        raise SignalError(
            "size",
            f"signal {signed.id.hex()} takes {units:,} units, and a block has room for {fees.units_max:,}: cut it",
        )
    return units


def charge_of(
    working: StateOverlay,
    fees: FeeRules,
    signed: SignedSignal,
    account: Account,
    operations: Sequence[Operation],
) -> Charge:
    """What a signal pays as the next one of this block. O(operations).

    Raises SignalError as ``check_units``; ``"crowded"`` where the block has too little room left, be it for all or for
    what is free; ``"price"`` where the tip does not pay for the units that bandwidth does not.
    """
    units, used, tip = _units_within(signed, operations, fees), working.room, signed.signal.tip
    if used.units + units > fees.units_max:
        raise SignalError(
            "crowded",
            f"signal {signed.id.hex()} takes {units:,} units, {fees.units_max - used.units:,} are left in this block: "
            "it can be in the next one",
        )
    has = min(units, free_units(account, working.height, working.parameters), fees.free_max)
    free = min(has, fees.free_max - used.free)
    price = working.base_price.price
    paid = price * (units - free)
    if price * (units - has) <= tip < paid:
        raise SignalError(
            "crowded",
            f"signal {signed.id.hex()} takes {units:,} units, {fees.free_max - used.free:,} that are free are left in "
            f"this block: it can be in the next one, or in this one with a tip of {paid:,} base units",
        )
    if paid > tip:
        raise too_cheap(signed, units, free, price)
    burned = fees.burned_of(paid)
    return Charge(units, free, burned, tip - burned)


def too_cheap(signed: SignedSignal, units: int, free: int, price: int) -> SignalError:
    """Why a signal whose tip does not pay for its units has to wait: ``"price"``, with the tip that would do."""
    return SignalError(
        "price",
        f"signal {signed.id.hex()} takes {units:,} units, {free:,} of them are free for its neuron now; the others "
        f"cost {price:,} base units each, and its tip is {signed.signal.tip:,}: sign it with a tip of "
        f"{price * (units - free):,} or more, wait, or stake more",
    )


def free_units(account: Account, height: int, parameters: Parameters) -> int:
    """The whole units of bandwidth that an account has at a height."""
    return account.bandwidth_at(height, parameters) // parameters.bandwidth_blocks


def take_charge(working: StateOverlay, neuron: bytes, account: Account, charge: Charge) -> Account:
    """Takes what a signal pays for good, whatever becomes of it; ``account`` has paid its tip. The account after it."""
    if not charge.units:
        return account
    parameters, height = working.parameters, working.height
    bandwidth = account.bandwidth_at(height, parameters) - charge.free * parameters.bandwidth_blocks
    charged = changed(account, bandwidth=bandwidth, bandwidth_height=height)
    if charge.burned:
        charged = changed(charged, balance=charged.balance + charge.burned).burning(charge.burned)
        working.accounts.add_supply(-charge.burned)
    working.accounts.put(neuron, charged)
    working.room.units += charge.units
    working.room.free += charge.free
    working.room.paid += charge.units - charge.free
    return charged


def settle_price(working: StateOverlay) -> None:
    """Writes the price of this block, and what was paid in it, for the next one."""
    if working.parameters.fees is None:
        return
    value = working.base_price.paying(working.room.paid).encode()
    if value != working.get(PRICE_KEY):
        working.put(PRICE_KEY, value)
