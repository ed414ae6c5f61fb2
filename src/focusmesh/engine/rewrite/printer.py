"""The text form, written from a heap. Variables are named in the order in which they are met: a, b, …, z, a1, …

Two terms that are equal up to renaming have the same text.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from focusmesh.engine.rewrite.marks import ARITY, DEFAULT
from focusmesh.engine.rewrite.words import (
    APP,
    CTR,
    DP0,
    DP1,
    ERA,
    LAM,
    LET,
    MAT,
    OPERATORS,
    OPX,
    OPY,
    PLAIN,
    REF,
    SUP,
    SWI,
    VAR,
    W32,
    label_of,
    low_of,
    tag_of,
)
from focusmesh.errors import MemoryLimitError

if TYPE_CHECKING:
    from focusmesh.engine.rewrite.book import Book
    from focusmesh.engine.support.arrays import OffsetArray

Piece: TypeAlias = str | int


def print_term(
    book: Book, heap: OffsetArray, term: int, *, shared: bool, pieces_max: int = 1 << 28
) -> str:
    """The text of ``term``. With ``shared``, duplications that are left stand before it; else values in their places.

    O(length of the text), any depth. Raises MemoryLimitError for a text of more than ``pieces_max`` words and signs:
    where a term stands in itself, or little stands for much.
    """
    return _Printer(book, heap, pieces_max, shared=shared).text(term)


class _Printer:
    def __init__(self, book: Book, heap: OffsetArray, pieces_max: int, *, shared: bool) -> None:
        self._pieces_left = pieces_max
        self._book = book
        self._heap = heap
        self._shared = shared
        self._names: dict[tuple[int, int], str] = {}
        self._count = 0
        self._dups: dict[int, tuple[int, str]] = {}

    def text(self, term: int) -> str:
        body = self._run(term)
        prefix = []
        seen: set[int] = set()
        while len(seen) < len(self._dups):
            place = next(place for place in self._dups if place not in seen)
            seen.add(place)
            label, value = self._dups[place][0], self._run(self._cell(place))
            names = f"{self._name(DP0, place)},{self._name(DP1, place)}"
            prefix.append(f"!&{label}{{{names}}}={value};")
        return "".join(reversed(prefix)) + body

    def _run(self, term: int) -> str:
        found: list[str] = []
        waiting: list[Piece] = [term]
        while waiting:
            piece = waiting.pop()
            self._pieces_left -= 1
            if self._pieces_left < 0:
                raise MemoryLimitError("the text of the result is too long; allow it more memory")
            if isinstance(piece, str):
                found.append(piece)
            else:
                waiting += reversed(self._pieces(piece))
        return "".join(found)

    def _cell(self, place: int) -> int:
        return int(self._heap[place])

    def _name(self, kind: int, place: int) -> str:
        if (kind, place) not in self._names:
            count, self._count = self._count, self._count + 1
            self._names[kind, place] = "abcdefghijklmnopqrstuvwxyz"[count % 26] + (
                str(count // 26) if count >= 26 else ""
            )
        return self._names[kind, place]

    def _pieces(self, term: int) -> list[Piece]:
        """Texts and words that stand for ``term``, in order."""
        tag, label, low = tag_of(term), label_of(term), low_of(term)
        if tag in (VAR, DP0, DP1):
            return self._variable(tag, label, low)
        if tag == ERA:
            return ["*"]
        if tag == W32:
            return [str(low)]
        if tag == LAM:
            self._names.pop((LAM, label), None)
            return [f"λ{self._variable(VAR, label, low)[0]}.", self._cell(low)]
        one, two = self._cell(low), self._cell(low + 1)
        if tag == APP:
            return ["(", one, " ", two, ")"]
        if tag == SUP:
            return [f"&{label}{{", one, ",", two, "}"]
        if tag == OPX:
            return [f"({OPERATORS[label]} ", one, " ", two, ")"]
        if tag == OPY:
            return [f"({OPERATORS[label]} ", two, " ", one, ")"]
        if tag == LET:
            return [f"!!{self._name(VAR, low_of(two))}=", one, ";", self._cell(low_of(two))]
        return self._wide(tag, label, low)

    def _variable(self, tag: int, label: int, low: int) -> list[Piece]:
        if tag == VAR and label:
            return [self._name(LAM, label)]
        cell = self._cell(low)
        if cell < 0:
            return [cell & PLAIN]
        if tag == VAR:
            return [self._name(VAR, low)]
        if not self._shared:
            return [cell]
        self._dups.setdefault(low, (label, ""))
        return [self._name(tag, low)]

    def _wide(self, tag: int, label: int, low: int) -> list[Piece]:
        """What has any number of parts."""
        book = self._book
        if tag == CTR:
            count = int(book.arities[label])
            name = f"#{book.constructor_names[label]}"
            return [name, *self._print_list("{", "}", low, count)] if count else [name]
        if tag == REF:
            count = int(book.definitions[label, ARITY])
            name = f"@{book.definition_names[label]}"
            return [name, *self._print_list("(", ")", low, count)] if count else [name]
        keys = self._keys(tag, label)
        value = self._cell(low)
        pieces: list[Piece] = ["~", value, " {" if tag_of(value) == CTR else "{"]
        for at, key in enumerate(keys):
            pieces += [";" if at else "", f"{key}:", self._cell(low + 1 + at)]
        return [*pieces, "}"]

    def _keys(self, tag: int, label: int) -> list[str]:
        if tag == SWI:
            return [*map(str, range(label - 1)), f"{label - 1}+"]
        if tag != MAT:
            raise AssertionError(f"a word of tag {tag} is not a term")
        first, count = self._book.matches[label]
        cases = self._book.cases[first : first + count]
        names = self._book.constructor_names
        return ["_" if case == DEFAULT else f"#{names[case]}" for case in cases]

    def _print_list(self, opening: str, closing: str, low: int, count: int) -> list[Piece]:
        pieces: list[Piece] = []
        for at in range(count):
            pieces += [opening if at == 0 else ",", self._cell(low + at)]
        return [*pieces, closing]
