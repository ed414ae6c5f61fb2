"""Page proofs of rows: presence, absence, whole rows; nothing but the truth passes."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from focusmesh.errors import ProofError
from focusmesh.kernel.state import (
    AUTHORS,
    WEIGHTS,
    LinkTable,
    MemoryStore,
    PageProof,
    Row,
    RowValue,
    verify_authors,
    verify_axon,
    verify_link,
    verify_weights,
)
from tests.kernel.state.links.links_model import UNIT, Ledger, value, weights

if TYPE_CHECKING:
    from focusmesh.kernel.state.rows.proof import Shape

STYLES = pytest.mark.parametrize("style", ["random", "close", "few"])


def proving(style: str, count: int = 900) -> tuple[Ledger, bytes, Row, bytes]:
    """A ledger, its longest row's source, that row, and its value by the model."""
    ledger, store, table = Ledger(style, 9), MemoryStore(), LinkTable(UNIT)
    changes = {ledger.key(): 1 + at for at in range(count)}
    ledger.apply(changes, 3)
    with store.write() as writer:
        table.apply(writer, list(changes), list(changes.values()), 3)
    source = max(ledger.rows, key=lambda source: len(ledger.rows[source]))
    with store.read() as reader:
        row = table.row(reader, source)
    assert row is not None
    expected = value(ledger.rows[source])
    assert expected is not None
    return ledger, source, row, expected


@STYLES
@pytest.mark.parametrize("count", [20, 900])
def test_presence_and_absence_are_proved(style: str, count: int) -> None:
    ledger, source, row, committed = proving(style, count)
    links, axons = ledger.rows[source], weights(ledger.rows[source])
    assert row.value() == committed
    for key in [*links, *(ledger.key()[32:] for _ in range(200)), bytes(96), b"\xff" * 96]:
        target, relation, neuron = key[:32], key[32:64], key[64:]
        link = PageProof.decode(
            AUTHORS, row.prove_link(*(target, relation, neuron)).encode(AUTHORS)
        )
        assert verify_link(committed, target, relation, neuron, link) == links.get(key)
        axon = PageProof.decode(WEIGHTS, row.prove_axon(target).encode(WEIGHTS))
        assert verify_axon(committed, target, axon) == axons.get(target, 0)


@STYLES
def test_whole_rows_are_proved(style: str) -> None:
    ledger, source, row, committed = proving(style)
    links = ledger.rows[source]
    assert dict(verify_weights(committed, row.weight_entries())) == weights(links)
    found = verify_authors(committed, row.author_entries())
    assert {key: (amount, height) for key, amount, height in found} == links
    assert RowValue.decode(committed).encode() == committed


def altered(data: bytes) -> list[bytes]:
    """``data`` with one bit changed, in turn in each byte, or longer, or shorter."""
    flipped = [
        data[:at] + bytes([data[at] ^ 1 << at % 8]) + data[at + 1 :] for at in range(len(data))
    ]
    return [*flipped, data + b"\0", data[:-1], data[1:]]


@STYLES
def test_an_altered_proof_is_refused(style: str) -> None:
    ledger, source, row, committed = proving(style)
    key = sorted(ledger.rows[source])[40]
    names = key[:32], key[32:64], key[64:]
    encoded = row.prove_link(*names).encode(AUTHORS)
    for data in altered(encoded):
        with pytest.raises(ProofError):
            verify_link(committed, *names, PageProof.decode(AUTHORS, data))
    encoded = row.prove_axon(key[:32]).encode(WEIGHTS)
    for data in altered(encoded):
        with pytest.raises(ProofError):
            verify_axon(committed, key[:32], PageProof.decode(WEIGHTS, data))


def test_an_altered_row_is_refused() -> None:
    ledger, source, row, committed = proving("random")
    key = min(ledger.rows[source])
    link, axon = row.prove_link(key[:32], key[32:64], key[64:]), row.prove_axon(key[:32])
    for at, data in enumerate(altered(committed)):
        if at >= 56:
            with pytest.raises(ProofError):
                verify_link(data, key[:32], key[32:64], key[64:], link)
        if not 0 <= at < 16 and not 56 <= at < 88:
            with pytest.raises(ProofError):
                verify_axon(data, key[:32], axon)
        if not 0 <= at < 8 and not 56 <= at < 88:
            with pytest.raises(ProofError):
                verify_weights(data, row.weight_entries())
        if at < 8 or at >= 56:
            with pytest.raises(ProofError):
                verify_authors(data, row.author_entries())


def test_altered_entries_are_refused() -> None:
    _, _, row, committed = proving("random", 40)
    for data in altered(row.weight_entries()):
        with pytest.raises(ProofError):
            verify_weights(committed, data)
    for data in altered(row.author_entries()):
        with pytest.raises(ProofError):
            verify_authors(committed, data)


def test_a_page_proves_nothing_about_keys_elsewhere() -> None:
    """Absence cannot be shown with the page of another key."""
    ledger, source, row, committed = proving("random")
    keys = sorted(ledger.rows[source])
    elsewhere = row.prove_axon(keys[0][:32])
    with pytest.raises(ProofError, match="does not lead"):
        verify_axon(committed, keys[-1][:32], elsewhere)
    link = row.prove_link(keys[0][:32], keys[0][32:64], keys[0][64:])
    last = keys[-1]
    with pytest.raises(ProofError, match="does not lead"):
        verify_link(committed, last[:32], last[32:64], last[64:], link)


@pytest.mark.parametrize("code", ["page", "order", "size", "sides", "side", "key"])
def test_forged_shapes_are_refused(code: str) -> None:
    ledger, source, row, committed = proving("random")
    target = min(ledger.rows[source])[:32]
    proof = row.prove_axon(target)
    page = proof.page
    entries = [page[at : at + 40] for at in range(0, len(page), 40)]
    forged = {
        "page": replace(proof, page=page[:-1]),
        "order": replace(proof, page=b"".join(entries[::-1])),
        "size": PageProof(row.weight_entries(), ()),
        "sides": replace(proof, sides=proof.sides + (bytes(40),) * 300),
        "side": replace(proof, sides=(proof.sides[0][:32], *proof.sides[1:])),
        "key": proof,
    }[code]
    with pytest.raises(ProofError):
        verify_axon(committed, target[: 31 if code == "key" else 32], forged)


@pytest.mark.parametrize("shape", [WEIGHTS, AUTHORS])
def test_more_sides_than_bits_are_refused_unread(shape: Shape) -> None:
    """Found by fuzzing: two bytes made a reader shift numbers of 65,535 bits 65,535 times."""
    announced = (8 * shape.key_bytes + 1).to_bytes(2, "big")
    with pytest.raises(ProofError, match="more than a key has bits"):
        PageProof.decode(shape, announced + b"\xff" * 60_000)


def test_sums_beyond_64_bits_are_refused() -> None:
    entry = bytes(31) + b"\1" + b"\xff" * 8
    other = bytes(31) + b"\2" + b"\xff" * 8
    with pytest.raises(ProofError, match="64 bits"):
        verify_axon(bytes(88), bytes(32), PageProof(entry + other, ()))


def test_checking_needs_nothing_but_hashlib() -> None:
    code = """
import sys
before = set(sys.modules)
from focusmesh.kernel.state import verify_axon, verify_link, verify_weights, PageProof
loaded = {name.partition(".")[0] for name in set(sys.modules) - before} - set(sys.stdlib_module_names)
print(sorted(loaded), "focusmesh.kernel.state.store" in sys.modules)"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "['focusmesh'] False"
