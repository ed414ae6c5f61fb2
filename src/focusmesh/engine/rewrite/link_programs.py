"""Link programs: what a program must yield for links to come of it, and how names and lists reach the program.

A program knows particles by their numbers, from 0 in the order of their names. Its values are ``#Link{source,target}``
or ``#Link{source,target,weight}``, weight being a whole number of units.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from focusmesh.engine.rewrite.book import read_book
from focusmesh.engine.rewrite.evaluators import evaluation
from focusmesh.engine.rewrite.machine import Limits
from focusmesh.errors import InputError, LinkProgramError, ProgramError

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence

    from focusmesh.engine.rewrite.book import Book
    from focusmesh.engine.rewrite.machine import NumberRows, Statistics
    from focusmesh.engine.support.arrays import OffsetArray

LINK = "Link"
WIDTHS = (2, 3)
LAZY = "lazy"
ROWS = {2: "Pair", 3: "Triple"}
"""What a row of a list becomes, by its length; a row of one name becomes its number."""
LINKS_MAX = 1_000_000
PROGRAM_FUEL = 1 << 32
"""Interactions for a link program, where nothing else is said: about a minute."""
_DEFINES = re.compile(r"(\s|//[^\n]*(\n|$))*(@|data\s)")
"""What a text of definitions begins with; any other is one term."""


class NumberedLinks(NamedTuple):
    """Links between particles by number, ``weight`` in units, in the order in which the program yielded them."""

    source: OffsetArray
    target: OffsetArray
    weight: OffsetArray
    statistics: Statistics


class ProgramLinks(NamedTuple):
    """What a program yields for particles with names; ``text`` is the program with all that it was given."""

    names: tuple[Hashable, ...]
    links: NumberedLinks
    text: str

    def named(self) -> Iterator[tuple[Hashable, Hashable, int]]:
        """Source, target and weight of each link, in the order in which they were found."""
        source, target, weight, _ = self.links
        for row in zip(source.tolist(), target.tolist(), weight.tolist(), strict=True):
            yield self.names[row[0]], self.names[row[1]], row[2]


class Composed(NamedTuple):
    """A program with its lists written into it, and the names that its numbers stand for."""

    text: str
    names: tuple[Hashable, ...]


def program_links(
    program: str,
    names: Iterable[Hashable] = (),
    lists: Mapping[str, Iterable[Sequence[Hashable]]] | None = None,
    limits: Limits | None = None,
    *,
    links_max: int = LINKS_MAX,
    evaluator: str = LAZY,
) -> ProgramLinks:
    """Runs a link program on names and lists, see ``compose``. Raises ProgramError, and as ``numbered_links``."""
    text, known = compose(program, names, lists)
    try:
        book = read_book(text)
    except ProgramError as error:
        lines = program.rstrip().split("\n")
        if error.line <= len(lines):
            raise
        # What was put behind it does not fit there.
        end = "something is missing before the end of the text, or a list is called as a definition is"
        raise ProgramError(end, len(lines), len(lines[-1]) + 1) from error
    return ProgramLinks(known, numbered_links(book, len(known), limits, links_max, evaluator), text)


def compose(
    program: str,
    names: Iterable[Hashable] = (),
    lists: Mapping[str, Iterable[Sequence[Hashable]]] | None = None,
) -> Composed:
    """Puts behind ``program`` the definition of ``@count`` and of each list: all that the machine is to know.

    A program that is one term becomes ``@main``. Names of lists that are not among ``names`` come behind them, as they
    are met. A row of a list is a name, a pair or a triple of names. O(length). Raises InputError for other rows and
    for a name that is there twice.
    """
    if not isinstance(program, str):
        raise InputError(f"a program is text, not {type(program).__name__}")
    numbers: dict[Hashable, int] = {}
    for name in names:
        if name in numbers:
            raise InputError(f"{name!r} is among the names twice")
        numbers[name] = len(numbers)
    written = [
        f"@{name} = [{','.join(_row(name, row, numbers) for row in rows)}]"
        for name, rows in (lists or {}).items()
    ]
    given = "\n".join([f"@count = {len(numbers)}", *written])
    begin = "" if _DEFINES.match(program) else "@main = "
    return Composed(f"{begin}{program.rstrip()}\n{given}\n", tuple(numbers))


def _row(name: str, row: Hashable | Sequence[Hashable], numbers: dict[Hashable, int]) -> str:
    parts: Sequence[Hashable] = row if isinstance(row, list | tuple) else (row,)
    if not 1 <= len(parts) <= 1 + len(ROWS):
        raise InputError(f"a row of the list {name!r} has 1 to 3 names, not {len(parts)}")
    found = ",".join(str(numbers.setdefault(part, len(numbers))) for part in parts)
    return found if len(parts) == 1 else f"#{ROWS[len(parts)]}{{{found}}}"


def numbered_links(
    book: Book,
    particle_count: int,
    limits: Limits | None = None,
    links_max: int = LINKS_MAX,
    evaluator: str = LAZY,
) -> NumberedLinks:
    """The links that ``@main`` yields, between ``particle_count`` particles.

    Raises FuelError and MemoryLimitError as the machine does; LinkProgramError, with a code: ``"value"`` for a value
    that is no link of numbers, ``"number"`` for one that no particle has, ``"self-link"``, ``"amount"`` for a weight of
    0, ``"links"`` for more than ``links_max``, or none.
    """
    rows, statistics = _rows(book, limits or Limits(), links_max, evaluator)
    values = rows.values
    width = values.shape[1]
    if rows.other is not None and width in WIDTHS and len(values) == links_max:
        raise LinkProgramError("links", f"the program yields more than {links_max:,} links")
    if rows.other is not None:
        raise LinkProgramError(
            "value",
            f"value {len(values)} of the program is {rows.other}, not #Link{{source,target}} or "
            "#Link{source,target,weight} of numbers",
        )
    if not len(values):
        raise LinkProgramError("links", "the program yields no links")
    weight = values[:, 2] if width == WIDTHS[1] else np.ones(len(values), dtype=np.int64)
    links = NumberedLinks(values[:, 0], values[:, 1], weight, statistics)
    _check(links, particle_count)
    return links


def _rows(
    book: Book, limits: Limits, links_max: int, evaluator: str
) -> tuple[NumberRows, Statistics]:
    running = evaluation(book, "main", limits, evaluator)
    return running.rows(LINK, WIDTHS, links_max), running.statistics()


def _check(links: NumberedLinks, particle_count: int) -> None:
    """Refuses the first link that cannot be."""
    unknown = np.maximum(links.source, links.target) >= particle_count
    wrong = np.flatnonzero(unknown | (links.source == links.target) | (links.weight == 0))
    if not len(wrong):
        return
    at = int(wrong[0])
    source, target = int(links.source[at]), int(links.target[at])
    link = f"link {at} of the program, from {source} to {target},"
    if unknown[at]:
        known = f"{particle_count:,} names, numbered from 0" if particle_count else "no names"
        raise LinkProgramError("number", f"{link} has a number without a name: there are {known}")
    if source == target:
        raise LinkProgramError("self-link", f"{link} links a particle to itself")
    raise LinkProgramError("amount", f"{link} has weight 0")
