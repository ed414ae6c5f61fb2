"""Making a context receipt with row proofs: rows that are worth their bytes, then the values that close the list."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import pairwise
from typing import TYPE_CHECKING

from focusmesh.errors import InputError
from focusmesh.kernel.receipts.anchors import Anchors, certificate_of
from focusmesh.kernel.receipts.context_check import PLAIN, PRIOR, answer_of
from focusmesh.kernel.receipts.growth import LINKS_MAX, Grown, grow
from focusmesh.kernel.receipts.push import ONE, SHARE, PushedRow
from focusmesh.kernel.receipts.questions import ContextParameters, ContextQuery, Seed
from focusmesh.kernel.receipts.rows.body import RowBody, ShownRow
from focusmesh.kernel.receipts.rows.pages import Closing, Values, body_bytes
from focusmesh.kernel.receipts.standing import Question
from focusmesh.kernel.state import ROW_PREFIX, SIZE_KEY, RowValue

if TYPE_CHECKING:
    from collections.abc import Mapping

    from focusmesh.kernel.receipts.evidence import Evidence
    from focusmesh.kernel.receipts.questions import ContextResult
    from focusmesh.kernel.state import Parameters

BODY_BYTES_MAX = 720_000
"""A receipt with such a body takes at most a megabyte as JSON, for a list of some hundred particles."""


@dataclass(frozen=True)
class Asked:
    """A context that is asked for: shares over 2³² by seed, β over 2³²."""

    shares: Mapping[bytes, int]
    k: int
    beta: int

    @classmethod
    def of(cls, seeds: Mapping[bytes, float], k: int, beta: float) -> Asked:
        """Seeds by weight > 0, rounded to multiples of 2⁻³²; raises InputError."""
        total = sum(seeds.values())
        if not seeds or not all(0 < weight < float("inf") for weight in seeds.values()):
            raise InputError("a context needs seeds, each with a weight above 0")
        if not 0 <= beta <= 1:
            raise InputError(f"a context needs 0 ≤ beta ≤ 1, beta = {beta!r}")
        shares = {seed: int(seeds[seed] / total * SHARE) for seed in sorted(seeds)}
        missing = SHARE - sum(shares.values())
        first = max(shares, key=lambda seed: shares[seed])
        shares[first] += missing
        if min(shares.values()) < 1:
            raise InputError("a seed has less than 2^-32 of the weight: leave it out")
        return cls(shares, k, round(beta * SHARE))

    def query(self) -> ContextQuery:
        """As a receipt says it."""
        seeds = [Seed(seed.hex(), share / SHARE) for seed, share in self.shares.items()]
        return ContextQuery(seeds, self.k)

    def parameters(self, parameters: Parameters) -> ContextParameters:
        """As a receipt says it."""
        return ContextParameters(
            parameters.alpha,
            parameters.diffusion,
            list(parameters.series),
            self.beta / SHARE,
        )


class RowMaker:
    """Makes the body and the result of one context. ``evidence`` is of a height that carries a focus."""

    def __init__(self, evidence: Evidence, asked: Asked) -> None:
        self._evidence, self._asked = evidence, asked
        self._values = Values(evidence)
        self._rowless = rowless(evidence)
        self._anchors = Anchors.of(evidence.header, self._rowless)
        for seed in asked.shares:
            self._values.known_rank(seed)

    @property
    def parameters(self) -> Parameters:
        """The network's."""
        return self._anchors.parameters

    @property
    def diffuses(self) -> bool:
        """Whether rows can prove anything: the operator takes directed steps alone."""
        return self.parameters.diffusion == SHARE

    def make(self, links_max: int = LINKS_MAX) -> tuple[bytes, ContextResult] | None:
        """The body and what it proves; None where k is too large for a proof by rows, or the body too long.

        Fewer links than ``links_max`` are shown where that makes the body fit.
        """
        while links_max:
            grown = grow(self._evidence, self._shares, self._alpha, links_max, self._settles)
            made = self._show(grown)
            if made is None or len(made[0]) <= BODY_BYTES_MAX:
                return made
            links_max = min(links_max, grown.links) // 2
        return None

    @property
    def _shares(self) -> dict[bytes, float]:
        return {seed: share / SHARE for seed, share in self._asked.shares.items()}

    @property
    def _alpha(self) -> float:
        return self.parameters.alpha / SHARE

    def _show(self, grown: Grown) -> tuple[bytes, ContextResult] | None:
        open_body = self._open_body(grown)
        question = self._question(open_body)
        plain, prior = (question.estimate(open_body, prior=prior) for prior in (False, True))
        vector, estimate = (PRIOR, prior) if prior.bound() < plain.bound() else (PLAIN, plain)
        closing = Closing.of(open_body, estimate, self._values, question.k)
        if closing is None:
            return None
        body = closing.body(open_body, self._values, self._asked.shares)
        result = answer_of(body, self._question(body), vector)
        return body_bytes(body, self._evidence, self._values), result

    def _settles(self, grown: Grown) -> bool:
        """Whether the order would be settled by these rows, in floats: to know when to stop."""
        beta, alpha = self._asked.beta / SHARE, grown.alpha
        factor = 1 - beta + beta * grown.dangling_mass
        local = grown.local
        leading = self._values.leading
        scores = [factor * value / ONE for seed, value in leading.items() if seed not in local]
        scores += [
            factor * self._values.value(particle) / ONE + beta * alpha * mass
            for particle, mass in local.items()
        ]
        scores.sort(reverse=True)
        bound = beta * (1 - alpha) * sum(grown.left.values()) + float(self._anchors.slack())
        top = scores[: self._asked.k + 1]
        return all(high - low > bound for high, low in pairwise(top))

    def _open_body(self, grown: Grown) -> RowBody:
        """The rows among all touched particles and all leaders, no value shown yet."""
        digests = sorted({*grown.local, *self._values.leading})
        index = {digest: at for at, digest in enumerate(digests)}
        amounts, rows = grown.integers, []
        for source in sorted(grown.rows):
            targets, weights = grown.rows[source]
            value = self._evidence.get(ROW_PREFIX + source)
            row = PushedRow(
                index[source], amounts[source], [index[one] for one in targets], weights
            )
            kept = None if value is None else RowValue.decode(value)
            rows.append(
                ShownRow(row, 0, b"")
                if kept is None
                else ShownRow(row, kept.links_count, kept.authors_root)
            )
        return replace(self._rowless, digests=digests, rows=rows)

    def _question(self, body: RowBody) -> Question:
        shares = {body.index[seed]: share for seed, share in self._asked.shares.items()}
        return Question(shares, self._asked.k, self._asked.beta, self._anchors)


def rowless(evidence: Evidence) -> RowBody:
    """A body that shows parameters and sizes alone; raises ProofError ("focus") for a block without a focus."""
    certificate_of(evidence.header)
    size = evidence.get(SIZE_KEY)
    return RowBody(evidence.parameters, size or b"", [], [], [], {}, {})
