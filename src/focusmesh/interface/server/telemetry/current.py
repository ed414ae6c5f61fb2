"""Which trace the caller is part of, for lines of a log."""

from __future__ import annotations

import sys


def trace_ids() -> dict[str, str]:
    """``trace_id`` and ``span_id`` in hexadecimal; nothing where nothing is traced."""
    # Who traces has loaded it; who does not need not have it.
    trace = sys.modules.get("opentelemetry.trace")
    if trace is None:
        return {}
    told = trace.get_current_span().get_span_context()
    if not told.is_valid:
        return {}
    return {"trace_id": f"{told.trace_id:032x}", "span_id": f"{told.span_id:016x}"}
