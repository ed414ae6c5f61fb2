"""What a validator knows of one round of Simplex, and what it did there itself; what it knows of the proposals."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from focusmesh.kernel.consensus.messages import ProposalMessage
    from focusmesh.kernel.consensus.quorum import Certificate, Tally


@dataclass
class RoundView:
    """``voted``: the proposal it voted to notarise; ``ended``: its vote in the end slot (a proposal, or TIME_OUT).

    ``first`` is the leader's first proposal. ``notarised`` and ``final`` have a certificate by proposal: one, unless a
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
    is_closed: bool = False
    """Whether it timed out so long ago that its single votes are let go: its certificates say all that is of use."""

    @property
    def is_over(self) -> bool:
        """Whether a validator goes on from here."""
        return bool(self.notarised) or self.timed_out is not None

    def certificates(self) -> list[Certificate]:
        """What makes it over."""
        timed_out = [] if self.timed_out is None else [self.timed_out]
        return [*self.notarised.values(), *timed_out]

    def close(self, empty: Tally) -> None:
        """Lets go of its votes, if a quorum voted for its time-out: it decides nothing then."""
        if self.timed_out is not None:
            self.is_closed, self.tally = True, empty

    def endorsements(self) -> set[bytes]:
        """The proposals that this validator or a quorum voted for."""
        own = set() if self.voted is None else {self.voted}
        return own | self.notarised.keys() | self.final.keys()


@dataclass
class KnownProposals:
    """The proposals that are known, by digest; ``asked``: those that were inquired about, ``good``: the answers."""

    held: dict[bytes, ProposalMessage] = field(default_factory=dict)
    good: dict[bytes, bool] = field(default_factory=dict)
    asked: set[bytes] = field(default_factory=set)
    unwanted: set[bytes] = field(default_factory=set)
    """Of those that are good: what this validator does not vote for, and follows where a quorum does."""

    def forget(self, until: int) -> None:
        """Lets go of those of rounds up to ``until``."""
        stale = [digest for digest, tabled in self.held.items() if tabled.proposal.round <= until]
        for digest in stale:
            del self.held[digest]
            self._forget_verdict(digest)

    def let_go(self, digest: bytes) -> None:
        """Of one that nothing comes of. What was found of those that follow it is found anew if it comes back."""
        self.held.pop(digest, None)
        followers = [key for key, each in self.held.items() if each.proposal.parent == digest]
        for each in (digest, *followers):
            self._forget_verdict(each)

    def ancestors(self, digests: Iterable[bytes]) -> set[bytes]:
        """All that these proposals follow, as far back as it is known."""
        found: set[bytes] = set()
        for digest in digests:
            tabled = self.held.get(digest)
            while tabled is not None and tabled.proposal.parent not in found:
                found.add(tabled.proposal.parent)
                tabled = self.held.get(tabled.proposal.parent)
        return found

    def _forget_verdict(self, digest: bytes) -> None:
        self.good.pop(digest, None)
        self.asked.discard(digest)
        self.unwanted.discard(digest)
