"""Rows of links on the device: short ones in slices of 32, long ones in pieces (source/short_rows.wgsl)."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from focusmesh.engine.focus.wgpu.program import FocusProgram
    from focusmesh.engine.support.wgpu import Array, Buffer, Step

SHORT = 512
"""Links that a row may have which one thread adds up."""
PIECE = 1024
"""Links of a piece of a longer row, which 32 threads add up."""
LANES = 32
_NO_ROW = 0xFFFFFFFF


class _Slices(NamedTuple):
    """Some short rows in slices of 32, each as wide as its longest: as many as one buffer holds."""

    start: Buffer
    column: Buffer
    layers: tuple[Buffer, ...]
    row: Buffer


class _Pieces(NamedTuple):
    """Some pieces of long rows, of which the first is number ``first``."""

    first: int
    start: Buffer
    column: Buffer
    layers: tuple[Buffer, ...]


class DeviceRows:
    """One side of a structure: row ``i`` lists the links of particle ``i`` in that direction.

    Made of compressed rows of the host: ``start`` int64 (n+1,), ``column`` uint32 (m,), and ``layers``, uint32 (m,)
    each, whose terms add up to the weights. Memory: 4 bytes an axon and 4 more a layer, and 4 a particle.
    """

    def __init__(
        self, program: FocusProgram, start: Array, column: Array, layers: Sequence[Array]
    ) -> None:
        self._program = program
        self._links = start, column, layers
        length = np.diff(start)
        order = np.argsort((-np.minimum(length, SHORT + 1)).astype(np.int16), kind="stable")
        counts = length[order]
        long_count, filled = (int((counts > least).sum()) for least in (SHORT, 0))
        self._slices = list(self._short(order[long_count:filled], counts[long_count:filled]))
        self._long = order[:long_count]
        first = np.append(0, np.cumsum(-(-counts[:long_count] // PIECE)))
        self._pieces = list(self._long_pieces())
        self._piece_count = int(first[-1])
        self._first_piece = program.hold(first.astype(np.uint32))
        self._long_row = program.hold(self._long.astype(np.uint32))
        del self._links

    def sums(
        self, value: str, vectors: tuple[Buffer, Buffer], layers: int = 1, base: int = 0
    ) -> list[Step]:
        """Steps that make the second of two vectors the sums of the rows of the first; empty rows keep what is there.

        ``value`` says of what (source/): ``"real"``, ``"pair"``, ``"exact"``, ``"whole"``; ``base`` is what its terms
        take, and ``layers`` how many layers of weights are added up.
        """
        steps: list[Step] = []
        for layer in range(layers):
            for part in self._slices:
                buffers = part.start, part.column, part.layers[layer], part.row, *vectors
                made = self._program.launch(f"short_rows<{value}>", *buffers)
                steps.append((made, part.row.count, (part.row.count, base, int(layer > 0))))
            if self._pieces:
                steps += self._fold(value, vectors, layer, base)
        return steps

    def _fold(
        self, value: str, vectors: tuple[Buffer, Buffer], layer: int, base: int
    ) -> Iterator[Step]:
        """The sums of pieces, and of these the sums of long rows."""
        program, (x, y) = self._program, vectors
        partial = program.zeros(self._piece_count, y.kind)
        for part in self._pieces:
            count = part.start.count - 1
            buffers = part.start, part.column, part.layers[layer], x, partial
            made = program.launch(f"long_rows<{value}>", *buffers)
            yield made, count * LANES, (count, part.first, base)
        fold = program.launch(f"fold<{value}>", self._first_piece, self._long_row, partial, y)
        yield fold, len(self._long) * LANES, (len(self._long), int(layer > 0))

    def _short(self, row: Array, length: Array) -> Iterator[_Slices]:
        """Slices of rows by falling length, as many to a buffer as fit."""
        room = self._program.binding_bytes // 4
        widths = length[::LANES]
        cuts = LANES * (np.flatnonzero(np.diff(widths)) + 1)
        waiting: list[Array] = []
        size = 0
        for alike in np.split(np.arange(len(row)), cuts) if len(row) else ():
            width = int(length[alike[0]])
            step = max(room // (width * LANES), 1) * LANES
            for first in range(0, len(alike), step):
                part = alike[first : first + step]
                more = -(-len(part) // LANES) * LANES * width
                if waiting and size + more > room:
                    yield self._laid(waiting)
                    waiting, size = [], 0
                waiting.append(row[part])
                size += more
        if waiting:
            yield self._laid(waiting)

    def _laid(self, groups: Sequence[Array]) -> _Slices:
        """Slices of the rows of each group, as wide as its first row."""
        program, (start, column, layers) = self._program, self._links
        rows, sizes = [], []
        entries: list[list[Array]] = [[] for _ in range(1 + len(layers))]
        for row in groups:
            slices, length = -(-len(row) // LANES), start[row + 1] - start[row]
            width = int(length[0])
            at = start[row][:, None] + np.arange(width)
            beyond = None if length[-1] == width else np.arange(width) >= length[:, None]
            if beyond is not None:
                at[beyond] = 0
            for kept, values in zip(entries, (column, *layers), strict=True):
                kept.append(_slice_rows(values[at], beyond, slices))
            padded = np.full(slices * LANES, _NO_ROW, np.uint32)
            padded[: len(row)] = row
            rows.append(padded)
            sizes.append(np.full(slices, width * LANES))
        starts = np.append(0, np.cumsum(np.concatenate(sizes))).astype(np.uint32)
        columns, *weights = (program.hold(np.concatenate(kept)) for kept in entries)
        held = program.hold(starts), columns, tuple(weights), program.hold(np.concatenate(rows))
        return _Slices(*held)

    def _long_pieces(self) -> Iterator[_Pieces]:
        """Pieces of the long rows, as many rows to a buffer as fit, and at least a part of one."""
        start, column, layers = self._links
        room = max(self._program.binding_bytes // 4 // PIECE, 1)
        spans = [
            (int(at), min(int(at) + PIECE, int(start[row + 1])))
            for row in self._long.tolist()
            for at in range(int(start[row]), int(start[row + 1]), PIECE)
        ]
        for begun in range(0, len(spans), room):
            part = spans[begun : begun + room]
            starts = np.append(0, np.cumsum([stop - at for at, stop in part])).astype(np.uint32)
            columns, *weights = (
                self._program.hold(np.concatenate([values[at:stop] for at, stop in part]))
                for values in (column, *layers)
            )
            yield _Pieces(begun, self._program.hold(starts), columns, tuple(weights))


def _slice_rows(values: Array, beyond: Array | None, slices: int) -> Array:
    """Rows as slices of 32, column-major; what is ``beyond`` the end of a row and what fills up the last are zeros."""
    width = values.shape[1]
    padded = np.zeros((slices * LANES, width), np.uint32)
    padded[: len(values)] = values
    if beyond is not None:
        padded[: len(values)][beyond] = 0
    return padded.reshape(slices, LANES, width).transpose(0, 2, 1).ravel()
