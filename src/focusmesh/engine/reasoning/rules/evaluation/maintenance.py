"""The upkeep of strata after a change: first all that is lost, by rising rank, then all that is new.

A row that lost a derivation is a candidate. Candidates go in rising rank: what still follows from rows of smaller rank
stays; else it is displaced, and what follows from it at a greater rank is a candidate too. What of the displaced rows
still follows from the rest gets a new rank; the others are gone. So a cycle of rows that hold each other up alone
falls, and little else is looked at. An absence holds, in between, only if it holds before and after.
"""

from __future__ import annotations

from collections import defaultdict
from heapq import heappop, heappush
from typing import TYPE_CHECKING

from focusmesh.engine.reasoning.relations import Relation
from focusmesh.engine.reasoning.rules.evaluation.closure_scans import PairChanges
from focusmesh.engine.reasoning.rules.evaluation.operator_stratum import OperatorStratum
from focusmesh.engine.reasoning.rules.evaluation.stratum import RowChange
from focusmesh.engine.reasoning.rules.meaning import FunctorError, given_relations
from focusmesh.errors import RuleError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sized

    from focusmesh.engine.reasoning.relations import Row
    from focusmesh.engine.reasoning.rules.evaluation.closure_keeper import ClosureKeeper
    from focusmesh.engine.reasoning.rules.evaluation.groups import GroupBook
    from focusmesh.engine.reasoning.rules.evaluation.stratum import Derivation, Rows, Stratum

DISPLACED_SHARE = 3
"""Where more than one row in so many is displaced, the stratum is worked out anew."""
DISPLACED_FEW = 64
"""So many are displaced before that is asked."""
RANKS_GROWN = 4
"""Ranks that have grown so many times since they were least are made least again."""
RANKS_FEW = 16


class Maintenance:
    """One change, as it goes from stratum to stratum; ``changes`` gets what came and went in each relation."""

    def __init__(self, relations: dict[str, Relation], changes: dict[str, RowChange]) -> None:
        self.relations = relations
        self.changes = changes
        self._is_new = dict.fromkeys(changes, False)

    def update(self, stratum: Stratum | OperatorStratum) -> None:
        """Brings the rows of a stratum up to date, whose needs are."""
        if isinstance(stratum, OperatorStratum):
            self._compare(stratum)
            return
        changed = sorted(stratum.needs & self.changes.keys())
        if not changed:
            return
        is_kept = stratum.keeper is not None or stratum.is_large
        if stratum.closure is not None and stratum.closure.is_linear and is_kept:
            self._keep(stratum, changed)
        else:
            self._maintain(stratum, changed)

    def _keep(self, stratum: Stratum, changed: list[str]) -> None:
        """A closure: changes of its beginning and its steps, and its rows by what keeps them."""
        if stratum.keeper is None:
            self._set_old(changed)
        keeper = stratum.keep()
        assert keeper is not None
        if keeper.scans is not None:
            self._set_new(changed)
            first, steps = keeper.scans.changes(self.changes, self.relations)
        else:
            first, steps = self._pairs(keeper, changed)
        if not any((*first, *steps)):
            return
        change = RowChange(*keeper.take(first, steps))
        stratum.highest = max(stratum.highest, keeper.upkeep.highest)
        if stratum.highest > RANKS_GROWN * max(stratum.least, RANKS_FEW):
            _evaluate_anew(stratum, {name: stratum.relations[name] for name in stratum.names})
        (name,) = stratum.names
        if change.came or change.went:
            self.changes[name], self._is_new[name] = change, True

    def _pairs(self, keeper: ClosureKeeper, changed: list[str]) -> tuple[PairChanges, PairChanges]:
        """Changes of a closure's beginning and steps, which are kept as any stratum is."""
        pairs = keeper.pairs
        assert pairs is not None
        pairs.meter = keeper.stratum.meter.clock()
        self._maintain(pairs, changed)
        first, steps = (self.changes.pop(name, RowChange({}, {})) for name in pairs.names)
        return keeper.others(first), PairChanges([*steps.went], [*steps.came])

    def _maintain(self, stratum: Stratum, changed: list[str]) -> None:
        books = [book for book in stratum.books.values() if book.needs & self.changes.keys()]
        if not self._regroup(stratum, books, changed):
            self._renew(stratum, changed)
            return
        candidates = self._candidates(stratum, changed)
        self._set_middle(changed)
        for book in books:
            book.block()
        displaced = _displace(stratum, candidates)
        if displaced is None:
            self._renew(stratum, changed)
            return
        gone = _restore(stratum, displaced)
        _let_go(stratum, gone)
        self._set_new(changed)
        for book in books:
            book.open()
        came = _grow(stratum, self._gains(stratum, changed))
        for book in books:
            book.end()
        if stratum.highest > RANKS_GROWN * max(stratum.least, RANKS_FEW):
            _evaluate_anew(stratum, {name: stratum.relations[name] for name in stratum.names})
        self._note(stratum, came, gone)

    def _regroup(
        self, stratum: Stratum, books: Iterable[GroupBook], changed: Iterable[str]
    ) -> bool:
        """Tells aggregates what came and went in their groups, and leaves relations as they were.

        False where that cannot be told; what raises an error here may be no row that the rules ask for.
        """
        meter, changes = stratum.meter, self.changes
        if books:
            if not all(book.is_kept for book in books):
                return False
            try:
                self._set_new(changed)
                came = [book.changes(changes, meter, new=True) for book in books]
                self._set_old(changed)
                went = [book.changes(changes, meter, new=False) for book in books]
            except (RuleError, FunctorError, TypeError):
                return False
            for book, *sides in zip(books, went, came, strict=True):
                book.begin(*sides)
        self._set_old(changed)
        return True

    def finish(self) -> None:
        """The relations that no stratum looked at are brought up to date too."""
        self._set_new([name for name in self.changes if not self._is_new[name]])

    def _compare(self, stratum: OperatorStratum) -> None:
        """The operator answers for what is there after the change; its relation stays as it was for now."""
        self._set_new(given_relations(stratum.call) & self.changes.keys())
        (name,), now, before = stratum.names, stratum.rows(), stratum.relation.ranks
        change = RowChange(
            {row: 0 for row in now if row not in before},
            {row: 0 for row in before if row not in now},
        )
        if change.came or change.went:
            self.changes[name], self._is_new[name] = change, False

    def _renew(self, stratum: Stratum, changed: Iterable[str]) -> None:
        for book in stratum.books.values():
            book.forget()
        before = {name: stratum.relations[name].ranks.copy() for name in stratum.names}
        for name, rows in stratum.lost.items():
            before[name] |= rows
        stratum.lost.clear()
        self._set_new(changed)
        _evaluate_anew(stratum, before)
        now = {name: stratum.relations[name].ranks for name in stratum.names}
        self._note(stratum, _without(now, before), _without(before, now))

    def _note(self, stratum: Stratum, came: Rows, went: Rows) -> None:
        for name in stratum.names:
            there, gone = came.get(name, {}), went.get(name, {})
            change = RowChange(
                {row: rank for row, rank in there.items() if row not in gone},
                {row: rank for row, rank in gone.items() if row not in there},
            )
            if change.came or change.went:
                self.changes[name] = change
                self._is_new[name] = True

    def _candidates(self, stratum: Stratum, changed: Iterable[str]) -> Rows:
        """Rows that lose a derivation, over what was there before."""
        found: Rows = defaultdict(dict)
        for name in changed:
            for negated, rows in (
                (False, self.changes[name].went),
                (True, self.changes[name].came),
            ):
                for use in stratum.uses(name, negated=negated) if rows else ():
                    ranks = stratum.relations[use.rule.head.relation].ranks
                    for row, _ in stratum.derivations(use, list(rows)):
                        if row in ranks:
                            found[use.rule.head.relation][row] = ranks[row]
        for name, (row, _) in stratum.regroupings():
            ranks = stratum.relations[name].ranks
            if row in ranks:
                found[name][row] = ranks[row]
        return found

    def _gains(self, stratum: Stratum, changed: Iterable[str]) -> Iterable[tuple[str, Derivation]]:
        """Derivations that a change brings, over what is there after it."""
        for name in changed:
            change = self.changes[name]
            for use in stratum.uses(name) if change.came else ():
                for found in stratum.derivations(use, list(change.came)):
                    yield use.rule.head.relation, found
            for use in stratum.uses(name, negated=True) if change.went else ():
                for found in stratum.absences(use, list(change.went)):
                    yield use.rule.head.relation, found
        yield from stratum.regroupings()

    # A relation that has changed, as it was, as it is in between, and as it is.

    def _set_old(self, names: Iterable[str]) -> None:
        for name in names:
            if self._is_new[name]:
                change = self.changes[name]
                self.relations[name].remove(change.came)
                self.relations[name].restore(change.went)
                self._is_new[name] = False

    def _set_middle(self, names: Iterable[str]) -> None:
        for name in names:
            relation, change = self.relations[name], self.changes[name]
            relation.remove(change.went)
            relation.blocking = Relation(name, relation.types)
            relation.blocking.restore({**change.went, **change.came})

    def _set_new(self, names: Iterable[str]) -> None:
        for name in list(names):
            if not self._is_new[name]:
                relation, change = self.relations[name], self.changes[name]
                relation.remove(change.went)
                relation.blocking = None
                relation.restore(change.came)
                self._is_new[name] = True


def _evaluate_anew(stratum: Stratum, before: Mapping[str, Sized]) -> None:
    """From nothing: the rows that there were count no more."""
    _let_go(stratum, before)
    stratum.evaluate()


def _let_go(stratum: Stratum, rows: Mapping[str, Sized]) -> None:
    """These rows of the stratum count towards limits no more."""
    for name, some in rows.items():
        width, held = len(stratum.relations[name].types), min(len(some), stratum.meter.rows)
        stratum.meter.hold(-held, width, f"rows of {name}")


def _displace(stratum: Stratum, candidates: Rows) -> Rows | None:
    """Displaces what has no derivation of smaller rank any more, by rising rank; None where these are too many."""
    waiting: dict[int, Rows] = {}
    heap: list[int] = []

    def wait(name: str, row: Row, rank: int) -> None:
        if rank not in waiting:
            waiting[rank] = defaultdict(dict)
            heappush(heap, rank)
        waiting[rank][name][row] = rank

    for name, rows in candidates.items():
        for row, rank in rows.items():
            wait(name, row, rank)
    displaced = stratum.lost
    count, most = 0, max(DISPLACED_FEW, stratum.size // DISPLACED_SHARE)
    while heap:
        rank = heappop(heap)
        fallen = {
            name: _without_way(stratum, name, rows) for name, rows in waiting.pop(rank).items()
        }
        for name, rows in fallen.items():
            for use in stratum.uses(name) if rows else ():
                ranks = stratum.relations[use.rule.head.relation].ranks
                for row, _ in stratum.derivations(use, list(rows)):
                    if ranks.get(row, 0) > rank:
                        wait(use.rule.head.relation, row, ranks[row])
        for name, rows in fallen.items():
            displaced.setdefault(name, {}).update(stratum.relations[name].remove(rows))
            count += len(rows)
        if count > most:
            return None
    found, stratum.lost = displaced, {}
    return found


def _without_way(stratum: Stratum, name: str, rows: dict[Row, int]) -> dict[Row, int]:
    """Those of ``rows`` that are not given and follow from nothing of smaller rank."""
    left = {row: rank for row, rank in rows.items() if row not in stratum.given[name]}
    for rule in stratum.rules:
        if rule.head.relation == name and left:
            for row, rank in stratum.ways(rule, list(left)):
                if row in left and rank <= left[row]:
                    del left[row]
    return left


def _restore(stratum: Stratum, displaced: Rows) -> Rows:
    """Puts back what still follows from what is there, by rising rank; the rows that do not."""
    waiting: dict[int, Rows] = {}
    heap: list[int] = []

    def offer(name: str, found: Derivation) -> None:
        if found.row in displaced.get(name, ()):
            if found.rank not in waiting:
                waiting[found.rank] = defaultdict(dict)
                heappush(heap, found.rank)
            waiting[found.rank][name][found.row] = found.rank

    for rule in stratum.rules:
        name = rule.head.relation
        if displaced.get(name):
            for found in stratum.ways(rule, list(displaced[name])):
                offer(name, found)
    while heap:
        rank = heappop(heap)
        back = {
            name: {row: rank for row in rows if row in displaced[name]}
            for name, rows in waiting.pop(rank).items()
        }
        for name, rows in back.items():
            stratum.relations[name].restore(rows)
            for row in rows:
                del displaced[name][row]
        stratum.highest = max(stratum.highest, rank)
        for name, rows in back.items():
            for use in stratum.uses(name) if rows else ():
                for found in stratum.derivations(use, list(rows)):
                    offer(use.rule.head.relation, found)
    return displaced


def _grow(stratum: Stratum, found: Iterable[tuple[str, Derivation]]) -> Rows:
    """Takes in derivations, and all that follows from them, round after round; the rows that are new."""
    came: Rows = defaultdict(dict)
    while True:
        new: Rows = defaultdict(dict)
        for name, (row, rank) in found:
            if row not in stratum.relations[name].ranks:
                new[name][row] = min(rank, new[name].get(row, rank))
        if not new:
            return came
        for name, rows in new.items():
            relation = stratum.relations[name]
            stratum.meter.hold(len(rows), len(relation.types), f"rows of {name}")
            relation.restore(rows)
            came[name] |= rows
            stratum.highest = max(stratum.highest, *rows.values())
        found = _follow(stratum, new)


def _follow(stratum: Stratum, new: Rows) -> Iterator[tuple[str, Derivation]]:
    for name, rows in new.items():
        for use in stratum.uses(name):
            for found in stratum.derivations(use, list(rows)):
                yield use.rule.head.relation, found


def _without(rows: Rows, others: Rows) -> Rows:
    return {
        name: {row: rank for row, rank in some.items() if row not in others[name]}
        for name, some in rows.items()
    }
