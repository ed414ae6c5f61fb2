"""Receipts by re-execution: contexts that rows do not prove are answered again by whoever checks and has the ledger.

The answer is the *solved* context on a grid of 2⁻³⁰, not what some push came to: every solver that is good enough
comes to the same, on any machine. What is between two steps of the grid may go to either side, and either is accepted.
Without the ledger such a receipt proves nothing but who signed it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from focusmesh.engine.focus import SOLVERS, LiveAxons, Operator
from focusmesh.errors import ProofError
from focusmesh.kernel.block import read_parameters
from focusmesh.kernel.receipts.anchors import certificate_of
from focusmesh.kernel.receipts.evidence import rank_of
from focusmesh.kernel.receipts.push import SHARE
from focusmesh.kernel.receipts.questions import (
    ContextParameters,
    ContextQuery,
    Item,
    SolvedResult,
    check_coefficients,
    check_name,
    fields_of,
)
from focusmesh.kernel.receipts.receipt import from_hex

if TYPE_CHECKING:
    from focusmesh.engine.support.arrays import FloatArray
    from focusmesh.kernel.receipts.evidence import Evidence
    from focusmesh.kernel.receipts.receipt import Receipt

GRID = 2.0**-30
"""Scores are multiples of it."""
_FINER = 1 / 256
_SETTLED_STEPS = 2
_SOLVER = "anderson"


@dataclass(frozen=True)
class Solution:
    """Scores in the order of digests, and what they can be off in L1."""

    scores: FloatArray
    bound: float

    def rests_on(self, claimed: float, at: int) -> bool:
        """Whether the score of a particle may be written as ``claimed``."""
        return abs(claimed - float(self.scores[at])) <= GRID / 2 + self.bound


def solve_again(
    evidence: Evidence, query: ContextQuery, parameters: ContextParameters
) -> SolvedResult:
    """The answer. O(m) for each of some tens of passes."""
    solution = _solve(evidence, query, parameters)
    steps = np.rint(solution.scores / GRID)
    order = np.argsort(-steps, kind="stable")[: query.k + 1]
    scores = [float(steps[at]) * GRID for at in order]
    items = [
        Item(evidence.digests[at].tobytes().hex(), score)
        for at, score in zip(order[: query.k], scores, strict=False)
    ]
    after = scores[query.k] if len(scores) > query.k else None
    return SolvedResult(items, after, GRID, _is_settled(items, after))


def check_again(receipt: Receipt, evidence: Evidence) -> SolvedResult:
    """The result, found again; raises ProofError where the ledger answers something else."""
    query = fields_of(ContextQuery, receipt.query, "query")
    parameters = fields_of(ContextParameters, receipt.parameters, "parameters")
    claimed = fields_of(SolvedResult, receipt.result, "result")
    if receipt.body_bytes():
        raise ProofError("body", "a receipt by re-execution has no body")
    own = read_parameters(evidence.parameters, evidence.header)
    check_coefficients(parameters, own.operator)
    solution = _solve(evidence, query, parameters)
    listed = []
    for item in claimed.items:
        at = rank_of(evidence.digests, from_hex("a particle", item.particle))
        if at is None or item.score % GRID or not solution.rests_on(item.score, at):
            raise ProofError("result", f"{item.particle} does not have the score {item.score}")
        check_name(item.particle, item.name)
        listed.append(at)
    _check_order(claimed, query, listed)
    _check_rest(claimed, solution, listed)
    return claimed


def _check_order(claimed: SolvedResult, query: ContextQuery, listed: list[int]) -> None:
    ranks = [(-item.score, at) for item, at in zip(claimed.items, listed, strict=True)]
    if ranks != sorted(set(ranks)) or len(set(listed)) != query.k:
        raise ProofError("result", f"these are not {query.k} particles, best first")
    if (claimed.bound, claimed.settled) != (GRID, _is_settled(claimed.items, claimed.next)):
        raise ProofError("result", "the bound or what it settles is not as stated")


def _check_rest(claimed: SolvedResult, solution: Solution, listed: list[int]) -> None:
    """No particle that is not listed has more than ``next``, and one has that."""
    rest = np.delete(np.arange(len(solution.scores)), listed)
    if not len(rest) or claimed.next is None:
        if len(rest) or claimed.next is not None:
            raise ProofError("result", "the score after the last listed one is not as stated")
        return
    first = int(rest[np.argmax(solution.scores[rest])])
    held = claimed.next % GRID == 0 and solution.rests_on(claimed.next, first)
    if not held or claimed.next > claimed.items[-1].score:
        raise ProofError("result", f"{claimed.next} is not the score after the last listed one")


def _is_settled(items: list[Item], after: float | None) -> bool:
    scores = [item.score for item in items] + ([] if after is None else [after])
    gaps = -np.diff(scores)
    return bool((gaps >= _SETTLED_STEPS * GRID).all())


def _solve(evidence: Evidence, query: ContextQuery, parameters: ContextParameters) -> Solution:
    """φ_c with u0 = the uniform u, from the axons of the ledger."""
    count = certificate_of(evidence.header).particles
    shares = query.shares(count)
    beta = parameters.beta_share() / SHARE
    source, target, weight = evidence.axons()
    axons = (
        LiveAxons.empty()
        .with_edits(count, source, target, weight)
        .integer(np.arange(count, dtype=np.uint32))
    )
    uniform = np.full(count, 1 / count)
    teleport = (1 - beta) * uniform
    for seed, share in shares.items():
        at = rank_of(evidence.digests, seed)
        if at is None:
            raise ProofError("query", f"the seed {seed.hex()} is not in the ledger")
        teleport[axons.structure.position[at]] += beta * share / SHARE
    params = read_parameters(evidence.parameters, evidence.header).operator.real
    operator = Operator.on(axons.real(), params, teleport, uniform)
    tolerance = max(_FINER * GRID, 2 * operator.bound(0.0, 1.0))
    solution = SOLVERS[_SOLVER](operator, teleport, tolerance, None)
    return Solution(solution.x[axons.position_of_rank], solution.bound)
