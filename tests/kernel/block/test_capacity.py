"""What a block has room for: learned from how small the last one was packed, cut where a square would burst."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, cast

import pytest

from focusmesh.errors import BlockError
from focusmesh.kernel.availability import PARTS_BYTES_MAX
from focusmesh.kernel.block.capacity import Room
from focusmesh.kernel.block.chain import chain as chain_module
from focusmesh.kernel.block.validation import data_root
from focusmesh.kernel.state import Parameters
from tests.kernel.block.ledger import KEYS, Ledger

if TYPE_CHECKING:
    from focusmesh.protocol.signal import SignedSignal

MEGABYTE = 1_000_000


class Sized(NamedTuple):
    wire: bytes


def signals(*megabytes: int) -> list[SignedSignal]:
    return cast("list[SignedSignal]", [Sized(bytes(each * MEGABYTE)) for each in megabytes])


def test_room_is_what_a_square_holds_packed() -> None:
    room = Room(Parameters())
    first = room.portion_bytes
    assert PARTS_BYTES_MAX < first < 2.5 * PARTS_BYTES_MAX
    room.learn(signals(9), 3 * MEGABYTE, 0)
    assert room.portion_bytes > 2 * PARTS_BYTES_MAX
    assert room.portion_bytes / 3 < PARTS_BYTES_MAX
    before = room.portion_bytes
    room.learn(signals(9), 3 * MEGABYTE, MEGABYTE)
    assert before - 3 * MEGABYTE < room.portion_bytes < before
    room.learn(signals(0), 400, 20)
    assert room.portion_bytes > before - MEGABYTE
    room.learn(signals(9), 9 * MEGABYTE, 100 * MEGABYTE)
    assert PARTS_BYTES_MAX / 8 < room.portion_bytes < PARTS_BYTES_MAX / 4


def test_networks_without_squares_have_room_for_half_a_block() -> None:
    room = Room(Parameters(version=2, block_bytes_max=40 * MEGABYTE))
    assert room.portion_bytes == 20 * MEGABYTE
    room.check(signals(15, 5))
    with pytest.raises(BlockError, match="a block holds at most 20,000,000"):
        room.check(signals(15, 6))


def test_the_first_signals_are_taken_and_one_at_least() -> None:
    room = Room(Parameters(version=2, block_bytes_max=20 * MEGABYTE))
    assert len(room.first(signals(4, 4, 2))) == 3
    assert len(room.first(signals(4, 4, 1, 2, 2))) == 1
    assert len(room.first(signals(4, 2, 2, 4, 4))) == 3
    assert len(room.first(signals(11, 1))) == 1


def test_what_a_square_has_no_room_for_waits_for_the_next_block(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The body turns out too large: the first half of the signals is in the block, nobody is refused."""
    ledger, whole = Ledger(), data_root

    def narrow(body: bytes, parameters: Parameters) -> bytes:
        if len(body) > 1_500:
            raise BlockError("too-large", "no square holds it")
        return whole(body, parameters)

    monkeypatch.setattr(chain_module, "data_root", narrow)
    sent = [
        ledger.links(key, (f"{key.public.hex()}", f"b{number}"))
        for key in KEYS
        for number in range(4)
    ]
    made = ledger.propose(*sent)
    assert made.block is not None
    assert not made.refused
    assert 0 < len(made.results) < len(sent)
    left = [signed for signed in sent if signed.id not in made.results]
    again = ledger.propose(*left)
    assert not again.refused
