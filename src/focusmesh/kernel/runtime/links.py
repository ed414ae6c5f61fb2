"""``link/1`` and ``unlink/1``: stake is locked in a link and comes back from it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, ClassVar

import msgspec

from focusmesh.errors import SignalError
from focusmesh.kernel.runtime.operation import Amount, Digest, Operation
from focusmesh.kernel.state import ACCOUNT_PREFIX, NO_RELATION, ROW_PREFIX, SUPPLY_KEY, changed

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Self

    from focusmesh.kernel.runtime.context import Context
    from focusmesh.kernel.state import Parameters

Relation = Annotated[bytes, msgspec.Meta(max_length=32)]
"""32 bytes, or none."""


class Link(Operation, frozen=True, tag="link/1"):
    """Locks ``amount`` of the neuron's free stake in a link, on top of what it has there already.

    Burns ``link_burn`` of its balance. Fails with ``"stake"`` or ``"balance"`` where there is too little of either.
    """

    source: Digest
    target: Digest
    relation: Relation
    amount: Amount

    reads: ClassVar[tuple[bytes, ...]] = (ACCOUNT_PREFIX, SUPPLY_KEY)
    writes: ClassVar[tuple[bytes, ...]] = (ROW_PREFIX, ACCOUNT_PREFIX, SUPPLY_KEY)

    def validate(self, parameters: Parameters) -> None:
        """Refuses self-links, amounts under ``weight_unit``, relations of other sizes than 0 and 32."""
        if self.amount < parameters.weight_unit:
            raise SignalError(
                "amount",
                f"a link of {self.amount} base units is too small: the least is {parameters.weight_unit}",
            )
        if self.source == self.target:
            raise SignalError("self-link", f"{self.source.hex()} cannot link to itself")
        if self.relation:
            check_relation(self.relation)

    @classmethod
    def apply_run(cls, context: Context, run: Sequence[Self]) -> None:
        """One look at the account for all of them."""
        author, lock = context.author, context.locker(run)
        amount = 0
        for link in run:
            amount += link.amount
            lock(author, link.source, link.target, link.relation, link.amount)
        account = context.account()
        burned = context.parameters.link_burn * len(run)
        if amount > account.free_stake:
            raise SignalError(
                "stake",
                f"cannot lock {amount} base units: {account.free_stake} of the stake are free",
            )
        if burned > account.balance:
            raise SignalError(
                "balance",
                f"the links burn {burned} base units, but the balance is {account.balance}",
            )
        context.put_account(changed(account.burning(burned), locked=account.locked + amount))
        context.add_supply(-burned)


class Unlink(Operation, frozen=True, tag="unlink/1"):
    """Takes all of the neuron's amount back out of a link. Fails with ``"absent"`` where it has none there."""

    source: Digest
    target: Digest
    relation: Relation

    reads: ClassVar[tuple[bytes, ...]] = (ROW_PREFIX, ACCOUNT_PREFIX)
    writes: ClassVar[tuple[bytes, ...]] = (ROW_PREFIX, ACCOUNT_PREFIX)

    def validate(self, parameters: Parameters) -> None:
        """Refuses relations of other sizes than 0 and 32."""
        if self.relation:
            check_relation(self.relation)

    def bandwidth(self) -> int:
        """None: its link has paid for it, and who has used all of it can still take links back."""
        return 0

    def links(self) -> tuple[tuple[bytes, bytes, bytes]]:
        """The one that it takes back."""
        return ((self.source, self.target, self.relation),)

    @classmethod
    def apply_run(cls, context: Context, run: Sequence[Self]) -> None:
        """One look at the account for all of them."""
        take_back(context, [(each.source, each.target, each.relation) for each in run])


def take_back(context: Context, links: Sequence[tuple[bytes, bytes, bytes]]) -> None:
    """Frees what the author has locked in (source, target, relation). Raises SignalError ``"absent"``."""
    freed = 0
    for source, target, relation in links:
        amount = context.locked_amount(source, target, relation)
        if not amount:
            kind = f"of relation {relation.hex()}" if relation else "without a relation"
            raise SignalError(
                "absent",
                f"{context.author.hex()} has no link {kind} from {source.hex()} to {target.hex()} to take back",
            )
        context.lock(source, target, relation, -amount)
        freed += amount
    account = context.account()
    context.put_account(changed(account, locked=account.locked - freed))


def check_relation(relation: bytes) -> None:
    """Refuses relations of other sizes than 32, and zeros, which stand for none."""
    if len(relation) != len(NO_RELATION) or relation == NO_RELATION:
        raise SignalError(
            "malformed", f"a relation is 32 bytes that are not all zero, or none: {relation.hex()}"
        )
