"""Operations on all blocks of a face or plane at once: activate, clear and sync. ``process`` is in prediction.py."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from focusmesh.errors import GridError

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy.typing as npt

    from focusmesh.engine.grid.array.array import BlockArray
    from focusmesh.engine.grid.array.box import Box

_SCALE = 2.0**32
"""κ is summed in whole numbers of 2⁻³², so that the mean does not depend on an order."""


class Interlocked(NamedTuple):
    """What an operation did: ``blocks`` that the plane has or had active, of which ``changed`` were changed."""

    operation: str
    blocks: int
    changed: int


def interlock(
    array: BlockArray, operation: str, plane: str, index: int | None = None
) -> Interlocked:
    """One operation on a face (``"north"``) or plane (``"z", 3``), whole, whatever its size.

    ``"activate"`` makes every block of it active, ``"clear"`` none; ``"sync"`` gives the active ones the mean of their
    κ and one time. Raises GridError ``operation`` or ``face``. O(blocks of the plane) to activate, else O(active).
    """
    if operation not in OPERATIONS:
        names = ", ".join([*OPERATIONS, "process"])
        raise GridError(
            "operation", f"no interlock operation is named {operation!r}; there are {names}"
        )
    return OPERATIONS[operation](array, array.face_box(plane, index))


def _activate(array: BlockArray, box: Box) -> Interlocked:
    changed = array.activate_box(*box)
    sides = [end - start for start, end in zip(*box, strict=True)]
    return Interlocked("activate", sides[0] * sides[1] * sides[2], changed)


def _clear(array: BlockArray, box: Box) -> Interlocked:
    changed = array.clear_box(*box)
    return Interlocked("clear", changed, changed)


def _sync(array: BlockArray, box: Box) -> Interlocked:
    blocks = array.region(*box)
    count = len(blocks)
    if count:
        mean = mean_kappa(blocks.kappa)
        array.write(
            blocks.with_columns(
                kappa=np.full(count, mean, dtype=np.float32),
                time=np.full(count, array.next_tick(), dtype=np.uint32),
            )
        )
    return Interlocked("sync", count, count)


def mean_kappa(kappa: npt.NDArray[np.float32]) -> float:
    """The mean of at most 2³¹ numbers from 0 to 1, the same in any order."""
    whole = np.rint(kappa.astype(np.float64) * _SCALE).astype(np.int64)
    return float(int(whole.sum()) / len(whole) / _SCALE)


OPERATIONS: dict[str, Callable[[BlockArray, Box], Interlocked]] = {
    "activate": _activate,
    "clear": _clear,
    "sync": _sync,
}
