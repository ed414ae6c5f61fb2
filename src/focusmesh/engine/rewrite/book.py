"""A program made ready to run: each definition's words with relative offsets, and the tables that go with them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from focusmesh.engine.rewrite.marks import ROW, SHORTCUT, STRICT
from focusmesh.engine.rewrite.shortcuts import compile_definition, head_parameter
from focusmesh.engine.rewrite.syntax.demand import demand_of
from focusmesh.engine.rewrite.syntax.layout import laid_out
from focusmesh.engine.rewrite.syntax.parser import STRICT_MAX, parse
from focusmesh.engine.rewrite.words import LABEL_MASK, SPOT_SHIFT
from focusmesh.errors import ParameterError, ProgramError

if TYPE_CHECKING:
    from focusmesh.engine.rewrite.syntax.term_reader import Parsed
    from focusmesh.engine.support.arrays import OffsetArray


@dataclass(frozen=True)
class Book:
    """A program. Make one with ``read_book``.

    ``definitions`` has a row of ROW numbers each (marks.py says which), ``arities`` a number for each constructor,
    ``matches`` first and count of each match's ``cases``: constructors, or −1 for any other; ``patches`` pairs of a
    cell (−1: the root) and an argument; ``code`` the words of all bodies. A word whose offset counts from where the
    copy of its body begins has bit 32 set. ``shortcuts`` is the code of shortcuts.py, with a place for each definition
    that has one, counted from 1. ``program`` is all of it in a row, with places counted from its beginning.
    """

    definition_names: tuple[str, ...]
    constructor_names: tuple[str, ...]
    definitions: OffsetArray
    arities: OffsetArray
    matches: OffsetArray
    cases: OffsetArray
    patches: OffsetArray
    code: OffsetArray
    shortcuts: OffsetArray
    scoped: bool
    """Whether every variable is used within what binds it, so that it does not matter what is evaluated first."""

    def number_of(self, name: str) -> int:
        """Which definition ``name`` is. Raises ParameterError if there is none, or if it takes arguments."""
        if name not in self.definition_names:
            known = ", ".join(f"@{each}" for each in self.definition_names[:20])
            raise ParameterError(f"@{name} is not defined; there are {known}")
        number = self.definition_names.index(name)
        if self.definitions[number, 3]:
            raise ParameterError(f"@{name} takes arguments, so it cannot be run by itself")
        return number

    def start(self, name: str) -> tuple[OffsetArray, int]:
        """The words of ``name``'s body as they lie from cell 1 on, and its root. Starting is no interaction.

        Raises ParameterError as ``number_of``.
        """
        row = self.definitions[self.number_of(name)]
        words = np.append(self.code[row[0] : row[0] + row[1]], row[2])
        placed = words + (words >> SPOT_SHIFT & 1) * (1 - (1 << SPOT_SHIFT))
        return placed[:-1], int(placed[-1])

    def program(self) -> tuple[OffsetArray, int, int]:
        """Everything in one array, and where arities and matches lie in it."""
        arities = self.definitions.size
        matches = arities + len(self.arities)
        cases = matches + self.matches.size
        patches = cases + len(self.cases)
        code = patches + self.patches.size
        definitions, placed = self.definitions.copy(), self.matches.copy()
        definitions[:, 0] += code
        definitions[:, 5] = patches + 2 * definitions[:, 5]
        definitions[:, SHORTCUT] += np.where(definitions[:, SHORTCUT], code + len(self.code) - 1, 0)
        placed[:, 0] += cases
        parts = [definitions, self.arities, placed, self.cases, self.patches]
        parts += [self.code, self.shortcuts]
        return np.concatenate([part.reshape(-1) for part in parts]), arities, matches

    @property
    def step_cells(self) -> int:
        """Cells that one interaction takes at most."""
        longest = int(self.definitions[:, 1].max(initial=0))
        widest = int(self.arities.max(initial=0)) + int(self.matches[:, 1].max(initial=0))
        return longest + 4 * (widest + 260)


def read_book(text: str) -> Book:
    """The program of a text: definitions, or one term, which is then ``@main``.

    Raises ProgramError with line and column. O(length).
    """
    parsed = parse(text)
    definitions: list[list[int]] = []
    patches: list[list[int]] = []
    matches: list[list[int]] = []
    cases: list[int] = []
    code: list[int] = []
    for definition, means in zip(parsed.definitions, parsed.means, strict=True):
        body = laid_out(definition, means, matches, cases)
        row = [len(code), len(body.words), body.root, len(definition.parameters)]
        row += [definition.strict, len(patches), len(body.patches), 0]
        definitions.append(row)
        patches += body.patches
        code += body.words
    shortcuts = _shortcuts(parsed, definitions, matches, cases)

    for count in (len(definitions), len(parsed.arities), len(matches)):
        if count > LABEL_MASK:
            raise ProgramError(f"{count:,} definitions, constructors or matches are too many", 1, 1)

    def table(rows: list[list[int]], width: int) -> OffsetArray:
        return np.array(rows, dtype=np.int64).reshape(-1, width)

    return Book(
        tuple(definition.name for definition in parsed.definitions),
        tuple(parsed.constructors),
        table(definitions, ROW),
        np.maximum(np.array(parsed.arities, dtype=np.int64), 0),
        table(matches, 2),
        np.array(cases, dtype=np.int64),
        table(patches, 2),
        np.array(code, dtype=np.int64),
        np.array(shortcuts, dtype=np.int64),
        not any(parsed.means),
    )


def _shortcuts(
    parsed: Parsed, rows: list[list[int]], matches: list[list[int]], cases: list[int]
) -> list[int]:
    """The code of all shortcuts; ``rows`` are told where theirs is. A parameter matched at once is evaluated first."""
    code: list[int] = []
    heads = [head_parameter(definition) for definition in parsed.definitions]
    firsts = [
        row[STRICT] | (1 << head if 0 <= head < STRICT_MAX else 0)
        for head, row in zip(heads, rows, strict=True)
    ]
    demand = demand_of(parsed.definitions, firsts)
    each = zip(parsed.definitions, parsed.means, firsts, rows, strict=True)
    for definition, means, first, row in each:
        if means:
            continue
        found = compile_definition(definition, first, parsed.arities, matches, cases, demand)
        if found:
            row[STRICT], row[SHORTCUT] = first, len(code) + 1
            code += found
    return code
