"""The order in which signals come where not all have room: weighted fair queueing over neurons, without a memory.

Of a room each neuron has a share in proportion to its weight, and its signals take their places in that share one after
the other. What part of a signal a share ends with is drawn by a digest that nobody chooses, so that over many blocks
each neuron gets its share to the byte, however small it is, and neither more nor fewer keys change what they get.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from focusmesh.ids import digest
from focusmesh.kernel.admission.focus_shares import SHARE_ONE
from focusmesh.kernel.admission.kinds import NEWCOMER, ORDINARY, SERVICE
from focusmesh.kernel.state import ROOM_PARTS

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from focusmesh.kernel.state import OrderRules

_DRAW_BITS = 16
_SCALE_BITS = 96
"""A weight has 68 bits at most: positions of signals of one byte differ still."""


class RoomClaim(NamedTuple):
    """A signal that wants room: ``size`` bytes, the ``weight`` of its neuron, its ``kind`` (kinds.py)."""

    signal: bytes
    neuron: bytes
    nonce: int
    size: int
    weight: int
    tip: int = 0
    kind: str = ORDINARY


def weight_with_tip(weight: int, tip: int) -> int:
    """What a signal with a tip waits by: the tip counts as stake for it alone, and at most doubles the weight."""
    return weight + min(tip * SHARE_ONE, weight)


def claim_order(claims: Sequence[RoomClaim], seed: bytes) -> list[int]:
    """The places of claims in their fair order; those of one neuron come by their nonces. O(n log n).

    A claim stands where its neuron's share has room for it: Σ size / weight of those before it, and a drawn part of its
    own. Who has no weight comes last. ``seed`` decides the draws: the id of the block before.
    """
    return _in_order(claims, seed, _by_nonce(claims))


def first_with_room(
    claims: Sequence[RoomClaim], seed: bytes, room: int, rules: OrderRules
) -> list[int]:
    """The places of the claims that come into a room of so many bytes, ascending; where not all fit, one at least.

    First services, up to their reserve, then newcomers up to theirs, those with the highest tip first, then all in
    their fair order. No signal comes in whose neuron has an earlier one that does not. O(n log n).
    """
    if sum(claim.size for claim in claims) <= room:
        return list(range(len(claims)))
    by_nonce = _by_nonce(claims)
    order = _in_order(claims, seed, by_nonce)
    filling = _Filling(claims, room, by_nonce)
    services = [at for at in order if claims[at].kind == SERVICE]
    filling.fill(services, room * rules.service_reserve // ROOM_PARTS)
    newcomers = sorted(
        (at for at in order if claims[at].kind == NEWCOMER), key=lambda at: -claims[at].tip
    )
    filling.fill(newcomers, room * rules.newcomer_reserve // ROOM_PARTS)
    filling.fill(order, room)
    return sorted(filling.taken) or order[:1]


class _Filling:
    """A room that is filled in several rounds, each with a limit of its own."""

    def __init__(self, claims: Sequence[RoomClaim], room: int, by_nonce: Sequence[int]) -> None:
        self._claims, self._left = claims, room
        self.taken: set[int] = set()
        self._before = _earlier(claims, by_nonce)

    def fill(self, order: Iterable[int], limit: int) -> None:
        """Takes what comes next of each neuron, in this order, as long as it fits."""
        left = min(limit, self._left)
        for at in order:
            size = self._claims[at].size
            if at in self.taken or size > left or not self._may_follow(at):
                continue
            self.taken.add(at)
            left -= size
            self._left -= size

    def _may_follow(self, at: int) -> bool:
        before = self._before[at]
        return before is None or before in self.taken


def _by_nonce(claims: Sequence[RoomClaim]) -> list[int]:
    return sorted(range(len(claims)), key=lambda at: (claims[at].nonce, claims[at].signal))


def _earlier(claims: Sequence[RoomClaim], by_nonce: Iterable[int]) -> list[int | None]:
    """For each claim, the place of the one of its neuron that comes right before it."""
    found: list[int | None] = [None] * len(claims)
    last: dict[bytes, int] = {}
    for at in by_nonce:
        found[at] = last.get(claims[at].neuron)
        last[claims[at].neuron] = at
    return found


def _in_order(claims: Sequence[RoomClaim], seed: bytes, by_nonce: Iterable[int]) -> list[int]:
    return [place for _, place in sorted(_positions(claims, seed, by_nonce))]


def _positions(
    claims: Sequence[RoomClaim], seed: bytes, by_nonce: Iterable[int]
) -> list[tuple[tuple[bool, int, bytes, int, bytes], int]]:
    draws: dict[bytes, bytes] = {}
    before: dict[bytes, int] = {}
    found = []
    for at in by_nonce:
        claim = claims[at]
        if claim.neuron not in draws:
            draws[claim.neuron] = digest(seed + claim.neuron)
        place = draws[claim.neuron]
        weight = weight_with_tip(claim.weight, claim.tip)
        step = (claim.size << _SCALE_BITS) // max(weight, 1)
        start = before.get(claim.neuron, 0)
        part = int.from_bytes(place[: _DRAW_BITS // 8], "big") + 1
        position = start + (step * part >> _DRAW_BITS)
        before[claim.neuron] = start + step
        found.append(((not weight, position, place, claim.nonce, claim.signal), at))
    return found
