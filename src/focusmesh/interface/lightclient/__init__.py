"""A light client with a file for what it trusts and sources that it asks: what a phone would run.

May import: every layer below and the sources of shares beside it. Start reading at client.py, then trust_file.py.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from focusmesh.lazy import lazily as _lazily

if TYPE_CHECKING:
    from focusmesh.interface.lightclient.beginning import begin_at_block, begin_with_network
    from focusmesh.interface.lightclient.client import LightClient, LightStep
    from focusmesh.interface.lightclient.trust_file import LightState, read_state, write_state

__all__ = [
    "LightClient",
    "LightState",
    "LightStep",
    "begin_at_block",
    "begin_with_network",
    "read_state",
    "write_state",
]

_HOMES = {
    "focusmesh.interface.lightclient.beginning": ("begin_at_block", "begin_with_network"),
    "focusmesh.interface.lightclient.client": ("LightClient", "LightStep"),
    "focusmesh.interface.lightclient.trust_file": ("LightState", "read_state", "write_state"),
}


if not TYPE_CHECKING:
    __getattr__, __dir__ = _lazily(__name__, _HOMES)
