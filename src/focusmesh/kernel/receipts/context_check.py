"""Checking a context receipt with row proofs: no graph, no database, exact integers from a header on.

It proves, of the operator with λ_s = λ_h = 0 on the graph of the block: the listed scores are those of the vector that
``push`` defines for the amounts in the body; no particle of the graph, shown or not, has a higher score; all scores
together are within ``bound`` of the context's true focus; and, where it says ``settled``, that this settles the order.
It does not prove that someone pushed as far as they could: whoever pushes less has a larger bound to show.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import msgspec

from focusmesh.errors import CodecError, ParameterError, ProofError
from focusmesh.ids import digest
from focusmesh.kernel.focus import LEADERS_MAX, LEADERS_PAGE, PARTICLES_A_PAGE, VALUES_A_PAGE
from focusmesh.kernel.receipts.leaves import check_leaves
from focusmesh.kernel.receipts.paths import path_of, read_root
from focusmesh.kernel.receipts.push import SCORE, SHARE, rounded_up
from focusmesh.kernel.receipts.questions import (
    ContextParameters,
    ContextQuery,
    ContextResult,
    Item,
    check_name,
    fields_of,
)
from focusmesh.kernel.receipts.row_body import RowBody
from focusmesh.kernel.receipts.standing import Question, standing
from focusmesh.kernel.receipts.wire import BodyReader
from focusmesh.kernel.state import ROW_PREFIX, SIZE_KEY, Parameters
from focusmesh.protocol.codec import decode

if TYPE_CHECKING:
    from collections.abc import Mapping

    from focusmesh.kernel.block import FocusCertificate, Header
    from focusmesh.kernel.receipts.receipt import Receipt

PLAIN, PRIOR = VECTORS = ("plain", "prior")
"""Names of the two vectors of focusmesh.kernel.receipts.push."""


@dataclass(frozen=True)
class Anchors:
    """What a trusted header commits to, of which a context makes use."""

    header: Header
    certificate: FocusCertificate

    @classmethod
    def of(cls, header: Header) -> Anchors:
        """Raises ProofError ("focus") where the header has no focus of the graph at its own height."""
        certificate = header.focus_certificate
        if certificate is None or certificate.height != header.height:
            raise ProofError(
                "focus", f"block {header.height} carries no focus: ask at a height that does"
            )
        return cls(header, certificate)


def check_context(receipt: Receipt, header: Header) -> None:
    """Raises ProofError where the receipt does not follow from ``header``. O(links shown · log)."""
    anchors = Anchors.of(header)
    query = fields_of(ContextQuery, receipt.query, "query")
    stated = fields_of(ContextParameters, receipt.parameters, "parameters")
    shares = query.shares(anchors.certificate.particles)
    reader = BodyReader(receipt.body_bytes())
    body = RowBody.read(reader, anchors.certificate.particles)
    parameters = read_parameters(body.parameters, header)
    _check_coefficients(stated, parameters)
    _check_state(body, header.state_root, reader)
    _check_pages(body, anchors, reader)
    reader.end()
    _check_particles(body, shares)
    question = Question(
        {body.index[seed]: share for seed, share in shares.items()},
        query.k,
        stated.drawn(),
        parameters.operator,
        parameters.residual_limit,
        anchors.certificate.particles,
        _link_count(body.size, anchors.certificate.particles),
    )
    check_answer(fields_of(ContextResult, receipt.result, "result"), body, question)


def check_answer(claimed: ContextResult, body: RowBody, question: Question) -> None:
    """Raises ProofError ("result", "values", "name") unless the result is what the body gives, to the last bit."""
    if claimed.vector not in VECTORS:
        raise ProofError("result", f"no vector is named {claimed.vector!r}")
    result = answer_of(body, question, claimed.vector)
    for own, item in zip(result.items, claimed.items, strict=False):
        if (own.particle, own.score) != (item.particle, item.score):
            raise ProofError("result", f"{item.particle} does not have the score {item.score}")
        check_name(item.particle, item.name)
    if len(claimed.items) != len(result.items):
        raise ProofError("result", f"{len(claimed.items)} particles are listed, not {question.k}")
    if (claimed.bound, claimed.settled) != (result.bound, result.settled):
        raise ProofError(
            "result", f"the bound is {result.bound!r}, settled: {result.settled}, not as stated"
        )


def answer_of(body: RowBody, question: Question, vector: str) -> ContextResult:
    """The one result that the body proves; raises ProofError ("values") where it proves none."""
    estimate = question.estimate(body, prior=vector == PRIOR)
    estimate.verify_factor()
    found = standing(body, question, estimate)
    found.check_closed()
    items = [Item(body.digests[at].hex(), score / SCORE) for at, score in found.best]
    return ContextResult(items, rounded_up(found.bound), found.settled, vector)


def read_parameters(data: bytes, header: Header) -> Parameters:
    """The network's parameters, of which the header has the digest; raises ProofError ("parameters")."""
    if digest(data) != header.params_hash:
        raise ProofError("parameters", "these are not the parameters that the header names")
    try:
        parameters = msgspec.convert(decode(data), Parameters, builtin_types=(bytes,))
    except (CodecError, msgspec.ValidationError, ParameterError) as error:
        raise ProofError("parameters", f"these are no parameters: {error}") from error
    if parameters.diffusion != SHARE:
        raise ProofError("parameters", "row proofs are for diffusion alone (λ_s = λ_h = 0)")
    return parameters


def _check_coefficients(stated: ContextParameters, parameters: Parameters) -> None:
    operator = parameters.operator
    own = operator.alpha, operator.diffusion, list(operator.series)
    if (stated.alpha, stated.diffusion, stated.series) != own:
        raise ProofError("parameters", "the network ranks with other coefficients")


def _check_state(body: RowBody, state_root: bytes, reader: BodyReader) -> None:
    entries: list[tuple[bytes, bytes | None]] = [(path_of(SIZE_KEY), body.size)]
    entries += [
        (path_of(ROW_PREFIX + body.digests[shown.row.source]), body.row_value(shown))
        for shown in body.rows
    ]
    entries.sort()
    if read_root(entries, reader) != state_root:
        raise ProofError("state", "these rows are not under the state root in the header")


def _check_pages(body: RowBody, anchors: Anchors, reader: BodyReader) -> None:
    certificate, count = anchors.certificate, anchors.certificate.particles
    leaders = -(-min(count, LEADERS_MAX) // LEADERS_PAGE)
    for pages, page_count, root, what in (
        (body.leader_pages(), leaders, certificate.leaders_root, "leaders"),
        (
            body.particle_page_bytes(),
            -(-count // PARTICLES_A_PAGE),
            certificate.particles_root,
            "particles",
        ),
        (body.value_pages, -(-count // VALUES_A_PAGE), anchors.header.focus_root, "focus"),
    ):
        check_leaves(pages, page_count, root, what, reader)


def _check_particles(body: RowBody, shares: Mapping[bytes, int]) -> None:
    """What counts as a particle is one: it has links, something links to it, or a page names it."""
    shown = {at for at, _ in body.leaders}
    shown |= {at for page in body.particle_pages.values() for at in page}
    shown |= {row.row.source for row in body.rows if row.row.targets}
    shown |= {at for row in body.rows for at in row.row.targets}
    wanted = {body.index.get(seed, -1) for seed in shares} | {row.row.source for row in body.rows}
    if wanted - shown:
        raise ProofError("particles", "a seed or a pushed row is not shown to be a particle")


def _link_count(size: bytes, particle_count: int) -> int:
    """The number of links, from the value of ``/graph/size``."""
    try:
        particles, links = msgspec.convert(decode(size), tuple[int, int])
    except (CodecError, msgspec.ValidationError) as error:
        raise ProofError("state", f"the size of the graph is no pair: {error}") from error
    if particles != particle_count or links < 0:
        raise ProofError("state", f"the graph has {particles} particles, not {particle_count}")
    return links
