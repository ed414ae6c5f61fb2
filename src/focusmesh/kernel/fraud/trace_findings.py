"""Where a trace differs from one's own, in the order in which one thing follows from another."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from focusmesh.engine.focus import ONE
from focusmesh.kernel.focus import LINKS_A_PAGE, RECORDS_A_PAGE, columns_of
from focusmesh.kernel.fraud.forms import INWARD, OUTWARD, RECORDS

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy.typing as npt

    from focusmesh.engine.support.arrays import BoolArray, MassArray
    from focusmesh.kernel.focus import FocusTrace
    from focusmesh.kernel.fraud.recorder import Claims
    from focusmesh.kernel.fraud.view import View

    Candidate = tuple[str, tuple[int | bytes, ...]]

_HALF, _LOW = np.uint64(32), np.uint64(0xFFFFFFFF)


@dataclass(frozen=True)
class Columns:
    """Entries by column, and the sums before each page by column."""

    entries: dict[str, MassArray]
    before: dict[str, MassArray]


@dataclass(frozen=True)
class Words:
    """Links as words, and the sums before each page by column."""

    words: MassArray
    before: dict[str, MassArray]


def trace_candidates(claims: Claims, own: FocusTrace) -> Iterator[Candidate]:
    """Places where a rule of links or stages may be broken; the first where one is not right breaks it."""
    view = claims.view()
    if view.certificate.trace_root == own.root:
        yield "total", (view.form.summed_columns.index("rise"),)
        return
    search = _Search(claims, own)
    yield "begin", (RECORDS,)
    for column in ("outs", "ins"):
        yield from search.chain(column)
    yield "counts", ()
    yield from search.rows()
    for tree in (OUTWARD, INWARD):
        yield "begin", (tree,)
    yield from search.outward()
    yield from search.inward()
    yield from search.carry_faults(INWARD, "weight")
    yield from search.first("d", "degree")
    yield from search.first("x", "value")
    yield from search.sum_faults("x")
    yield from search.carry_faults(INWARD, "P")
    yield from search.stage("P", 0)
    for at, name in enumerate(view.form.filled_stages):
        if name in view.form.mixing_stages:
            yield from search.carry_faults(INWARD, name)
            yield from search.carry_faults(OUTWARD, name)
        yield "spread", (at,)
        yield from search.stage(name, at + 1)
        yield from search.sum_faults(name)
    yield from search.sum_faults("rise")


class _Search:
    """The accused's trace beside one's own."""

    def __init__(self, claims: Claims, own: FocusTrace) -> None:
        self.claims, self.own = claims, own
        self.view = claims.view()
        self.mine = columns_of(own.traced)
        self.theirs = _columns(claims, self.view)
        self._links: dict[int, Words] = {}

    def links(self, tree: int) -> Words:
        """Their links of a side, had when first asked for."""
        if tree not in self._links:
            self._links[tree] = _link_words(self.claims, self.view, tree)
        return self._links[tree]

    def rows(self) -> Iterator[Candidate]:
        """Records that say otherwise of rows in the state."""
        for rank in _where(self._off("outs") | self._off("o")):
            yield "row", (rank,)

    def outward(self) -> Iterator[Candidate]:
        """Links by source that are not those of the state."""
        side = self.own.traced.links.outward
        mine = side.weight.astype(np.uint64) << _HALF | side.column
        theirs = self.links(OUTWARD).words
        for at in _where(mine != theirs):
            rank = int(np.searchsorted(side.start, at, side="right")) - 1
            yield "link", (at, rank)
            yield "rising", (OUTWARD, at, rank)
            yield "rising", (OUTWARD, max(at - 1, 0), rank)

    def inward(self) -> Iterator[Candidate]:
        """Links by target that do not rise, or are not among those by source."""
        count = len(self.mine["x"])
        words, ins = self.links(INWARD).words, self.theirs.entries["ins"]
        owner = np.repeat(np.arange(count, dtype=np.uint64), ins.astype(np.int64))
        sender, weight = words & _LOW, words >> _HALF
        falling = (owner[1:] == owner[:-1]) & (sender[1:] <= sender[:-1])
        for at in _where(falling):
            yield "rising", (INWARD, at, int(owner[at]))
        links = self.own.traced.links
        known = np.repeat(np.arange(count), np.diff(links.inward.start)).astype(np.uint64)
        keys, wanted = known << _HALF | links.inward.column, owner << _HALF | sender
        place = np.minimum(np.searchsorted(keys, wanted), max(len(keys) - 1, 0))
        there = (keys[place] == wanted) & (links.inward.weight[place] == weight)
        for at in _where(~there):
            yield "inlink", (at, int(owner[at]), self._place(int(sender[at]), int(owner[at])))

    def _place(self, sender: int, rank: int) -> int:
        """Where a link would stand in the row of its source."""
        side = self.own.traced.links.outward
        if sender >= len(side.start) - 1:
            return 0
        first, stop = int(side.start[sender]), int(side.start[sender + 1])
        return first + int(np.searchsorted(side.column[first:stop], rank))

    def carry_faults(self, tree: int, column: str) -> Iterator[Candidate]:
        """The first page of links whose sum is not that of the links before it."""
        columns = self.view.link_columns(tree)
        mine = self.own.traced.inward if tree == INWARD else self.own.traced.outward
        off = mine[columns.index(column)] != self.links(tree).before[column]
        for page in _where(off)[:1]:
            yield "sums", (tree, max(page - 1, 0), columns.index(column))

    def first(self, column: str, rule: str) -> Iterator[Candidate]:
        """The first record that differs in a column."""
        for rank in _where(self._off(column))[:1]:
            yield rule, (rank,)

    def stage(self, name: str, column: int) -> Iterator[Candidate]:
        """The first entry of a stage that does not follow from what comes before it and from what they fill it with."""
        expected = self.mine[name]
        if name != "P":
            head, own = self.view.head, self.own.head
            expected = (
                expected
                - _fill(own.missing[column - 1], own.leftover[column - 1], len(expected))
                + _fill(head.missing[column - 1], head.leftover[column - 1], len(expected))
            )
        for rank in _where(expected != self.theirs.entries[name])[:1]:
            yield "stage", (column, rank)

    def sum_faults(self, column: str) -> Iterator[Candidate]:
        """Sums of a column over particles that do not grow as they should, or end elsewhere."""
        yield from self.chain(column)
        yield "total", (self.view.form.summed_columns.index(column),)

    def chain(self, column: str) -> Iterator[Candidate]:
        """The first page whose sum is not that of the page before it and its records."""
        before = self.theirs.before[column]
        pages = len(before) - 1
        entries = self.theirs.entries[column][: pages * RECORDS_A_PAGE]
        off = _breaks(before, entries.reshape(pages, RECORDS_A_PAGE))
        for page in _where(off)[:1]:
            yield "sums", (RECORDS, page, self.view.form.summed_columns.index(column))

    def _off(self, column: str) -> BoolArray:
        off: BoolArray = self.mine[column] != self.theirs.entries[column]
        return off


def _columns(claims: Claims, view: View) -> Columns:
    """Their records."""
    content = _content(claims, view, RECORDS)
    form, count = view.form, view.count
    pages = count // RECORDS_A_PAGE
    width = len(form.summed_columns) + RECORDS_A_PAGE * len(form.record)
    whole, rest = content[: pages * width].reshape(pages, width), content[pages * width :]
    cells = np.concatenate(
        [whole[:, len(form.summed_columns) :].reshape(-1), rest[len(form.summed_columns) :]]
    )
    rows = cells.reshape(count, len(form.record))
    entries = {name: rows[:, at].copy() for at, name in enumerate(form.record)}
    image, x = entries["R"], entries["x"]
    entries["rise"] = np.where(image > x, image - x, np.uint64(0))
    before = np.concatenate(
        [whole[:, : len(form.summed_columns)], rest[None, : len(form.summed_columns)]]
    )
    return Columns(
        entries, {name: before[:, at].copy() for at, name in enumerate(form.summed_columns)}
    )


def _link_words(claims: Claims, view: View, tree: int) -> Words:
    content, columns = _content(claims, view, tree), view.link_columns(tree)
    pages, width = view.head.links // LINKS_A_PAGE, len(columns) + LINKS_A_PAGE
    whole, rest = content[: pages * width].reshape(pages, width), content[pages * width :]
    words = np.concatenate([whole[:, len(columns) :].reshape(-1), rest[len(columns) :]])
    before = np.concatenate([whole[:, : len(columns)], rest[None, : len(columns)]])
    return Words(words, {name: before[:, at].copy() for at, name in enumerate(columns)})


def _content(claims: Claims, view: View, tree: int) -> MassArray:
    """All pages of a tree, one after the other."""
    claimed = claims.tree(view, tree)
    claimed.load(claimed.differing, view.page_bytes(tree, 0))
    content = b"".join(view.page(tree, index) for index in range(claimed.count))
    return np.frombuffer(content, dtype="<u8").astype(np.uint64)


def _breaks(before: MassArray, pages: npt.NDArray[np.uint64]) -> BoolArray:
    """Where ``before`` does not grow by the entries of a page, in integers that nothing wraps around."""
    low = (pages & _LOW).sum(axis=1) + (before[:-1] & _LOW)
    high = (pages >> _HALF).sum(axis=1) + (before[:-1] >> _HALF) + (low >> _HALF)
    off: BoolArray = (high > _LOW) | ((high << _HALF | low & _LOW) != before[1:])
    return off


def _fill(missing: int, leftover: int, count: int) -> MassArray:
    """What ``fill`` adds at each rank, modulo 2⁶⁴."""
    level, lowest = divmod(ONE, count)
    ranks = np.arange(count)
    added = np.where(
        ranks < lowest,
        np.uint64(missing * (level + 1) // ONE % 2**64),
        np.uint64(missing * level // ONE % 2**64),
    )
    filled: MassArray = added + (ranks < leftover).astype(np.uint64)
    return filled


def _where(off: BoolArray) -> list[int]:
    places: list[int] = np.flatnonzero(off).tolist()
    return places
