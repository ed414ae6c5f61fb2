"""How long signals of this machine's users wait until they are decided: counts by limits, as metrics have them."""

from __future__ import annotations

from bisect import bisect_left

FINALITY_BUCKETS = (0.05, 0.1, 0.2, 0.3, 0.5, 0.75, 1.0, 1.5, 2.5, 5.0, 10.0)
"""Upper limits in seconds; what takes longer is in one more."""


class Finality:
    """``seconds`` together, ``counts`` by FINALITY_BUCKETS and one more."""

    def __init__(self) -> None:
        self.seconds = 0.0
        self.counts = [0] * (len(FINALITY_BUCKETS) + 1)

    def add(self, seconds: float) -> None:
        """A signal was decided so long after it was seen here."""
        self.seconds += seconds
        self.counts[bisect_left(FINALITY_BUCKETS, seconds)] += 1
