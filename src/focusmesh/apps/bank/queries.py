"""What room costs now, and what a neuron has locked for what it keeps in the state."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import msgspec

from focusmesh.kernel.block import parameters_of_view
from focusmesh.kernel.runtime import free_units
from focusmesh.kernel.state import (
    BLOB_PREFIX,
    BYTE_DEPOSIT_ACCOUNT,
    LINKED_PREFIX,
    PRICE_KEY,
    PROPERTY_PREFIX,
    Account,
    BasePrice,
    first_key,
    read_account,
    read_deposits,
)

if TYPE_CHECKING:
    from focusmesh.kernel.state import StateView

_KINDS = {BLOB_PREFIX: "content", PROPERTY_PREFIX: "property", LINKED_PREFIX: "particle"}
Neuron = Annotated[
    bytes,
    msgspec.Meta(
        min_length=32,
        max_length=32,
        description="A neuron: its public key.",
        examples=["07" * 32],
        extra={"is": "neuron"},
    ),
]


class FeesQuestion(msgspec.Struct, frozen=True, kw_only=True):
    """What a signal of so many units would cost a neuron in the next block."""

    units: Annotated[
        int, msgspec.Meta(ge=0, le=1 << 40, description="Units that a signal takes.")
    ] = 0
    neuron: Neuron | None = None


class FeesRow(msgspec.Struct, frozen=True, kw_only=True):
    """What room in blocks costs after this one, in base units; `focusmesh query fees` shows the same.

    ``price`` is that of a unit; it becomes ``next_price`` if nothing more is paid in this interval of ``price_ms``.
    ``paid`` units were paid in it, ``paid_before`` in the one before, ``units_target`` leave the price as it is. A
    block has room for ``units_max``, ``free_max`` of them free. Of what is paid ``burn_share`` thousandths are burned.
    Each byte in the state locks ``byte_deposit``; all together ``deposits`` are locked. ``free`` units are free for the
    neuron now, and ``tip`` is the least tip that pays for the others.
    """

    price: int
    next_price: int
    paid: int
    paid_before: int
    units_target: int
    units_max: int
    free_max: int
    price_ms: int
    burn_share: int
    byte_deposit: int
    deposits: int
    free: int
    tip: int


def fees_row(view: StateView, asked: FeesQuestion) -> FeesRow:
    """The price after a block, and what it makes of a signal. O(log n). Raises ParameterError before version 6."""
    parameters = parameters_of_view(view)
    rules, value = parameters.required_fees, view.get(PRICE_KEY)
    now = BasePrice(rules.price_least, 0) if value is None else BasePrice.decode(value)
    now = now.at(now.since, rules)
    account = (read_account(view.get, asked.neuron) if asked.neuron else None) or Account()
    height = max(view.height + 1, account.bandwidth_height)
    free = min(free_units(account, height, parameters), rules.free_max)
    locked = read_account(view.get, BYTE_DEPOSIT_ACCOUNT) or Account()
    return FeesRow(
        price=now.price,
        next_price=now.at(now.since + rules.price_ms, rules).price,
        paid=now.units,
        paid_before=now.before,
        units_target=rules.units_target,
        units_max=rules.units_max,
        free_max=rules.free_max,
        price_ms=rules.price_ms,
        burn_share=rules.burn_share,
        byte_deposit=rules.byte_deposit,
        deposits=locked.balance,
        free=free,
        tip=now.price * max(asked.units - free, 0),
    )


class DepositsQuestion(msgspec.Struct, frozen=True, kw_only=True):
    """Whose deposits."""

    neuron: Neuron


class DepositRow(msgspec.Struct, frozen=True, kw_only=True):
    """What a neuron has locked for one leaf of the state, in base units. `focusmesh query deposits` shows the same.

    ``kind``: "content", "property", "particle" (for its first link), or "other". ``particle`` is in hexadecimal,
    ``key`` is the leaf's.
    """

    kind: str
    particle: str
    amount: int
    key: str


def deposit_rows(view: StateView, asked: DepositsQuestion) -> list[DepositRow]:
    """The deposits of a neuron by the keys of their leaves, ascending. O(deposits · log n)."""
    neuron = first_key(view.get, asked.neuron)
    return [_row(key, amount) for key, amount in read_deposits(view.scan, neuron)]


def _row(key: bytes, amount: int) -> DepositRow:
    prefix = next((each for each in _KINDS if key.startswith(each)), b"")
    return DepositRow(
        kind=_KINDS.get(prefix, "other"),
        particle=key[len(prefix) : len(prefix) + 32].hex() if prefix else "",
        amount=amount,
        key=key.hex(),
    )
