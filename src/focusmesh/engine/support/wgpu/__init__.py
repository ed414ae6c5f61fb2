"""WebGPU for whoever computes on graphics devices: adapters, programs of kernels in WGSL, buffers (extra ``wgpu``).

May import: focusmesh.errors, wgpu (lazily).
Start reading at adapters.py, then program.py.
"""

from __future__ import annotations

from focusmesh.engine.support.wgpu.adapters import LIMITS as LIMITS
from focusmesh.engine.support.wgpu.adapters import adapter as adapter
from focusmesh.engine.support.wgpu.adapters import device as device
from focusmesh.engine.support.wgpu.adapters import is_software as is_software
from focusmesh.engine.support.wgpu.adapters import library as library
from focusmesh.engine.support.wgpu.adapters import verify_process as verify_process
from focusmesh.engine.support.wgpu.program import THREADS as THREADS
from focusmesh.engine.support.wgpu.program import Array as Array
from focusmesh.engine.support.wgpu.program import Buffer as Buffer
from focusmesh.engine.support.wgpu.program import Kernel as Kernel
from focusmesh.engine.support.wgpu.program import Launch as Launch
from focusmesh.engine.support.wgpu.program import Program as Program
from focusmesh.engine.support.wgpu.program import Step as Step
from focusmesh.engine.support.wgpu.program import halves as halves
