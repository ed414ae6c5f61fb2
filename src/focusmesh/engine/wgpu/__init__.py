"""WebGPU for whoever computes on graphics devices: adapters, programs of kernels in WGSL, buffers (extra ``wgpu``).

May import: focusmesh.errors, wgpu (lazily).
Start reading at adapters.py, then program.py.
"""

from __future__ import annotations

from focusmesh.engine.wgpu.adapters import (
    LIMITS,
    adapter,
    device,
    is_software,
    library,
    verify_process,
)
from focusmesh.engine.wgpu.program import (
    THREADS,
    Array,
    Buffer,
    Kernel,
    Launch,
    Program,
    Step,
    halves,
)

__all__ = [
    "LIMITS",
    "THREADS",
    "Array",
    "Buffer",
    "Kernel",
    "Launch",
    "Program",
    "Step",
    "adapter",
    "device",
    "halves",
    "is_software",
    "library",
    "verify_process",
]
