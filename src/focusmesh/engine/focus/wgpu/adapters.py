"""Which graphics devices there are, and the structures that are kept on the one that is used."""

from __future__ import annotations

import contextlib
import os
import threading
import weakref
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np

from focusmesh.engine.focus.device import Memory
from focusmesh.engine.focus.estimate import CERTIFICATE
from focusmesh.engine.focus.wgpu.program import Program
from focusmesh.engine.focus.wgpu.structure import WgpuStructure
from focusmesh.errors import CardError, MissingExtraError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from focusmesh.engine.focus.params import FocusParams
    from focusmesh.engine.graph import Structure

_KINDS = ("DiscreteGPU", "IntegratedGPU", "VirtualGPU", "Unknown", "CPU")
"""What WebGPU calls kinds of adapters, the best first."""
_SOFTWARE = "CPU"
_BACKENDS = ("Vulkan", "Metal", "DX12")
LIMITS = ("max-storage-buffer-binding-size", "max-buffer-size")
"""What is asked of an adapter beyond the standard: as much as it has."""
_KEPT_BYTES = 36
"""Of each particle, beside its links: 1/o and 1/d in two forms, and where its rows are."""
_WHOLE_BYTES = 96
"""R in whole numbers, and corrections with R itself."""
_NEAR_BYTES = 104
"""Corrections with an approximation, while those with R itself may have to take their place."""
_CERTIFICATE_BYTES = 110
_FIXED_BYTES = 1 << 18

_MESA_ASKS_NOBODY = "NODEVICE_SELECT"

_kept: dict[int, WgpuStructure] = {}
_laying_out = threading.RLock()
_woken_in: list[int] = []
"""The process that has asked for adapters."""


def library() -> Any:
    """The package wgpu; raises MissingExtraError without it."""
    try:
        import wgpu
        from wgpu.backends.wgpu_native.extras import set_instance_extras
    except ImportError as error:
        raise MissingExtraError("wgpu", "focus by WebGPU") from error
    # Others may have begun to use the library, with the backends that they chose.
    with contextlib.suppress(RuntimeError), _no_window_system():
        set_instance_extras(backends=_BACKENDS)
    return wgpu


@cache
def adapter() -> Any:
    """The best adapter; raises CardError where there is none, MissingExtraError without the library."""
    with _no_window_system():
        found = library().gpu.enumerate_adapters_sync()
    _woken_in[:] = [os.getpid()]
    offered = [one for one in found if one.info["backend_type"] in (*_BACKENDS, "D3D12")]
    if not offered:
        raise CardError(
            "WebGPU finds no graphics device: a driver for Vulkan, Metal or Direct3D 12 is needed; "
            'choose backend="cpu"'
        )
    return min(offered, key=lambda one: _KINDS.index(one.info["adapter_type"]))


def verify_process() -> None:
    """Raises CardError in a fork of the process that has asked for adapters: there a device never answers."""
    if _woken_in and _woken_in[0] != os.getpid():
        raise CardError(
            "this process was forked from one that had used WebGPU, which does not work in forks: "
            'start workers with "spawn"; choose backend="cpu"'
        )


@contextlib.contextmanager
def _no_window_system() -> Iterator[None]:
    """Mesa's Vulkan asks the window system for its favourite card, and complains on stderr where there is none."""
    before = os.environ.get(_MESA_ASKS_NOBODY)
    os.environ[_MESA_ASKS_NOBODY] = "1"
    try:
        yield
    finally:
        if before is None:
            del os.environ[_MESA_ASKS_NOBODY]
        else:
            os.environ[_MESA_ASKS_NOBODY] = before


def is_software() -> bool:
    """Whether the adapter only pretends to be a device: it runs on the cores of the host."""
    return str(adapter().info["adapter_type"]) == _SOFTWARE


def program() -> Program:
    """The kernels on the best device, which gives as much as it has to one buffer. Raises as ``adapter``."""
    verify_process()
    with _laying_out:
        return _program()


@cache
def _program() -> Program:
    chosen = adapter()
    limits = {name: chosen.limits[name] for name in LIMITS}
    return Program(chosen.request_device_sync(required_limits=limits))


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
