"""Receipts of a chain's answers, signed by the node that gives them."""

from __future__ import annotations

import base64
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import msgspec

from focusmesh.errors import InputError
from focusmesh.kernel.focus import LEADERS_PAGE
from focusmesh.kernel.receipts.anchors import Anchors
from focusmesh.kernel.receipts.context_builder import Asked, RowMaker, rowless
from focusmesh.kernel.receipts.evidence_chain import ChainEvidence
from focusmesh.kernel.receipts.growth import LINKS_MAX
from focusmesh.kernel.receipts.link import make_link
from focusmesh.kernel.receipts.questions import LINK_ROLES, Coefficients, LinkQuery, RankQuery
from focusmesh.kernel.receipts.rank import rank_result
from focusmesh.kernel.receipts.receipt import Receipt, seal_receipt
from focusmesh.kernel.receipts.reexecution import solve_again
from focusmesh.kernel.receipts.rows.pages import Closing, Values, body_bytes
from focusmesh.kernel.state import NO_RELATION

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from focusmesh.kernel.block import Chain
    from focusmesh.kernel.receipts.evidence import Evidence
    from focusmesh.kernel.receipts.receipt import Kind, Proof
    from focusmesh.protocol.identity import SigningKey


class ReceiptMaker:
    """Makes receipts of what a chain answers at a height within its history window (None: the last block).

    Raises BlockError ("height") outside of it, ProofError ("focus") at a height whose block carries no focus, and
    InputError for particles that the ledger does not have.
    """

    def __init__(self, chain: Chain, key: SigningKey) -> None:
        """``key`` signs: it is the node that answers for the receipt."""
        self._chain, self._key = chain, key

    def rank(self, height: int | None, top: int) -> Receipt:
        """The first ``top`` particles of the committed focus, at most 4,096. O(particles)."""
        with self._evidence(height) as evidence:
            return self._build_rank(evidence, RankQuery(top=min(top, len(evidence.digests))))

    def scores(self, height: int | None, particles: Sequence[bytes]) -> Receipt:
        """The committed scores of particles. O(particles of the ledger)."""
        rising = sorted({particle.hex() for particle in particles})
        with self._evidence(height) as evidence:
            return self._build_rank(evidence, RankQuery(particles=rising))

    def link(
        self,
        height: int | None,
        source: bytes,
        target: bytes,
        neuron: bytes | None = None,
        relation: bytes | None = None,
    ) -> Receipt:
        """The axon between two particles, or the link that ``neuron`` made, there or not."""
        about = None if neuron is None else (relation or NO_RELATION).hex()
        signer = None if neuron is None else neuron.hex()
        query = LinkQuery(source.hex(), target.hex(), signer, about)
        with self._evidence(height) as evidence:
            body, result = make_link(evidence, query)
            return self._sign(evidence, "link", "row", (query, None, result), body)

    def context(
        self,
        height: int | None,
        seeds: Mapping[bytes, float],
        k: int = 20,
        beta: float = 0.5,
        links_max: int = LINKS_MAX,
    ) -> Receipt:
        """What matters from ``seeds``, by weight: with row proofs where the network's operator is diffusion alone.

        Else, or where ``k`` is too large for that, a re-execution receipt of the solved context. ``links_max`` links
        are shown at most, fewer where the receipt would take more than a megabyte.
        """
        with self._evidence(height) as evidence:
            asked = Asked.of(seeds, min(k, len(evidence.digests)), beta)
            maker = RowMaker(evidence, asked)
            made = maker.make(links_max) if maker.diffuses else None
            parameters = asked.parameters(maker.parameters)
            query = asked.query()
            if made is not None:
                body, result = made
                return self._sign(evidence, "context", "rows", (query, parameters, result), body)
            again = solve_again(evidence, query, parameters)
            return self._sign(evidence, "context", "re-execution", (query, parameters, again))

    def _build_rank(self, evidence: Evidence, query: RankQuery) -> Receipt:
        values, empty = Values(evidence), rowless(evidence)
        anchors = Anchors.of(evidence.header, empty)
        query.verify(anchors.certificate.particles)
        leaders = len(values.leading)
        if query.top is not None and query.top > leaders:
            raise InputError(f"at most the first {leaders:,} can be proved, not {query.top:,}")
        pages = -(-(query.top or 0) // LEADERS_PAGE)
        asked = [bytes.fromhex(one) for one in query.particles or ()]
        closing = Closing(min(pages * LEADERS_PAGE, leaders), asked)
        body = closing.body(empty, values, ())
        result = rank_result(body, query, anchors)
        operator = anchors.parameters.operator
        parameters = Coefficients(operator.alpha, operator.diffusion, list(operator.series))
        data = body_bytes(body, evidence, values)
        return self._sign(evidence, "rank", "pages", (query, parameters, result), data)

    @contextmanager
    def _evidence(self, height: int | None) -> Iterator[Evidence]:
        with self._chain.state.at(height) as view:
            yield ChainEvidence(self._chain, view)

    def _sign(
        self,
        evidence: Evidence,
        kind: Kind,
        proof: Proof,
        fields: tuple[msgspec.Struct | None, ...],
        body: bytes = b"",
    ) -> Receipt:
        return sign_receipt(evidence, kind, proof, fields, body, self._key)


def sign_receipt(
    evidence: Evidence,
    kind: Kind,
    proof: Proof,
    fields: tuple[msgspec.Struct | None, ...],
    body: bytes,
    key: SigningKey,
) -> Receipt:
    """The receipt of an answer; ``fields`` are query, parameters (None for none) and result."""
    header = evidence.header
    query, parameters, result = (
        {} if part is None else msgspec.to_builtins(part) for part in fields
    )
    _name(result, query, evidence)
    return seal_receipt(
        Receipt(
            version=1,
            kind=kind,
            proof=proof,
            network=header.network.hex(),
            height=header.height,
            block_id=header.id.hex(),
            state_root=header.state_root.hex(),
            query=query,
            parameters=parameters,
            result=result,
            result_digest="",
            body=base64.b64encode(body).decode(),
            body_digest="",
            node="",
            signature="",
        ),
        key,
    )


def _name(result: dict[str, Any], query: Mapping[str, Any], evidence: Evidence) -> None:
    """Adds the texts of particles that the ledger keeps."""
    for item in result.get("items", ()):
        name = evidence.text(bytes.fromhex(item["particle"]))
        if name is not None:
            item["name"] = name
    particles = {role: bytes.fromhex(query[role]) for role in LINK_ROLES if query.get(role)}
    texts = {role: evidence.text(particle) for role, particle in particles.items()}
    names = {role: text for role, text in texts.items() if text is not None}
    if names:
        result["names"] = names
