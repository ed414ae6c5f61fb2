"""What a voter knows of one round of Simplex, and what it did there itself; what it knows of the motions."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from focusmesh.kernel.consensus.notices import Tabled
    from focusmesh.kernel.consensus.quorum import Certificate, Tally


@dataclass
class RoundView:
    """``voted``: the motion it voted to notarise; ``ended``: its vote in the end slot (a motion, or TIME_OUT).

    ``first`` is the leader's first motion. ``notarised`` and ``final`` have a certificate by motion: one, unless a
    third of the weight lies.
    """

    number: int
    leader: bytes
    tally: Tally
    first: bytes | None = None
    voted: bytes | None = None
    ended: bytes | None = None
    notarised: dict[bytes, Certificate] = field(default_factory=dict)
    timed_out: Certificate | None = None
    final: dict[bytes, Certificate] = field(default_factory=dict)

    @property
    def is_over(self) -> bool:
        """Whether a voter goes on from here."""
        return bool(self.notarised) or self.timed_out is not None

    def certificates(self) -> list[Certificate]:
        """What makes it over."""
        timed_out = [] if self.timed_out is None else [self.timed_out]
        return [*self.notarised.values(), *timed_out]


@dataclass
class Motions:
    """The motions that are known, by digest; ``asked``: those that were inquired about, ``good``: the answers."""

    held: dict[bytes, Tabled] = field(default_factory=dict)
    good: dict[bytes, bool] = field(default_factory=dict)
    asked: set[bytes] = field(default_factory=set)

    def forget(self, until: int) -> None:
        """Lets go of those of rounds up to ``until``."""
        stale = [digest for digest, tabled in self.held.items() if tabled.motion.round <= until]
        for digest in stale:
            del self.held[digest]
            self.good.pop(digest, None)
            self.asked.discard(digest)
