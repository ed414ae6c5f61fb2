"""A heap on a disk that fails, and one whose record was damaged: told, and nothing is made worse."""

from __future__ import annotations

import errno
import os
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from focusmesh.errors import StoreError
from focusmesh.kernel.state import InspectedStore, LmdbStore
from focusmesh.kernel.state.store.lmdb.heap import ALIVE, HEAP_FILE, Heap, HeapRecord

if TYPE_CHECKING:
    from pathlib import Path

SMALL = b"Ada Lovelace, 12 St James's Square"


def test_a_disk_that_fails_between_values_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with closing(LmdbStore(tmp_path)) as store:
        for content in (b"forgotten", b"kept"):
            with store.write() as writer:
                writer.put("contents", content, content)
        with store.write() as writer:
            writer.delete_many("contents", [b"forgotten"])
        with store.write() as writer:
            writer.put("meta", b"later", b"block")
    pread = os.pread

    def failing(file: int, count: int, offset: int) -> bytes:
        if (count, offset) == (1 + len(b"forgotten"), 0):
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        return pread(file, count, offset)

    with closing(InspectedStore(tmp_path)) as looked_at, looked_at.snapshot() as snapshot:
        monkeypatch.setattr(os, "pread", failing)
        with pytest.raises(StoreError, match=r"contents.heap cannot be read"):
            snapshot.verify_heap(lambda *_: True)


def test_a_damaged_record_wipes_nothing_behind_the_end(tmp_path: Path) -> None:
    """A flipped bit in a length would have zeros written until the disk is full."""
    heap = Heap(tmp_path / HEAP_FILE, readonly=False)
    (place,) = heap.append([SMALL], 0)
    damaged = place[:8] + (1 << 28 | len(SMALL)).to_bytes(8, "big")
    end = 1 + len(SMALL)
    with pytest.raises(StoreError, match="damaged"):
        heap.settle(HeapRecord(end, damaged))
    assert (tmp_path / HEAP_FILE).read_bytes() == ALIVE + SMALL
    heap.settle(HeapRecord(end, place))
    assert (tmp_path / HEAP_FILE).read_bytes() == bytes(end)
    heap.close()
