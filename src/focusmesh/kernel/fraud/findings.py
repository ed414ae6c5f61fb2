"""Finding what is wrong with a block's focus, from what comes first to what follows from it.

Places where the accused's pages differ from one's own are candidates; the first rule that is broken at one of them is
the proof. What comes first is right when what follows is looked at, so that a wrong entry always breaks its own rule.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from focusmesh.engine.focus import ONE, wide_sum
from focusmesh.ids import DIGEST_BYTES
from focusmesh.kernel.focus import LEADER_BYTES, PARTICLES_A_PAGE, RECORDS_A_PAGE, VALUES_A_PAGE
from focusmesh.kernel.fraud.arithmetic import floor_of
from focusmesh.kernel.fraud.forms import (
    EARLIER,
    FOCUS,
    GRAPH,
    INWARD,
    LEADERS,
    OUTWARD,
    PARENT,
    PARTICLES,
    RECORDS,
)
from focusmesh.kernel.fraud.recorder import Claims
from focusmesh.kernel.fraud.trace_findings import trace_candidates
from focusmesh.kernel.fraud.truth import BytePages
from focusmesh.kernel.fraud.view import MalformedPageError
from focusmesh.kernel.state import ROW_PREFIX

if TYPE_CHECKING:
    from collections.abc import Iterator

    from focusmesh.engine.support.arrays import MassArray
    from focusmesh.kernel.fraud.page_requests import TraceSource
    from focusmesh.kernel.fraud.truth import Truth

    Candidate = tuple[str, tuple[int | bytes, ...]]


def find_fraud(truth: Truth, source: TraceSource, beside: bytes = b"") -> bytes | None:
    """A proof that the block's focus is wrong, None where it is right, or what is wrong is no focus.

    ``beside`` is for the rule "graph". Raises LackingError where pages of the accused are not in ``source``.
    O(K·m), and a proof.
    """
    claims = Claims(truth, source)
    try:
        for kind, at in _candidates(claims, beside):
            proof = claims.proof(kind, *at)
            if proof is not None:
                return proof
    except MalformedPageError as error:
        return claims.proof("form", error.tree, error.index)
    return None


def _candidates(claims: Claims, beside: bytes) -> Iterator[Candidate]:
    truth = claims.truth
    yield "certificate", ()
    yield "none", ()
    yield "entry", ()
    yield "graph", (beside,)
    certificate = truth.header.focus_certificate
    if certificate is None or certificate.height != truth.header.height:
        return
    if truth.trees[GRAPH].root != certificate.graph_root:
        return
    yield "size", ()
    claims.own[PARTICLES] = truth.particles
    yield from _particles(claims)
    if claims.tree(claims.view(), PARTICLES).differing:
        return
    if truth.vector is not None:
        claims.own[FOCUS] = BytePages.values(truth.vector)
    x = _vector(claims)
    yield from _bounds(claims, x)
    claims.own[LEADERS] = BytePages.leaders(x, truth.digests)
    yield from _leaders(claims, x)
    trace = truth.trace(x) if wide_sum(x) == ONE else None
    if trace is None:
        yield from _sum(claims, x)
        return
    claims.own_head = trace.head
    claims.own.update({RECORDS: trace.records, OUTWARD: trace.outward, INWARD: trace.inward})
    yield from trace_candidates(claims, trace)


def _particles(claims: Claims) -> Iterator[Candidate]:
    view, truth = claims.view(), claims.truth
    tree = claims.tree(view, PARTICLES)
    if not tree.differing:
        return
    tree.load(tree.differing, DIGEST_BYTES * PARTICLES_A_PAGE)
    pages = [view.page(PARTICLES, index) for index in range(tree.count)]
    claimed = np.frombuffer(b"".join(pages), dtype=np.uint8).reshape(-1, DIGEST_BYTES)
    listed = [row.tobytes() for row in claimed]
    for at in range(len(listed) - 1):
        if listed[at] >= listed[at + 1]:
            yield "order", (at,)
    known = set(listed)
    for row in truth.digests:
        digest = row.tobytes()
        if digest not in known:
            place = int(np.searchsorted(np.array(listed, dtype=object), digest))
            yield from _missing(truth, digest, place)


def _missing(truth: Truth, digest: bytes, place: int) -> Iterator[Candidate]:
    """Ways to show that there is such a particle."""
    rank = truth.rank(digest)
    axons, ranks = truth.held.axons, truth.held.order.ranks
    for state in sorted(truth.trees):
        if state in (GRAPH, PARENT) or state >= EARLIER:
            yield "source", (state, digest, place)
    position = int(axons.position[truth.held.order.ids[rank]])
    first, stop = (int(axons.in_side.start[at]) for at in (position, position + 1))
    for sender in axons.in_side.column[first:stop][:1]:
        origin = truth.digests[int(ranks[axons.order[sender]])].tobytes()
        yield "target", (GRAPH, origin, digest, place)
    before = truth.before
    for at in range(0, len(before.data), DIGEST_BYTES):
        if before.data[at : at + DIGEST_BYTES] == digest:
            yield "left-out", (at // DIGEST_BYTES, place)
    yield from _was_target(truth, digest, place)


def _was_target(truth: Truth, digest: bytes, place: int) -> Iterator[Candidate]:
    """A particle that came and lost its links since the last focus: who linked to it in a block between."""
    for state in sorted(truth.trees):
        if state < EARLIER:
            continue
        for key, _ in truth.trees[state].scan(ROW_PREFIX):
            origin = key[len(ROW_PREFIX) :]
            row = truth.rows(state, origin)
            if (
                row is not None
                and (row.targets == np.frombuffer(digest, np.uint8)).all(axis=1).any()
            ):
                yield "target", (state, origin, digest, place)
                return


def _vector(claims: Claims) -> MassArray:
    """The committed vector of the accused."""
    view = claims.view()
    tree = claims.tree(view, FOCUS)
    tree.load(tree.differing, 8 * VALUES_A_PAGE)
    content = b"".join(view.page(FOCUS, index) for index in range(tree.count))
    return np.frombuffer(content, dtype="<u8").astype(np.uint64)


def _bounds(claims: Claims, x: MassArray) -> Iterator[Candidate]:
    operator, count = claims.truth.parameters.operator, len(x)
    least, _ = (floor_of(operator.alpha, operator.diffusion, at, count) for at in (count - 1, 0))
    wrong = np.flatnonzero((x > np.uint64(ONE)) | (x <= np.uint64(least)))
    for rank in wrong.tolist():
        yield "bounds", (rank,)


def _leaders(claims: Claims, x: MassArray) -> Iterator[Candidate]:
    view, truth = claims.view(), claims.truth
    tree = claims.tree(view, LEADERS)
    if not tree.differing:
        return
    tree.load(tree.differing, claims.own[LEADERS].page(0).__len__())
    content = b"".join(view.page(LEADERS, index) for index in range(tree.count))
    listed: dict[bytes, int] = {}
    for at in range(len(content) // LEADER_BYTES):
        entry = content[at * LEADER_BYTES : (at + 1) * LEADER_BYTES]
        digest, rank = entry[:DIGEST_BYTES], truth.rank(entry[:DIGEST_BYTES])
        yield "leader-unknown", (at, rank)
        yield "leader-value", (at, min(rank, len(x) - 1))
        if at:
            yield "leader-order", (at - 1,)
        listed[digest] = at
    own = b"".join(claims.own[LEADERS].page(index) for index in range(tree.count))
    for at in range(0, len(own), LEADER_BYTES):
        digest = own[at : at + DIGEST_BYTES]
        if digest not in listed:
            yield from _overlooked_candidates(claims, truth.rank(digest))


def _overlooked_candidates(claims: Claims, rank: int) -> Iterator[Candidate]:
    """Where a particle that should lead would stand."""
    view = claims.view()
    key = -view.value(rank), view.particle(rank)
    first, stop = 0, view.leader_count
    while first < stop:
        middle = (first + stop) // 2
        first, stop = (middle + 1, stop) if view.leader(middle) < key else (first, middle)
    if first < view.leader_count:
        yield "leader-missing", (rank, first)


def _sum(claims: Claims, x: MassArray) -> Iterator[Candidate]:
    """Where the sums of a vector that does not add up to 2⁶³ leave it, by halves."""
    view = claims.view()
    column = view.form.summed_columns.index("x")
    yield "begin", (RECORDS,)
    yield "total", (column,)

    def agrees(page: int) -> bool:
        return view.record_page(page).before["x"] == wide_sum(x[: page * RECORDS_A_PAGE])

    first, stop = 0, view.page_count(RECORDS) - 1
    if not agrees(stop):
        while stop - first > 1:
            middle = (first + stop) // 2
            first, stop = (middle, stop) if agrees(middle) else (first, middle)
        yield "sums", (RECORDS, first, column)
    else:
        first = stop
    for rank in range(first * RECORDS_A_PAGE, min((first + 1) * RECORDS_A_PAGE, len(x))):
        yield "value", (rank,)
