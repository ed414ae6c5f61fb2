"""LDBC Graphalytics: a ``.e`` file of edges, with vertices in ``.v`` and properties in ``.properties`` beside it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import numpy as np

from focusmesh.engine.importers.compression import COMPRESSIONS
from focusmesh.engine.importers.formats.adjacency import (
    compiled_from,
    good_words,
    tokens_of,
)
from focusmesh.engine.importers.formats.edge_list import WORDS
from focusmesh.engine.importers.markup.elements import each_way
from focusmesh.engine.importers.registry import Importer
from focusmesh.engine.importers.source import file_errors
from focusmesh.engine.importers.text_rows.text import Opened, read_text
from focusmesh.engine.importers.text_rows.words import word_blocks
from focusmesh.engine.links import DictInterner, shorten

if TYPE_CHECKING:
    from pathlib import Path

    from focusmesh.engine.importers.import_run import Reading
    from focusmesh.engine.links import Interner, LinkColumns

_DIRECTED = re.compile(r"\s*graph\.\S*?\.?directed\s*[=:\s]\s*(\S*)\s*")


def read(path: Path, reading: Reading) -> LinkColumns:
    """Links of an edge file, ``source target [weight]`` a line.

    A ``.v`` file of the same name beside it gives the particles, those without links included, and their order. A
    ``.properties`` file that says ``graph.NAME.directed = false`` makes each edge a link both ways.
    """
    base = path.with_suffix("") if path.suffix.lower() in COMPRESSIONS else path
    vertices = _beside(base, ".v")
    names = _vertices(vertices, reading) if vertices is not None else DictInterner()
    listed, vertex_lines = len(names), reading.line_count
    # Lines of the edge file are named by their own numbers.
    reading.line_count = 0
    columns = read_text(path, reading, lambda head, reading: Opened(WORDS, particles=names))
    unlisted = len(columns.particles) - listed
    if vertices is not None and unlisted:
        fault = f"{unlisted} vertices of the edges are not listed, such as {columns.particles[listed]!r}"
        reading.refuse(vertex_lines + 1, fault, str(vertices))
    reading.line_count += vertex_lines
    if _is_directed(base.with_suffix(".properties"), reading):
        return columns
    return each_way(columns, columns.source != columns.target)


def _beside(base: Path, suffix: str) -> Path | None:
    """The file with another suffix, compressed or not."""
    plain = base.with_suffix(suffix)
    candidates = [plain, *(plain.with_name(plain.name + packed) for packed in COMPRESSIONS)]
    return next((path for path in candidates if path.is_file()), None)


def _vertices(path: Path, reading: Reading) -> Interner:
    """The names in a vertex file: the first word of each line."""
    interner: Interner = DictInterner()
    for block in word_blocks(path, reading, b"#%"):
        if block.large:
            interner = compiled_from(interner)
        words = good_words(block, reading, str(path))
        words = words[block.places[words] == 0]
        newest = np.asarray([len(interner) - 1])
        found = interner.add(tokens_of(block, words)).astype(np.int64)
        known = found <= np.maximum.accumulate(np.concatenate((newest, found)))[:-1]
        again = block.lines[words[known]].tolist()
        for line, (name, *_) in zip(again, block.words_of(again), strict=True):
            fault = f"the vertex {shorten(name.decode())} is listed twice"
            reading.refuse(block.first_line + line, fault, str(path))
    return interner


def _is_directed(path: Path, reading: Reading) -> bool:
    """What a property file says, True without one."""
    if not path.is_file():
        return True
    with file_errors(path):
        text = path.read_text(encoding="utf-8", errors="replace")
    for number, line in enumerate(text.splitlines(), start=1):
        found = _DIRECTED.fullmatch(line)
        if found and found[1].lower() not in {"true", "false"}:
            reading.refuse(number, f"directed is {shorten(found[1])}: not true or false", str(path))
        elif found:
            return found[1].lower() == "true"
    return True


IMPORTER = Importer(
    name="ldbc",
    suffixes=(".e",),
    summary="LDBC Graphalytics edges, with the vertices (.v) and properties beside them",
    read=read,
)
