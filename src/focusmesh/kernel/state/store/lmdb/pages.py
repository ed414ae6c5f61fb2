"""The pages of LMDB's file, read without LMDB, which trusts them: one damaged page can end a process that maps it.

Structures as in mdb.c of LMDB 0.9 (MDB_page, MDB_node, MDB_db, MDB_meta) on a 64-bit little-endian machine. Pages 0
and 1 are the heads of the last two transactions; all others belong to a tree or to the list of free pages.
"""

from __future__ import annotations

import os
import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING

from focusmesh.errors import StoreError

if TYPE_CHECKING:
    from pathlib import Path

NO_PAGE = (1 << 64) - 1
HEADS = 2
BRANCH, LEAF, OVERFLOW, _HEAD = 1, 2, 4, 8
"""What a page is, as its flags say."""
PAGE_HEAD = struct.Struct("<QHHHH")
"""Number, padding, flags, and where free space begins and ends; of an overflow page: low and high half of a count."""
TREE_HEAD = struct.Struct("<IHHQQQQQ")
"""Page size or 0, flags, depth, counts of branch, leaf and overflow pages and of entries; the root."""
_META = struct.Struct("<IIQQ48s48sQQ")
"""Magic, version, address, size of the map, the free pages, the list of tables, last page, transaction."""
_MAGIC, _VERSION = 0xBEEFC0DE, 1
INTEGER_KEYS = 8
"""The one flag of a tree that there is, of the free pages alone: keys are numbers, not bytes."""
_PAGE_BYTES = tuple(1 << power for power in range(9, 17))
_READ_AGAIN = 20


@dataclass(frozen=True, slots=True)
class TreeHead:
    """What is said of a tree: its root, and counts that whoever walks it can compare.

    ``padding`` is the size of pages for the free ones, 0 for all others.
    """

    padding: int
    flags: int
    depth: int
    branch_pages: int
    leaf_pages: int
    overflow_pages: int
    entries: int
    root: int

    @classmethod
    def of(cls, data: bytes) -> TreeHead:
        """From its 48 bytes."""
        return cls(*TREE_HEAD.unpack(data))


@dataclass(frozen=True, slots=True)
class Moment:
    """The store after one transaction: the tree of its free pages, and that of its tables."""

    transaction: int
    page_bytes: int
    last_page: int
    free: TreeHead
    tables: TreeHead


class PageFile:
    """``data.mdb``, open to read pages. What it reads never ends the process: a page may be short, or anything."""

    def __init__(self, path: Path) -> None:
        """Raises StoreError where the file cannot be opened. Use it with ``with``."""
        self._path = path
        try:
            self._file = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        except OSError as error:
            raise StoreError(f"{path} cannot be opened: {error.strerror}") from error
        self._page_bytes = 0

    def __enter__(self) -> PageFile:
        return self

    def __exit__(self, *_: object) -> None:
        os.close(self._file)

    def moments(self) -> list[Moment]:
        """The last moment and the one before it; raises StoreError where their heads are damaged. O(1)."""
        for attempt in range(_READ_AGAIN):
            try:
                return self._moments()
            except StoreError:
                # A writer may have been at one of them just now.
                if attempt == _READ_AGAIN - 1:
                    raise
        raise AssertionError("unreachable")

    def has_all(self, moment: Moment) -> bool:
        """Whether the file reaches to the end of the last page. O(1).

        Without it, free pages may be all that is missing: a page that was taken and given back in one transaction is
        never written. ``verify_pages`` knows.
        """
        return self.pages_count() > moment.last_page

    def pages_count(self) -> int:
        """How many whole pages the file has."""
        return os.fstat(self._file).st_size // self._page_bytes

    def page(self, number: int, count: int = 1) -> bytes:
        """The bytes of ``count`` pages, fewer where the file ends; StoreError where the disk gives an error."""
        return self._read(number * self._page_bytes, count * self._page_bytes)

    def damage_error(self, page: int, what: str) -> StoreError:
        """The error that says where the file is damaged."""
        return StoreError(
            f"{self._path} is damaged at page {page} (byte {page * self._page_bytes:,}), {what}: "
            "restore a backup, or import an exported chain"
        )

    def _moments(self) -> list[Moment]:
        first = self._moment(0, 0)
        found = [first, self._moment(1, first.page_bytes)]
        later = found[found[1].transaction > found[0].transaction]
        before = found[later is found[0]]
        follows = later.transaction - before.transaction == 1 or not later.transaction
        if not follows or (later.transaction and later is not found[later.transaction % HEADS]):
            numbers = f"{before.transaction} and {later.transaction}"
            raise self.damage_error(0, f"whose transactions {numbers} do not follow each other")
        return [later, before]

    def _moment(self, number: int, offset: int) -> Moment:
        data = self._read(offset, PAGE_HEAD.size + _META.size)
        if len(data) < PAGE_HEAD.size + _META.size:
            raise self.damage_error(number, "where the file ends")
        of_page, _, flags, _, _ = PAGE_HEAD.unpack_from(data)
        meta = _META.unpack_from(data, PAGE_HEAD.size)
        magic, version, address, _, free, tables, last_page, transaction = meta
        head = TreeHead.of(free)
        page_bytes = head.padding
        is_head = (of_page, flags, magic, version, address, head.flags) == (
            *(number, _HEAD, _MAGIC, _VERSION),
            *(0, INTEGER_KEYS),
        )
        if not is_head or page_bytes not in _PAGE_BYTES or (number and page_bytes != offset):
            raise self.damage_error(number, "which is not the head of a store")
        self._page_bytes = page_bytes
        if not HEADS - 1 <= last_page < (1 << 63) // page_bytes:
            raise self.damage_error(number, f"which says that page {last_page} is the last")
        return Moment(transaction, page_bytes, last_page, head, TreeHead.of(tables))

    def _read(self, offset: int, length: int) -> bytes:
        try:
            return os.pread(self._file, length, offset)
        except OSError as error:
            raise StoreError(
                f"{self._path} cannot be read at byte {offset:,}: {error.strerror}"
            ) from error
