"""Light clients: which headers are final for whoever holds no state, from a block that it trusts.

May import: focusmesh.kernel.{block,consensus,state}, focusmesh.protocol, the leaves; each module only when one of its
names is first asked for. Nothing here asks, waits, keeps or reads a clock. Start reading at light_chain.py.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from focusmesh.lazy import lazily as _lazily

if TYPE_CHECKING:
    from focusmesh.kernel.light.fork import Fork
    from focusmesh.kernel.light.light_chain import HEADERS_TOGETHER_MAX, LightChain
    from focusmesh.kernel.light.rules import LightRules
    from focusmesh.kernel.light.trusted import Trusted

__all__ = ["HEADERS_TOGETHER_MAX", "Fork", "LightChain", "LightRules", "Trusted"]

_HOMES = {
    "focusmesh.kernel.light.fork": ("Fork",),
    "focusmesh.kernel.light.light_chain": ("HEADERS_TOGETHER_MAX", "LightChain"),
    "focusmesh.kernel.light.rules": ("LightRules",),
    "focusmesh.kernel.light.trusted": ("Trusted",),
}


if not TYPE_CHECKING:
    __getattr__, __dir__ = _lazily(__name__, _HOMES)
