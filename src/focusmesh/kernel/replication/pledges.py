"""What a voter must not forget: its pledges, cuts of decided blocks, since when it votes; in a store of its own.

    b"pledge" ‖ epoch ‖ round ‖ digest   what an engine said to keep
    b"moved" ‖ number                    what travelled with a decided motion, the newest of them alone
    b"since"                             the first epoch in which this store's votes are all that there are

All in the table ``meta``; numbers have 8 bytes, big-endian. A voter that lost this store may have voted already in the
epoch that runs, and so waits for the next.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from focusmesh.ids import digest
from focusmesh.kernel.consensus import Pledge

if TYPE_CHECKING:
    from collections.abc import Iterable

    from focusmesh.kernel.state import Reader, Store

TABLE = "meta"
MOVED_KEPT = 8
"""So many of the last decided motions' data are kept: the chain's store may be some blocks behind, or ahead."""
_PLEDGE, _MOVED, _SINCE = b"pledge", b"moved", b"since"


class Promised(NamedTuple):
    """A pledge and the epoch that it was made in."""

    epoch: int
    pledge: Pledge


class PledgeBook:
    """Durable when a call returns. Not for several threads at once."""

    def __init__(self, store: Store) -> None:
        self._store = store
        with store.read() as reader:
            self._numbers = [number for number, _ in _moved(reader)]

    def since(self) -> int | None:
        """The first epoch in which its voter may vote; None in a new book."""
        with self._store.read() as reader:
            found = reader.get(TABLE, _SINCE)
        return None if found is None else int.from_bytes(found, "big")

    def begin(self, epoch: int) -> None:
        """From this epoch on it has all votes of its voter."""
        with self._store.write() as writer:
            writer.put(TABLE, _SINCE, epoch.to_bytes(8, "big"))

    def pledges(self, epoch: int) -> list[Pledge]:
        """Those of an epoch."""
        start = _PLEDGE + epoch.to_bytes(8, "big")
        stop = _PLEDGE + (epoch + 1).to_bytes(8, "big")
        with self._store.read() as reader:
            return [
                Pledge(int.from_bytes(key[len(start) :][:8], "big"), value)
                for key, value in reader.scan(TABLE, start, stop)
            ]

    def keep(self, promised: Iterable[Promised]) -> None:
        """In one transaction."""
        with self._store.write() as writer:
            writer.put_many(TABLE, sorted((_key(each), each.pledge.data) for each in promised))

    def let_go(self, epoch: int, until: int, kept: Iterable[Pledge]) -> None:
        """Those of earlier epochs, of rounds up to ``until``, and of mempools but for ``kept`` ones.

        The highest round there is belongs to mempools.
        """
        needed = {_key(Promised(epoch, pledge)) for pledge in kept}
        last = _PLEDGE + epoch.to_bytes(8, "big") + (until + 1).to_bytes(8, "big")
        batches = _PLEDGE + epoch.to_bytes(8, "big") + ((1 << 63) - 1).to_bytes(8, "big")
        with self._store.write() as writer:
            gone = [key for key, _ in writer.scan(TABLE, _PLEDGE, last)]
            stop = _PLEDGE + (epoch + 1).to_bytes(8, "big")
            gone += [key for key, _ in writer.scan(TABLE, batches, stop) if key not in needed]
            writer.delete_many(TABLE, gone)

    def moved(self) -> list[bytes]:
        """What travelled with the last decided motions, newest first."""
        with self._store.read() as reader:
            return [data for _, data in reversed(_moved(reader))]

    def keep_moved(self, data: bytes) -> None:
        """Of a motion that is decided; to be told before its block is."""
        number = max(self._numbers, default=0) + 1
        gone = self._numbers[: -MOVED_KEPT + 1]
        with self._store.write() as writer:
            writer.put(TABLE, _MOVED + number.to_bytes(8, "big"), data)
            writer.delete_many(TABLE, [_MOVED + each.to_bytes(8, "big") for each in gone])
        self._numbers = [*self._numbers[-MOVED_KEPT + 1 :], number]


def _key(promised: Promised) -> bytes:
    epoch, (round_, data) = promised
    return _PLEDGE + epoch.to_bytes(8, "big") + round_.to_bytes(8, "big") + digest(data)


def _moved(reader: Reader) -> list[tuple[int, bytes]]:
    found = reader.scan(TABLE, _MOVED, _MOVED + b"\xff")
    return [(int.from_bytes(key[len(_MOVED) :], "big"), value) for key, value in found]
