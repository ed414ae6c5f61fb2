"""Pins as neurons make them, and what a ledger makes of them: from the reference, over plain dictionaries.

What shares are shown is known by whoever showed them; any other bytes show none, as those of nobody here do.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from focusmesh.apps.pins import show_all
from focusmesh.kernel.availability import SIGNALS, Square, shares_of
from tests.world.naive import cbor, digest

if TYPE_CHECKING:
    from random import Random

TERMS = (
    *("data_root", "width", "copy", "price", "interval"),
    *("proofs", "shares", "deposit", "misses_max", "until"),
)
SHOWN: dict[bytes, list[tuple[int, int]]] = {}
"""Places of the shares that these bytes show, all of the one square."""


@cache
def square() -> Square:
    return Square.of(shares_of({SIGNALS: bytes(range(256)) * 6}))


def offer(random: Random, height: int) -> list[Any]:
    root = square().roots.data_root
    price, interval, proofs = random.choice([1, 40]), random.choice([2, 6]), random.choice([2, 4])
    deposit, misses = random.choice([0, 7, 90]), random.choice([1, 3])
    until = height + random.choice([2, 30])
    return ["offer_pin/1", root, 2, 0, price, interval, proofs, 2, deposit, misses, until]


def pin_id(network: bytes, offerer: bytes, terms: list[Any]) -> bytes:
    return digest(cbor(["focusmesh/pin/1", network, offerer, *terms]))


def round_at(pin: dict[str, Any], height: int) -> int:
    return int((height - pin["start"] - 1) // pin["interval"])


def beacon(pin: dict[str, Any], turn: int) -> int:
    return int(pin["start"] + turn * pin["interval"])


def places(
    network: bytes, name: bytes, pin: dict[str, Any], turn: int, root: bytes
) -> list[tuple[int, int]]:
    seed = digest(cbor(["focusmesh/pin/challenge/1", network, name, pin["keeper"], turn, root]))
    size = 2 * pin["width"]
    drawn = [digest(seed + bytes([0, number]))[:8] for number in range(pin["shares"])]
    return [divmod(int.from_bytes(each, "big") % (size * size), size) for each in drawn]


def shown(where: list[tuple[int, int]]) -> bytes:
    data = show_all(square(), where)
    SHOWN[data] = where
    return data


def missed(pin: dict[str, Any], height: int) -> int:
    """Rounds that ended without a proof."""
    if not pin["keeper"] or height <= pin["start"]:
        return 0
    ended = range(min(round_at(pin, height), pin["proofs"]))
    return sum(turn not in pin["turns"] for turn in ended)


def leaf(pin: dict[str, Any]) -> bytes:
    turns = pin["turns"]
    proved = [len(turns), max(turns) + 1 if turns else 0]
    terms = [pin[name] for name in TERMS]
    return cbor([pin["offerer"], *terms, pin["keeper"], pin["start"], *proved])
