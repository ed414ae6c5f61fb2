"""Which graphics devices there are, and the structures that are kept on the one that is used."""

from __future__ import annotations

import threading
import weakref
from functools import cache
from typing import TYPE_CHECKING

import numpy as np

from focusmesh.engine.focus.devices.device import Memory
from focusmesh.engine.focus.solve.estimate import CERTIFICATE
from focusmesh.engine.focus.wgpu.program import FocusProgram
from focusmesh.engine.focus.wgpu.structure import WgpuStructure
from focusmesh.engine.support import wgpu

if TYPE_CHECKING:
    from focusmesh.engine.focus.operator.params import FocusParams
    from focusmesh.engine.links import Structure

_KEPT_BYTES = 36
"""Of each particle, beside its links: 1/o and 1/d in two forms, and where its rows are."""
_WHOLE_BYTES = 96
"""R in whole numbers, and corrections with R itself."""
_NEAR_BYTES = 104
"""Corrections with an approximation, while those with R itself may have to take their place."""
_CERTIFICATE_BYTES = 110
_FIXED_BYTES = 1 << 18


_kept: dict[int, WgpuStructure] = {}
_laying_out = threading.RLock()


def program() -> FocusProgram:
    """The kernels on the best device, which gives as much as it has to one buffer. Raises as ``adapter``."""
    wgpu.verify_process()
    with _laying_out:
        return _program()


@cache
def _program() -> FocusProgram:
    return FocusProgram(wgpu.device())


def memory(work: str, structure: Structure, params: FocusParams) -> Memory:
    """What ``work`` takes of the device."""
    sides = 1 if structure.symmetric else 2
    weights = structure.in_weight
    layers = 2 if weights is not None and weights.dtype == np.float64 else 1
    links, count = 4 * sides * structure.axon_count, structure.particle_count
    if work == CERTIFICATE:
        return Memory(0, 2 * links + _CERTIFICATE_BYTES * count + _FIXED_BYTES)
    held = (1 + layers) * links + _KEPT_BYTES * count
    near = _NEAR_BYTES if any(params.coefficients[1:]) else 0
    working = (_WHOLE_BYTES + near) * count + _FIXED_BYTES
    return Memory(0 if id(structure) in _kept else held, working)


def wgpu_structure(structure: Structure) -> WgpuStructure:
    """The structure on the device, copied there once; raises CardError where there is none or no room."""
    card = program()
    with _laying_out:
        held = _kept.get(id(structure))
        if held is None:
            held = _kept[id(structure)] = WgpuStructure(card, structure)
            weakref.finalize(structure, _kept.pop, id(structure), None)
        return held
