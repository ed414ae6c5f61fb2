"""``close_pin/1``: a pin ends; what was not earned goes back to who offered it."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from focusmesh.apps.pins.records import known_pin, pay
from focusmesh.errors import SignalError
from focusmesh.kernel.runtime import Digest, Operation
from focusmesh.kernel.state import ACCOUNT_PREFIX, KEY_PREFIX, PIN_PREFIX, SUPPLY_KEY

if TYPE_CHECKING:
    from focusmesh.apps.pins.records import Pin
    from focusmesh.kernel.runtime import Context


class ClosePin(Operation, frozen=True, tag="close_pin/1"):
    """Ends a pin: the keeper has its deposit back, less what it lost, which is burned; the offerer has the rest.

    Whoever offered it can take it back until it is taken. Anybody can close one that nobody took in time, that is over,
    or that is lost. Fails with ``"absent"`` where there is no such pin, with ``"running"`` where it is too early.
    """

    pin: Digest

    reads: ClassVar[tuple[bytes, ...]] = (ACCOUNT_PREFIX, KEY_PREFIX, PIN_PREFIX, SUPPLY_KEY)
    writes: ClassVar[tuple[bytes, ...]] = (ACCOUNT_PREFIX, PIN_PREFIX, SUPPLY_KEY)

    def bandwidth(self) -> int:
        """None: it takes things out of the state."""
        return 0

    def apply(self, context: Context) -> None:
        """Leaf and account go; what somebody sent to the account besides is the offerer's."""
        pin = known_pin(context, self.pin)
        _check_over(context, self.pin, pin)
        held = context.account(self.pin).balance
        deposit = pin.deposit if pin.keeper else 0
        context.put_account(None, self.pin)
        context.delete(PIN_PREFIX + self.pin)
        if deposit:
            _give_back(context, pin, deposit)
        pay(context, pin.offerer, held - deposit)


def _give_back(context: Context, pin: Pin, deposit: int) -> None:
    """The whole deposit goes to the keeper, who burns what it lost: nobody gains by making a keeper miss."""
    lost = pin.lost_deposit(context.height)
    pay(context, pin.keeper, deposit)
    holder = context.holder(pin.keeper)
    context.put_account(context.account(holder).burning(lost), holder)
    context.add_supply(-lost)


def _check_over(context: Context, name: bytes, pin: Pin) -> None:
    height = context.height
    if not pin.keeper:
        if context.author != pin.offerer and height <= pin.until:
            raise SignalError(
                "running",
                f"pin {name.hex()} is on offer up to block {pin.until}: "
                "until then only the key that offered it closes it",
            )
    elif height <= pin.end and not pin.is_lost_at(height):
        raise SignalError(
            "running", f"pin {name.hex()} is kept until block {pin.end}, and this is block {height}"
        )
