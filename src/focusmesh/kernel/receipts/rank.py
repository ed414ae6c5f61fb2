"""Receipts of the global focus: the first particles, or the scores of some, as the block has committed them.

They prove that these are the committed values, that nothing ranks above or between the first ones, and how far the
committed vector can be off its fixed point in L1: everyone who checked the block found h within the network's limit.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from focusmesh.errors import ProofError
from focusmesh.kernel.receipts.anchors import Anchors, certificate_of
from focusmesh.kernel.receipts.context_check import check_items
from focusmesh.kernel.receipts.push import ONE, rounded_up
from focusmesh.kernel.receipts.questions import (
    Coefficients,
    Item,
    RankQuery,
    RankResult,
    check_coefficients,
    fields_of,
)
from focusmesh.kernel.receipts.rows.body import RowBody
from focusmesh.kernel.receipts.wire import BodyReader

if TYPE_CHECKING:
    from focusmesh.kernel.block import Header
    from focusmesh.kernel.receipts.receipt import Receipt


def check_rank(receipt: Receipt, header: Header) -> RankResult:
    """The result, proved; raises ProofError where it does not follow from ``header``. O(shown · log n)."""
    particle_count = certificate_of(header).particles
    query = fields_of(RankQuery, receipt.query, "query")
    query.verify(particle_count)
    stated = fields_of(Coefficients, receipt.parameters, "parameters")
    reader = BodyReader(receipt.body_bytes())
    body = RowBody.read(reader, particle_count)
    anchors = Anchors.of(header, body)
    check_coefficients(stated, anchors.parameters.operator)
    anchors.check(body, reader)
    claimed = fields_of(RankResult, receipt.result, "result")
    result = rank_result(body, query, anchors)
    check_items(result.items, claimed.items)
    if claimed.bound != result.bound:
        raise ProofError("result", f"the bound is {result.bound!r}, not {claimed.bound!r}")
    return claimed


def rank_result(body: RowBody, query: RankQuery, anchors: Anchors) -> RankResult:
    """The one result that the body proves; raises ProofError ("values") where it does not show enough."""
    values = body.values()
    if query.top is not None:
        chosen = [at for at, _ in body.leaders[: query.top]]
        missing = query.top - len(chosen)
    else:
        places = [body.index.get(bytes.fromhex(one), -1) for one in query.particles or ()]
        chosen = [at for at in places if at in values]
        missing = len(places) - len(chosen)
    if missing:
        raise ProofError("values", f"the values of {missing} particles are not shown")
    items = [Item(body.digests[at].hex(), values[at] / ONE) for at in chosen]
    return RankResult(items, rounded_up(anchors.slack()))
