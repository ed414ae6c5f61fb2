"""Proofs of a square: roots, shares, namespaces, bad encoding; what verifies is so of the one square there is.

Input: a byte that says which of them, then the bytes of it; of a namespace, dag-cbor of row, name, proof and contents.
"""

from __future__ import annotations

from functools import cache
from typing import Any, cast

import msgspec
import numpy as np

from focusmesh.errors import CodecError, ProofError
from focusmesh.kernel.availability import (
    FOCUS,
    NAMESPACES,
    SIGNALS,
    BadEncoding,
    NamespaceProof,
    ProvedShare,
    Roots,
    Square,
    prove_namespace,
    repair,
    shares_of,
    verify_namespace,
)
from focusmesh.kernel.availability.square import ADDED
from focusmesh.protocol.codec import decode, encode
from tests.fuzz.target import Structure, Target

_ROOTS, _SHARE, _NAMESPACE, _BAD = range(4)
_ROW, _COLUMN = 1, 2


@cache
def _square() -> Square:
    """4 × 4 shares: signals, focus, padding."""
    return Square.of(shares_of({SIGNALS: bytes(range(256)) * 6, FOCUS: b"moved" * 300}))


@cache
def _bad() -> Square:
    """The same with one share of its own changed, whose row and column are no extension of themselves any more."""
    shares = _square().shares.copy()
    shares[_ROW, _COLUMN, 300] ^= 1
    return Square(shares)


def check(data: bytes) -> bool:
    if not data:
        return False
    kind = (_roots, _share, _namespace, _bad_encoding)[data[0] % 4]
    try:
        return kind(data[1:])
    except ProofError:
        return False


def _roots(data: bytes) -> bool:
    roots = Roots.decode(data)
    assert roots.encode() == data
    roots.verify(_square().roots.data_root)
    assert roots == _square().roots
    return True


def _share(data: bytes) -> bool:
    proved = ProvedShare.decode(data)
    assert proved.encode() == data
    proved.verify(_square().roots)
    assert proved.share == _square().shares[proved.row, proved.column].tobytes()
    assert proved == _square().prove(proved.row, proved.column, cast("Any", proved.axis))
    return True


class _Shown(msgspec.Struct, array_like=True, forbid_unknown_fields=True):
    row: int
    name: bytes
    proof: NamespaceProof
    contents: list[bytes]


def _namespace(data: bytes) -> bool:
    try:
        shown = msgspec.convert(decode(data), _Shown, builtin_types=(bytes,))
    except (CodecError, msgspec.ValidationError):
        return False
    square = _square()
    if not 0 <= shown.row < 2 * square.width:
        return False
    root = square.roots.rows[shown.row]
    verify_namespace(shown.proof, root, 2 * square.width, shown.name, shown.contents)
    assert shown.contents == _contents(shown.row, shown.name)
    return True


def _contents(row: int, name: bytes) -> list[bytes]:
    """All shares of a namespace in a row; of what was added (0xFF…FF) a row that has anything else says nothing."""
    square = _square()
    if name == ADDED and row < square.width:
        return []
    leaves = zip(square.leaves[row], square.shares[row], strict=True)
    return [share.tobytes() for leaf, share in leaves if leaf[: len(name)].tobytes() == name]


def _bad_encoding(data: bytes) -> bool:
    proof = BadEncoding.decode(data)
    assert proof.encode() == data
    proof.verify(_bad().roots)
    assert (proof.axis, proof.index) in {("row", _ROW), ("column", _COLUMN)}
    try:
        proof.verify(_square().roots)
    except ProofError:
        return True
    raise AssertionError("a right square was proved to be coded badly")


def seeds() -> list[bytes]:
    square, size = _square(), 2 * _square().width
    found = [bytes([_ROOTS]) + square.roots.encode()]
    places = ((0, 0), (2, 3), (size - 1, 1), (1, size - 1), (size - 1, size - 1))
    shares = [square.prove(*at, cast("Any", axis)) for at in places for axis in ("row", "column")]
    found += [bytes([_SHARE]) + share.encode() for share in shares]
    for row in range(size):
        for name in (*NAMESPACES.values(), ADDED, bytes(28) + b"\x03"):
            proof = prove_namespace(square.tree("row", row), name)
            shown = _Shown(row, name, proof, [] if proof.absent else _contents(row, name))
            value = msgspec.to_builtins(shown, builtin_types=(bytes,))
            found.append(bytes([_NAMESPACE]) + encode(value))
    return [*found, *(bytes([_BAD]) + each.encode() for each in _proofs())]


def _proofs() -> list[BadEncoding]:
    """Of row and column that are coded badly, by their own trees and by those across."""
    bad, size = _bad(), 2 * _bad().width
    places = [(row, column) for row in range(size) for column in range(size)]
    proofs = []
    for hidden in (None, _ROW):
        known = np.ones((size, size), dtype=bool)
        if hidden is not None:
            known[hidden, ::2] = False
        found = repair(bad.shares, known, bad.roots)
        for axis in ("row", "column"):
            given = {place: bad.prove(*place, cast("Any", axis)) for place in places}
            proofs.append(BadEncoding.of(found, given))
    column = tuple(bad.prove(row, _COLUMN) for row in range(bad.width))
    return [*proofs, BadEncoding("column", _COLUMN, column)]


def _read(data: bytes) -> list[Any]:
    return [data[0] % 4, decode(data[1:])]


def _write(value: Any) -> bytes:
    kind, told = value
    return bytes([kind % 4]) + encode(told)


TARGET = Target(check, seeds, Structure(_read, _write))
