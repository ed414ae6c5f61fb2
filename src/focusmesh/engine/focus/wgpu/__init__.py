"""Focus by WebGPU, on any graphics card or none: kernels in WGSL (extra ``wgpu``: wgpu-py).

May import engine.links and engine.focus. Start in device.py, then solvers.py; source/ holds the kernels.
"""

from __future__ import annotations

from focusmesh.engine.focus.wgpu.device import DEVICE as DEVICE
