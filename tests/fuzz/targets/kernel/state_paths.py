"""The proof of many keys of the state that shares their hashes leads to the root for what is so, and for nothing else.

Input: a byte for each of four keys that says what is claimed of it (true, absent, another value, not asked), and the
hashes.
"""

from __future__ import annotations

from focusmesh.errors import ProofError
from focusmesh.kernel.receipts.paths import path_of, read_root, write_paths
from focusmesh.kernel.receipts.wire import BodyReader, BodyWriter
from tests.fuzz.target import Target
from tests.kernel.receipts.ledger import SparseTree

_ENTRIES = {b"key %d" % number: b"value %d" % number for number in range(0, 60, 2)}
_TREE = SparseTree(_ENTRIES)
_KEYS = [b"key 4", b"key 5", b"key 10", b"key 11"]
_TRUE, _ABSENT, _OTHER, _NOT_ASKED = range(4)

Claim = tuple[bytes, bytes | None]


def check(data: bytes) -> bool:
    claims, body = data[: len(_KEYS)], data[len(_KEYS) :]
    entries = sorted(_claimed(key, what) for key, what in zip(_KEYS, claims, strict=False))
    asked = [(path, value) for path, value in entries if path]
    reader = BodyReader(body)
    try:
        root = read_root(asked, reader)
        reader.end()
    except ProofError:
        return False
    if root != _TREE.root:
        return False
    truth = {path_of(key): _ENTRIES.get(key) for key in _KEYS}
    assert all(truth[path] == value for path, value in asked), f"{asked} is not so"
    return True


def _claimed(key: bytes, what: int) -> Claim:
    """A path and what is said of it; no path where the key is not asked."""
    kind = what % 4
    if kind == _NOT_ASKED:
        return b"", None
    said = {_TRUE: _ENTRIES.get(key), _ABSENT: None, _OTHER: b"another"}
    return path_of(key), said[kind]


def seeds() -> list[bytes]:
    found = []
    for asked in (range(4), [0], [1], [0, 2], [1, 3]):
        out = BodyWriter()
        keys = sorted((_KEYS[at] for at in asked), key=path_of)
        write_paths([_TREE.witness(key) for key in keys], out)
        claims = bytes(_TRUE if at in asked else _NOT_ASKED for at in range(len(_KEYS)))
        found.append(claims + bytes(out))
    return found


TARGET = Target(check, seeds)
