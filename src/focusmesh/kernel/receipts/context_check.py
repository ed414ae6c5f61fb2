"""Checking a context receipt with row proofs: no graph, no database, exact integers from a header on.

It proves, of the operator with λ_s = λ_h = 0 on the graph of the block: the listed scores are those of the vector that
``push`` defines for the amounts in the body; no particle of the graph, shown or not, has a higher score; all scores
together are within ``bound`` of the context's true focus; and, where it says ``settled``, that this settles the order.
It does not prove that someone pushed as far as they could: whoever pushes less has a larger bound to show.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from focusmesh.errors import ProofError
from focusmesh.kernel.receipts.anchors import Anchors, certificate_of
from focusmesh.kernel.receipts.push import SCORE, rounded_up
from focusmesh.kernel.receipts.questions import (
    ContextParameters,
    ContextQuery,
    ContextResult,
    Item,
    check_coefficients,
    check_name,
    fields_of,
)
from focusmesh.kernel.receipts.rows.body import RowBody
from focusmesh.kernel.receipts.standing import Question, standing
from focusmesh.kernel.receipts.wire import BodyReader

if TYPE_CHECKING:
    from collections.abc import Mapping

    from focusmesh.kernel.block import Header
    from focusmesh.kernel.receipts.receipt import Receipt

PLAIN, PRIOR = VECTORS = ("plain", "prior")
"""Names of the two vectors of focusmesh.kernel.receipts.push."""


def check_context(receipt: Receipt, header: Header) -> ContextResult:
    """The result, proved; raises ProofError where it does not follow from ``header``. O(links shown · log)."""
    particle_count = certificate_of(header).particles
    query = fields_of(ContextQuery, receipt.query, "query")
    stated = fields_of(ContextParameters, receipt.parameters, "parameters")
    shares = query.shares(particle_count)
    reader = BodyReader(receipt.body_bytes())
    body = RowBody.read(reader, particle_count)
    anchors = Anchors.of(header, body)
    check_coefficients(stated, anchors.parameters.operator)
    anchors.check(body, reader)
    _check_particles(body, shares)
    places = {body.index[seed]: share for seed, share in shares.items()}
    claimed = fields_of(ContextResult, receipt.result, "result")
    check_answer(claimed, body, Question(places, query.k, stated.beta_share(), anchors))
    return claimed


def check_answer(claimed: ContextResult, body: RowBody, question: Question) -> None:
    """Raises ProofError ("result", "values", "name") unless the result is what the body gives, to the last bit."""
    if claimed.vector not in VECTORS:
        raise ProofError("result", f"no vector is named {claimed.vector!r}")
    result = answer_of(body, question, claimed.vector)
    check_items(result.items, claimed.items)
    if (claimed.bound, claimed.settled) != (result.bound, result.settled):
        raise ProofError(
            "result", f"the bound is {result.bound!r}, settled: {result.settled}, not as stated"
        )


def check_items(proved: list[Item], claimed: list[Item]) -> None:
    """Raises ProofError ("result", "name") unless the same particles have the same scores in the same order."""
    for own, item in zip(proved, claimed, strict=False):
        if (own.particle, own.score) != (item.particle, item.score):
            raise ProofError("result", f"{item.particle} is not listed with the score {item.score}")
        check_name(item.particle, item.name)
    if len(claimed) != len(proved):
        raise ProofError(
            "result", f"the answer lists {len(claimed)} particles, but {len(proved)} were asked for"
        )


def answer_of(body: RowBody, question: Question, vector: str) -> ContextResult:
    """The one result that the body proves; raises ProofError ("values") where it proves none."""
    if not question.diffuses:
        raise ProofError(
            "parameters", "row proofs need parameters with only diffusion (λ_s = λ_h = 0)"
        )
    estimate = question.estimate(body, prior=vector == PRIOR)
    estimate.verify_factor()
    found = standing(body, question, estimate)
    found.check_closed()
    items = [Item(body.digests[at].hex(), score / SCORE) for at, score in found.best]
    return ContextResult(items, rounded_up(found.bound), found.settled, vector)


def _check_particles(body: RowBody, shares: Mapping[bytes, int]) -> None:
    """What counts as a particle is one: it has links, something links to it, or a page names it."""
    shown = {at for at, _ in body.leaders}
    shown |= {at for page in body.particle_pages.values() for at in page}
    shown |= {row.row.source for row in body.rows if row.row.targets}
    shown |= {at for row in body.rows for at in row.row.targets}
    wanted = {body.index.get(seed, -1) for seed in shares} | {row.row.source for row in body.rows}
    if wanted - shown:
        raise ProofError("particles", "a seed or a pushed row is not shown to be a particle")
