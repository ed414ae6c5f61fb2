"""``transfer/1``: tokens go from one balance to another."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from focusmesh.errors import SignalError
from focusmesh.kernel.runtime import Amount, Digest, Operation
from focusmesh.kernel.state import ACCOUNT_PREFIX, KEY_PREFIX, changed

if TYPE_CHECKING:
    from focusmesh.kernel.runtime import Context
    from focusmesh.kernel.state import Account


class Transfer(Operation, frozen=True, tag="transfer/1"):
    """Sends base units of the balance to ``to``, which has an account from then on.

    One in a signal takes no bandwidth, so that a neuron without stake can pay. Fails with ``"balance"`` where there is
    too little, with ``"rotated"`` where ``to`` is a key that was rotated.
    """

    to: Digest
    amount: Amount

    reads: ClassVar[tuple[bytes, ...]] = (ACCOUNT_PREFIX, KEY_PREFIX)
    writes: ClassVar[tuple[bytes, ...]] = (ACCOUNT_PREFIX,)
    first_is_free: ClassVar[bool] = True

    def bandwidth(self) -> int:
        """One unit: it looks up two neurons, and may open an account that stays."""
        return 1

    def apply(self, context: Context) -> None:
        """The payer's account is written before the payee's is read: they may be one."""
        account = paying(context, self.amount, "to send")
        context.put_account(changed(account, balance=account.balance - self.amount))
        credit(context, self.to, self.amount)


def paying(context: Context, amount: int, purpose: str) -> Account:
    """The account of who signed. Raises SignalError ``"balance"`` where that has less than ``amount``."""
    account = context.account()
    if amount > account.balance:
        raise SignalError(
            "balance", f"{amount} base units {purpose}, but the balance is {account.balance}"
        )
    return account


def credit(context: Context, to: bytes, amount: int) -> None:
    """Adds to a balance. Raises SignalError ``"rotated"`` for a key that nobody signs with any more."""
    holder = context.holder(to)
    if holder != to:
        raise SignalError("rotated", f"the key {to.hex()} was rotated: send to {holder.hex()}")
    account = context.account(to)
    context.put_account(changed(account, balance=account.balance + amount), to)
