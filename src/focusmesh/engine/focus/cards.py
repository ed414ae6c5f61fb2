"""The kinds of cards that there are, each imported when work first asks for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from focusmesh.engine.focus.devices.backend import CUDA, WGPU, register_device

if TYPE_CHECKING:
    from focusmesh.engine.focus.devices.device import Device


def register_cards() -> None:
    """Makes the cards known by name, those that ``"auto"`` tries first before the others."""
    register_device(CUDA, _cuda)
    register_device(WGPU, _wgpu)


def _cuda() -> Device:
    from focusmesh.engine.focus.cuda import DEVICE

    return DEVICE


def _wgpu() -> Device:
    from focusmesh.engine.focus.wgpu import DEVICE

    return DEVICE
