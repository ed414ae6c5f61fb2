"""A pin: the terms it was offered on, who keeps it since when, how often that was shown; and the account it pays from.

A leaf at ``/pin/`` ‖ id, dag-cbor of ``[offerer, data_root, width, copy, price, interval, proofs, shares, deposit,
misses_max, until, keeper, start, paid, proved]``. The id is a digest of network, offerer and terms, so that whoever
agrees to it agrees to these terms and no others. The tokens lie in an account under the id, which is nobody's key: it
counts into the supply like any other, and only the operations here take from it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from focusmesh.errors import SignalError
from focusmesh.ids import digest
from focusmesh.kernel.state import PIN_PREFIX, changed
from focusmesh.protocol.codec import decode, encode

if TYPE_CHECKING:
    from collections.abc import Callable

    from focusmesh.kernel.runtime import Context

_DOMAIN = "focusmesh/pin/1"


class Pin(msgspec.Struct, frozen=True, array_like=True):
    """What a leaf says. ``keeper`` is empty until somebody takes it, at height ``start``.

    Rounds of ``interval`` blocks follow, ``proofs`` of them: round r is of the blocks ``start`` + r · ``interval`` + 1
    to ``start`` + (r + 1) · ``interval``. ``paid`` rounds were proved so far, ``proved`` is one more than the last.
    """

    offerer: bytes
    data_root: bytes
    width: int
    copy: int
    price: int
    interval: int
    proofs: int
    shares: int
    deposit: int
    misses_max: int
    until: int
    keeper: bytes = b""
    start: int = 0
    paid: int = 0
    proved: int = 0

    @property
    def escrow(self) -> int:
        """What the offer locks: enough to pay every round."""
        return self.price * self.proofs

    @property
    def end(self) -> int:
        """The last height at which a taken pin can be proved."""
        return self.start + self.proofs * self.interval

    def round_at(self, height: int) -> int:
        """The round whose proof can be in a block of ``height`` > ``start``; from ``proofs`` on all are over."""
        return (height - self.start - 1) // self.interval

    def beacon(self, round: int) -> int:  # noqa: A002  (the field's word)
        """The block whose state says what is to be shown in a round: the last one before it."""
        return self.start + round * self.interval

    def missed_at(self, height: int) -> int:
        """How many rounds ended before ``height`` without a proof."""
        if not self.keeper or height <= self.start:
            return 0
        now = self.round_at(height)
        finished = min(now, self.proofs)
        return finished - (self.paid - (self.proved == now + 1))

    def is_lost_at(self, height: int) -> bool:
        """Whether so many rounds were missed that no more are paid."""
        return self.missed_at(height) >= self.misses_max

    def lost_deposit(self, height: int) -> int:
        """Of the deposit, what the missed rounds cost: an equal share each, all of it from ``misses_max`` on."""
        return self.deposit * min(self.missed_at(height), self.misses_max) // self.misses_max

    def encode(self) -> bytes:
        """The leaf's value."""
        return encode(list(msgspec.structs.astuple(self)))


def pin_id(network: bytes, pin: Pin) -> bytes:
    """The digest of network, offerer and terms: the same whoever keeps it and however far it has come."""
    fields = msgspec.structs.astuple(pin)
    return digest(encode([_DOMAIN, network, *fields[: Pin.__struct_fields__.index("keeper")]]))


def read_pin(get: Callable[[bytes], bytes | None], pin: bytes) -> Pin | None:
    """The pin of this id in a state of which ``get`` gives values, None where there is none."""
    value = get(PIN_PREFIX + pin)
    return None if value is None else Pin(*decode(value))


def known_pin(context: Context, pin: bytes) -> Pin:
    """The pin of this id. Raises SignalError ``"absent"``."""
    found = read_pin(context.get, pin)
    if found is None:
        raise SignalError("absent", f"there is no pin {pin.hex()}: it was never offered, or closed")
    return found


def pay(context: Context, neuron: bytes, amount: int) -> None:
    """Adds to the balance of whoever signs today for ``neuron``."""
    holder = context.holder(neuron)
    account = context.account(holder)
    context.put_account(changed(account, balance=account.balance + amount), holder)


def lock(context: Context, pin: bytes, amount: int, purpose: str) -> None:
    """Moves tokens of who signed into the pin's account. Raises SignalError ``"balance"``."""
    account = context.account()
    if amount > account.balance:
        raise SignalError(
            "balance", f"{amount} base units {purpose}, but the balance is {account.balance}"
        )
    context.put_account(changed(account, balance=account.balance - amount))
    held = context.account(pin)
    context.put_account(changed(held, balance=held.balance + amount), pin)


def release(context: Context, pin: bytes, amount: int) -> None:
    """Takes tokens out of the pin's account; who pays them on knows that they are there."""
    held = context.account(pin)
    context.put_account(changed(held, balance=held.balance - amount), pin)
