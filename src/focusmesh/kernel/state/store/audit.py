"""Whether the pages of a store are what LMDB may trust: trees whose keys ascend, each page in use once or free.

What is free, and what lies between the nodes of a page, holds nothing and is not looked at. What the records mean is
not known here: a changed value in a sound page is found by whoever knows it.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass, field
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from focusmesh.kernel.state.store.pages import (
    BRANCH,
    HEADS,
    LEAF,
    NO_PAGE,
    OVERFLOW,
    PAGE_HEAD,
    TREE_HEAD,
    TreeHead,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from focusmesh.kernel.state.store.pages import Moment, PageFile

_NODE = struct.Struct("<HHHH")
_LARGE, _TABLE = 1, 2
"""What a node of a leaf may be: its value is in pages of its own; its value is the head of a table."""
_NUMBER_BYTES = 8
_DEPTH_MAX = 32


@dataclass(frozen=True, slots=True)
class _Node:
    """An entry of a leaf; ``value`` is empty where it lies in pages of its own, unless it was asked for."""

    key: bytes
    flags: int
    value: bytes
    page: int


@dataclass
class _Tree:
    """A tree that is being walked: what it is called, its head, what was counted, whether its values are wanted."""

    name: str
    head: TreeHead
    order: Callable[[bytes], Any] = bytes
    with_values: bool = False
    counts: dict[str, int] = field(
        default_factory=lambda: dict.fromkeys(("branch", "leaf", "overflow", "entries"), 0)
    )


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
            if node.flags & _TABLE:
                if len(node.value) != TREE_HEAD.size:
                    raise self._wrong(node.page, main, "has a table without a head")
                table = _Tree(
                    f"table {node.key.decode(errors='replace')!r}", TreeHead.of(node.value)
                )
                for _ in self._walk(table):
                    pass
        used = self._seen.count(1)
        self._free_pages()
        missing = self._seen.find(0, HEADS)
        if missing >= 0:
            raise self._file.damaged(missing, "which is neither in use nor free")
        if len(self._seen) + len(self._unwritten) != self._moment.last_page + 1:
            raise self._file.damaged(len(self._seen), "where the file was cut short")
        return used

    def _free_pages(self) -> None:
        free = _Tree(
            "the list of free pages",
            self._moment.free,
            lambda key: int.from_bytes(key, "little"),
            with_values=True,
        )
        listed = [(node.page, node.value) for node in self._walk(free)]
        for page, value in listed:
            count = int.from_bytes(value[:_NUMBER_BYTES], "little")
            numbers = struct.unpack_from(f"<{len(value) // _NUMBER_BYTES}Q", value)[1 : count + 1]
            if len(numbers) != count or not all(one > other for one, other in pairwise(numbers)):
                raise self._wrong(page, free, "has an entry that is cut or does not descend")
            for number in numbers:
                self._take(number, page, free)

    def _walk(self, tree: _Tree) -> Iterator[_Node]:
        """All entries by ascending key; the counts of the tree's head are compared behind the last one."""
        head = tree.head
        if head.depth > _DEPTH_MAX or (head.root == NO_PAGE) != (head.depth == 0):
            raise self._wrong(1, tree, f"cannot have {head.depth} levels")
        if head.depth:
            yield from self._descend(tree, head.root, head.depth, (None, None), 1)
        said = (head.branch_pages, head.leaf_pages, head.overflow_pages, head.entries)
        if tuple(tree.counts.values()) != said:
            root = head.root if head.depth else 1
            raise self._wrong(root, tree, f"has other counts than its head says, {said}")

    def _descend(
        self, tree: _Tree, number: int, depth: int, span: tuple[Any, Any], parent: int
    ) -> Iterator[_Node]:
        """The entries under one page, whose keys lie in ``span``: from the first on, below the second."""
        self._take(number, parent, tree)
        page = self._page(tree, number, LEAF if depth == 1 else BRANCH)
        keys, nodes = self._nodes(tree, number, page, leaf=depth == 1)
        order = [tree.order(key) for key in keys]
        if depth > 1 and order:
            order[0] = span[0] if span[0] is not None else tree.order(b"")
        if not all(one < other for one, other in pairwise(order)) or not _within(order, span):
            raise self._wrong(number, tree, "has keys that do not ascend")
        if depth == 1:
            tree.counts["leaf"] += 1
            tree.counts["entries"] += len(nodes)
            for key, (at, low, high, flags, key_bytes) in zip(keys, nodes, strict=True):
                start = at + _NODE.size + key_bytes
                value = self._value(tree, number, page, (start, low | high << 16), flags)
                yield _Node(key, flags, value, number)
            return
        tree.counts["branch"] += 1
        for index, (_, low, high, flags, _) in enumerate(nodes):
            stop = order[index + 1] if index + 1 < len(order) else span[1]
            start = span[0] if index == 0 else order[index]
            child = low | high << 16 | flags << 32
            yield from self._descend(tree, child, depth - 1, (start, stop), number)

    def _page(self, tree: _Tree, number: int, kind: int) -> bytes:
        page = self._file.page(number)
        if len(page) < self._size:
            raise self._wrong(number, tree, "lies behind the end of the file")
        of_page, _, flags, _, _ = PAGE_HEAD.unpack_from(page)
        if of_page != number or flags != kind:
            raise self._wrong(number, tree, "has the head of another page")
        return page

    def _nodes(
        self, tree: _Tree, number: int, page: bytes, *, leaf: bool
    ) -> tuple[list[bytes], list[tuple[int, ...]]]:
        """Keys, and (place, low, high, flags, bytes of the key) of every node, which fill the page to its end."""
        *_, lower, upper = PAGE_HEAD.unpack_from(page)
        if lower % 2 or not PAGE_HEAD.size < lower <= upper <= self._size:
            raise self._wrong(number, tree, "has no room for its entries")
        places = struct.unpack_from(f"<{(lower - PAGE_HEAD.size) // 2}H", page, PAGE_HEAD.size)
        if max(places) > self._size - _NODE.size or min(places) < upper:
            raise self._wrong(number, tree, "has entries outside of it")
        nodes = [(at, *_NODE.unpack_from(page, at)) for at in places]
        spans = sorted((node[0], node[0] + _node_bytes(node, leaf=leaf)) for node in nodes)
        if spans[0][0] != upper or spans[-1][1] != self._size:
            raise self._wrong(number, tree, "has entries that do not fill it")
        if any(one[1] != other[0] for one, other in pairwise(spans)):
            raise self._wrong(number, tree, "has entries that overlap")
        return [page[node[0] + 8 : node[0] + 8 + node[4]] for node in nodes], nodes

    def _value(
        self, tree: _Tree, number: int, page: bytes, span: tuple[int, int], flags: int
    ) -> bytes:
        """The value of an entry, ``span`` saying where it begins and how long it is."""
        start, size = span
        if flags & ~(_LARGE | _TABLE):
            raise self._wrong(number, tree, "has an entry of no known kind")
        if not flags & _LARGE:
            return page[start : start + size] if tree.with_values else b""
        first = int.from_bytes(page[start : start + _NUMBER_BYTES], "little")
        self._take(first, number, tree)
        *_, low, high = PAGE_HEAD.unpack_from(self._page(tree, first, OVERFLOW))
        count = low | high << 16
        if count * self._size < PAGE_HEAD.size + size:
            raise self._wrong(first, tree, "has fewer pages than its value takes")
        if first + count > len(self._seen):
            raise self._wrong(first, tree, "lies behind the end of the file")
        tree.counts["overflow"] += count
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
        return self._file.damaged(page, f"in {tree.name}, which {what}")


def _node_bytes(node: tuple[int, ...], *, leaf: bool) -> int:
    """What a node takes in its page, an even number."""
    _, low, high, flags, key_bytes = node
    size = _NODE.size + key_bytes
    if leaf:
        size += _NUMBER_BYTES if flags & _LARGE else low | high << 16
    return size + size % 2


def _within(order: list[Any], span: tuple[Any, Any]) -> bool:
    first, stop = span
    return (first is None or order[0] >= first) and (stop is None or order[-1] < stop)
