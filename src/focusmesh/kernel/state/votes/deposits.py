"""Deposits of proposals: base units in an account that is nobody's key, until they are returned or burned."""

from __future__ import annotations

from typing import TYPE_CHECKING

from focusmesh.ids import digest
from focusmesh.kernel.state.accounts.accounts import (
    Account,
    account_key,
    changed,
    key_holder,
    read_account,
    read_supply,
)
from focusmesh.kernel.state.key_space import SUPPLY_KEY
from focusmesh.protocol.codec import encode

if TYPE_CHECKING:
    from focusmesh.kernel.state.staking.leaves import EndLeaves
    from focusmesh.kernel.state.votes.proposals import ChangeProposal

DEPOSIT_ACCOUNT = digest(encode(["focusmesh/change-deposit/1"]))
"""Holds the deposits of all proposals that are voted on."""


def return_deposit(state: EndLeaves, proposal: ChangeProposal) -> None:
    """Gives a deposit back to whoever holds the key of its neuron now."""
    _add(state, DEPOSIT_ACCOUNT, -proposal.deposit)
    _add(state, key_holder(state.get, proposal.neuron), proposal.deposit)


def burn_deposit(state: EndLeaves, proposal: ChangeProposal) -> None:
    """Takes a deposit out of the supply."""
    if proposal.deposit:
        _add(state, DEPOSIT_ACCOUNT, -proposal.deposit)
        state.put_entry(SUPPLY_KEY, encode(read_supply(state.get) - proposal.deposit))


def _add(state: EndLeaves, neuron: bytes, amount: int) -> None:
    if not amount:
        return
    account = read_account(state.get, neuron) or Account()
    after = changed(account, balance=account.balance + amount)
    if neuron == DEPOSIT_ACCOUNT and not after.balance:
        state.delete_entry(account_key(neuron))
    else:
        state.put_entry(account_key(neuron), after.encode())
