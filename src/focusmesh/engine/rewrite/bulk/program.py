"""A book laid out for bulk evaluators: nodes apart from each other, with the cells that tasks need."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from focusmesh.engine.rewrite import marks as lazy
from focusmesh.engine.rewrite.bulk.marks import FORKS, NODE_SHIFT
from focusmesh.engine.rewrite.marks import ROW
from focusmesh.engine.rewrite.words import (
    APP,
    CTR,
    DP0,
    DP1,
    ERA,
    LAM,
    LET,
    MAT,
    OPX,
    OPY,
    REF,
    SPOT_SHIFT,
    SUP,
    SWI,
    VAR,
    label_of,
    low_of,
    tag_of,
)

if TYPE_CHECKING:
    from focusmesh.engine.arrays import OffsetArray
    from focusmesh.engine.rewrite.book import Book

_FLAG = 1 << SPOT_SHIFT
_NODE_PARTS = {LAM: 1, VAR: 1, APP: 2, OPX: 2, OPY: 2, LET: 2, SUP: 2}
_DUP_CELLS = 4


@dataclass(frozen=True)
class Program:
    """``words``: a row for each definition (marks.py), then arities, matches, cases, patches and nodes.

    ``together``: no term of the book erases or superposes, so that evaluating both operands of an operator at once is
    no more work than one after the other.
    """

    words: OffsetArray
    arities: int
    matches: int
    together: bool
    nodes_max: int
    """Nodes of the longest body."""
    step_cells: int
    """Cells that one interaction takes at most."""


def program_of(book: Book) -> Program:
    """The book for bulk evaluators. O(size)."""
    rows = book.definitions.copy()
    nodes: list[int] = []
    patches: list[int] = []
    together, nodes_max, cells_max = True, 0, 0
    for row in rows:
        body = _Body(book, row)
        row[[0, 1, 2]] = len(nodes), len(body.sizes), body.root
        row[[5, 6]] = len(patches) // 2, len(body.patches) // 2
        nodes += body.written()
        patches += body.patches
        together = together and body.together
        nodes_max, cells_max = max(nodes_max, len(body.sizes)), max(cells_max, sum(body.sizes))
    arities = rows.size
    matches = arities + len(book.arities)
    cases = matches + book.matches.size
    first_patch = cases + len(book.cases)
    code = first_patch + len(patches)
    rows[:, 0] += code
    rows[:, 5] = first_patch + 2 * rows[:, 5]
    placed = book.matches.copy()
    placed[:, 0] += cases
    parts = [rows, book.arities, placed, book.cases, np.array(patches), np.array(nodes)]
    words = np.concatenate([np.asarray(part, dtype=np.int64).reshape(-1) for part in parts])
    widest = int(book.arities.max(initial=0)) + int(book.matches[:, 1].max(initial=0))
    return Program(words, arities, matches, together, nodes_max, cells_max + 8 * (widest + 260))


@dataclass
class _Body:
    """One definition's nodes in the order in which they are come to from the root."""

    book: Book
    row: OffsetArray
    sizes: list[int] = field(default_factory=list)
    cells: list[list[int]] = field(default_factory=list)
    patches: list[int] = field(default_factory=list)
    root: int = 0
    together: bool = True

    def __post_init__(self) -> None:
        start, length = int(self.row[lazy.START]), int(self.row[lazy.LENGTH])
        self._old = self.book.code[start : start + length].tolist()
        first, count = int(self.row[lazy.PATCH]), int(self.row[lazy.PATCH_COUNT])
        patched = self.book.patches[first : first + count].tolist()
        self._patched = {cell for cell, _ in patched}
        self._node: dict[int, int] = {}
        self._cell: dict[int, int] = {}
        self._waiting: list[tuple[int, int, int]] = []
        self.root = self._moved(int(self.row[lazy.ROOT]), -1)
        while self._waiting:
            node, cell, old = self._waiting.pop()
            self.cells[node][cell] = self._moved(self._old[old], old)
        for cell, argument in patched:
            if cell < 0 or cell in self._cell:
                self.patches += [self._cell.get(cell, -1), argument]

    def written(self) -> list[int]:
        found: list[int] = []
        distance = 0
        for size, cells in zip(self.sizes, self.cells, strict=True):
            found += [size, distance, *cells]
            distance += size
        return found

    def _moved(self, found: int, cell: int) -> int:
        """A word with its node where it is from now on."""
        tag = tag_of(found)
        if not found >> SPOT_SHIFT & 1:
            self.together &= tag != ERA or cell in self._patched
            return found
        self.together &= tag != SUP
        place = low_of(found)
        if place not in self._node:
            self._add(tag, label_of(found), place)
        head = _head(tag, self._strict(tag, label_of(found)))
        hint = FORKS if tag == OPX and self._both_call(place) else 0
        return found - place + (self._node[place] << NODE_SHIFT) + head | hint

    def _add(self, tag: int, label: int, place: int) -> None:
        count, head = self._parts(tag, label), _head(tag, self._strict(tag, label))
        size = _DUP_CELLS if tag in (DP0, DP1) else count + head
        node = self._node[place] = len(self.sizes)
        self.sizes.append(size)
        self.cells.append([0] * size)
        for at in reversed(range(count)):
            self._cell[place + at] = node << NODE_SHIFT | head + at
            self._waiting.append((node, head + at, place + at))

    def _strict(self, tag: int, label: int) -> bool:
        return tag == REF and bool(self.book.definitions[label, lazy.STRICT])

    def _parts(self, tag: int, label: int) -> int:
        if tag in _NODE_PARTS:
            return _NODE_PARTS[tag]
        if tag == CTR:
            return int(self.book.arities[label])
        if tag == REF:
            return int(self.book.definitions[label, lazy.ARITY])
        if tag == MAT:
            return 1 + int(self.book.matches[label, 1])
        return 1 + label if tag == SWI else 1

    def _both_call(self, place: int) -> bool:
        return all(self._calls(self._old[place + at], 8) for at in (0, 1))

    def _calls(self, found: int, depth: int) -> bool:
        """Whether there is a call, or an application, in what is evaluated for this word."""
        tag, label = tag_of(found), label_of(found)
        if tag in (REF, APP):
            return True
        if depth == 0 or tag not in (OPX, LET, MAT, SWI):
            return False
        count = 2 if tag in (OPX, LET) else self._parts(tag, label)
        return any(self._calls(self._old[low_of(found) + at], depth - 1) for at in range(count))


def _head(tag: int, strict: bool) -> int:
    """Cells before the first: RET of an eliminator; RET and JOIN of a call with strict arguments."""
    if tag == REF:
        return 2 if strict else 0
    return 1 if tag in (APP, MAT, SWI, OPX, OPY, LET) else 0
