"""What delegated stake needs of a state: its leaves and its accounts, within an operation or at the end of a block."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from focusmesh.kernel.state.accounts.accounts import (
    Account,
    account_key,
    changed,
    read_account,
    read_supply,
)
from focusmesh.kernel.state.key_space import SUPPLY_KEY
from focusmesh.protocol.codec import encode

if TYPE_CHECKING:
    from collections.abc import Iterator


class EndLeaves(Protocol):
    """The leaves of a state at the end of a block."""

    def get(self, key: bytes) -> bytes | None:
        """The value of a key as it is so far."""

    def scan(self, prefix: bytes) -> Iterator[tuple[bytes, bytes]]:
        """Keys that begin with ``prefix``, ascending, with their values."""

    def put_entry(self, key: bytes, value: bytes) -> None:
        """Sets the value of a key."""

    def delete_entry(self, key: bytes) -> None:
        """Takes a key out of the state."""


class StakeState(Protocol):
    """Leaves and accounts to read and to write; the context of an operation is one."""

    def get(self, key: bytes) -> bytes | None:
        """The value of a key as it is so far."""

    def put(self, key: bytes, value: bytes) -> None:
        """Sets the value of a key."""

    def delete(self, key: bytes) -> None:
        """Takes a key out of the state."""

    def account(self, neuron: bytes) -> Account:
        """The account of a neuron, an empty one where there is none."""

    def put_account(self, account: Account | None, neuron: bytes) -> None:
        """Sets the account of a neuron; None takes it out of the state."""


class EndState:
    """The state at the end of a block as a ``StakeState``: there accounts are leaves like all others."""

    def __init__(self, state: EndLeaves) -> None:
        self.get = state.get
        self.put = state.put_entry
        self.delete = state.delete_entry
        self.scan = state.scan

    def account(self, neuron: bytes) -> Account:
        """The account of a neuron, an empty one where there is none."""
        return read_account(self.get, neuron) or Account()

    def put_account(self, account: Account | None, neuron: bytes) -> None:
        """Sets the account of a neuron; None takes it out of the state."""
        if account is None:
            self.delete(account_key(neuron))
        else:
            self.put(account_key(neuron), account.encode())

    def supply(self) -> int:
        """The supply of tokens, in base units."""
        return read_supply(self.get)

    def add_supply(self, amount: int) -> None:
        """Changes the supply of tokens, by a negative amount where they were burned."""
        if amount:
            self.put(SUPPLY_KEY, encode(self.supply() + amount))


def move_held(state: StakeState, neuron: bytes, *, stake: int = 0, balance: int = 0) -> None:
    """Adds to what an account holds that is nobody's key; one without anything has no leaf."""
    if not stake and not balance:
        return
    held = state.account(neuron)
    left = changed(held, stake=held.stake + stake, balance=held.balance + balance)
    state.put_account(left if left.stake or left.balance else None, neuron)
