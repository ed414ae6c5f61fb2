"""Every field of every receipt, changed alone and signed anew with a valid key: none of them holds."""

from __future__ import annotations

import base64
import copy
import json
import math
from typing import TYPE_CHECKING, Any

import pytest

from focusmesh.errors import CodecError, ProofError
from focusmesh.ids import digest
from focusmesh.kernel.receipts import RECEIPT_DOMAIN, Receipt, context_check, verify_receipt
from focusmesh.protocol.codec import encode
from tests.kernel.receipts.conftest import chain_with, receipts
from tests.kernel.receipts.world import ALICE, maker

if TYPE_CHECKING:
    from collections.abc import Iterator

SIGNED_ANEW = {("node",), ("signature",)}
"""They are the signer's own: with a valid key they are valid (test_receipts)."""
ANSWERED = ("query", "parameters", "result")
Path = tuple[str | int, ...]


def leaves(value: Any, path: Path = ()) -> Iterator[tuple[Path, Any]]:
    """Every value of a document that has no parts."""
    if isinstance(value, dict):
        for name, part in value.items():
            yield from leaves(part, (*path, name))
    elif isinstance(value, list):
        for at, part in enumerate(value):
            yield from leaves(part, (*path, at))
    else:
        yield path, value


def changes(value: Any) -> list[Any]:
    """Other values of the same kind, near and far, and none at all."""
    if isinstance(value, bool):
        return [not value, None, 1]
    if isinstance(value, int):
        return [value + 1, value - 1, -value - 1, value + 2**32, None, str(value)]
    if isinstance(value, float):
        near = [math.nextafter(value, way) for way in (-math.inf, math.inf)]
        return [*near, value * 2, -value - 1.0, 0.0 if value else 1.0, None, str(value)]
    if value is None:
        return [0, 1, 0.5, "", "00" * 32, True]
    return [*texts(value), None, 0]


def texts(value: str) -> list[str]:
    """Texts with one character changed, first, last and within; longer, shorter, in capitals, and none."""
    places = sorted({0, len(value) // 3, len(value) // 2, len(value) - 1}) if value else []
    turned = [value[:at] + turn(value[at]) + value[at + 1 :] for at in places]
    others = [value + "0", value[:-1], value.upper(), value + " ", "", "\ud800"]
    return [other for other in (*turned, *others) if other != value]


def turn(character: str) -> str:
    """Another character of the same alphabet."""
    return "1" if character == "0" else "0"


def put(document: dict[str, Any], path: Path, value: Any) -> dict[str, Any]:
    """A copy with another value at one place."""
    changed = copy.deepcopy(document)
    within: Any = changed
    for step in path[:-1]:
        within = within[step]
    within[path[-1]] = value
    return changed


def holds(document: dict[str, Any], original: Receipt, *, digests: bool = False) -> bool:
    """Whether the document, signed anew, is a receipt that holds where the original does."""
    chain = chain_with(original)
    fields = json.loads(json.dumps(document)) | {"node": ALICE.public.hex()}
    try:
        if digests:
            fields |= digests_of(fields)
        unsigned = Receipt.from_json(json.dumps(fields))
        signature = ALICE.sign(RECEIPT_DOMAIN, unsigned.signed_digest())
        anew = Receipt.from_json(json.dumps(fields | {"signature": signature.hex()}))
        verify_receipt(anew, chain.header(original.height), chain)
    except ProofError:
        return False
    return True


def digests_of(fields: dict[str, Any]) -> dict[str, str]:
    """What a forger writes who knows the format."""
    try:
        body = base64.b64decode(fields["body"], validate=True)
        return {
            "result_digest": digest(encode([fields[part] for part in ANSWERED])).hex(),
            "body_digest": digest(body).hex(),
        }
    except (TypeError, ValueError, CodecError):
        return {}


def test_the_receipt_itself_holds(receipt: Receipt) -> None:
    document = json.loads(receipt.to_json())
    assert holds(document, receipt)
    assert holds(document, receipt, digests=True)


def test_no_field_can_be_changed(receipt: Receipt) -> None:
    document = json.loads(receipt.to_json())
    tried = 0
    for path, value in leaves(document):
        if path in SIGNED_ANEW:
            continue
        for other in changes(value):
            tried += 1
            assert not holds(put(document, path, other), receipt), (path, value, other)
    assert tried > 100


def test_no_field_can_be_changed_with_its_digest(receipt: Receipt) -> None:
    """As a forger would do it. A name may be left out, another absence shown by the same page: what is said is true."""
    document = json.loads(receipt.to_json())
    for path, value in leaves(document):
        if path in {*SIGNED_ANEW, ("body",), ("body_digest",), ("result_digest",)}:
            continue
        for other in changes(value):
            if (path[-1], other) != ("name", None):
                changed = put(document, path, other)
                held = holds(changed, receipt, digests=True)
                assert not held or is_absent(changed, receipt), (path, value, other)


def is_absent(document: dict[str, Any], original: Receipt) -> bool:
    """Whether the document says that a link is absent, and it is."""
    if original.kind != "link" or document["result"]["present"]:
        return False
    query = {name: bytes.fromhex(value or "") for name, value in document["query"].items()}
    ends, signer = (query["source"], query["target"]), query["neuron"] or None
    told = maker(chain_with(original)).link(original.height, *ends, signer, query["relation"])
    return bool(told.result == document["result"])


def test_no_field_can_be_left_out_or_added(receipt: Receipt) -> None:
    document = json.loads(receipt.to_json())
    for path in {path[:-1] for path, _ in leaves(document)}:
        within: Any = document
        for step in path:
            within = within[step]
        if isinstance(within, list):
            assert not holds(
                put(document, (*path, 0), within[-1] if len(within) > 1 else None), receipt
            )
            continue
        for name in within:
            if (*path, name) in SIGNED_ANEW:
                continue
            less = copy.deepcopy(document)
            held: Any = less
            for step in path:
                held = held[step]
            del held[name]
            assert not holds(less, receipt), (*path, name)
        assert not holds(put(document, (*path, "more"), 1), receipt), path


def test_items_cannot_be_moved_or_left_out(receipt: Receipt) -> None:
    document = json.loads(receipt.to_json())
    items = document["result"].get("items")
    if items is None:
        assert receipt.kind == "link"
        return
    for changed in (items[:-1], items[1:], items[::-1], [*items, items[-1]], [items[0], *items]):
        assert not holds(put(document, ("result", "items"), changed), receipt, digests=True)


def test_no_bit_of_a_body_can_be_changed(receipt: Receipt) -> None:
    """With its digest made anew, a body that still holds proves the same to the last bit: nothing else can be said."""
    body = receipt.body_bytes()
    document = json.loads(receipt.to_json())
    for at in range(0, len(body), max(1, len(body) // 150)):
        changed = bytearray(body)
        changed[at] ^= 1 << at % 8
        other = put(document, ("body",), base64.b64encode(changed).decode())
        assert not holds(other, receipt)
        if receipt.proof != "rows":
            assert not holds(other, receipt, digests=True)
    for cut in (body[:-1], body + b"\0", body[1:]):
        other = put(document, ("body",), base64.b64encode(cut).decode())
        assert not holds(other, receipt, digests=True) or not body


def test_twin_without_the_check_of_the_result_a_change_passes(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    receipt = receipts()["a context by rows"]
    document = json.loads(receipt.to_json())
    forged = put(document, ("result", "items", 0, "score"), 0.9)
    assert not holds(forged, receipt, digests=True)
    monkeypatch.setattr(context_check, "check_items", lambda proved, claimed: None)
    assert holds(forged, receipt, digests=True)


def test_twin_without_the_signature_anyone_answers_for_it(monkeypatch: pytest.MonkeyPatch) -> None:
    receipt = receipts()["a link"]
    posing = json.loads(receipt.to_json()) | {"node": ALICE.public.hex()}
    header = chain_with(receipt).header(receipt.height)
    with pytest.raises(ProofError, match="did not sign"):
        verify_receipt(Receipt.from_json(json.dumps(posing)), header)
    monkeypatch.setattr(Receipt, "check_signature", lambda self: None)
    posed = verify_receipt(Receipt.from_json(json.dumps(posing)), header)
    assert posed.receipt.node == ALICE.public.hex()


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "{}",
        '{"version": 1, "version": 1}',
        '{"version": NaN}',
        "[" * 100_000,
        "\ud800",
        '{"version": 1e999}',
    ],
)
def test_what_is_no_receipt(text: str) -> None:
    with pytest.raises(ProofError, match="not a receipt") as refused:
        Receipt.from_json(text)
    assert refused.value.code == "receipt"


def test_a_number_that_no_float_has() -> None:
    """Found by fuzzing: within a query it was read as infinity, and could not be written again."""
    document = json.loads(receipts()["a context again"].to_json())
    document["query"]["k"] = "HUGE"
    with pytest.raises(ProofError, match="1e999 is not a number"):
        Receipt.from_json(json.dumps(document).replace('"HUGE"', "1e999"))
