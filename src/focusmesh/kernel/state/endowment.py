"""The first accounts and bonds of a network, as its genesis grants them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from focusmesh.kernel.state.accounts.accounts import Account, full_bandwidth
from focusmesh.kernel.state.accounts.bonds import Bond, bond_account, bond_key
from focusmesh.protocol.signal import AMOUNT_MAX

if TYPE_CHECKING:
    from collections.abc import Iterable

    from focusmesh.kernel.state.accounts.agreement import Bonded
    from focusmesh.kernel.state.overlay import StateOverlay


def endow(working: StateOverlay, grants: Iterable[tuple[bytes, int, int]]) -> None:
    """Writes the first accounts of a network from (neuron, balance, stake), bandwidth full, and the supply.

    The grants are of distinct neurons and add up to less than 2⁶³ (who makes a genesis checks that). O(grants).
    """
    supply = 0
    parameters = working.parameters
    for neuron, balance, stake in grants:
        full = full_bandwidth(stake, parameters)
        account = Account(
            balance=balance, stake=stake, bandwidth=full, bandwidth_height=working.height
        )
        working.accounts.put(neuron, account)
        supply += balance + stake
    if supply > AMOUNT_MAX:
        raise ValueError(f"the grants add up to {supply} base units, more than 2^63 − 1")
    working.accounts.add_supply(supply)


def bond_first(working: StateOverlay, validators: Iterable[Bonded]) -> None:
    """Bonds the validators of a genesis from the stake of their accounts, which is there."""
    accounts, parameters = working.accounts, working.parameters
    for neuron, amount in ((validator.neuron, validator.amount) for validator in validators):
        account = accounts.get(neuron) or Account()
        left = account.with_stake(account.stake - amount, working.height, parameters)
        accounts.put(neuron, left)
        accounts.put(bond_account(neuron), Account(stake=amount))
        working.put(bond_key(neuron), Bond(amount).encode())
