"""Which cards there are, what work takes of their memory, and the structures that are kept there."""

from __future__ import annotations

import os
import threading
import weakref
from contextlib import contextmanager
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np

from focusmesh.engine.focus.cuda.program import cupy
from focusmesh.engine.focus.cuda.structure import CardStructure
from focusmesh.engine.focus.devices.device import Memory
from focusmesh.engine.focus.solve.estimate import CERTIFICATE, CONTEXTS
from focusmesh.errors import CardError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from focusmesh.engine.focus.operator.params import FocusParams
    from focusmesh.engine.links import Structure

_COLUMN_BYTES = 4
_PARTICLE_BYTES = 44
"""Of a structure: o and d, solver positions, and for each side the order, places and lengths of its rows."""
_LAYING_OUT_BYTES = 40
_ANDERSON_BYTES = 90
_CORRECTING_BYTES = 190
_KNOWN_BYTES = 60
_WHOLE_BYTES = 90
"""Of a particle: while rows are laid out; vectors of a solve by mixing, or by corrections; of contexts; of integers."""
BLOCK_BYTES = 40 << 20
"""What one block of contexts works on, at least."""
_SPARE = 1.1
_MEMORY_CLOCK, _BUS_WIDTH = 36, 37
"""Attributes of a device by their numbers in CUDA."""
_BYTES_PER_SECOND = 1e12
_VISIT_BYTES = 25
"""A float32 pass over R-MAT graphs of 10⁸ links takes as long as so many bytes a link at the nominal bandwidth."""

_kept: dict[int, CardStructure] = {}
_laying_out = threading.Lock()


def verify_card() -> None:
    """Raises MissingExtraError without CuPy, CardError without a card or its driver."""
    cupy()
    trouble = _trouble(os.getpid())
    if trouble:
        raise CardError(f'{trouble}; choose backend="cpu"')


@cache
def _trouble(process: int) -> str:
    """Why there is no card to work on; empty where there is one. What a process began does not work in its forks."""
    try:
        count = cupy().cuda.runtime.getDeviceCount()
    except Exception as error:
        return f"the NVIDIA driver does not answer: {error}"
    return "" if count else "there is no NVIDIA card"


def free_bytes() -> tuple[int, int]:
    """Memory that CuPy may take or keeps for its next use, and all there is.

    A limit that was set on CuPy's memory (``CUPY_GPU_MEMORY_LIMIT``, ``set_limit``) counts as the end of it.
    """
    (free, total), pool = cupy().cuda.runtime.memGetInfo(), cupy().get_default_memory_pool()
    free, limit = free + pool.free_bytes(), pool.get_limit()
    if limit:
        free, total = min(free, max(limit - pool.used_bytes(), 0)), min(limit, total)
    return free, total


def visits_per_second() -> float:
    """From the clock and width of the card's memory where it tells them."""
    return _visits_per_second(cupy().cuda.runtime.getDevice())


@cache
def _visits_per_second(card: int) -> float:
    """Asked once: the driver takes half a millisecond for each of its numbers."""
    runtime = cupy().cuda.runtime
    try:
        kilohertz, bits = (
            runtime.deviceGetAttribute(what, card) for what in (_MEMORY_CLOCK, _BUS_WIDTH)
        )
    except runtime.CUDARuntimeError:
        kilohertz = bits = 0
    bytes_per_second = 2 * 1e3 * kilohertz * bits / 8 or _BYTES_PER_SECOND
    return bytes_per_second / _VISIT_BYTES


def memory(work: str, structure: Structure, params: FocusParams) -> Memory:
    """See ``Device.memory``. Compared with what work took in tests on a card, which it never fell short of."""
    m, n = structure.axon_count, structure.particle_count
    side = m * (_COLUMN_BYTES + _weight_bytes(structure))
    held = (1 if structure.symmetric else 2) * side + n * _PARTICLE_BYTES
    corrected = any(params.coefficients[1:])
    working = n * (_CORRECTING_BYTES if corrected else _ANDERSON_BYTES)
    if work == CONTEXTS:
        working += n * _KNOWN_BYTES + BLOCK_BYTES
    if id(structure) in _kept:
        held = 0
    else:
        working = max(working, side + n * _LAYING_OUT_BYTES)
    if work == CERTIFICATE:
        sides = 1 if structure.symmetric else 2
        working += held + (sides + 1) * m * 2 * _COLUMN_BYTES + n * _WHOLE_BYTES
        held = 0
    return Memory(int(_SPARE * held), int(_SPARE * working))


def _weight_bytes(structure: Structure) -> int:
    weight = structure.in_weight
    return 8 if weight is not None and weight.dtype.itemsize == 8 else 4


def card_structure(structure: Structure) -> CardStructure:
    """The structure on the card, copied there once and kept while the host's lives."""
    with _laying_out:
        held = _kept.get(id(structure))
        if held is None:
            held = _kept[id(structure)] = CardStructure.of(structure)
            weakref.finalize(structure, _kept.pop, id(structure), None)
        return held


def card_positions(structure: Structure) -> Any:
    """The solver position of each particle, uint32 (n,), on the card: copied there once, as the structure is."""
    held = card_structure(structure)
    if held.positions is None:
        held.positions = cupy().asarray(structure.position.astype(np.uint32))
    return held.positions


def high_water() -> Any:
    """A context manager whose ``highest_bytes`` is the most of CuPy's memory that this thread took within it."""

    class HighWater(cupy().cuda.MemoryHook):  # type: ignore[misc]
        name = "HighWater"
        taken_bytes = highest_bytes = 0

        def malloc_postprocess(self, **told: Any) -> None:
            self.taken_bytes += told["mem_size"]
            self.highest_bytes = max(self.highest_bytes, self.taken_bytes)

        def free_postprocess(self, **told: Any) -> None:
            self.taken_bytes -= told["mem_size"]

    return HighWater()


@contextmanager
def on_card(what: str) -> Iterator[None]:
    """What fails there becomes a CardError: memory that ends though there was thought to be enough, or the driver."""
    try:
        yield
    except MemoryError as error:
        raise CardError(f'{what}: {error}; choose backend="cpu", or free memory there') from error
    except RuntimeError as error:
        if type(error).__module__.startswith("cupy"):
            raise CardError(f'{what}: {error}; choose backend="cpu"') from error
        raise
