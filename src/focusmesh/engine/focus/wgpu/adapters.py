"""Which graphics devices there are, and the structures that are kept on the one that is used."""

from __future__ import annotations

import contextlib
import weakref
from functools import cache
from typing import TYPE_CHECKING, Any

from focusmesh.engine.focus.device import Memory
from focusmesh.engine.focus.wgpu.program import Program
from focusmesh.engine.focus.wgpu.structure import WgpuStructure
from focusmesh.errors import CardError, MissingExtraError

if TYPE_CHECKING:
    from focusmesh.engine.graph import Structure

_KINDS = ("DiscreteGPU", "IntegratedGPU", "VirtualGPU", "Unknown", "CPU")
"""What WebGPU calls kinds of adapters, the best first."""
_SOFTWARE = "CPU"
_BACKENDS = ("Vulkan", "Metal", "DX12")
LIMITS = ("max-storage-buffer-binding-size", "max-buffer-size")
"""What is asked of an adapter beyond the standard: as much as it has."""
_AXON_BYTES = 16
_PARTICLE_BYTES = 190
_SPARE = 1.1

_kept: dict[int, WgpuStructure] = {}


def library() -> Any:
    """The package wgpu; raises MissingExtraError without it."""
    try:
        import wgpu
        from wgpu.backends.wgpu_native.extras import set_instance_extras
    except ImportError as error:
        raise MissingExtraError("wgpu", "focus by WebGPU") from error
    # Others may have begun to use the library, with the backends that they chose.
    with contextlib.suppress(RuntimeError):
        set_instance_extras(backends=_BACKENDS)
    return wgpu


@cache
def adapter() -> Any:
    """The best adapter; raises CardError where there is none, MissingExtraError without the library."""
    found = library().gpu.enumerate_adapters_sync()
    offered = [one for one in found if one.info["backend_type"] in (*_BACKENDS, "D3D12")]
    if not offered:
        raise CardError(
            "WebGPU finds no graphics device: a driver for Vulkan, Metal or Direct3D 12 is needed; "
            'choose backend="cpu"'
        )
    return min(offered, key=lambda one: _KINDS.index(one.info["adapter_type"]))


def is_software() -> bool:
    """Whether the adapter only pretends to be a device: it runs on the cores of the host."""
    return str(adapter().info["adapter_type"]) == _SOFTWARE


@cache
def program() -> Program:
    """The kernels on the best device, which gives as much as it has to one buffer. Raises as ``adapter``."""
    chosen = adapter()
    limits = {name: chosen.limits[name] for name in LIMITS}
    return Program(chosen.request_device_sync(required_limits=limits))


def memory(structure: Structure) -> Memory:
    """What a solve, or a certificate, takes of the device."""
    sides = 1 if structure.symmetric else 2
    kept = structure.axon_count * _AXON_BYTES * sides // 2
    held = 0 if id(structure) in _kept else int(_SPARE * kept)
    return Memory(held, int(_SPARE * structure.particle_count * _PARTICLE_BYTES))


def wgpu_structure(structure: Structure) -> WgpuStructure:
    """The structure on the device, copied there once; raises CardError where there is none or no room."""
    held = _kept.get(id(structure))
    if held is None:
        held = _kept[id(structure)] = WgpuStructure(program(), structure)
        weakref.finalize(structure, _kept.pop, id(structure), None)
    return held
