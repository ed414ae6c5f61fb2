"""Receipts of links: that an axon has its weight, that a neuron made a link of an amount, or that it is not there.

body    CommitmentProof of ICS-23 for the key ``/graph/row/`` + source, present or absent, behind its length ‖ the page
        of the row's tree with the nodes beside it, behind its length, empty where the row is absent

A neuron is named by the first key that it ever had (operation ``rotate_key``).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from focusmesh.errors import ProofError
from focusmesh.kernel.receipts.paths import path_of
from focusmesh.kernel.receipts.questions import LinkQuery, LinkResult, fields_of
from focusmesh.kernel.receipts.receipt import from_hex
from focusmesh.kernel.receipts.wire import BodyReader, BodyWriter
from focusmesh.kernel.state import (
    AUTHORS,
    ROW_PREFIX,
    WEIGHTS,
    PageProof,
    decode_proof,
    verify_axon,
    verify_link,
    verify_membership,
    verify_non_membership,
)

if TYPE_CHECKING:
    from focusmesh.kernel.block import Header
    from focusmesh.kernel.receipts.evidence import Evidence
    from focusmesh.kernel.receipts.receipt import Receipt
    from focusmesh.kernel.state import CommitmentProof


def check_link(receipt: Receipt, header: Header) -> LinkResult:
    """The result, proved; raises ProofError where it does not follow from ``header``. O(log n + log row)."""
    query = fields_of(LinkQuery, receipt.query, "query")
    query.verify()
    if receipt.parameters:
        raise ProofError("parameters", "a query for a link takes no parameters")
    claimed = fields_of(LinkResult, receipt.result, "result")
    reader = BodyReader(receipt.body_bytes())
    proof, page = decode_proof(reader.block()), reader.block()
    reader.end()
    value = _row_value(proof, ROW_PREFIX + from_hex("source", query.source), header.state_root)
    claimed.check_names(query)
    if msgspec.structs.replace(claimed, names={}) != link_result(query, value, page):
        raise ProofError("result", "the row gives other values for this link")
    return claimed


def _row_value(proof: CommitmentProof, key: bytes, state_root: bytes) -> bytes:
    """The value of a row, empty where it is absent; raises ProofError where the proof shows neither."""
    if proof.exist is not None:
        verify_membership(state_root, proof, key, proof.exist.value)
        return proof.exist.value
    if proof.nonexist is None or proof.nonexist.key != path_of(key):
        raise ProofError("state", f"this proof is not about the key {key.hex()}")
    verify_non_membership(state_root, proof, key)
    return b""


def link_result(query: LinkQuery, value: bytes, page: bytes) -> LinkResult:
    """What a row's value and a page of it say; raises ProofError where the page is none of the row."""
    absent = LinkResult(present=False, weight=None, amount=None, height=None)
    if not value:
        if page:
            raise ProofError("body", "the proof shows a page of a row that is absent")
        return absent
    target = from_hex("target", query.target)
    if query.neuron is None:
        weight = verify_axon(value, target, PageProof.decode(WEIGHTS, page))
        return (
            LinkResult(present=True, weight=weight, amount=None, height=None) if weight else absent
        )
    relation, neuron = from_hex("relation", query.relation), from_hex("neuron", query.neuron)
    found = verify_link(value, target, relation, neuron, PageProof.decode(AUTHORS, page))
    if found is None:
        return absent
    return LinkResult(present=True, weight=None, amount=found[0], height=found[1])


def make_link(evidence: Evidence, query: LinkQuery) -> tuple[bytes, LinkResult]:
    """The body and what it proves. O(links of the source + log n)."""
    query.verify()
    source, target = bytes.fromhex(query.source), bytes.fromhex(query.target)
    key = ROW_PREFIX + source
    value, row, page = evidence.get(key) or b"", evidence.row(source), b""
    if row is not None and query.neuron is None:
        page = row.prove_axon(target).encode(WEIGHTS)
    elif row is not None:
        relation, neuron = (bytes.fromhex(part or "") for part in (query.relation, query.neuron))
        page = row.prove_link(target, relation, neuron).encode(AUTHORS)
    out = BodyWriter()
    out.block(evidence.prove(key))
    out.block(page)
    return bytes(out), link_result(query, value, page)
