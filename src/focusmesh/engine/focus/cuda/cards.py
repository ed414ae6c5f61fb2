"""Which cards there are, whether a graph fits, and the structures that are kept there."""

from __future__ import annotations

import weakref
from functools import cache
from typing import TYPE_CHECKING

from focusmesh.engine.focus.cuda.program import cupy
from focusmesh.engine.focus.cuda.structure import CardStructure
from focusmesh.errors import CardError, MissingExtraError

if TYPE_CHECKING:
    from focusmesh.engine.focus.params import FocusParams
    from focusmesh.engine.graph import Structure

_AXON_BYTES = 16
_LAYING_OUT_BYTES = 24
"""An axon of one side while it is laid out."""
_PARTICLE_BYTES = 20
_ANDERSON_BYTES = 90
_CORRECTING_BYTES = 190
_SPARE = 1.1

_kept: dict[int, CardStructure] = {}


@cache
def trouble() -> str:
    """Why there is no card to work on; empty where there is one."""
    try:
        count = cupy().cuda.runtime.getDeviceCount()
    except MissingExtraError as error:
        return str(error)
    except Exception as error:
        return f"the NVIDIA driver does not answer: {error}"
    return "" if count else "there is no NVIDIA card"


def required_bytes(structure: Structure, params: FocusParams) -> int:
    """Memory of the card that a solve takes, of which the structure stays."""
    m, n = structure.axon_count, structure.particle_count
    sides = 1 if structure.symmetric else 2
    held = m * _AXON_BYTES * sides // 2 + n * _PARTICLE_BYTES
    working = n * (_CORRECTING_BYTES if any(params.coefficients[1:]) else _ANDERSON_BYTES)
    return int(_SPARE * (held + max(working, m * _LAYING_OUT_BYTES)))


def card_structure(structure: Structure, params: FocusParams) -> CardStructure:
    """The structure on the card, copied there once; raises CardError where there is no card or no room."""
    if trouble():
        raise CardError(f'{trouble()}; choose backend="cpu"')
    held = _kept.get(id(structure))
    if held is None:
        verify_room(structure, params)
        held = _kept[id(structure)] = CardStructure.of(structure)
        weakref.finalize(structure, _kept.pop, id(structure), None)
    return held


def verify_room(structure: Structure, params: FocusParams) -> None:
    """Raises CardError, with both sizes, unless the card has room for a solve."""
    needed = required_bytes(structure, params)
    free, total = cupy().cuda.runtime.memGetInfo()
    free += cupy().get_default_memory_pool().free_bytes()
    if needed > free:
        raise CardError(
            f"a graph of {structure.axon_count:,} axons needs {needed / 2**30:.1f} GiB of the card, which has "
            f'{free / 2**30:.1f} of {total / 2**30:.1f} GiB free; choose backend="cpu", or free memory there'
        )


def has_room_for(structure: Structure, params: FocusParams) -> bool:
    """Whether there is a card that has room for a solve."""
    if trouble():
        return False
    if id(structure) in _kept:
        return True
    try:
        verify_room(structure, params)
    except CardError:
        return False
    return True
