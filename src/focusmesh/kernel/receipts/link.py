"""Receipts of links: that an axon has its weight, that a neuron made a link of an amount, or that it is not there.

body    row proof (the state tree's part above one key) ‖ value of the row, behind its length, empty for none ‖ the page
        of the row's tree with the nodes beside it, behind its length

A neuron is named by the first key that it ever had (operation ``rotate_key``).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from focusmesh.errors import ProofError
from focusmesh.kernel.receipts.paths import path_of, read_root, write_paths
from focusmesh.kernel.receipts.questions import LinkQuery, LinkResult, fields_of
from focusmesh.kernel.receipts.receipt import from_hex
from focusmesh.kernel.receipts.wire import BodyReader, BodyWriter
from focusmesh.kernel.state import AUTHORS, ROW_PREFIX, WEIGHTS, PageProof, verify_axon, verify_link

if TYPE_CHECKING:
    from focusmesh.kernel.block import Header
    from focusmesh.kernel.receipts.evidence import Evidence
    from focusmesh.kernel.receipts.receipt import Receipt


def check_link(receipt: Receipt, header: Header) -> LinkResult:
    """The result, proved; raises ProofError where it does not follow from ``header``. O(log n + log row)."""
    query = fields_of(LinkQuery, receipt.query, "query")
    query.verify()
    if receipt.parameters:
        raise ProofError("parameters", "links are asked for without parameters")
    claimed = fields_of(LinkResult, receipt.result, "result")
    reader = BodyReader(receipt.body_bytes())
    value, page = reader.block(), reader.block()
    source = from_hex("source", query.source)
    entry = path_of(ROW_PREFIX + source), value or None
    if read_root([entry], reader) != header.state_root:
        raise ProofError("state", "this row is not under the state root in the header")
    reader.end()
    claimed.check_names(query)
    if msgspec.structs.replace(claimed, names={}) != shown(query, value, page):
        raise ProofError("result", "the row says something else of this link")
    return claimed


def shown(query: LinkQuery, value: bytes, page: bytes) -> LinkResult:
    """What a row's value and a page of it say; raises ProofError where the page is none of the row."""
    absent = LinkResult(present=False, weight=None, amount=None, height=None)
    if not value:
        if page:
            raise ProofError("body", "a row that is absent has a page")
        return absent
    target = from_hex("target", query.target)
    if query.neuron is None:
        weight = verify_axon(value, target, PageProof.decoded(WEIGHTS, page))
        return (
            LinkResult(present=True, weight=weight, amount=None, height=None) if weight else absent
        )
    relation, neuron = from_hex("relation", query.relation), from_hex("neuron", query.neuron)
    found = verify_link(value, target, relation, neuron, PageProof.decoded(AUTHORS, page))
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
        page = row.prove_axon(target).encoded(WEIGHTS)
    elif row is not None:
        relation, neuron = (bytes.fromhex(part or "") for part in (query.relation, query.neuron))
        page = row.prove_link(target, relation, neuron).encoded(AUTHORS)
    out = BodyWriter()
    out.block(value)
    out.block(page)
    write_paths([evidence.witness(key)], out)
    return bytes(out), shown(query, value, page)
