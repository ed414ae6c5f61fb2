"""Focus by WebGPU, on any graphics card or none: kernels in WGSL (extra ``wgpu``: wgpu-py).

May import engine.graph and engine.focus. Start in device.py, then solving.py; source/ holds the kernels.
"""

from __future__ import annotations

from focusmesh.engine.focus.wgpu.device import DEVICE

__all__ = ["DEVICE"]
