"""How long signals of this machine's users wait until they are decided, as a whole and by stages: counts by limits.

A stage begins where the one before ends. Which node a stage waits for differs: the first is this node alone, the fourth
as many as make a quorum.
"""

from __future__ import annotations

from bisect import bisect_left
from itertools import accumulate, pairwise
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

Key = TypeVar("Key")

FINALITY_BUCKETS = (0.05, 0.1, 0.2, 0.3, 0.5, 0.75, 1.0, 1.5, 2.5, 5.0, 10.0)
"""Upper limits in seconds; what takes longer is in one more."""
FINALITY_STAGES = {
    "batch": "from a signal's being left here, checked, to its being in a batch of this validator",
    "proposal": "until a block that has it is proposed: the batch spreads, a leader has its turn and makes the block",
    "check": "until this node has the block's body and has carried it out; nothing where it made the block",
    "votes": "until a quorum has decided the block",
    "commit": "until the block is durable here, and whoever waits is told",
}
MARKS_KEPT = 1 << 15
"""Of so many signals it is known when they came into a batch, and of so many blocks when they reached a stage."""


class Waits:
    """``seconds`` together, ``counts`` by FINALITY_BUCKETS and one more."""

    def __init__(self) -> None:
        self.seconds = 0.0
        self.counts = [0] * (len(FINALITY_BUCKETS) + 1)

    def add(self, seconds: float) -> None:
        """Something took so long."""
        self.seconds += seconds
        self.counts[bisect_left(FINALITY_BUCKETS, seconds)] += 1

    def document(self) -> dict[str, Any]:
        """Both, by their names."""
        return {"seconds": round(self.seconds, 3), "counts": list(self.counts)}


class Finality:
    """``whole`` is of all signals, ``stages`` of those that came into blocks by a batch of this validator."""

    def __init__(self, clock: Callable[[], float]) -> None:
        """``clock`` gives seconds and does not go back."""
        self.whole = Waits()
        self.stages = {stage: Waits() for stage in FINALITY_STAGES}
        self._clock = clock
        self._batched: dict[bytes, float] = {}
        self._reached: dict[tuple[str, bytes], float] = {}

    def note_batched(self, signal: bytes) -> None:
        """A signal of this machine's users is in a batch now."""
        _keep(self._batched, signal, self._clock())

    def note_block(self, block: bytes, stage: str) -> None:
        """A block has just come to the end of a stage, ``"proposal"``, ``"check"`` or ``"votes"``, if not before."""
        _keep(self._reached, (stage, block), self._clock())

    def add(self, signal: bytes, block: bytes, waited: float) -> None:
        """A signal is decided, in a block that is durable, ``waited`` seconds after it was left here."""
        self.whole.add(waited)
        now, batched = self._clock(), self._batched.pop(signal, None)
        ends = [batched, *(self._reached.get((stage, block)) for stage in _OF_BLOCKS)]
        known = [end for end in ends if end is not None]
        if len(known) == len(ends):
            # A quorum may decide before this node has checked: votes took nothing then.
            times = accumulate([now - waited, *known, now], max)
            for wait, (begun, end) in zip(self.stages.values(), pairwise(times), strict=True):
                wait.add(end - begun)

    def document(self) -> dict[str, Any]:
        """What the node says of it: seconds and counts, and the same by stages."""
        stages = {stage: waits.document() for stage, waits in self.stages.items()}
        return {**self.whole.document(), "stages": stages}

    def let_go(self, block: bytes) -> None:
        """All signals of a block were added."""
        for stage in _OF_BLOCKS:
            self._reached.pop((stage, block), None)


_OF_BLOCKS = ("proposal", "check", "votes")


def _keep(marks: dict[Key, float], key: Key, now: float) -> None:
    marks.setdefault(key, now)
    if len(marks) > MARKS_KEPT:
        del marks[next(iter(marks))]
