"""Statements of N-Triples and N-Quads files, block by block; line by line where a block has anything odd.

Terms are numbered by their tokens while reading and named at the end, each once.
"""

from __future__ import annotations

from itertools import count
from typing import TYPE_CHECKING

import numpy as np

from focusmesh.engine.importers.rdf_lines.faults import line_fault
from focusmesh.engine.importers.rdf_lines.labels import call_resources
from focusmesh.engine.importers.rdf_lines.terms import iri_fault, name_of
from focusmesh.engine.importers.source import Source
from focusmesh.engine.importers.text_rows.rows import MOST_RECORD_BYTES, too_long
from focusmesh.engine.links import LinkColumns, Names, verify_count

if TYPE_CHECKING:
    import re
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    from focusmesh.engine.importers.import_run import Reading
    from focusmesh.engine.importers.rdf_lines.grammar import Grammar
    from focusmesh.engine.support.arrays import IndexArray

_BLOCK_BYTES = MOST_RECORD_BYTES // 2


def read_statements(path: Path, reading: Reading, grammar: Grammar) -> LinkColumns:
    """Links of the statements of a file: subject → object, the predicate as relation, the graph as author.

    Streams; holds four indices a statement and its terms. Authors are None where no statement names a graph.
    """
    statements = Statements(reading, grammar)
    with Source(path, reading) as source:
        blocks = source.line_blocks(_BLOCK_BYTES, _cut_short, 2 * MOST_RECORD_BYTES, cr_ends=True)
        for block in blocks:
            statements.take(block)
    found = statements.columns()
    return call_resources(found) if reading.by_label else found


class _Terms:
    """Tokens to indices, in order of first appearance."""

    def __init__(self) -> None:
        self.known: dict[str, int] = {}

    def add(self, tokens: Iterable[str]) -> IndexArray:
        known = self.known
        found = [known.setdefault(token, len(known)) for token in tokens]
        verify_count(len(known))
        return np.array(found, dtype=np.uint32)

    def resolve(self, renamed: Mapping[str, str]) -> tuple[Names, IndexArray]:
        """The names, and for each token the index of its name: several tokens may write one term."""
        names: dict[str, int] = {}
        found = (renamed.get(token) or name_of(token) for token in self.known)
        places = [names.setdefault(name, len(names)) for name in found]
        return Names.texts(names), np.array(places, dtype=np.uint32)


class Statements:
    """The statements so far; where they do not stand in lines of a file, a bad one is told by its number."""

    def __init__(self, reading: Reading, grammar: Grammar, *, of_lines: bool = True) -> None:
        self._reading = reading
        self._grammar = grammar
        self._of_lines = of_lines
        self._renamed: dict[str, str] = {}
        self.count = 0
        self._terms = {role: _Terms() for role in ("particle", "relation", "author")}
        self._parts: dict[str, list[IndexArray]] = {"ends": [], "relation": [], "author": []}

    def take(self, block: bytes) -> None:
        """Adds the statements of whole lines; ends of line are LF, CR LF or CR, as the grammar has it."""
        if b"\r" in block:
            block = block.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
        line_count = block.count(b"\n") + (not block.endswith(b"\n"))
        rows = self._at_once(block)
        if len(rows) != line_count:
            rows = list(self._one_by_one(block))
        self.count += line_count
        self._reading.line_count = self.count
        self._add([row for row in rows if row[0]])

    def rename_blank_nodes(self, anonymous: re.Pattern[str]) -> None:
        """Calls those with such labels ``_:b1``, ``_:b2`` … in order of appearance, without labels that are there."""
        roles = ("particle", "author")
        tokens = dict.fromkeys(
            token for role in roles for token in self._terms[role].known if token.startswith("_:")
        )
        without = [token for token in tokens if anonymous.fullmatch(token)]
        taken = tokens.keys() - set(without)
        free = (f"_:b{number}" for number in count(1) if f"_:b{number}" not in taken)
        self._renamed = dict(zip(without, free, strict=False))

    def columns(self) -> LinkColumns:
        """All links; the statements are given up."""
        particles, particle_of = self._terms["particle"].resolve(self._renamed)
        relations, relation_of = self._terms["relation"].resolve(self._renamed)
        ends = particle_of[self._join("ends")]
        relation = relation_of[self._join("relation")]
        authored = any(self._terms["author"].known)
        authors, author_of = (
            self._terms["author"].resolve(self._renamed) if authored else (None, None)
        )
        return LinkColumns(
            particles,
            ends[0::2].copy(),
            ends[1::2].copy(),
            relations=relations,
            relation=relation,
            authors=authors,
            author=None if author_of is None else author_of[self._join("author")],
        )

    def _at_once(self, block: bytes) -> list[Sequence[str]]:
        """The groups of each line; fewer than there are lines where one is not plain."""
        if len(block) > MOST_RECORD_BYTES and max(map(len, block.split(b"\n"))) > MOST_RECORD_BYTES:
            return []
        try:
            text = str(block, "utf-8").removesuffix("\n")
        except UnicodeDecodeError:
            return []
        return self._grammar.plain_lines.findall(text)

    def _one_by_one(self, block: bytes) -> Iterator[Sequence[str]]:
        """The statements of the good lines; refuses the others."""
        lines = block.removesuffix(b"\n").split(b"\n")
        for number, line in enumerate(lines, start=self.count + 1):
            found = self._understood(line)
            if isinstance(found, str):
                at = number if self._of_lines else 1
                told = "" if self._of_lines else f"statement {number:,} of the document: "
                self._reading.refuse(at, told + found)
            else:
                yield found

    def _understood(self, line: bytes) -> Sequence[str] | str:
        """The groups of a line, or why it is bad."""
        if len(line) > MOST_RECORD_BYTES:
            return too_long()
        try:
            text = line.decode()
        except UnicodeDecodeError as error:
            return f"byte {error.start + 1} of the line (0x{line[error.start]:02x}) is not UTF-8"
        found = self._grammar.full_line.fullmatch(text)
        if found is None:
            return line_fault(text, self._grammar)
        groups = found.groups("")
        return next((fault for fault in map(iri_fault, groups) if fault), groups)

    def _add(self, rows: list[Sequence[str]]) -> None:
        if not rows:
            return
        columns = list(zip(*rows, strict=True))
        ends = [token for pair in zip(columns[0], columns[2], strict=True) for token in pair]
        self._parts["ends"].append(self._terms["particle"].add(ends))
        self._parts["relation"].append(self._terms["relation"].add(columns[1]))
        if self._grammar.with_graph:
            self._parts["author"].append(self._terms["author"].add(columns[3]))

    def _join(self, role: str) -> IndexArray:
        parts = self._parts.pop(role)
        return np.concatenate(parts) if parts else np.empty(0, dtype=np.uint32)


def _cut_short(line: bytes) -> bytes:
    """Enough of a line to be refused, and its last byte, which may be half of its end: the excess is never held."""
    return line[: MOST_RECORD_BYTES + 1] + line[-1:]
