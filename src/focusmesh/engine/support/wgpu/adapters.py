"""Which graphics devices there are, and the one that is used."""

from __future__ import annotations

import contextlib
import os
from functools import cache
from typing import TYPE_CHECKING, Any

from focusmesh.errors import CardError, MissingExtraError

if TYPE_CHECKING:
    from collections.abc import Iterator

_KINDS = ("DiscreteGPU", "IntegratedGPU", "VirtualGPU", "Unknown", "CPU")
"""What WebGPU calls kinds of adapters, the best first."""
_SOFTWARE = "CPU"
_BACKENDS = ("Vulkan", "Metal", "DX12")
LIMITS = ("max-storage-buffer-binding-size", "max-buffer-size")
"""What is asked of an adapter beyond the standard: as much as it has."""
_MESA_ASKS_NOBODY = "NODEVICE_SELECT"
_woken_in: list[int] = []
"""The process that has asked for adapters."""


def library() -> Any:
    """The package wgpu; raises MissingExtraError without it."""
    try:
        import wgpu
        from wgpu.backends.wgpu_native.extras import set_instance_extras
    except ImportError as error:
        raise MissingExtraError("wgpu", "work by WebGPU") from error
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


def device() -> Any:
    """The best device, which gives as much as it has to one buffer. Raises as ``adapter``."""
    verify_process()
    chosen = adapter()
    return chosen.request_device_sync(
        required_limits={name: chosen.limits[name] for name in LIMITS}
    )
