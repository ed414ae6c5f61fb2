"""``stake/1`` and ``unstake/1``: tokens from the balance into the stake, and what no link holds back again."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from focusmesh.apps.bank.operations.transfers import paying
from focusmesh.errors import SignalError
from focusmesh.kernel.runtime import Amount, Operation
from focusmesh.kernel.state import ACCOUNT_PREFIX, changed

if TYPE_CHECKING:
    from focusmesh.kernel.runtime import Context


class Stake(Operation, frozen=True, tag="stake/1"):
    """Moves base units from the balance to the stake. Its bandwidth fills up over the next blocks.

    Fails with ``"balance"`` where there is too little.
    """

    amount: Amount

    reads: ClassVar[tuple[bytes, ...]] = (ACCOUNT_PREFIX,)
    writes: ClassVar[tuple[bytes, ...]] = (ACCOUNT_PREFIX,)

    def bandwidth(self) -> int:
        """None: it is how a neuron comes by any."""
        return 0

    def apply(self, context: Context) -> None:
        """Balance and stake change by the same amount."""
        account = paying(context, self.amount, "to stake")
        staked = account.with_stake(account.stake + self.amount, context.height, context.parameters)
        context.put_account(changed(staked, balance=account.balance - self.amount))


class Unstake(Operation, frozen=True, tag="unstake/1"):
    """Moves base units that no link holds from the stake to the balance. Fails with ``"stake"``."""

    amount: Amount

    reads: ClassVar[tuple[bytes, ...]] = (ACCOUNT_PREFIX,)
    writes: ClassVar[tuple[bytes, ...]] = (ACCOUNT_PREFIX,)

    def bandwidth(self) -> int:
        """None: what is one's own can be taken out."""
        return 0

    def apply(self, context: Context) -> None:
        """Bandwidth above what the remaining stake can have is lost."""
        account = context.account()
        if self.amount > account.free_stake:
            raise SignalError(
                "stake",
                f"cannot unstake {self.amount} base units: only {account.free_stake} are free; take links back first",
            )
        left = account.with_stake(account.stake - self.amount, context.height, context.parameters)
        context.put_account(changed(left, balance=account.balance + self.amount))
