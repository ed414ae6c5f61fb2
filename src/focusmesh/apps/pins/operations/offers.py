"""``offer_pin/1`` and ``take_pin/1``: tokens for keeping a block's data, and who says that it does."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, ClassVar

import msgspec

from focusmesh.apps.pins.possession import SHARES_MAX
from focusmesh.apps.pins.records import Pin, known_pin, lock, pin_id
from focusmesh.errors import SignalError
from focusmesh.kernel.runtime import Amount, Digest, Operation
from focusmesh.kernel.state import ACCOUNT_PREFIX, PIN_PREFIX, changed
from focusmesh.protocol.signal import AMOUNT_MAX

if TYPE_CHECKING:
    from focusmesh.kernel.runtime import Context
    from focusmesh.kernel.state import Parameters

WIDTH_MAX = 128
BLOCKS_MAX = 1 << 32
ROUNDS_MAX = 1 << 20
COPIES_MAX = 256

Blocks = Annotated[int, msgspec.Meta(ge=1, le=BLOCKS_MAX)]
Rounds = Annotated[int, msgspec.Meta(ge=1, le=ROUNDS_MAX)]


class OfferPin(Operation, frozen=True, tag="offer_pin/1"):
    """Offers ``price`` base units for every proof that the data under ``data_root`` is kept; locks all that may cost.

    The data is a square of ``width`` × ``width`` shares. Whoever takes the offer up to height ``until`` has ``proofs``
    rounds of ``interval`` blocks before it, and shows ``shares`` random shares in each. It puts down ``deposit``, of
    which every missed round costs a share; after ``misses_max`` all is lost. ``copy`` tells offers on the same terms
    apart. Fails with ``"balance"`` where there is too little, with ``"pinned"`` where the very offer is open already.
    """

    data_root: Digest
    width: Annotated[int, msgspec.Meta(ge=1, le=WIDTH_MAX)]
    copy: Annotated[int, msgspec.Meta(ge=0, lt=COPIES_MAX)]
    price: Amount
    interval: Blocks
    proofs: Rounds
    shares: Annotated[int, msgspec.Meta(ge=1, le=SHARES_MAX)]
    deposit: Annotated[int, msgspec.Meta(ge=0, le=AMOUNT_MAX)]
    misses_max: Rounds
    until: Blocks

    reads: ClassVar[tuple[bytes, ...]] = (ACCOUNT_PREFIX, PIN_PREFIX)
    writes: ClassVar[tuple[bytes, ...]] = (ACCOUNT_PREFIX, PIN_PREFIX)

    def validate(self, parameters: Parameters) -> None:
        """Refuses squares whose side is no power of two."""
        if self.width & (self.width - 1):
            raise SignalError(
                "malformed", f"a square has 1, 2, 4 … shares a side, not {self.width}"
            )

    def bandwidth(self) -> int:
        """Two units: a leaf and an account stay until it is closed."""
        return 2

    def apply(self, context: Context) -> None:
        """The leaf has the terms; the account under its id has the tokens."""
        pin = self.pin(context.author)
        name = pin_id(context.circumstance.network, pin)
        if context.get(PIN_PREFIX + name) is not None:
            raise SignalError("pinned", f"pin {name.hex()} is open already: offer another copy")
        lock(context, name, pin.escrow, f"to pay {pin.proofs} proofs")
        context.put(PIN_PREFIX + name, pin.encode())

    def pin(self, offerer: bytes) -> Pin:
        """The pin that this offers where ``offerer`` is its author."""
        return Pin(
            offerer=offerer,
            data_root=self.data_root,
            width=self.width,
            copy=self.copy,
            price=self.price,
            interval=self.interval,
            proofs=self.proofs,
            shares=self.shares,
            deposit=self.deposit,
            misses_max=self.misses_max,
            until=self.until,
        )


class TakePin(Operation, frozen=True, tag="take_pin/1"):
    """Says that the neuron keeps the data of an offer from now on, and puts down the deposit.

    Fails with ``"absent"`` where there is no such offer, with ``"taken"`` where it has a keeper or its time is over,
    with ``"balance"`` where there is less than the deposit.
    """

    pin: Digest

    reads: ClassVar[tuple[bytes, ...]] = (ACCOUNT_PREFIX, PIN_PREFIX)
    writes: ClassVar[tuple[bytes, ...]] = (ACCOUNT_PREFIX, PIN_PREFIX)

    def apply(self, context: Context) -> None:
        """The first round begins with the next block."""
        pin = known_pin(context, self.pin)
        if pin.keeper:
            raise SignalError(
                "taken", f"pin {self.pin.hex()} is already kept by {pin.keeper.hex()}"
            )
        if context.height > pin.until:
            raise SignalError(
                "taken",
                f"pin {self.pin.hex()} could be taken up to block {pin.until}, and this is block {context.height}",
            )
        if pin.deposit:
            lock(context, self.pin, pin.deposit, "to put down")
        taken = changed(pin, keeper=context.author, start=context.height)
        context.put(PIN_PREFIX + self.pin, taken.encode())
