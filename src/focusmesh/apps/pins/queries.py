"""Pins of a state, and how far they have come."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, NamedTuple

import msgspec

from focusmesh.apps.pins.records import Pin
from focusmesh.kernel.state import PIN_PREFIX
from focusmesh.protocol.codec import decode

if TYPE_CHECKING:
    from focusmesh.kernel.state import StateView


class PinsQuestion(msgspec.Struct, frozen=True, kw_only=True):
    """Which pins: of one block's data, or all."""

    data_root: (
        Annotated[
            str,
            msgspec.Meta(
                pattern="^[0-9a-f]{64}$",
                description="Only pins of the block with this data root.",
                examples=["e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"],
            ),
        ]
        | None
    ) = None


class PinRow(msgspec.Struct, frozen=True, kw_only=True):
    """A pin: its terms, who keeps it since which height, how far it has come. `focusmesh pin list` has the same fields.

    ``missed`` rounds and ``is_over`` are as of the next block, and so is ``is_due``: whether its round is to be proved.
    """

    id: str
    offerer: str
    data_root: str
    width: int
    copy: int
    price: int
    interval: int
    proofs: int
    shares: int
    deposit: int
    misses_max: int
    until: int
    keeper: str
    start: int
    paid: int
    proved: int
    missed: int
    is_due: bool
    is_over: bool


class OpenPin(NamedTuple):
    """A pin of the ledger under its id, as of ``height``, that of the next block."""

    id: bytes
    pin: Pin
    height: int

    @property
    def is_over(self) -> bool:
        """Whether nothing can be proved any more, so that anybody may close it."""
        if not self.pin.keeper:
            return self.height > self.pin.until
        return self.height > self.pin.end or self.pin.is_lost_at(self.height)

    @property
    def is_due(self) -> bool:
        """Whether the round of the next block is still to be proved."""
        if not self.pin.keeper or self.is_over or self.height <= self.pin.start:
            return False
        return self.pin.proved != self.pin.round_at(self.height) + 1

    def as_fields(self) -> dict[str, Any]:
        """For programs: digests in hexadecimal, and how far it has come."""
        fields = {
            name: value.hex() if isinstance(value, bytes) else value
            for name, value in msgspec.structs.asdict(self.pin).items()
        }
        counted = {"missed": self.pin.missed_at(self.height), "is_due": self.is_due}
        return {"id": self.id.hex(), **fields, **counted, "is_over": self.is_over}


def pins_in(view: StateView) -> list[OpenPin]:
    """All pins of a state, by id, as of the block after it. O(pins)."""
    return [
        OpenPin(key[len(PIN_PREFIX) :], Pin(*decode(value)), view.height + 1)
        for key, value in view.scan(PIN_PREFIX)
    ]


def pins(view: StateView, asked: PinsQuestion) -> list[PinRow]:
    """Pins by id, of one block's data or of all. O(pins)."""
    wanted = None if asked.data_root is None else bytes.fromhex(asked.data_root)
    return [
        PinRow(**each.as_fields()) for each in pins_in(view) if wanted in {None, each.pin.data_root}
    ]
