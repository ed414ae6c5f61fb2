"""Pins of a ledger as whoever offers or keeps them sees them: what there is, what is due, and what shows it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from focusmesh.errors import InputError, ParameterError
from focusmesh.host.ledger.id_prefix import only_with_id

if TYPE_CHECKING:
    from pathlib import Path

    from focusmesh.apps.pins import OpenPin, Pin, ProvePin
    from focusmesh.kernel.availability import Square
    from focusmesh.kernel.block import Chain, Header


def open_pins(chain: Chain) -> list[OpenPin]:
    """All pins of a ledger, by id. O(pins)."""
    from focusmesh.apps.pins import pins_in

    with chain.state.at() as view:
        return pins_in(view)


def open_pin(chain: Chain, name: str) -> OpenPin:
    """The pin whose id begins with ``name``, hexadecimal. Raises InputError unless there is exactly one."""
    words = "pins", "no pin of this ledger", "focusmesh pin list"
    return only_with_id(open_pins(chain), name, *words)


def header_with(chain: Chain, data_root: bytes) -> Header:
    """The newest block whose data this is. Raises InputError where none is. O(blocks)."""
    for height in range(chain.height, 0, -1):
        header = chain.header(height)
        if header.data_root == data_root:
            return header
    raise InputError(
        f"no block of this ledger has the data root {data_root.hex()}: name the file with its data"
    )


def kept_square(chain: Chain, pin: Pin, data: Path | None) -> Square:
    """The square that a pin is about, of a body in a file or of the ledger's own block.

    Raises InputError where the data is another one, FileError, BlockError.
    """
    from focusmesh.kernel.block import square_of

    if data is None:
        square = square_of(chain.block(header_with(chain, pin.data_root).height).body)
    else:
        square = square_of(data.read_bytes())
    root, where = square.roots.data_root, data or "the block"
    if (root, square.width) != (pin.data_root, pin.width):
        raise InputError(
            f"{where} has the data root {root.hex()} and is {square.width} shares wide, the pin is about "
            f"{pin.data_root.hex()}, {pin.width} wide"
        )
    return square


def proof_of(chain: Chain, found: OpenPin, square: Square) -> ProvePin:
    """What shows possession in the next block. Raises ParameterError where the pin is not to be proved now."""
    from focusmesh.apps.pins import ProvePin, challenged_shares, show_all

    if not found.is_due:
        raise ParameterError(
            f"pin {found.id.hex()} is not to be proved in block {found.height}: {pin_progress(found)}"
        )
    turn = found.pin.round_at(found.height)
    root = chain.header(found.pin.beacon(turn)).state_root
    places = challenged_shares(chain.network, found.id, found.pin, turn, root)
    return ProvePin(found.id, turn, show_all(square, places))


def pin_progress(found: OpenPin) -> str:
    """How far a pin has come, in words."""
    pin, height = found.pin, found.height
    if not pin.keeper:
        return (
            "nobody took it in time"
            if found.is_over
            else f"it can be taken up to block {pin.until}"
        )
    missed = pin.missed_at(height)
    state = f"{pin.paid} of {pin.proofs} proved, {missed} missed"
    if found.is_over:
        return f"{state}; it is over"
    turn = f"round {pin.round_at(height)} ends with block {pin.beacon(pin.round_at(height) + 1)}"
    return f"{state}; {turn}, {'due' if found.is_due else 'proved'}"
