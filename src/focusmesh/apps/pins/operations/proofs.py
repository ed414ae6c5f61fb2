"""``prove_pin/1``: the keeper shows the shares that nobody knew it would be asked for, and is paid."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, ClassVar

import msgspec

from focusmesh.apps.pins.possession import (
    SHARES_MAX,
    SHOWN_BYTES_MAX,
    challenged_shares,
    read_shown,
)
from focusmesh.apps.pins.records import known_pin, pay, release
from focusmesh.errors import InputError, ProofError, SignalError
from focusmesh.kernel.runtime import Digest, Operation
from focusmesh.kernel.state import ACCOUNT_PREFIX, KEY_PREFIX, PIN_PREFIX, changed

if TYPE_CHECKING:
    from focusmesh.apps.pins.records import Pin
    from focusmesh.kernel.runtime import Context
    from focusmesh.kernel.state import Parameters

_BANDWIDTH_BYTES = 256
"""Of what stays in the block for one unit of bandwidth, as for contents."""


class ProvePin(Operation, frozen=True, tag="prove_pin/1"):
    """Shows the shares of a round of a pin that the neuron keeps; pays it the price, once a round.

    ``shown`` is a canonical dag-cbor array of one *[share, nodes, root, path]* for each place of the challenge. Fails
    with ``"absent"`` where there is no such pin, with ``"keeper"`` where somebody else keeps it, with ``"round"`` where
    it is another round's turn, this one was proved or too many were missed, with ``"possession"`` where a share is not
    the one that was asked for.
    """

    pin: Digest
    round: Annotated[int, msgspec.Meta(ge=0, lt=1 << 32)]
    shown: Annotated[bytes, msgspec.Meta(max_length=SHARES_MAX * SHOWN_BYTES_MAX)]

    reads: ClassVar[tuple[bytes, ...]] = (ACCOUNT_PREFIX, KEY_PREFIX, PIN_PREFIX)
    writes: ClassVar[tuple[bytes, ...]] = (ACCOUNT_PREFIX, PIN_PREFIX)

    def validate(self, parameters: Parameters) -> None:
        """Refuses what shows no shares."""
        try:
            read_shown(self.shown)
        except InputError as error:
            raise SignalError("malformed", str(error)) from error

    def bandwidth(self) -> int:
        """One unit, and one for every started 256 bytes: they stay in the block."""
        return 1 + -(-len(self.shown) // _BANDWIDTH_BYTES)

    def apply(self, context: Context) -> None:
        """The price goes from the pin's account to the keeper's."""
        pin = known_pin(context, self.pin)
        if pin.keeper != context.author:
            raise SignalError(
                "keeper", f"{context.author.hex()} does not keep pin {self.pin.hex()}"
            )
        self._check_round(pin, context.height)
        self._check_shown(pin, context)
        paid = changed(pin, paid=pin.paid + 1, proved=self.round + 1)
        context.put(PIN_PREFIX + self.pin, paid.encode())
        release(context, self.pin, pin.price)
        pay(context, pin.keeper, pin.price)

    def _check_round(self, pin: Pin, height: int) -> None:
        if height <= pin.start:
            raise SignalError(
                "round", f"round 0 begins with block {pin.start + 1}, and this is block {height}"
            )
        now = pin.round_at(height)
        if self.round != now or now >= pin.proofs:
            last = f"rounds 0 to {pin.proofs - 1} end with block {pin.end}"
            raise SignalError(
                "round",
                f"the proof is for round {self.round}, but block {height} lies in round {now}; {last}",
            )
        if pin.proved == now + 1:
            raise SignalError(
                "round", f"round {now} of pin {self.pin.hex()} was already proved and paid"
            )
        if pin.is_lost_at(height):
            raise SignalError(
                "round", f"pin {self.pin.hex()} is lost: {pin.missed_at(height)} rounds were missed"
            )

    def _check_shown(self, pin: Pin, context: Context) -> None:
        root = context.state_root(pin.beacon(self.round))
        places = challenged_shares(context.circumstance.network, self.pin, pin, self.round, root)
        shown = read_shown(self.shown)
        if len(shown) != len(places):
            raise SignalError(
                "possession",
                f"the proof shows {len(shown)} shares, but {len(places)} were asked for",
            )
        for share, (row, column) in zip(shown, places, strict=True):
            try:
                share.verify(pin.data_root, pin.width, row, column)
            except ProofError as error:
                raise SignalError(
                    "possession", f"the share at ({row}, {column}) is not shown: {error}"
                ) from error
