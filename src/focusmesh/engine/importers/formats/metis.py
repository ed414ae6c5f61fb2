"""METIS graph files (METIS manual, section 4.1.1): line ``i`` lists the neighbours of vertex ``i``, from 1."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from focusmesh.engine.importers.numbered_particles import numbered_names
from focusmesh.engine.importers.registry import Importer
from focusmesh.engine.importers.text_rows.words import word_blocks
from focusmesh.engine.links import (
    LinkColumns,
    integer_of,
    join_arrays,
    joined_weights,
    shorten,
    weight_of,
)
from focusmesh.errors import InputError

if TYPE_CHECKING:
    from pathlib import Path

    import numpy.typing as npt

    from focusmesh.engine.importers.import_run import Reading
    from focusmesh.engine.importers.text_rows.words import WordBlock
    from focusmesh.engine.support.arrays import BoolArray, FloatArray, IndexArray, OffsetArray

_FORMAT = re.compile(rb"[01]{1,3}")


def read(path: Path, reading: Reading) -> LinkColumns:
    """Links of a METIS file; particles are the integers 1 … n, those without neighbours included.

    The file has each edge in both directions and both are links as they stand. Sizes and weights of vertices are
    passed over. When no line is bad, the counts of the header are compared with the lines.
    """
    lines: _Lines | None = None
    for block in word_blocks(path, reading, b"%"):
        begin = 0
        if lines is None:
            begin = int(np.argmax(block.counts > 0))
            if block.counts[begin] <= 0:
                continue
            (words,) = block.words_of([begin])
            header_line = block.first_line + begin
            lines = _Lines(_header(words, f"{path}:{header_line}"), header_line)
            begin += 1
        lines.take(block, begin, reading)
    if lines is None:
        raise InputError(
            f"{path}: no header; a METIS file begins with the numbers of vertices and edges"
        )
    return lines.columns(reading)


@dataclass(frozen=True, slots=True)
class _Header:
    """``n m [fmt [ncon]]``: ``skipped`` words go before the neighbours of a vertex, each of ``step`` words."""

    vertex_count: int
    edge_count: int
    skipped: int
    step: int


def _header(words: list[bytes], where: str) -> _Header:
    counts = [integer_of(word) for word in [*words[:2], *words[3:]]]
    kind = words[2] if len(words) > 2 else b"0"
    numbers = [count for count in counts if count is not None and count >= 0]
    if not 2 <= len(words) <= 4 or len(numbers) < len(counts) or not _FORMAT.fullmatch(kind):
        shown = shorten(b" ".join(words).decode(errors="replace"))
        raise InputError(f"{where}: {shown} is no METIS header: vertices, edges[, fmt[, ncon]]")
    sizes, weights, edge_weights = (digit == "1" for digit in kind.decode().zfill(3))
    constraints = numbers[2] if len(numbers) > 2 else int(weights)
    if constraints and not weights:
        raise InputError(
            f"{where}: the header says {constraints} vertex weights, but its fmt has none"
        )
    return _Header(numbers[0], numbers[1], sizes + constraints, 1 + edge_weights)


class _Lines:
    """The lines after the header, block by block."""

    def __init__(self, header: _Header, header_line: int) -> None:
        self._header = header
        self._header_line = header_line
        self._seen = 0
        self._sources: list[IndexArray] = []
        self._targets: list[IndexArray] = []
        self._weights: list[FloatArray | None] = []

    def take(self, block: WordBlock, begin: int, reading: Reading) -> None:
        """The lines of a block from ``begin`` on."""
        header = self._header
        is_vertex = block.counts >= 0
        is_vertex[:begin] = False
        vertex = self._seen + np.cumsum(is_vertex)
        # Blank lines after the last vertex mean nothing.
        is_vertex &= (vertex <= header.vertex_count) | (block.counts > 0)
        rest = block.counts - header.skipped
        bad = is_vertex & ((rest < 0) | (rest % header.step != 0) | (vertex > header.vertex_count))
        lines, places = block.lines, block.places
        listed = is_vertex[lines] & ~bad[lines] & (places >= header.skipped)
        heads = np.flatnonzero(listed & ((places - header.skipped) % header.step == 0))
        weights = None
        targets, wrong = block.integers(heads)
        wrong |= (targets < 1) | (targets > header.vertex_count)
        if header.step == 2:
            weights, no_weight = block.weights(heads + 1)
            wrong |= no_weight
        bad[lines[heads[wrong]]] = True
        faulty = np.flatnonzero(bad).tolist()
        for line, words in zip(faulty, block.words_of(faulty), strict=True):
            reading.refuse(block.first_line + line, _fault(words, header, int(vertex[line])))
        self._keep(vertex[lines[heads]], targets, weights, ~bad[lines[heads]])
        self._seen = int(vertex[-1]) if len(vertex) else self._seen

    def _keep(
        self,
        sources: OffsetArray,
        targets: OffsetArray,
        weights: FloatArray | None,
        good: BoolArray,
    ) -> None:
        self._sources.append(_indices(sources[good]))
        self._targets.append(_indices(targets[good]))
        self._weights.append(None if weights is None else weights[good])

    def columns(self, reading: Reading) -> LinkColumns:
        """All links; refuses counts that are not those of the header."""
        header = self._header
        sizes = [len(part) for part in self._sources]
        if self._seen < header.vertex_count:
            fault = f"the header says {header.vertex_count} vertices, the file has {self._seen}"
            reading.refuse(self._header_line, fault)
        elif not reading.bad_count and sum(sizes) != 2 * header.edge_count:
            fault = (
                f"the header says {header.edge_count} edges, which is {2 * header.edge_count} neighbours; "
                f"the file has {sum(sizes)}"
            )
            reading.refuse(self._header_line, fault)
        where = f"{reading.path}:{self._header_line}"
        return LinkColumns(
            numbered_names(header.vertex_count, reading.line_count, where),
            join_arrays(self._sources, np.uint32),
            join_arrays(self._targets, np.uint32),
            weight=joined_weights(self._weights, sizes),
        )


def _indices(numbers: npt.NDArray[Any]) -> IndexArray:
    return (numbers - 1).astype(np.uint32)


def _fault(words: list[bytes], header: _Header, vertex: int) -> str:
    """Why the line of a vertex is bad."""
    if vertex > header.vertex_count:
        return f"there are more lines than the {header.vertex_count} vertices of the header"
    if len(words) < header.skipped:
        return f"{len(words)} words where the vertex alone has {header.skipped}"
    rest = words[header.skipped :]
    for word in rest[:: header.step]:
        neighbour = integer_of(word)
        if neighbour is None or not 1 <= neighbour <= header.vertex_count:
            shown = shorten(word.decode(errors="replace"))
            return f"the neighbour {shown} is not an integer from 1 to {header.vertex_count}"
    if len(rest) % header.step:
        return "the last neighbour has no weight"
    weights = (weight_of(word.decode(errors="replace")) for word in rest[1 :: header.step])
    return next((weight for weight in weights if isinstance(weight, str)), "")


IMPORTER = Importer(
    name="metis",
    suffixes=(".graph", ".metis"),
    summary="METIS: a header, then the neighbours of each vertex, one vertex a line",
    read=read,
)
