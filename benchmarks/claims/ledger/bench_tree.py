"""The state tree: hash rate, batches of changes, proofs; beside OpenSSL and what LMDB alone needs for the records."""

from __future__ import annotations

import tempfile
import time
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from benchmarks.harness import Result, Row, Target, interleaved, quotient, ratio, summary
from focusmesh.engine.support import parallel
from focusmesh.kernel.state import (
    LmdbStore,
    Tree,
    decode_proof,
    encode_proof,
    hashing,
    verify_membership,
    verify_non_membership,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from focusmesh.kernel.state import Writer

_PAIRS = 200_000
_LEAVES = (125_000, 1_300_000)
_BULK = 1_000_000
_CHANGED = 10_000
_ROW_BYTES = 88
_RATE, _UPDATE_MS, _BULK_S = 15.0, 60.0, 3.0


def measure(quick: bool) -> Result:
    """Rows of particles as leaves: keys of 43 bytes, values of 88."""
    result = Result("tree")
    _hash_rates(result, 2_000 if quick else _PAIRS)
    rows: list[Row] = []
    for leaf_count in (2_000,) if quick else _LEAVES:
        rows += _tree(result, leaf_count, 200 if quick else _CHANGED)
    result.add("The tree on LMDB; a change has the times of its best run", rows)
    return result


def _hash_rates(result: Result, pairs: int) -> None:
    """Nodes of 65 bytes take two compressions each; one long message has the rate of OpenSSL without calls."""
    random = np.random.default_rng(1)
    hashes = random.integers(0, 256, (2 * pairs, 32), dtype=np.uint8)
    left, right = np.arange(pairs), np.arange(pairs, 2 * pairs)
    long = random.bytes(128 * pairs)

    def by(way: hashing.PairsWay) -> Callable[[], float]:
        return _timed(lambda: way(1, hashes, left, right, left))

    turns = {
        "sixteen lanes, two cores": by(hashing.pairs_by_lanes),
        "sixteen lanes, one core": _alone(by(hashing.pairs_by_lanes)),
        "hashlib, a call a node": by(hashing.pairs_by_library),
        "OpenSSL, one long message": _timed(lambda: sha256(long)),
    }
    turns["sixteen lanes, one core"]()  # compiled
    best = {name: summary(times)[0] for name, times in interleaved(turns, rounds=5).items()}
    own = best["sixteen lanes, one core"]
    rows: list[Row] = [
        {
            "what": name,
            "M_compressions_per_s": quotient(2 * pairs, seconds, 1e6),
            "times_one_core": ratio(seconds, own),
        }
        for name, seconds in best.items()
    ]
    result.add(f"SHA-256 of {pairs:,} inner nodes", rows)
    rate = quotient(2 * pairs, own, 1e6)
    result.targets.append(
        Target("compressions a second, one core", _RATE, rate, "M/s", at_least=True)
    )


def _tree(result: Result, leaf_count: int, changed: int) -> list[Row]:
    with tempfile.TemporaryDirectory() as folder:
        store = LmdbStore(Path(folder) / "store")
        try:
            return _measured(result, store, leaf_count, changed)
        finally:
            store.close()


def _measured(result: Result, store: LmdbStore, leaf_count: int, changed: int) -> list[Row]:
    random = np.random.default_rng(leaf_count)
    digests, values = random.bytes(32 * leaf_count), random.bytes(_ROW_BYTES * leaf_count)
    keys = [b"/graph/row/" + digests[32 * i : 32 * i + 32] for i in range(leaf_count)]
    entries = {k: values[_ROW_BYTES * i : _ROW_BYTES * (i + 1)] for i, k in enumerate(keys)}
    bulk, bulk_commit, _ = _change(store, entries)
    bytes_each = store.used_bytes() / leaf_count
    times = []
    for _ in range(5):
        chosen = random.choice(leaf_count, changed, replace=False).tolist()
        times.append(_change(store, {keys[i]: random.bytes(_ROW_BYTES) for i in chosen}))
    records = times[-1][2]
    raw = _raw(store, records)  # those of the last change, which are there already
    update, commit, _ = min(times)
    if leaf_count == max(_LEAVES):
        scaled = bulk * _BULK / leaf_count
        result.targets += [
            Target(f"{changed:,} of {leaf_count:,} leaves", _UPDATE_MS, 1e3 * update, "ms"),
            Target("bulk build of 1,000,000 leaves", _BULK_S, scaled, "s"),
        ]
    _proofs(result, store, leaf_count, keys)
    return [
        {
            "leaves": leaf_count,
            "bulk_s": bulk,
            "bulk_commit_s": bulk_commit,
            "bytes_a_leaf": bytes_each,
            "changed": changed,
            "update_ms": 1e3 * update,
            "commit_ms": 1e3 * commit,
            "records": len(records),
            "raw_LMDB_ms": 1e3 * raw,
            "times_the_raw": update / raw,
        }
    ]


class _Noting:
    """A writer that keeps what is put into it."""

    def __init__(self, writer: Writer) -> None:
        self._writer = writer
        self.get, self.get_many = writer.get, writer.get_many
        self.scan, self.count, self.put = writer.scan, writer.count, writer.put
        self.delete_many = writer.delete_many
        self.records: list[tuple[str, bytes, bytes]] = []

    def put_many(self, table: str, pairs: Iterable[tuple[bytes, bytes]]) -> None:
        kept = list(pairs)
        self.records += [(table, key, value) for key, value in kept]
        self._writer.put_many(table, kept)


def _change(
    store: LmdbStore, changes: Mapping[bytes, bytes]
) -> tuple[float, float, list[tuple[str, bytes, bytes]]]:
    """Seconds of an update and of its commit, and the records that were written."""
    began = time.perf_counter()
    with store.write() as writer:
        noting = _Noting(writer)
        Tree.open(noting).update(noting, changes)
        updated = time.perf_counter()
    return updated - began, time.perf_counter() - updated, noting.records


def _raw(store: LmdbStore, records: list[tuple[str, bytes, bytes]]) -> float:
    """Seconds to read and to put the same records, without anything in between and without the commit."""
    tables = {table: [(k, v) for name, k, v in records if name == table] for table, _, _ in records}
    with store.write() as writer:
        began = time.perf_counter()
        for table, pairs in tables.items():
            writer.get_many(table, [key for key, _ in pairs])
            writer.put_many(table, pairs)
        return time.perf_counter() - began


def _proofs(result: Result, store: LmdbStore, leaf_count: int, keys: list[bytes]) -> None:
    asked = keys[:: max(1, leaf_count // 200)]
    absent = [key + b"?" for key in asked]
    with store.read() as reader:
        tree = Tree.open(reader)
        values = [tree.get(key) or b"" for key in asked]
        with _clock() as presence:
            present = [encode_proof(tree.prove(key)) for key in asked]
        with _clock() as absence:
            absences = [encode_proof(tree.prove(key)) for key in absent]
        batch = encode_proof(tree.prove_many(asked), compressed=True)
    with _clock() as presence_check:
        for key, value, proof in zip(asked, values, present, strict=True):
            verify_membership(tree.root, decode_proof(proof), key, value)
    with _clock() as absence_check:
        for key, proof in zip(absent, absences, strict=True):
            verify_non_membership(tree.root, decode_proof(proof), key)
    rows: list[Row] = [
        _proof_row("presence", present, presence, presence_check),
        _proof_row("absence", absences, absence, absence_check),
        {"proof": f"of {len(asked)} in a batch", "bytes": len(batch) / len(asked)},
    ]
    result.add(f"ICS-23 proofs of {leaf_count:,} leaves, as bytes and back", rows)


def _proof_row(name: str, proofs: list[bytes], made: list[float], checked: list[float]) -> Row:
    count = len(proofs)
    return {
        "proof": name,
        "bytes": sum(map(len, proofs)) / count,
        "build_µs": 1e6 * made[0] / count,
        "verify_µs": 1e6 * checked[0] / count,
    }


@contextmanager
def _clock() -> Iterator[list[float]]:
    """Holds the seconds that the block took, once it has ended."""
    seconds, began = list[float](), time.perf_counter()
    yield seconds
    seconds.append(time.perf_counter() - began)


def _alone(turn: Callable[[], float]) -> Callable[[], float]:
    def limited() -> float:
        with parallel.limited(1):
            return turn()

    return limited


def _timed(work: Callable[[], object]) -> Callable[[], float]:
    def turn() -> float:
        began = time.perf_counter()
        work()
        return time.perf_counter() - began

    return turn
