"""The one order that the signals of a block may have, and the root over their ids."""

from __future__ import annotations

from typing import TYPE_CHECKING

from focusmesh.errors import BlockError
from focusmesh.ids import digest
from focusmesh.kernel.state import merkle_root

if TYPE_CHECKING:
    from collections.abc import Sequence

    from focusmesh.protocol.signal import SignedSignal


def order_signals(parent: bytes, signals: Sequence[SignedSignal]) -> list[SignedSignal]:
    """Signals by (digest(parent ‖ neuron), nonce): no neuron is ever first by its key, and no proposer chooses.

    O(n log n), and a digest a neuron.
    """
    places: dict[bytes, bytes] = {}
    return sorted(signals, key=lambda signed: _place(parent, signed, places))


def check_order(parent: bytes, signals: Sequence[SignedSignal]) -> None:
    """Raises BlockError ("order") at the first signal that does not come after the one before it."""
    places: dict[bytes, bytes] = {}
    last: tuple[bytes, int] | None = None
    for number, signed in enumerate(signals):
        place = _place(parent, signed, places)
        if last is not None and place <= last:
            raise BlockError(
                "order",
                f"signal {number} ({signed.id.hex()[:16]}) should not come after the one before it",
            )
        last = place


def signals_root(signals: Sequence[SignedSignal]) -> bytes:
    """The RFC 6962 root over the ids in the order of the body."""
    return merkle_root([signed.id for signed in signals])


def _place(parent: bytes, signed: SignedSignal, places: dict[bytes, bytes]) -> tuple[bytes, int]:
    neuron = signed.signal.neuron
    if neuron not in places:
        places[neuron] = digest(parent + neuron)
    return places[neuron], signed.signal.nonce
