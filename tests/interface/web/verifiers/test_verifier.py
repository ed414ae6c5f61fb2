"""The verifier in the page says of every receipt and block what Python's says: what holds, and that no more does."""

from __future__ import annotations

import base64
import json
import random
from functools import cache
from typing import TYPE_CHECKING

import msgspec
import pytest

from focusmesh.errors import ProofError
from focusmesh.kernel.receipts import Receipt, verify_receipt
from focusmesh.kernel.receipts.receipt import seal_receipt
from focusmesh.protocol.identity import SigningKey
from tests.interface.web.verifiers.verifier import refusals
from tests.kernel.receipts.conftest import chain_with, receipts

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.interface.web.verifiers.verifier import Case

ANYBODY = SigningKey(bytes(range(1, 33)))
FLIPS = 40


@cache
def header_of(name: str) -> str:
    receipt = receipts()[name]
    return json.dumps(chain_with(receipt).header(receipt.height).as_json())


def case(name: str, text: str) -> Case:
    return {"receipt": text, "header": header_of(name)}


def holds(name: str, text: str) -> bool:
    """What Python's verifier says."""
    chain = chain_with(receipts()[name])
    try:
        receipt = Receipt.from_json(text)
        verify_receipt(receipt, chain.header(receipts()[name].height), chain)
    except ProofError:
        return False
    return True


def test_every_receipt_holds() -> None:
    cases = [case(name, receipt.to_json()) for name, receipt in receipts().items()]
    assert refusals(cases) == [None] * len(cases)


def flipped(receipt: Receipt, at: int, bit: int) -> Receipt:
    body = bytearray(receipt.body_bytes())
    body[at] ^= 1 << bit
    return msgspec.structs.replace(receipt, body=base64.b64encode(body).decode())


def test_flipped_bits_of_a_proof() -> None:
    """Signed anew by whoever flipped them, so that nothing but the proof itself can refuse them.

    A body that still holds proves the same to the last bit: see tests/kernel/receipts/test_tampering.py.
    """
    chance, cases = random.Random(8), list[tuple[str, str]]()
    for name, receipt in receipts().items():
        if receipt.proof == "re-execution":
            continue
        length = len(receipt.body_bytes())
        for at in chance.sample(range(length), min(FLIPS, length)):
            forged = seal_receipt(flipped(receipt, at, chance.randrange(8)), ANYBODY)
            cases.append((name, forged.to_json()))
    found = refusals([case(name, text) for name, text in cases])
    assert [code is None for code in found] == [holds(name, text) for name, text in cases]
    assert "signature" not in found
    assert found.count(None) < len(found) / 50


def _first_item(result: dict[str, object]) -> dict[str, object]:
    items = result["items"]
    assert isinstance(items, list)
    item: dict[str, object] = items[0]
    return item


def _less(name: str) -> Callable[[dict[str, object]], None]:
    def change(result: dict[str, object]) -> None:
        value = result[name]
        assert isinstance(value, float)
        result[name] = value / 2

    return change


def _higher_score(result: dict[str, object]) -> None:
    item = _first_item(result)
    score = item["score"]
    assert isinstance(score, float)
    item["score"] = score * 1.5


def _other_name(result: dict[str, object]) -> None:
    _first_item(result)["name"] = "somebody else"


def _unlinked(result: dict[str, object]) -> None:
    result.update(present=False, weight=None, amount=None, height=None)


@pytest.mark.parametrize(
    ("name", "change", "code"),
    [
        ("the first", _higher_score, "result"),
        ("the first", _other_name, "name"),
        ("the first", _less("bound"), "result"),
        ("scores", _less("bound"), "result"),
        ("a context by rows", _less("bound"), "result"),
        ("a context by rows", _higher_score, "result"),
        ("an axon", _unlinked, "result"),
        ("a link", _unlinked, "result"),
    ],
)
def test_a_false_answer_with_a_true_proof_is_refused(
    name: str, change: Callable[[dict[str, object]], None], code: str
) -> None:
    fields = json.loads(receipts()[name].to_json())
    change(fields["result"])
    forged = seal_receipt(msgspec.convert(fields, Receipt), ANYBODY).to_json()
    assert refusals([case(name, forged)]) == [code]
    assert not holds(name, forged)


def test_another_block_is_refused() -> None:
    name = "the first"
    receipt = receipts()[name]
    other = json.dumps(chain_with(receipt).header(receipt.height - 1).as_json())
    assert refusals([{"receipt": receipt.to_json(), "header": other}]) == ["block"]


@pytest.mark.parametrize(
    "change",
    [
        lambda text: text.replace('"version": 1', '"version": 1.0'),
        lambda text: text.replace('"version": 1', '"version": 2'),
        lambda text: text.replace('"version": 1', '"version": 1, "version": 1'),
        lambda text: text.replace('"body": "', '"body": " '),
        lambda text: text + "{}",
        lambda text: text[:-3],
        lambda text: "[" * 100_000,
        lambda text: "",
    ],
)
def test_what_is_no_receipt_is_refused_by_both(change: Callable[[str], str]) -> None:
    text = change(receipts()["an axon"].to_json())
    (found,) = refusals([case("an axon", text)])
    assert found is not None
    assert not holds("an axon", text)


def test_blocks_are_their_proposers() -> None:
    chain = chain_with(receipts()["the first"])
    blocks = [chain.block(height) for height in range(1, chain.height + 1)]
    cases = [
        {
            "header": json.dumps(block.header.as_json()),
            "id": block.header.id.hex(),
            "proof": block.proof.hex(),
        }
        for block in blocks
    ]
    assert refusals(cases) == [None] * len(cases)
    lie = json.dumps({**blocks[-1].header.as_json(), "time": blocks[-1].header.time + 1})
    forged = bytearray(blocks[-1].proof)
    forged[5] ^= 1
    own = blocks[-1].header.id.hex()
    assert refusals(
        [
            {**cases[-1], "header": lie},
            {**cases[-1], "proof": forged.hex()},
            {**cases[0], "id": own},
        ]
    ) == ["header", "signature", "header"]


def spelled(text: str) -> dict[str, bytes]:
    """A receipt in bytes that are no UTF-8, and with halves of surrogate pairs."""
    half = text.replace('"kind"', '"\\ud800"', 1)
    return {
        "invalid": text.encode().replace(b'"kind"', b'"k\xffnd"', 1),
        "surrogate in bytes": text.encode().replace(b'"kind"', b'"k\xed\xa0\x80nd"', 1),
        "overlong": text.encode().replace(b'"kind"', b'"k\xc1\xa9nd"', 1),
        "utf-16": text.encode("utf-16"),
        "utf-32": text.encode("utf-32-le"),
        "byte order mark": b"\xef\xbb\xbf" + text.encode(),
        "high half": half.encode(),
        "low half": text.replace('"kind"', '"\\udc00"', 1).encode(),
        "halves the wrong way round": text.replace('"kind"', '"\\udc00\\ud800"', 1).encode(),
        "half in a value": text.replace('"query": {', '"query": {"a": ["\\udfff"], ', 1).encode(),
    }


def test_both_verifiers_take_utf8_alone() -> None:
    name, receipt = next(iter(receipts().items()))
    text = receipt.to_json()
    cases: list[Case] = []
    for what, data in spelled(text).items():
        with pytest.raises(ProofError) as refused:
            Receipt.from_json(data)
        assert refused.value.code == "receipt", what
        cases.append({"bytes": base64.b64encode(data).decode(), "header": header_of(name)})
    assert refusals(cases) == ["receipt"] * len(cases)
    whole = {"bytes": base64.b64encode(text.encode()).decode(), "header": header_of(name)}
    assert refusals([whole]) == [None]
    assert Receipt.from_json(text.encode()) == receipt


def test_what_is_no_utf8_is_told_in_words() -> None:
    found = spelled(next(iter(receipts().values())).to_json())
    with pytest.raises(ProofError, match=r"byte .* is none; get it again"):
        Receipt.from_json(found["invalid"])
    with pytest.raises(ProofError, match="half of a surrogate pair"):
        Receipt.from_json(found["high half"])


def test_twin_json_alone_reads_halves_and_other_encodings() -> None:
    found = spelled(next(iter(receipts().values())).to_json())
    for what in ("surrogate in bytes", "utf-16", "high half", "half in a value"):
        assert isinstance(json.loads(found[what]), dict)
