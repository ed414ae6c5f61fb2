"""``mint/1`` and ``burn/1``: tokens come into being and end, by those whom the parameters name."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from focusmesh.apps.bank.operations.transfers import credit, paying
from focusmesh.errors import SignalError
from focusmesh.kernel.runtime import Amount, Digest, Operation
from focusmesh.kernel.state import ACCOUNT_PREFIX, KEY_PREFIX, SUPPLY_KEY
from focusmesh.protocol.signal import AMOUNT_MAX

if TYPE_CHECKING:
    from focusmesh.kernel.runtime import Context


class Mint(Operation, frozen=True, tag="mint/1"):
    """Makes base units in the balance of ``to``.

    Fails with ``"permission"`` unless the neuron (or the first key that it was rotated from) is one of ``minters``,
    with ``"supply"`` above 2⁶³ − 1, with ``"rotated"`` where ``to`` is a key that was rotated.
    """

    to: Digest
    amount: Amount

    reads: ClassVar[tuple[bytes, ...]] = (ACCOUNT_PREFIX, SUPPLY_KEY, KEY_PREFIX)
    writes: ClassVar[tuple[bytes, ...]] = (ACCOUNT_PREFIX, SUPPLY_KEY)

    def bandwidth(self) -> int:
        """None: permission is what it takes."""
        return 0

    def apply(self, context: Context) -> None:
        """Supply and balance grow alike."""
        check_minter(context)
        supply = context.supply()
        if supply + self.amount > AMOUNT_MAX:
            raise SignalError(
                "supply",
                f"cannot mint {self.amount}: with it the supply of {supply} would exceed 2^63 − 1",
            )
        context.add_supply(self.amount)
        credit(context, self.to, self.amount)


class Burn(Operation, frozen=True, tag="burn/1"):
    """Ends base units of the neuron's own balance. Fails with ``"permission"`` as ``mint/1``, with ``"balance"``."""

    amount: Amount

    reads: ClassVar[tuple[bytes, ...]] = (ACCOUNT_PREFIX, SUPPLY_KEY)
    writes: ClassVar[tuple[bytes, ...]] = (ACCOUNT_PREFIX, SUPPLY_KEY)

    def bandwidth(self) -> int:
        """None: permission is what it takes."""
        return 0

    def apply(self, context: Context) -> None:
        """Supply and balance fall alike."""
        check_minter(context)
        account = paying(context, self.amount, "to burn")
        context.put_account(account.burning(self.amount))
        context.add_supply(-self.amount)


def check_minter(context: Context) -> None:
    """Raises SignalError ``"permission"`` unless who signed may mint and burn."""
    if context.author not in context.parameters.minters:
        raise SignalError("permission", f"{context.author.hex()} may not mint or burn here")
