"""A book laid out for bulk evaluators: nodes apart from each other, with the cells that tasks need, and arms apart.

An arm is a case of a match that uses nothing from outside of it. It is no part of what a call copies but a row of its
own, copied when it is chosen. So work and cells go only to what is chosen, and the row without its first lambdas can be
copied with their arguments in place.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from focusmesh.engine.rewrite import marks as lazy
from focusmesh.engine.rewrite.bulk.marks import ARM, FORKS, NODE_SHIFT
from focusmesh.engine.rewrite.marks import ROW
from focusmesh.engine.rewrite.words import (
    APP,
    CTR,
    DP0,
    DP1,
    ERA,
    LABEL_MASK,
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
    word,
)

if TYPE_CHECKING:
    from focusmesh.engine.rewrite.book import Book
    from focusmesh.engine.support.arrays import OffsetArray

_FLAG = 1 << SPOT_SHIFT
_NODE_PARTS = {DP0: 1, DP1: 1, LAM: 1, VAR: 1, APP: 2, OPX: 2, OPY: 2, LET: 2, SUP: 2}
_DUP_CELLS = 4
_PEELED_MAX = 16


@dataclass(frozen=True)
class BulkProgram:
    """``words``: a row for each definition and each arm (marks.py), then arities, matches, cases, patches and nodes.

    ``together``: no term of the book erases or superposes, so that evaluating both operands of an operator at once is
    no more work than one after the other. ``nodes_max`` is of the longest body; ``step_cells`` are what one interaction
    takes at most.
    """

    words: OffsetArray
    arities: int
    matches: int
    together: bool
    nodes_max: int
    step_cells: int


def program_of(book: Book) -> BulkProgram:
    """The book for bulk evaluators. O(size · depth of matches in each other)."""
    layout = _Layout(book)
    for number, row in enumerate(book.definitions):
        layout.lay_out(number, _Part(layout, row))
    rows = np.array(layout.rows, dtype=np.int64)
    arities = rows.size
    matches = arities + len(book.arities)
    cases = matches + book.matches.size
    first_patch = cases + len(book.cases)
    code = first_patch + len(layout.patches)
    rows[:, 0] += code
    rows[:, 5] = first_patch + 2 * rows[:, 5]
    placed = book.matches.copy()
    placed[:, 0] += cases
    tables = [rows, book.arities, placed, book.cases, layout.patches, layout.nodes]
    words = np.concatenate([np.asarray(table, dtype=np.int64).reshape(-1) for table in tables])
    widest = int(book.arities.max(initial=0)) + int(book.matches[:, 1].max(initial=0))
    step = layout.cells_max + 8 * (widest + 260)
    return BulkProgram(words, arities, matches, layout.together, layout.nodes_max, step)


class _Layout:
    """The rows so far, and the tables that they point into."""

    def __init__(self, book: Book) -> None:
        self.book = book
        self.rows: list[list[int]] = [[0] * ROW for _ in book.definitions]
        self.patches: list[int] = []
        self.nodes: list[int] = []
        self.together = True
        self.nodes_max = self.cells_max = 0

    def lay_out(self, number: int, part: _Part) -> None:
        """Fills row ``number`` with what ``part`` is."""
        body = _Body(self, part)
        row = [len(self.nodes), len(body.sizes), body.root, part.arity, part.strict]
        self.rows[number] = [*row, len(self.patches) // 2, len(body.patches) // 2, 0]
        self.nodes += body.words()
        self.patches += body.patches
        self.nodes_max = max(self.nodes_max, len(body.sizes))
        self.cells_max = max(self.cells_max, sum(body.sizes))

    def arm(self, outer: _Part, case: int) -> int:
        """The word of an arm, which gets a row, and another without the lambdas that it begins with."""
        number = len(self.rows)
        arm = outer.within(case)
        peeled = arm.peel()
        if number + 1 > LABEL_MASK:
            return case
        self.rows += [[0] * ROW for _ in range(2 if peeled.arity else 1)]
        self.lay_out(number, arm)
        if peeled.arity:
            self.lay_out(number + 1, peeled)
        return word(ARM, number, peeled.arity)

    def head(self, tag: int, label: int) -> int:
        """Cells before the first: RET of an eliminator; JOIN and RET of a call with strict arguments."""
        if tag == REF:
            return 2 if self.book.definitions[label, lazy.STRICT] else 0
        return 1 if tag in (APP, MAT, SWI, OPX, OPY, LET) else 0

    def parts(self, tag: int, label: int) -> int:
        """Cells from the first on."""
        if tag in _NODE_PARTS:
            return _NODE_PARTS[tag]
        if tag == CTR:
            return int(self.book.arities[label])
        if tag == REF:
            return int(self.book.definitions[label, lazy.ARITY])
        return 1 + (int(self.book.matches[label, 1]) if tag == MAT else label)


class _Part:
    """A body, or a part of one, as it lies in the book: its words, its root, and which cells and variables are what."""

    def __init__(self, layout: _Layout, row: OffsetArray) -> None:
        book = layout.book
        start, length = int(row[lazy.START]), int(row[lazy.LENGTH])
        first, count = int(row[lazy.PATCH]), int(row[lazy.PATCH_COUNT])
        self.layout = layout
        self.words = book.code[start : start + length].tolist()
        self.root = int(row[lazy.ROOT])
        self.arity, self.strict = int(row[lazy.ARITY]), int(row[lazy.STRICT])
        self.patched = dict(book.patches[first : first + count].tolist())
        self.parameters: dict[int, int] = {}
        halves = [*self.words, self.root]
        self.uses = Counter(low_of(each) for each in halves if DP0 <= tag_of(each) <= DP1)

    def within(self, root: int) -> _Part:
        """The part from ``root`` on, which takes nothing."""
        part = object.__new__(_Part)
        part.__dict__.update(self.__dict__)
        part.root, part.arity, part.strict = root, 0, 0
        part.patched, part.parameters = {}, {}
        return part

    def peel(self) -> _Part:
        """The same without the lambdas that it begins with: their variables are what it takes."""
        part = self.within(self.root)
        while tag_of(part.root) == LAM and part.arity < _PEELED_MAX:
            place = low_of(part.root)
            part.parameters[place] = part.arity
            part.arity += 1
            part.root = self.words[place]
        return part

    def is_closed(self, root: int) -> bool:
        """Whether what ``root`` stands for has all that it uses within itself."""
        layout = self.layout
        seen: set[int] = set()
        binders: set[int] = set()
        variables: list[int] = []
        halves: Counter[int] = Counter()
        waiting = [root]
        while waiting:
            found = waiting.pop()
            tag, label, place = tag_of(found), label_of(found), low_of(found)
            if not found >> SPOT_SHIFT & 1:
                continue
            if tag == VAR:
                variables.append(place)
                continue
            halves[place] += DP0 <= tag <= DP1
            binders.update([place] if tag == LAM else [])
            if place not in seen:
                seen.add(place)
                cells = range(place, place + layout.parts(tag, label))
                if any(cell in self.patched for cell in cells):
                    return False
                waiting += self.words[place : place + len(cells)]
        return binders.issuperset(variables) and all(
            count == self.uses[place] for place, count in halves.items() if count
        )


@dataclass
class _Body:
    """A part's nodes in the order in which they are come to from its root."""

    layout: _Layout
    part: _Part
    sizes: list[int] = field(default_factory=list)
    cells: list[list[int]] = field(default_factory=list)
    patches: list[int] = field(default_factory=list)
    root: int = 0

    def __post_init__(self) -> None:
        self._node: dict[int, int] = {}
        self._waiting: list[tuple[int, int, int, bool]] = []
        self.root = self._relocate(self.part.root, -1, -1)
        while self._waiting:
            node, cell, old, case = self._waiting.pop()
            found = self.part.words[old]
            apart = case and found >> SPOT_SHIFT & 1 and old not in self.part.patched
            if apart and self.part.is_closed(found):
                self.cells[node][cell] = self.layout.arm(self.part, found)
            else:
                self.cells[node][cell] = self._relocate(found, old, node << NODE_SHIFT | cell)

    def words(self) -> list[int]:
        """Each node's size, its distance from the first, and its words."""
        found: list[int] = []
        distance = 0
        for size, cells in zip(self.sizes, self.cells, strict=True):
            found += [size, distance, *cells]
            distance += size
        return found

    def _relocate(self, found: int, old: int, new: int) -> int:
        """The word of cell ``old`` as it stands in ``new``."""
        tag, label, place = tag_of(found), label_of(found), low_of(found)
        if old in self.part.patched:
            self.patches += [new, self.part.patched[old]]
            return found
        if not found >> SPOT_SHIFT & 1:
            self.layout.together &= tag != ERA
            return found
        if tag == VAR and place in self.part.parameters:
            self.patches += [new, self.part.parameters[place]]
            return word(ERA)
        self.layout.together &= tag != SUP
        if place not in self._node:
            self._add(tag, label, place)
        hint = FORKS if tag == OPX and self._both_call(place) else 0
        head = self.layout.head(tag, label)
        return found - place + (self._node[place] << NODE_SHIFT) + head | hint

    def _add(self, tag: int, label: int, place: int) -> None:
        count, head = self.layout.parts(tag, label), self.layout.head(tag, label)
        size = _DUP_CELLS if tag in (DP0, DP1) else count + head
        node = self._node[place] = len(self.sizes)
        self.sizes.append(size)
        self.cells.append([0] * size)
        chosen = tag in (MAT, SWI)
        self._waiting += [
            (node, head + at, place + at, chosen and at > 0) for at in reversed(range(count))
        ]

    def _both_call(self, place: int) -> bool:
        return all(self._calls(place + at, 8) for at in (0, 1))

    def _calls(self, old: int, depth: int) -> bool:
        """Whether there is a call, or an application, in what is evaluated for this cell."""
        found = self.part.words[old]
        tag, label = tag_of(found), label_of(found)
        if tag in (REF, APP):
            return True
        if depth == 0 or tag not in (OPX, LET, MAT, SWI):
            return False
        count = self.layout.parts(tag, label)
        return any(self._calls(low_of(found) + at, depth - 1) for at in range(count))
