"""Whether the pages of a store are what LMDB may trust: trees whose keys ascend, each page in use once or free.

What is free, and what lies between the nodes of a page, holds nothing and is not looked at. What the records mean is
not known here: a changed value in a sound page is found by whoever knows it.
"""

from __future__ import annotations

import operator
import struct
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

from focusmesh.kernel.state.store.lmdb.pages import (
    BRANCH,
    HEADS,
    INTEGER_KEYS,
    LEAF,
    NO_PAGE,
    OVERFLOW,
    PAGE_HEAD,
    TREE_HEAD,
    TreeHead,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from focusmesh.kernel.state.store.lmdb.pages import Moment, PageFile

_NODE = struct.Struct("<HHHH")
_LARGE, _TABLE = 1, 2
"""What a node of a leaf may be: its value is in pages of its own; its value is the head of a table."""
_NUMBER_BYTES = 8
_DEPTH_MAX = 32


class _Node(NamedTuple):
    """An entry of a leaf, and the page that has it."""

    key: bytes
    flags: int
    value: bytes
    page: int


@dataclass
class _Tree:
    """A tree that is walked: what it is called, its head, how its keys ascend, what was found in it.

    Only of a tree ``with_values`` the entries are kept, and only such a one may have tables in it.
    """

    name: str
    head: TreeHead
    order: Callable[[bytes], Any] | None = None
    with_values: bool = False
    found: list[_Node] = field(default_factory=list)
    branch_pages: int = 0
    leaf_pages: int = 0
    overflow_pages: int = 0
    entries: int = 0


def verify_pages(file: PageFile, moment: Moment) -> int:
    """Walks every page of ``moment``, which nobody may write to meanwhile, and returns how many are in use.

    Raises StoreError for the first that is damaged, with its table and its place in the file. O(pages · entries),
    some 100 MB a second; a byte of memory for a page.
    """
    return _Audit(file, moment).run()


class _Audit:
    def __init__(self, file: PageFile, moment: Moment) -> None:
        self._file = file
        self._moment = moment
        self._size = moment.page_bytes
        # A byte each, but for free pages that were never written: a damaged head may speak of any number of them.
        self._seen = bytearray(min(moment.last_page + 1, file.pages_count()))
        self._unwritten: set[int] = set()

    def run(self) -> int:
        """See verify_pages."""
        main = _Tree("the list of tables", self._moment.tables, with_values=True)
        for node in self._walk(main):
            if node.flags == _TABLE:
                if len(node.value) != TREE_HEAD.size:
                    raise self._wrong(node.page, main, "has a table without a head")
                name = f"table {node.key.decode(errors='replace')!r}"
                self._walk(_Tree(name, TreeHead.of(node.value)))
        used = self._seen.count(1)
        self._free_pages()
        missing = self._seen.find(0, HEADS)
        if missing >= 0:
            raise self._file.damage_error(missing, "which is neither in use nor free")
        if len(self._seen) + len(self._unwritten) != self._moment.last_page + 1:
            raise self._file.damage_error(len(self._seen), "where the file was cut short")
        return used

    def _free_pages(self) -> None:
        """The entries are by transaction, a number: each a count, and as many numbers of pages, descending."""
        free = _Tree("the list of free pages", self._moment.free, _number, with_values=True)
        for _, _, value, page in self._walk(free):
            count = _number(value[:_NUMBER_BYTES])
            numbers = struct.unpack_from(f"<{len(value) // _NUMBER_BYTES}Q", value)[1 : count + 1]
            if len(numbers) != count or not _ascend(numbers[::-1]):
                raise self._wrong(page, free, "has an entry that is cut or does not descend")
            for number in numbers:
                self._take(number, page, free)

    def _walk(self, tree: _Tree) -> list[_Node]:
        """The entries that are kept of a tree, whose counts are then those that its head says."""
        head = tree.head
        kind = (0, 0) if tree.order is None else (self._size, INTEGER_KEYS)
        if (head.padding, head.flags) != kind:
            raise self._wrong(1, tree, f"cannot be of the kind {head.padding}, {head.flags:#x}")
        if head.depth > _DEPTH_MAX or (head.root == NO_PAGE) != (head.depth == 0):
            raise self._wrong(1, tree, f"cannot have {head.depth} levels")
        if head.depth:
            self._descend(tree, head.root, head.depth, (None, None), 1)
        for what in ("branch_pages", "leaf_pages", "overflow_pages", "entries"):
            if getattr(tree, what) != getattr(head, what):
                at, counted = head.root if head.depth else 1, f"{getattr(tree, what):,} {what}"
                raise self._wrong(at, tree, f"has {counted}, not {getattr(head, what):,}")
        return tree.found

    def _descend(
        self, tree: _Tree, number: int, depth: int, span: tuple[Any, Any], parent: int
    ) -> None:
        """What is under one page, whose keys lie in ``span``: from the first on, below the second."""
        self._take(number, parent, tree)
        page = self._page(tree, number, LEAF if depth == 1 else BRANCH)
        nodes = self._nodes(tree, number, page, leaf=depth == 1)
        keys = [page[at + 8 : at + 8 + key_bytes] for at, _, _, _, key_bytes in nodes]
        order: list[Any] = keys if tree.order is None else [tree.order(key) for key in keys]
        if depth > 1:
            # The first key of a branch is whatever is below the second.
            least = b"" if tree.order is None else tree.order(b"")
            order = [least if span[0] is None else span[0], *order[1:]]
        if not _ascend(order) or not _within(order, span):
            raise self._wrong(number, tree, "has keys that do not ascend")
        if depth == 1:
            self._leaf(tree, number, page, keys, nodes)
            return
        tree.branch_pages += 1
        stops = [*order[1:], span[1]]
        for (_, low, high, flags, _), start, stop in zip(nodes, order, stops, strict=True):
            child = low | high << 16 | flags << 32
            self._descend(tree, child, depth - 1, (start, stop), number)

    def _leaf(
        self,
        tree: _Tree,
        number: int,
        page: bytes,
        keys: list[bytes],
        nodes: list[tuple[int, ...]],
    ) -> None:
        tree.leaf_pages += 1
        tree.entries += len(nodes)
        for key, (at, low, high, flags, key_bytes) in zip(keys, nodes, strict=True):
            if flags or tree.with_values:
                span = (at + _NODE.size + key_bytes, low | high << 16)
                value = self._value(tree, number, page, span, flags)
                if tree.with_values:
                    tree.found.append(_Node(key, flags, value, number))

    def _page(self, tree: _Tree, number: int, kind: int) -> bytes:
        page = self._file.page(number)
        if len(page) < self._size:
            raise self._wrong(number, tree, "lies behind the end of the file")
        of_page, _, flags, _, _ = PAGE_HEAD.unpack_from(page)
        if of_page != number or flags != kind:
            raise self._wrong(number, tree, "has the head of another page")
        return page

    def _nodes(self, tree: _Tree, number: int, page: bytes, *, leaf: bool) -> list[tuple[int, ...]]:
        """(place, low, high, flags, bytes of the key) of every node, which fill the page to its end."""
        *_, lower, upper = PAGE_HEAD.unpack_from(page)
        if lower % 2 or not PAGE_HEAD.size < lower <= upper <= self._size:
            raise self._wrong(number, tree, "has no room for its entries")
        places = struct.unpack_from(f"<{(lower - PAGE_HEAD.size) // 2}H", page, PAGE_HEAD.size)
        if max(places) > self._size - _NODE.size or min(places) < upper:
            raise self._wrong(number, tree, "has entries outside of it")
        nodes = [(at, *_NODE.unpack_from(page, at)) for at in places]
        starts, stops = _extents(nodes, leaf=leaf)
        if starts[0] != upper or starts[1:] != stops[:-1] or stops[-1] != self._size:
            raise self._wrong(number, tree, "has entries that overlap or do not fill it")
        return nodes

    def _value(
        self, tree: _Tree, number: int, page: bytes, span: tuple[int, int], flags: int
    ) -> bytes:
        """The value of an entry, ``span`` saying where it begins and how long it is."""
        start, size = span
        if flags not in ((0, _LARGE, _TABLE) if tree.with_values else (0, _LARGE)):
            raise self._wrong(number, tree, "has an entry of no known kind")
        if not flags & _LARGE:
            return page[start : start + size]
        first = _number(page[start : start + _NUMBER_BYTES])
        self._take(first, number, tree)
        *_, low, high = PAGE_HEAD.unpack_from(self._page(tree, first, OVERFLOW))
        count = low | high << 16
        if count * self._size < PAGE_HEAD.size + size:
            raise self._wrong(first, tree, "has fewer pages than its value takes")
        if first + count > len(self._seen):
            raise self._wrong(first, tree, "lies behind the end of the file")
        tree.overflow_pages += count
        for later in range(first + 1, first + count):
            self._take(later, number, tree)
        if not tree.with_values:
            return b""
        return self._file.page(first, count)[PAGE_HEAD.size : PAGE_HEAD.size + size]

    def _take(self, number: int, parent: int, tree: _Tree) -> None:
        """Notes that a page is named by ``parent``: by nobody else, and within the store."""
        if not HEADS <= number <= self._moment.last_page:
            raise self._wrong(parent, tree, f"names page {number}, which there is none of")
        is_written = number < len(self._seen)
        if self._seen[number] if is_written else number in self._unwritten:
            raise self._wrong(parent, tree, f"names page {number}, which is named elsewhere too")
        if is_written:
            self._seen[number] = 1
        else:
            self._unwritten.add(number)

    def _wrong(self, page: int, tree: _Tree, what: str) -> Exception:
        return self._file.damage_error(page, f"in {tree.name}, which {what}")


def _extents(nodes: list[tuple[int, ...]], *, leaf: bool) -> tuple[list[int], list[int]]:
    """Where nodes begin and end in their page, by place; each takes an even number of bytes."""
    ends = {
        at: at + (9 + key_bytes + _value_bytes(low | high << 16, flags, leaf=leaf) & ~1)
        for at, low, high, flags, key_bytes in nodes
    }
    starts = sorted(at for at, *_ in nodes)
    return starts, [ends[at] for at in starts]


def _value_bytes(size: int, flags: int, *, leaf: bool) -> int:
    """What a value takes in its page: a branch has it in the heads of its nodes, a large one is a number."""
    if not leaf:
        return 0
    return _NUMBER_BYTES if flags & _LARGE else size


def _number(data: bytes) -> int:
    return int.from_bytes(data, "little")


def _ascend(order: Sequence[Any]) -> bool:
    return not any(map(operator.ge, order, order[1:]))


def _within(order: list[Any], span: tuple[Any, Any]) -> bool:
    first, stop = span
    return (first is None or order[0] >= first) and (stop is None or order[-1] < stop)
