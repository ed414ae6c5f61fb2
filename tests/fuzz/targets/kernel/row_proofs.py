"""Pages of rows: what a row of a ledger has, has not, and all of it; nothing but the truth passes.

Input: a byte that says what is read, 32 or 96 bytes of a key for a page, and the page or the entries.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from focusmesh.errors import ProofError
from focusmesh.kernel.state import (
    AUTHORS,
    WEIGHTS,
    PageProof,
    Row,
    RowValue,
    verify_authors,
    verify_axon,
    verify_link,
    verify_weights,
)
from tests.fuzz.target import Structure, Target
from tests.kernel.state.links.links_model import weights
from tests.kernel.state.rows.test_proof import proving

if TYPE_CHECKING:
    from focusmesh.kernel.state.rows.proof import Shape

Links = dict[bytes, tuple[int, int]]
_AXON, _LINK, _WEIGHTS, _AUTHORS, _VALUE = range(5)
_SHAPES = {_AXON: WEIGHTS, _LINK: AUTHORS}


@cache
def _row() -> tuple[Row, bytes, Links, dict[bytes, int]]:
    ledger, source, row, value = proving("close", 80)
    links: Links = ledger.rows[source]
    return row, value, links, weights(links)


def check(data: bytes) -> bool:
    what, rest = data[:1], data[1:]
    if not what or what[0] > _VALUE:
        return False
    try:
        if what[0] in _SHAPES:
            _page(what[0], rest)
        else:
            _whole(what[0], rest)
    except ProofError:
        return False
    return True


def _page(what: int, rest: bytes) -> None:
    _, value, links, axons = _row()
    shape = _SHAPES[what]
    key, page = rest[: shape.key_bytes], rest[shape.key_bytes :]
    proof = PageProof.decode(shape, page)
    assert proof.encode(shape) == page
    if what == _AXON:
        assert verify_axon(value, key, proof) == axons.get(key, 0)
    else:
        said = verify_link(value, key[:32], key[32:64], key[64:], proof)
        assert said == links.get(key)


def _whole(what: int, rest: bytes) -> None:
    _, value, links, axons = _row()
    if what == _VALUE:
        assert RowValue.decode(rest).encode() == rest
    elif what == _WEIGHTS:
        assert dict(verify_weights(value, rest)) == axons
    else:
        assert {key: tuple(said) for key, *said in verify_authors(value, rest)} == links


def seeds() -> list[bytes]:
    row, value, links, axons = _row()
    found = [bytes([_VALUE]) + value]
    for key in [*sorted(links)[:2], bytes(96)]:
        target, relation, neuron = key[:32], key[32:64], key[64:]
        axon, link = row.prove_axon(target), row.prove_link(target, relation, neuron)
        found.append(bytes([_AXON]) + target + axon.encode(WEIGHTS))
        found.append(bytes([_LINK]) + key + link.encode(AUTHORS))
    entries = b"".join(key + weight.to_bytes(8, "big") for key, weight in sorted(axons.items()))
    listed = [
        key + b"".join(n.to_bytes(8, "big") for n in said) for key, said in sorted(links.items())
    ]
    whole = [bytes([_WEIGHTS]) + entries, bytes([_AUTHORS]) + b"".join(listed)]
    return [*found, *whole]


def _shape(what: int) -> Shape:
    return WEIGHTS if what in (_AXON, _WEIGHTS) else AUTHORS


def _read(data: bytes) -> list[object]:
    """The sides and the entries of a page, apart."""
    shape = _SHAPES[data[0]]
    proof = PageProof.decode(shape, data[1 + shape.key_bytes :])
    at = range(0, len(proof.page), shape.entry_bytes)
    entries = [proof.page[first : first + shape.entry_bytes] for first in at]
    return [data[0], data[1 : 1 + shape.key_bytes], entries, list(proof.sides)]


def _write(value: list[object]) -> bytes:
    what, key, entries, sides = value
    assert isinstance(what, int)
    assert isinstance(key, bytes)
    assert isinstance(entries, list)
    assert isinstance(sides, list)
    proof = PageProof(b"".join(sorted(entries)), tuple(sides))
    return bytes([what]) + key + proof.encode(_shape(what))


TARGET = Target(check, seeds, Structure(_read, _write))
