"""A definition's body laid out as words, node after node, with offsets that count from its first cell."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from focusmesh.engine.rewrite.syntax.terms import (
    App,
    Ctr,
    Dup,
    Lam,
    Let,
    Match,
    Number,
    Operation,
    Ref,
    Sup,
    Switch,
    Var,
)
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
    REF,
    SPOT_SHIFT,
    SUP,
    SWI,
    VAR,
    W32,
    word,
)

if TYPE_CHECKING:
    from focusmesh.engine.rewrite.syntax.terms import Definition, Term

_FLAG = 1 << SPOT_SHIFT


@dataclass(slots=True)
class Body:
    """``words`` with ``_FLAG`` on those that have an offset; ``patches`` of cell (−1: the root) and argument."""

    words: list[int] = field(default_factory=list)
    root: int = 0
    patches: list[list[int]] = field(default_factory=list)


def laid_out(
    definition: Definition, means: dict[int, int], matches: list[list[int]], cases: list[int]
) -> Body:
    """The body of a definition; its matches are appended to ``matches`` and ``cases``. O(size), any depth."""
    layout = _Layout(matches, cases)
    layout.place(definition.body)
    layout.link(definition.parameters, means)
    return layout.body


class _Layout:
    def __init__(self, matches: list[list[int]], cases: list[int]) -> None:
        self.body = Body()
        self._matches = matches
        self._cases = cases
        self._uses: list[tuple[int, int]] = []
        self._bound: dict[int, int] = {}

    def place(self, term: Term) -> None:
        """Lays out ``term`` and all in it, without recursion: lists may be long."""
        waiting: list[tuple[int, Term]] = [(-1, term)]
        while waiting:
            cell, found = waiting.pop()
            while isinstance(found, Dup):
                place = self._cells(1)
                self._bound[found.left] = word(DP0, found.label, place) | _FLAG
                self._bound[found.right] = word(DP1, found.label, place) | _FLAG
                waiting.append((place, found.value))
                found = found.body
            if isinstance(found, Var):
                self._uses.append((cell, found.binder))
                continue
            tag, label, parts = self._shape(found)
            if isinstance(found, Number):
                self._put(cell, word(W32, 0, found.value))
            elif not parts:
                self._put(cell, word(tag, label))
            else:
                place = self._cells(len(parts))
                self._put(cell, word(tag, label, place) | _FLAG)
                if isinstance(found, Lam):
                    self._bound[found.binder] = word(VAR, 0, place) | _FLAG
                waiting += [(place + at, part) for at, part in enumerate(parts)][::-1]

    def link(self, parameters: tuple[int, ...], means: dict[int, int]) -> None:
        """Puts variables where they are used, now that all binders have their places."""
        arguments = {binder: at for at, binder in enumerate(parameters)}
        for cell, use in self._uses:
            binder = means.get(use, use)
            if binder in arguments:
                self.body.patches.append([cell, arguments[binder]])
            else:
                self._put(cell, self._bound[binder])

    def _cells(self, count: int) -> int:
        place = len(self.body.words)
        self.body.words += [word(ERA)] * count
        return place

    def _put(self, cell: int, found: int) -> None:
        if cell < 0:
            self.body.root = found
        else:
            self.body.words[cell] = found

    def _shape(self, term: Term) -> tuple[int, int, tuple[Term, ...]]:
        """Tag, label and parts of anything but a variable or a DUP."""
        match term:
            case Lam():
                return LAM, 0, (term.body,)
            case App():
                return APP, 0, (term.function, term.argument)
            case Sup():
                return SUP, term.label, (term.left, term.right)
            case Let():
                return LET, 0, (term.value, Lam(term.binder, term.body))
            case Ref():
                return REF, term.definition, term.arguments
            case Ctr():
                return CTR, term.constructor, term.fields
            case Match():
                self._matches.append([len(self._cases), len(term.constructors)])
                self._cases += term.constructors
                return MAT, len(self._matches) - 1, (term.value, *term.cases)
            case Switch():
                return SWI, len(term.cases), (term.value, *term.cases)
            case Operation():
                return OPX, term.operator, (term.left, term.right)
            case _:
                return ERA, 0, ()
