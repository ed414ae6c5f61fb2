"""Following a chain by its decisions alone, through changes of who may vote: what a light client does.

An epoch has one validator set. Its last block commits to the next one, in its header; so whoever trusts one set,
and has the decision of the last block and its header, trusts the next. Trust ages: those who once voted may have taken
their stake back, and sign anything then. So stake is bound longer (unbonding) than anybody relies on a validator set
(trusting): within the trusting period every lie still costs its validators what they have at stake.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from focusmesh.errors import ParameterError, ProofError
from focusmesh.kernel.consensus.recovery import epoch_of_number

if TYPE_CHECKING:
    from focusmesh.kernel.consensus.proposal import Anchor, Decision
    from focusmesh.kernel.consensus.quorum import ValidatorSet

DAY_MS = 86_400_000
_LENGTHS = ((DAY_MS, "day"), (3_600_000, "hour"), (60_000, "minute"), (1_000, "second"), (1, "ms"))


@dataclass(frozen=True)
class TrustTerms:
    """Milliseconds. 0 < trusting < unbonding: ``verify``. ``ahead``: by how much a header may be before our clock."""

    trusting: int = 14 * DAY_MS
    unbonding: int = 21 * DAY_MS
    ahead: int = 10_000

    def verify(self) -> None:
        """Raises ParameterError with the inequality that does not hold."""
        if not 0 < self.trusting < self.unbonding:
            raise ParameterError(f"trust needs 0 < trusting < unbonding: {self}")
        if self.ahead < 0:
            raise ParameterError(f"a header may be ahead of a clock by 0 ms or more: {self}")

    def check_age(self, time: int, now: int) -> None:
        """Raises ProofError ``"stale"`` for trust of ``time`` that has aged by ``now``; ``"clock"`` as below."""
        self.check_clock(time, now)
        if now - time >= self.trusting:
            raise ProofError(
                "stale",
                f"what was trusted is {_long(now - time)} old, less than {_long(self.trusting)} is relied on: begin "
                "again with a newer block id of somebody you trust",
            )

    def check_clock(self, time: int, now: int) -> None:
        """Raises ProofError ``"clock"`` for a header of a time that is further ahead of ``now`` than clocks differ."""
        if time - now > self.ahead:
            raise ProofError(
                "clock",
                f"its time is {_long(time - now)} ahead of this machine's clock: set the clock, or do not believe it",
            )


class Follower:
    """Who trusts ``validator_set`` in ``epoch`` since ``time``, that of the block ``last``, in ms."""

    def __init__(
        self,
        network: bytes,
        validator_set: ValidatorSet,
        last: Anchor,
        time: int,
        *,
        epoch: int = 0,
        terms: TrustTerms = TrustTerms(),
    ) -> None:
        """Raises ParameterError as ``TrustTerms.verify``."""
        terms.verify()
        self.network = network
        self.validator_set = validator_set
        self.epoch = epoch
        self.height, self.subject, self.time = last.height, last.subject, time
        self._terms = terms

    def follow(self, decision: Decision, time: int, now: int, engine: str | None = None) -> None:
        """Takes a later block for final. ``time`` is what its header says, ``now`` this machine's clock.

        ``engine``: what the slots of votes on that block call it; None: as they do.

        Raises ProofError: ``"stale"`` where the trust has aged, ``"clock"`` for a block of the future, ``"epoch"`` for
        another one or for what is not later, ``"conflict"`` for another block at the last height, else as
        ``Decision.verify``.
        """
        self._terms.check_age(self.time, now)
        self._terms.check_clock(time, now)
        proposal = decision.proposal
        if epoch_of_number(proposal.epoch) != self.epoch:
            raise ProofError(
                "epoch",
                f"this decision is of epoch {proposal.epoch}, but the chain is in epoch {self.epoch}",
            )
        decision.verify(self.network, self.validator_set, engine)
        if proposal.height == self.height and proposal.subject != self.subject:
            raise ProofError(
                "conflict",
                f"another block of height {proposal.height} is final here: somebody lied",
            )
        if proposal.height < self.height or time < self.time:
            raise ProofError("epoch", f"block {proposal.height} is not after {self.height}")
        self.height, self.subject, self.time = proposal.height, proposal.subject, time

    def hand_over(self, committed: bytes, validator_set: ValidatorSet) -> None:
        """Goes on with the validator set that the last block of the epoch commits to: ``committed`` is from its header.

        Raises ProofError ``"validator_set"`` where that is another one.
        """
        if validator_set.digest() != committed:
            raise ProofError(
                "electorate", f"the block commits to another validator set, {committed.hex()[:16]}…"
            )
        self.validator_set = validator_set
        self.epoch += 1


def _long(milliseconds: int) -> str:
    """In the largest unit that it has two of."""
    unit, word = next((each for each in _LENGTHS if milliseconds >= 2 * each[0]), _LENGTHS[-1])
    plural = "" if word == "ms" else "s"
    return f"{milliseconds // unit} {word}{plural}"
