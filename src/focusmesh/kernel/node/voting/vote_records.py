"""What a validator must not forget: its vote records, cuts of decided blocks, since when it votes; in its own store.

    b"pledge" ‖ epoch ‖ round ‖ digest   what an engine said to keep
    b"moved" ‖ number                    what travelled with a decided proposal, the newest of them alone
    b"since"                             the first epoch in which this store's votes are all that there are
    b"report" ‖ number                   what was promised and reported, so that voting goes on under that number
    b"spared"                            the number that a validator without all votes reported for
    b"start" ‖ number                    the one start of that number that was signed
    b"book"                              the name of the book, which its ledger says too (votes/completeness.py)

All in the table ``meta``; numbers have 8 bytes, big-endian. A validator that lost this store may have voted already in
the epoch that runs, and so waits for the next.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from focusmesh.ids import digest
from focusmesh.kernel.consensus import VoteRecord

if TYPE_CHECKING:
    from collections.abc import Iterable

    from focusmesh.kernel.state import Reader, Store

TABLE = "meta"
MOVED_KEPT = 8
"""So many of the last decided motions' data are kept: the chain's store may be some blocks behind, or ahead."""
NAME_RANDOM_BYTES = 16
_PLEDGE, _MOVED, _SINCE, _NAME = b"pledge", b"moved", b"since", b"book"
_REPORT, _SIGNED, _SPARED = b"report", b"start", b"spared"


class BookName(NamedTuple):
    """16 bytes by chance, and how often a validator has begun with the book: an older copy has a smaller number."""

    chance: bytes
    beginnings: int

    def encode(self) -> bytes:
        """24 bytes."""
        return self.chance + self.beginnings.to_bytes(8, "big")

    @classmethod
    def decode(cls, data: bytes) -> BookName:
        """What ``encode`` made."""
        return cls(data[:NAME_RANDOM_BYTES], int.from_bytes(data[NAME_RANDOM_BYTES:], "big"))


class Promised(NamedTuple):
    """A vote record and the epoch that it was made in."""

    epoch: int
    vote_record: VoteRecord


class VoteLog:
    """Durable when a call returns. Not for several threads at once."""

    def __init__(self, store: Store) -> None:
        self._store = store
        with store.read() as reader:
            self._numbers = [number for number, _ in _read_proposals(reader)]

    def since(self) -> int | None:
        """The first epoch in which its validator may vote; None in a new book."""
        with self._store.read() as reader:
            found = reader.get(TABLE, _SINCE)
        return None if found is None else int.from_bytes(found, "big")

    def begin(self, epoch: int, name: BookName) -> None:
        """From this epoch on it has all votes of its validator; ``name`` is another than it had."""
        with self._store.write() as writer:
            writer.put(TABLE, _SINCE, epoch.to_bytes(8, "big"))
            writer.put(TABLE, _NAME, name.encode())
            if (writer.get(TABLE, _SPARED) or b"")[:8] == epoch.to_bytes(8, "big"):
                writer.delete_many(TABLE, [_SPARED])

    def name(self) -> BookName | None:
        """None in a new book, and in one that an earlier focusmesh made."""
        with self._store.read() as reader:
            found = reader.get(TABLE, _NAME)
        return None if found is None else BookName.decode(found)

    @property
    def is_empty(self) -> bool:
        """Whether nothing was ever voted or decided with it."""
        with self._store.read() as reader:
            kept = (prefix for prefix in (_PLEDGE, _MOVED) if _first(reader, prefix))
            return next(kept, None) is None

    def promise(self, number: int, name: BookName, report: bytes) -> None:
        """No vote before this number any more; the report that says so is kept with it."""
        with self._store.write() as writer:
            writer.put(TABLE, _SINCE, number.to_bytes(8, "big"))
            writer.put(TABLE, _NAME, name.encode())
            writer.put(TABLE, _REPORT + number.to_bytes(8, "big"), report)

    def promise_lost(self, number: int, token: bytes, report: bytes) -> None:
        """As ``promise``, of a book without all votes: that number alone is free for it (``spared_number``)."""
        with self._store.write() as writer:
            writer.put(TABLE, _SPARED, number.to_bytes(8, "big") + token)
            writer.put(TABLE, _REPORT + number.to_bytes(8, "big"), report)

    def spared_number(self) -> tuple[int, bytes] | None:
        """The number for which a validator without all of its votes promised, and what its ledger says of that."""
        with self._store.read() as reader:
            found = reader.get(TABLE, _SPARED)
        return None if found is None else (int.from_bytes(found[:8], "big"), found[8:])

    def report(self, number: int) -> bytes:
        """What was promised for a number; nothing where it was not."""
        with self._store.read() as reader:
            return reader.get(TABLE, _REPORT + number.to_bytes(8, "big")) or b""

    def sign(self, number: int, value: bytes) -> bytes:
        """What is signed as the start of a number: ``value``, or what was signed for it before. Durable."""
        key = _SIGNED + number.to_bytes(8, "big")
        with self._store.write() as writer:
            before = writer.get(TABLE, key)
            if before is None:
                writer.put(TABLE, key, value)
        return value if before is None else before

    def vote_records(self, epoch: int) -> list[VoteRecord]:
        """Those of an epoch."""
        start = _PLEDGE + epoch.to_bytes(8, "big")
        stop = _PLEDGE + (epoch + 1).to_bytes(8, "big")
        with self._store.read() as reader:
            return [
                VoteRecord(int.from_bytes(key[len(start) :][:8], "big"), value)
                for key, value in reader.scan(TABLE, start, stop)
            ]

    def keep(self, promised: Iterable[Promised]) -> None:
        """In one transaction."""
        with self._store.write() as writer:
            writer.put_many(TABLE, sorted((_key(each), each.vote_record.data) for each in promised))

    def let_go(self, epoch: int, until: int, kept: Iterable[VoteRecord]) -> None:
        """Those of earlier epochs, of rounds up to ``until``, and of mempools but for ``kept`` ones.

        The highest round there is belongs to mempools.
        """
        needed = {_key(Promised(epoch, vote_record)) for vote_record in kept}
        last = _PLEDGE + epoch.to_bytes(8, "big") + (until + 1).to_bytes(8, "big")
        batches = _PLEDGE + epoch.to_bytes(8, "big") + ((1 << 63) - 1).to_bytes(8, "big")
        with self._store.write() as writer:
            gone = [key for key, _ in writer.scan(TABLE, _PLEDGE, last)]
            stop = _PLEDGE + (epoch + 1).to_bytes(8, "big")
            gone += [key for key, _ in writer.scan(TABLE, batches, stop) if key not in needed]
            writer.delete_many(TABLE, gone)

    def proposal_data(self) -> list[bytes]:
        """What travelled with the last decided proposals, newest first."""
        with self._store.read() as reader:
            return [data for _, data in reversed(_read_proposals(reader))]

    def keep_moved(self, data: bytes) -> None:
        """Of a proposal that is decided; to be told before its block is."""
        number = max(self._numbers, default=0) + 1
        gone = self._numbers[: -MOVED_KEPT + 1]
        with self._store.write() as writer:
            writer.put(TABLE, _MOVED + number.to_bytes(8, "big"), data)
            writer.delete_many(TABLE, [_MOVED + each.to_bytes(8, "big") for each in gone])
        self._numbers = [*self._numbers[-MOVED_KEPT + 1 :], number]


def _key(promised: Promised) -> bytes:
    epoch, (round_, data) = promised
    return _PLEDGE + epoch.to_bytes(8, "big") + round_.to_bytes(8, "big") + digest(data)


def _first(reader: Reader, prefix: bytes) -> bytes:
    return next((key for key, _ in reader.scan(TABLE, prefix, prefix + b"\xff")), b"")


def _read_proposals(reader: Reader) -> list[tuple[int, bytes]]:
    found = reader.scan(TABLE, _MOVED, _MOVED + b"\xff")
    return [(int.from_bytes(key[len(_MOVED) :], "big"), value) for key, value in found]
