"""Digests and the dense ids that stand for them on disk and in arrays, never in hashes.

An id is the place of a digest in the order in which the ledger first met it; ids are never given back. Particles,
neurons and relations are counted apart. On disk: ``particles`` holds digests by id, sixty a record, and ``digests``
ids by digest. In memory, once many are asked for: all digests, and their first eight bytes in order.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

import numpy as np

from focusmesh.errors import DamagedFileError
from focusmesh.ids import DIGEST_BYTES

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

    from focusmesh.engine.support.arrays import ByteArray, IndexArray, MassArray, OffsetArray
    from focusmesh.kernel.state.store import Reader, Writer

    Kind = TypeVar("Kind", bound=np.generic)

NOT_FOUND = 0xFFFFFFFF
"""The id of what has none."""
_PER_RECORD = 60
"""So many that two records fill a page of the store."""
_FEW = 64
_TRIES = 4
_KINDS = {"particle": b"p", "neuron": b"n", "relation": b"r"}


class Particles:
    """The digests of one kind: ``"particle"``, ``"neuron"`` or ``"relation"``. Not safe between threads.

    It follows the store that it is used with: what a transaction added that did not end well is forgotten when the
    next one interns, what another process added is read when it is asked for.
    """

    def __init__(self, kind: str = "particle") -> None:
        self._kind = _KINDS[kind]
        self._digests = np.empty((0, DIGEST_BYTES), dtype=np.uint8)
        self._prefix = np.empty(0, dtype=np.uint64)
        self._count = 0
        self._order = _Order()

    def count(self, reader: Reader) -> int:
        """How many there are. O(1)."""
        record = reader.get("meta", b"count/" + self._kind)
        return 0 if record is None else int.from_bytes(record, "big")

    def digests(self, reader: Reader) -> ByteArray:
        """All of them, uint8 (n, 32), by id; read from the store once. Not to be written to."""
        count = self._follow(reader)  # Before the array is looked up: this may replace it.
        return self._digests[:count]

    def prefixes(self, reader: Reader) -> MassArray:
        """The first eight bytes of every digest as a number that orders as the digests do, by id."""
        count = self._follow(reader)
        return self._prefix[:count]

    def find(self, reader: Reader, digests: ByteArray) -> IndexArray:
        """Ids of digests (k, 32), uint32 (k,), NOT_FOUND for those that have none. O(k · log n)."""
        if len(digests) <= _FEW:
            return self._looked_up(reader, digests)
        count = self._follow(reader)
        self._order.add(self._prefix, self._count)
        ids, unsettled = self._order.find(self._digests, digests)
        # Memory may know ids that this reader's store does not have, or no longer.
        ids[ids >= count] = NOT_FOUND
        if len(unsettled):
            ids[unsettled] = self._looked_up(reader, digests[unsettled])
        return ids

    def _looked_up(self, reader: Reader, digests: ByteArray) -> IndexArray:
        records = reader.get_many("digests", [self._kind + digest.tobytes() for digest in digests])
        ids = [NOT_FOUND if r is None else int.from_bytes(r, "big") for r in records]
        return np.array(ids, dtype=np.uint32)

    def find_one(self, reader: Reader, digest: bytes) -> int | None:
        """The id of one digest. O(log n)."""
        record = reader.get("digests", self._kind + digest)
        return None if record is None else int.from_bytes(record, "big")

    def intern(self, writer: Writer, digests: ByteArray) -> IndexArray:
        """Ids of digests (k, 32), given to new ones in the order in which they come.

        O(k · log n), now and then O(n).
        """
        first = self.count(writer)
        self._forget_beyond(first)
        ids = self.find(writer, digests)
        missing = np.flatnonzero(ids == NOT_FOUND)
        if len(missing) == 0:
            return ids
        fresh: dict[bytes, int] = {}
        for at in missing.tolist():
            ids[at] = fresh.setdefault(digests[at].tobytes(), first + len(fresh))
        self._write(writer, list(fresh), first)
        return ids

    def _write(self, writer: Writer, fresh: list[bytes], first: int) -> None:
        self._follow(writer)
        pairs = [
            (self._kind + digest, (first + at).to_bytes(4, "big"))
            for at, digest in enumerate(fresh)
        ]
        writer.put_many("digests", sorted(pairs))
        self._append(matrix(fresh))
        records = range(first // _PER_RECORD, -(-self._count // _PER_RECORD))
        writer.put_many(
            "particles", [(self._key(record), self._record(record)) for record in records]
        )
        writer.put("meta", b"count/" + self._kind, self._count.to_bytes(8, "big"))

    def _key(self, record: int) -> bytes:
        return self._kind + record.to_bytes(4, "big")

    def _record(self, record: int) -> bytes:
        stop = min(self._count, (record + 1) * _PER_RECORD)
        return self._digests[record * _PER_RECORD : stop].tobytes()

    def _follow(self, reader: Reader) -> int:
        """Reads what the store has more of than memory; says how many it has."""
        count = self.count(reader)
        if count <= self._count:
            return count
        record = self._count // _PER_RECORD
        pairs = reader.scan("particles", self._key(record), self._kind + b"\xff" * 5)
        content = b"".join(value for _, value in pairs)
        found = np.frombuffer(content, dtype=np.uint8).reshape(-1, DIGEST_BYTES)
        if len(found) != count - record * _PER_RECORD:
            raise DamagedFileError(f"the store has not all digests of its {count} ids")
        self._append(found[self._count - record * _PER_RECORD :])
        return count

    def _append(self, digests: ByteArray) -> None:
        count = self._count + len(digests)
        if count > len(self._digests):
            room = max(count + count // 4, 1_024)
            self._digests = _with_room(self._digests[: self._count], room)
            self._prefix = _with_room(self._prefix[: self._count], room)
        self._digests[self._count : count] = digests
        self._prefix[self._count : count] = prefixes(digests)
        self._count = count

    def _forget_beyond(self, count: int) -> None:
        if count < self._count:
            self._count = count
            self._order.forget_beyond(count)


class _Order:
    """Ids by their digests' first eight bytes: a long part, and a short one that is merged into it now and then."""

    def __init__(self) -> None:
        self._count = 0
        self._parts = [(np.empty(0, np.uint64), np.empty(0, np.uint32)) for _ in range(2)]

    def add(self, prefix: MassArray, count: int) -> None:
        """The ids up to ``count`` − 1 join, as far as they have not."""
        if count == self._count:
            return
        fresh = np.arange(self._count, count, dtype=np.uint32)
        self._count = count
        ids = np.concatenate([self._parts[1][1], fresh])
        merged = len(ids) > max(1_024, len(self._parts[0][1]) // 8)
        if merged:
            ids = np.concatenate([self._parts[0][1], ids])
        values = prefix[ids]
        # The long part comes first and is in order already, which the stable sort makes use of.
        order = np.argsort(values, kind="stable")
        self._parts[0 if merged else 1] = (values[order], ids[order])
        if merged:
            self._parts[1] = (values[:0], ids[:0])

    def forget_beyond(self, count: int) -> None:
        """The ids from ``count`` on leave. O(n)."""
        if count < self._count:
            self._count = count
            self._parts = [(prefix[ids < count], ids[ids < count]) for prefix, ids in self._parts]

    def find(self, digests: ByteArray, wanted: ByteArray) -> tuple[IndexArray, OffsetArray]:
        """Ids of ``wanted`` among ``digests``, NOT_FOUND where there is none, and the places of those not settled.

        Digests that share their first eight bytes follow each other. Nobody meets many of them but who makes them on
        purpose, in links to particles that are nobody's content; so the search gives up on them after a few.
        """
        ids = np.full(len(wanted), NOT_FOUND, dtype=np.uint32)
        heads, unsettled = prefixes(wanted), [np.empty(0, dtype=np.int64)]
        for prefix, order in self._parts:
            at = np.searchsorted(prefix, heads)
            left = np.flatnonzero(at < len(prefix))
            for _ in range(_TRIES):
                left = left[prefix[at[left]] == heads[left]]
                candidate = order[at[left]]
                same = (digests[candidate] == wanted[left]).all(axis=1)
                ids[left[same]] = candidate[same]
                left = left[~same]
                at[left] += 1
                left = left[at[left] < len(prefix)]
            unsettled.append(left)
        return ids, np.concatenate(unsettled)


def prefixes(digests: ByteArray) -> MassArray:
    """The first eight bytes of each digest as a number that orders as the digests do."""
    head = np.ascontiguousarray(digests[:, :8])
    return head.view(">u8").reshape(-1).astype(np.uint64)


def matrix(digests: Sequence[bytes]) -> ByteArray:
    """Digests below each other: uint8 (k, 32)."""
    return np.frombuffer(b"".join(digests), dtype=np.uint8).reshape(-1, DIGEST_BYTES)


def _with_room(array: npt.NDArray[Kind], room: int) -> npt.NDArray[Kind]:
    grown = np.empty((room, *array.shape[1:]), dtype=array.dtype)
    grown[: len(array)] = array
    return grown
