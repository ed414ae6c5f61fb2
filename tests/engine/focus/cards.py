"""Cards that take part in tests, beside the backends of the host."""

from __future__ import annotations

from focusmesh.engine.focus.cuda.cards import trouble

CARDS = () if trouble() else ("cuda",)
