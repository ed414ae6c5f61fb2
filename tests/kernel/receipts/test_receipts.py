"""What receipts prove holds, offline, and nothing else does."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import msgspec
import pytest

from focusmesh.errors import BlockError, InputError, ProofError
from focusmesh.kernel.receipts import Receipt, verify_receipt
from focusmesh.kernel.receipts.receipt import seal_receipt
from tests.kernel.receipts.conftest import chain_with, diffusing, receipts, whole
from tests.kernel.receipts.world import ALICE, BOB, CITES, FULL, TEXTS, chain_of, maker, particle

if TYPE_CHECKING:
    from pathlib import Path


def test_a_receipt_holds_after_its_way_through_json(receipt: Receipt) -> None:
    chain = chain_with(receipt)
    read = Receipt.from_json(receipt.to_json())
    assert read == receipt
    verified = verify_receipt(read, chain.header(read.height), chain)
    assert msgspec.to_builtins(verified.result) == receipt.result


def test_a_receipt_is_of_one_block(receipt: Receipt) -> None:
    chain = chain_with(receipt)
    for height in set(range(1, 4)) - {receipt.height}:
        with pytest.raises(ProofError, match="block") as refused:
            verify_receipt(receipt, chain.header(height), chain)
        assert refused.value.code == "block"


def test_the_answers() -> None:
    found = {name: one.result for name, one in receipts().items()}
    assert found["an axon"]["weight"] == 7
    assert [found[name]["present"] for name in ("no axon", "no row", "no link")] == [False] * 3
    assert (found["a link"]["amount"], found["a link"]["height"]) == (7, 2)
    scores = [item["score"] for item in found["the first"]["items"]]
    assert scores == sorted(scores, reverse=True)
    vector = whole().vector(3)
    assert scores[0] == int(vector.max()) / 2**63
    context = found["a context by rows"]
    assert context["settled"]
    assert context["items"][0]["particle"] == particle(55).hex()
    assert not found["a wide context by rows"]["settled"]


def test_names_are_there_where_the_ledger_keeps_the_text() -> None:
    for item in receipts()["the first"].result["items"]:
        published = item["particle"] in {particle(number).hex() for number in range(30)}
        assert ("name" in item) == published
        assert item.get("name", TEXTS[0]) in TEXTS
    assert receipts()["a link"].result["names"] == {"source": TEXTS[0], "target": TEXTS[7]}
    assert receipts()["no row"].result["names"] == {"target": TEXTS[5]}


def test_the_proof_says_how() -> None:
    proofs = {name: one.proof for name, one in receipts().items()}
    assert proofs["a context by rows"] == "rows"
    assert proofs["a context again"] == "re-execution"
    assert proofs["the first"] == "pages"
    assert proofs["a link"] == "row"


def test_answering_again_needs_the_ledger() -> None:
    receipt = receipts()["a context again"]
    with pytest.raises(ProofError, match="--ledger") as refused:
        verify_receipt(receipt, whole().header(receipt.height))
    assert refused.value.code == "ledger"
    with pytest.raises(ProofError, match="another block"):
        verify_receipt(receipt, whole().header(receipt.height), diffusing())


def test_anyone_may_sign_but_only_as_themselves(receipt: Receipt) -> None:
    """The signature says who answers for a receipt, never that it holds."""
    chain = chain_with(receipt)
    header = chain.header(receipt.height)
    assert (
        verify_receipt(seal_receipt(receipt, ALICE), header, chain).receipt.node
        == ALICE.public.hex()
    )
    posing = msgspec.structs.replace(receipt, node=ALICE.public.hex())
    with pytest.raises(ProofError, match="did not sign"):
        verify_receipt(posing, header, chain)


def test_what_cannot_be_proved_is_said() -> None:
    answers = maker(whole())
    with pytest.raises(InputError, match="no particle of the ledger"):
        answers.context(None, {bytes(32): 1.0}, 5)
    with pytest.raises(InputError, match="weight above 0"):
        answers.context(None, {}, 5)
    with pytest.raises(InputError, match="beta"):
        answers.context(None, {particle(1): 1.0}, 5, 1.5)
    with pytest.raises(InputError, match="2\\^-32"):
        answers.context(None, {particle(1): 1.0, particle(2): 1e-12}, 5)
    with pytest.raises(ProofError, match="no focus"):
        answers.rank(0, 5)
    with pytest.raises(BlockError, match="is not kept"):
        answers.link(99, particle(1), particle(2), BOB.public, CITES)


@pytest.mark.parametrize("name", ["the first", "a link", "a context by rows"])
def test_a_stranger_needs_neither_store_nor_compiler(name: str, tmp_path: Path) -> None:
    receipt = receipts()[name]
    header = chain_with(receipt).header(receipt.height)
    (tmp_path / "receipt.json").write_text(receipt.to_json(), encoding="utf-8")
    (tmp_path / "header").write_bytes(header.encode())
    program = (
        "import sys\n"
        "from pathlib import Path\n"
        "from focusmesh.kernel.block import Header\n"
        "from focusmesh.kernel.receipts import Receipt, verify_receipt\n"
        "receipt = Receipt.from_json(Path('receipt.json').read_text('utf-8'))\n"
        "verify_receipt(receipt, Header.decode(Path('header').read_bytes()))\n"
        "heavy = {'lmdb', 'numba', 'llvmlite', 'scipy', 'cryptography', 'argon2'}\n"
        "print(sorted(heavy & set(sys.modules)))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert (done.stdout, done.stderr) == ("[]\n", "")


def test_between_two_focuses_there_is_nothing_to_prove_a_ranking_with() -> None:
    """Rows and the committed vector have to be of one graph; links are of any block."""
    chain = chain_of(FULL, focus_interval=2)
    answers = maker(chain)
    for height in (1, 3):
        with pytest.raises(ProofError, match="carries no focus") as refused:
            answers.rank(height, 3)
        assert refused.value.code == "focus"
        link = answers.link(height, particle(0), particle(1))
        assert verify_receipt(link, chain.header(height)).receipt == link
    assert verify_receipt(answers.rank(2, 3), chain.header(2)).receipt.height == 2


def test_a_field_that_stands_twice_is_refused(receipt: Receipt) -> None:
    text = receipt.to_json()
    twice = text.replace("{", '{"version": 1, ', 1)
    with pytest.raises(ProofError, match="twice") as refused:
        Receipt.from_json(twice)
    assert refused.value.code == "receipt"


def test_a_field_that_no_receipt_has_is_refused(receipt: Receipt) -> None:
    with pytest.raises(ProofError, match="note") as refused:
        Receipt.from_json(receipt.to_json().replace("{", '{"note": 1, ', 1))
    assert refused.value.code == "receipt"


def test_a_receipt_cannot_be_changed_in_place(receipt: Receipt) -> None:
    with pytest.raises(AttributeError):
        receipt.height = 7  # type: ignore[misc]
