"""Whose signals wait in a pool, by weight and by kind: what a signal is held against where room is short."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from focusmesh.kernel.admission import (
    NEWCOMER,
    ORDINARY,
    SERVICE,
    Crowd,
    Request,
    RoomClaim,
    Waiting,
    check_crowd,
    used_share,
)

if TYPE_CHECKING:
    from focusmesh.kernel.state import OrderRules
    from focusmesh.protocol.signal import SignedSignal


class PoolStanding(NamedTuple):
    """By what a signal waits: the weight of its neuron, in sixteenths of a base unit, and for which reserve it is."""

    weight: int = 0
    kind: str = ORDINARY


class RoomOfPool(NamedTuple):
    """How many signals, and bytes of them, may wait at most."""

    signals: int
    bytes: int


class PoolShares:
    """Counts of a pool, by neuron and by kind."""

    def __init__(self, room: RoomOfPool) -> None:
        self._room = room
        self._everything = Waiting()
        self._neurons: dict[bytes, Waiting] = {}
        self._reserves = {SERVICE: Waiting(), NEWCOMER: Waiting()}
        self._reserved: set[bytes] = set()
        """Signals that take room of a reserve."""

    @property
    def used_share(self) -> int:
        """How much of the room is used, in thousandths."""
        return used_share(self._everything, self._room)

    def check(self, claim: RoomClaim, rules: OrderRules) -> bool:
        """Whether a signal takes room of a reserve. Raises OutweighedError where room is short for its weight. O(1)."""
        request = Request(
            claim.signal, claim.size, tip=claim.tip, weight=claim.weight, kind=claim.kind
        )
        neuron = self._neurons.get(claim.neuron, Waiting())
        crowd = Crowd(rules, self._reserves.get(claim.kind, Waiting()))
        return check_crowd(request, neuron, self._everything, self._room, crowd)

    def add(self, claim: RoomClaim, *, is_reserved: bool) -> None:
        """A signal waits; its neuron weighs what it says."""
        if is_reserved:
            self._reserved.add(claim.signal)
            self._reserves[claim.kind] = _after(self._reserves[claim.kind], claim, 1)
        before = self._neurons.get(claim.neuron, Waiting())
        self._neurons[claim.neuron] = _after(before, claim, 1)._replace(weight=claim.weight)
        self._count(claim, 1, claim.weight - before.weight)

    def remove(self, claim: RoomClaim) -> None:
        """A signal waits no more."""
        if claim.signal in self._reserved:
            self._reserved.remove(claim.signal)
            self._reserves[claim.kind] = _after(self._reserves[claim.kind], claim, -1)
        before = self._neurons.pop(claim.neuron)
        after = _after(before, claim, -1)
        if after.signals:
            self._neurons[claim.neuron] = after
        self._count(claim, -1, 0 if after.signals else -before.weight)

    def _count(self, claim: RoomClaim, sign: int, weight: int) -> None:
        everything = _after(self._everything, claim, sign)
        self._everything = everything._replace(weight=everything.weight + weight)


def claim_of(signed: SignedSignal, size: int, standing: PoolStanding) -> RoomClaim:
    """What a signal of so many bytes, with its contents, asks of a room."""
    signal = signed.signal
    head = signed.id, signal.neuron, signal.nonce, size
    return RoomClaim(*head, standing.weight, signal.tip, standing.kind)


def _after(before: Waiting, claim: RoomClaim, sign: int) -> Waiting:
    return before._replace(
        signals=before.signals + sign,
        bytes=before.bytes + sign * claim.size,
        tips=before.tips + sign * claim.tip,
    )
