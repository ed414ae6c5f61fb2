"""What the ledger keeps of a solution while its graph changes: scores, residuals, their sums."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from focusmesh.engine.focus.live.rows import pad

if TYPE_CHECKING:
    import numpy.typing as npt

    from focusmesh.engine.support.arrays import ByteArray, FloatArray

NORM, TOTAL, MASS, LANDED, DRIFT, MOVED = range(6)
"""Entries of ``State.sums``: Σ|r|, Σr, Σx, what more lands at u0 than when r was last evaluated, Σ|x| of what was
rounded since, and Σ|Δx| since the leaders were last looked for."""

FIRST, WAITING, EDGES, LISTED = range(4)
"""Entries of ``State.marks``: where the queue begins, how many wait in it, links visited, and how many
particles have sources."""

RESIDUAL, COST = range(2)
"""Columns of ``State.cells``."""

OVERHEAD = 8
"""A push of a row of d links costs about as much as d + 8 links."""


class State(NamedTuple):
    """Arrays by particle with spare room, in solver order; the kernels change them in place.

    ``x`` has any mass Σx > 0: scores are x / Σx. ``cells`` (room, 2) holds r and what a push costs, side by side
    because they are met at random; ``queue`` is a ring of the particles whose residual is worth a push, their cost is
    negative. With the full operator ``lanes`` are y_k ≈ Qᵏ x for k = 1 … K − 1, and ``apart`` bounds for k = 1 … K
    how far y_k was from Q y_{k−1} when the last correction ended. ``sources`` (room, K) are G_l = ΔQ y_l, what edits
    have added to that since; ``norms`` are their L1 norms, ``listed`` the ``seen`` particles at which they are not 0.
    """

    x: FloatArray
    cells: FloatArray
    queue: npt.NDArray[np.int32]
    marks: npt.NDArray[np.int64]
    sums: FloatArray
    lanes: FloatArray
    sources: FloatArray
    seen: ByteArray
    listed: npt.NDArray[np.int32]
    apart: FloatArray
    norms: FloatArray


def state_of(x: FloatArray, out_count: npt.NDArray[np.int32], terms: int = 0) -> State:
    """The state of scores that have yet to be evaluated; ``out_count`` has the room that the state shall have.

    ``terms``: K, undirected steps.
    """
    room = len(out_count)
    cells = np.zeros((room, 2))
    cells[:, COST] = out_count + OVERHEAD
    return State(
        x=pad(x, room),
        cells=cells,
        queue=np.zeros(room, dtype=np.int32),
        marks=np.zeros(4, dtype=np.int64),
        sums=np.zeros(6),
        lanes=np.zeros((max(terms - 1, 0), room)),
        sources=np.zeros((room, terms)),
        seen=np.zeros(room if terms else 0, dtype=np.uint8),
        listed=np.zeros(room if terms else 0, dtype=np.int32),
        apart=np.zeros(terms),
        norms=np.zeros(terms),
    )


def with_room(state: State, out_count: npt.NDArray[np.int32]) -> State:
    """``state`` with as much room as ``out_count`` has; the queue is emptied where it has to grow."""
    room = len(out_count)
    if room == len(state.x):
        return state
    cells = np.zeros((room, 2))
    cells[: len(state.cells), RESIDUAL] = state.cells[:, RESIDUAL]
    cells[: len(state.cells), COST] = np.abs(state.cells[:, COST])
    cells[len(state.cells) :, COST] = OVERHEAD
    state.marks[:2] = 0
    return state._replace(
        x=pad(state.x, room),
        cells=cells,
        queue=np.zeros(room, dtype=np.int32),
        lanes=_wider(state.lanes, room),
        sources=pad_rows(state.sources, room),
        seen=pad(state.seen, room if len(state.seen) else 0),
        listed=pad(state.listed, room if len(state.listed) else 0),
    )


def pad_rows(rows: FloatArray, room: int) -> FloatArray:
    """``rows`` and rows of zeros after them."""
    longer = np.zeros((room, rows.shape[1]))
    longer[: len(rows)] = rows
    return longer


def _wider(rows: FloatArray, room: int) -> FloatArray:
    wide = np.zeros((len(rows), room))
    wide[:, : rows.shape[1]] = rows
    return wide
