"""Cards that take part in tests, beside the backends of the host."""

from __future__ import annotations

from focusmesh.engine.focus.devices.backend import DEVICES, trouble_with

CARDS = tuple(name for name, device in DEVICES.items() if not trouble_with(device()))
