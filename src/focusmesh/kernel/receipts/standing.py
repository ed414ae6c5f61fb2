"""Who leads in a context, as far as shown values say: the same derivation for whoever makes and whoever checks."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import TYPE_CHECKING

from focusmesh.errors import ProofError
from focusmesh.kernel.receipts.push import ONE, SCORE, SHARE, Estimate, push_masses

if TYPE_CHECKING:
    from fractions import Fraction

    from focusmesh.kernel.receipts.anchors import Anchors
    from focusmesh.kernel.receipts.rows.body import RowBody


@dataclass(frozen=True)
class Question:
    """A context in integers: shares of seeds over 2³² by particle, β over 2³², and what the header stands for."""

    shares: dict[int, int]
    k: int
    beta: int
    anchors: Anchors

    @property
    def particle_count(self) -> int:
        """n."""
        return self.anchors.certificate.particles

    @property
    def diffuses(self) -> bool:
        """Whether the network's operator takes directed steps alone."""
        return self.anchors.parameters.diffusion == SHARE

    def estimate(self, body: RowBody, *, prior: bool) -> Estimate:
        """The vector that the shown rows give, and its bound."""
        alpha = self.anchors.parameters.alpha
        push = push_masses(self.shares, (shown.row for shown in body.rows), alpha)
        slack = self.anchors.slack()
        return Estimate(push, alpha, self.beta, self.particle_count, slack, prior)


@dataclass(frozen=True)
class Standing:
    """The best particles with their scores at scale 2¹⁹¹, the bound, and whether it settles their order.

    ``open`` are particles without a shown value that may stand among the best; -1 for one that nothing shows.
    """

    best: list[tuple[int, int]]
    bound: Fraction
    settled: bool
    open: list[int]

    def check_closed(self) -> None:
        """Raises ProofError ("values") where a particle that is not shown could stand among the best."""
        if self.open:
            raise ProofError(
                "values", f"{len(self.open)} particles without a shown value may be among the best"
            )


def standing(body: RowBody, question: Question, estimate: Estimate) -> Standing:
    """The first k of all particles by (score falling, digest rising). O(shown · log shown).

    A particle that is not among the shown leaders has at most the value of the last of them.
    """
    known = body.values()
    ceiling = body.leaders[-1][1] if body.leaders else ONE
    candidates = known.keys() | estimate.push.local.keys() | question.shares.keys()
    high = [(-estimate.score(at, known.get(at, ceiling)), at) for at in candidates]
    high.sort()
    listed, rest = high[: question.k], high[question.k :]
    unknown = [at for _, at in listed if at not in known]
    nexts = [score for score, _ in rest[:1]]
    if question.particle_count > len(candidates):
        untouched = -estimate.score(None, ceiling)
        nexts.append(untouched)
        if len(listed) < question.k or untouched <= listed[-1][0]:
            unknown.append(-1)
    bound = estimate.bound()
    scores = [score for score, _ in listed] + ([min(nexts)] if nexts else [])
    settled = all(after - before > bound * SCORE for before, after in itertools.pairwise(scores))
    best = [(at, -score) for score, at in listed]
    return Standing(best, bound, settled and not unknown, unknown)
