"""Receipts: whatever a forger writes and signs anew, what still holds says nothing but the truth of its block.

Each document is checked as it is and with its digests and signature made anew, by a node of the forger's own.
"""

from __future__ import annotations

import base64
import json
from functools import cache
from typing import TYPE_CHECKING, Any

import msgspec

from focusmesh.errors import CodecError, FocusmeshError, ProofError
from focusmesh.kernel.receipts import Receipt, verify_receipt
from focusmesh.kernel.receipts.receipt import seal_receipt
from tests.fuzz.target import Structure, Target
from tests.kernel.receipts.conftest import chain_with, diffusing, receipts
from tests.kernel.receipts.world import ALICE, maker

if TYPE_CHECKING:
    from focusmesh.kernel.block import Chain

_OFF = 1e-12
"""What adding up floats may take."""


def check(data: bytes) -> bool:
    try:
        receipt = Receipt.from_json(data)
    except ProofError:
        return False
    assert Receipt.from_json(receipt.to_json()) == receipt
    return _holds(receipt) | _holds(_signed_anew(receipt))


def _holds(receipt: Receipt) -> bool:
    chain = _chain_of(receipt)
    height = receipt.height if 1 <= receipt.height <= chain.height else chain.height
    try:
        verified = verify_receipt(receipt, chain.header(height), chain)
    except ProofError:
        return False
    _is_true(verified.receipt, chain)
    return True


def _chain_of(receipt: Receipt) -> Chain:
    try:
        return chain_with(receipt)
    except StopIteration:
        return diffusing()


def _signed_anew(receipt: Receipt) -> Receipt:
    try:
        return seal_receipt(receipt, ALICE)
    except (ProofError, CodecError, ValueError):  # the body is no base64, a field has no form
        return receipt


def _is_true(receipt: Receipt, chain: Chain) -> None:
    """An honest node is asked the same."""
    asked = chain, receipt.height, json.dumps(receipt.query)
    if receipt.kind == "context":
        _is_near(receipt.result, _honest_context(*asked, receipt.parameters["beta"]))
        return
    honest = _honest(*asked, receipt.kind)
    assert _unnamed(receipt.result) == _unnamed(honest), f"{receipt.result} is not {honest}"


def _unnamed(result: dict[str, Any]) -> dict[str, Any]:
    """Names may be left out; those that are there were held against their digests."""
    items = [{**item, "name": None} for item in result.get("items", ())]
    return {**result, "items": items, "names": None}


@cache
def _honest(chain: Chain, height: int, text: str, kind: str) -> dict[str, Any]:
    query, told = json.loads(text), maker(chain)
    if kind == "link":
        ends = [None if part is None else bytes.fromhex(part) for part in query.values()]
        source, target, neuron, relation = ends
        assert source is not None
        assert target is not None
        return told.link(height, source, target, neuron, relation).result
    if "top" in query:
        return told.rank(height, query["top"]).result
    return told.scores(height, [bytes.fromhex(one) for one in query["particles"]]).result


@cache
def _honest_context(chain: Chain, height: int, text: str, beta: float) -> dict[str, Any]:
    query = json.loads(text)
    seeds = {bytes.fromhex(seed["particle"]): seed["share"] for seed in query["seeds"]}
    return maker(chain).context(height, seeds, 60, beta).result


def _is_near(claimed: dict[str, Any], honest: dict[str, Any]) -> None:
    """Both are within their bounds of the true scores, so they are as near to each other as both bounds together."""
    scores = {item["particle"]: item["score"] for item in honest["items"]}
    # A grid moves every score by half a step at most, and a step is what such a receipt calls its bound.
    reach = (claimed["bound"] + honest["bound"]) * max(1, len(claimed["items"]))
    off = sum(abs(item["score"] - scores[item["particle"]]) for item in claimed["items"])
    assert off <= reach + _OFF, f"{off} is more than {reach}"


def seeds() -> list[bytes]:
    return [receipt.to_json().encode() for receipt in receipts().values()]


def _read(data: bytes) -> dict[str, Any]:
    """The body is bytes, so that it is mutated as such."""
    fields: dict[str, Any] = json.loads(data)
    return {**fields, "body": base64.b64decode(fields["body"], validate=True)}


def _write(value: dict[str, Any]) -> bytes:
    fields = {**value, "body": base64.b64encode(value["body"]).decode()}
    try:
        return seal_receipt(msgspec.convert(fields, Receipt), ALICE).to_json().encode()
    except (FocusmeshError, msgspec.ValidationError):
        return json.dumps(fields).encode()


TARGET = Target(check, seeds, Structure(_read, _write))
