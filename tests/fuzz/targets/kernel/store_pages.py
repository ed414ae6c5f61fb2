"""Damaged stores: what the audit of pages lets pass, LMDB reads to the end; else this process would be gone.

Input: places of small stores that get other bytes: a byte for the store, then for each change the offset (three bytes),
a number of bytes (one, 1 … 8) and these bytes.
"""

from __future__ import annotations

import mmap
import tempfile
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import lmdb

from focusmesh.errors import StoreError
from focusmesh.kernel.state.store.lmdb.audit import verify_pages
from focusmesh.kernel.state.store.lmdb.pages import PageFile
from tests.fuzz.target import Structure, Target

if TYPE_CHECKING:
    from collections.abc import Iterator

_TABLES = [b"one", b"other"]
_MAP_BYTES = 1 << 20
_LONGEST = 8
_SHOWN = 160
"""The heads of stores have so many bytes."""
_KINDS = 3

Change = tuple[int, bytes]


def check(data: bytes) -> bool:
    if not data:
        return False
    content = bytearray(_store(data[0] % _KINDS))
    for offset, changed in _changes(data[1:]):
        at = offset % len(content)
        content[at : at + len(changed)] = changed[: len(content) - at]
    path = _file()
    path.write_bytes(content)
    try:
        with PageFile(path) as file:
            moment = file.moments()[0]
            verify_pages(file, moment)
    except StoreError:
        return False
    return _read_all(path)


def _changes(data: bytes) -> Iterator[Change]:
    at = 0
    while at + 4 < len(data):
        length = 1 + data[at + 3] % _LONGEST
        yield int.from_bytes(data[at : at + 3], "big"), data[at + 4 : at + 4 + length]
        at += 4 + length


def _read_all(path: Path) -> bool:
    """Whether LMDB found nothing wrong. What it tells is as good as what the audit tells; else it crashes."""
    places = len(_TABLES)
    try:
        with lmdb.open(str(path.parent), readonly=True, lock=False, max_dbs=places) as environment:
            for name in _TABLES:
                _read_table(environment, environment.open_db(name, create=False))
    except lmdb.Error:
        return False
    return True


def _read_table(environment: lmdb.Environment, table: Any) -> None:
    with environment.begin() as transaction, transaction.cursor(table) as cursor:
        found = [bytes(key) + bytes(value) for key, value in cursor]
        assert len(found) == transaction.stat(table)["entries"]


@cache
def _file() -> Path:
    return Path(tempfile.mkdtemp(prefix="focusmesh-fuzz-")) / "data.mdb"


@cache
def _store(kind: int) -> bytes:
    """Little in it; two levels, large values and free pages; all of it deleted."""
    path = Path(tempfile.mkdtemp(prefix="focusmesh-fuzz-")) / "data.mdb"
    places = len(_TABLES)
    with lmdb.open(str(path.parent), _MAP_BYTES, lock=False, max_dbs=places) as environment:
        tables = [environment.open_db(name) for name in _TABLES]
        keys = [b"key %03d" % number for number in range(4 if kind == 0 else 60)]
        for table in tables:
            with environment.begin(write=True, db=table) as transaction:
                for key in keys:
                    transaction.put(key, key * (1 if kind == 0 else 15))
                if kind:
                    transaction.put(b"large", bytes(range(256)) * 30)
        for key in keys if kind == 2 else keys[:1]:
            with environment.begin(write=True, db=tables[0]) as transaction:
                transaction.delete(key)
    return path.read_bytes()


def seeds() -> list[bytes]:
    """Changes that change nothing, where the heads and the first entries of pages are: for mutations to begin with."""
    return [
        bytes([kind]) + _written(_same(_store(kind), at))
        for kind in range(_KINDS)
        for at in _pages(kind)
    ]


def _pages(kind: int) -> range:
    return range(0, len(_store(kind)), mmap.PAGESIZE)


def _same(store: bytes, page: int) -> list[Change]:
    end = page + mmap.PAGESIZE
    offsets = [*range(page, page + _SHOWN, _LONGEST), *range(end - _SHOWN, end, _LONGEST)]
    return [(at, store[at : at + _LONGEST]) for at in offsets]


def _written(changes: list[Change]) -> bytes:
    return b"".join(
        at.to_bytes(3, "big") + bytes([len(changed) - 1]) + changed for at, changed in changes
    )


def _read(data: bytes) -> list[object]:
    return [data[0], [list(change) for change in _changes(data[1:])]]


def _write(value: list[object]) -> bytes:
    kind, changes = value
    assert isinstance(kind, int)
    assert isinstance(changes, list)
    whole = [(at % (1 << 24), changed[:_LONGEST]) for at, changed in changes if changed]
    return bytes([kind % 256]) + _written(whole)


TARGET = Target(check, seeds, Structure(_read, _write))
