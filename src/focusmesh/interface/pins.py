"""Pins of a ledger as whoever offers or keeps them sees them: what there is, what is due, and what shows it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec

from focusmesh.errors import InputError, ParameterError
from focusmesh.kernel.state import PIN_PREFIX

if TYPE_CHECKING:
    from pathlib import Path

    from focusmesh.apps.pins import Pin, ProvePin
    from focusmesh.kernel.availability import Square
    from focusmesh.kernel.block import Chain, Header
    from focusmesh.kernel.state import StateView


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


def open_pins(chain: Chain) -> list[OpenPin]:
    """All pins of a ledger, by id. O(pins)."""
    with chain.state.at() as view:
        return pins_in(view)


def pins_in(view: StateView) -> list[OpenPin]:
    """All pins of a state, by id, as of the block after it. O(pins)."""
    from focusmesh.apps.pins import Pin
    from focusmesh.protocol.codec import decode

    return [
        OpenPin(key[len(PIN_PREFIX) :], Pin(*decode(value)), view.height + 1)
        for key, value in view.scan(PIN_PREFIX)
    ]


def open_pin(chain: Chain, name: str) -> OpenPin:
    """The pin whose id begins with ``name``, hexadecimal. Raises InputError unless there is exactly one."""
    found = [each for each in open_pins(chain) if each.id.hex().startswith(name.lower())]
    if len(found) == 1 and name:
        return found[0]
    many = f"{len(found)} pins begin" if found else "no pin of this ledger begins"
    raise InputError(f"{many} with {name!r}: `focusmesh pin list` has their ids")


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
    from focusmesh.apps.pins import ProvePin, challenged, show_all

    if not found.is_due:
        raise ParameterError(
            f"pin {found.id.hex()} is not to be proved in block {found.height}: {told(found)}"
        )
    turn = found.pin.round_at(found.height)
    root = chain.header(found.pin.beacon(turn)).state_root
    places = challenged(chain.network, found.id, found.pin, turn, root)
    return ProvePin(found.id, turn, show_all(square, places))


def told(found: OpenPin) -> str:
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
