"""Fraud: proofs that a block's focus is wrong, small enough for whoever has nothing but headers.

May import: focusmesh.kernel.{block,focus,state}, focusmesh.protocol, focusmesh.engine, the leaves; each module only
when one of its names is first asked for. Start reading at verifying.py, then view.py and rules.py; proofs are made in
finding.py.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from focusmesh.lazy import lazily as _lazily

if TYPE_CHECKING:
    from focusmesh.kernel.fraud.asking import (
        ANSWER_BYTES_MAX,
        KnownPages,
        LackingError,
        TraceAsk,
        TraceSource,
    )
    from focusmesh.kernel.fraud.forms import FRAUD_BYTES_MAX, fraud_block
    from focusmesh.kernel.fraud.prosecuting import prosecute
    from focusmesh.kernel.fraud.serving import TraceServer
    from focusmesh.kernel.fraud.verifying import Fraud, verify_fraud

__all__ = [
    "ANSWER_BYTES_MAX",
    "FRAUD_BYTES_MAX",
    "Fraud",
    "KnownPages",
    "LackingError",
    "TraceAsk",
    "TraceServer",
    "TraceSource",
    "fraud_block",
    "prosecute",
    "verify_fraud",
]

_HOMES = {
    "focusmesh.kernel.fraud.asking": (
        "ANSWER_BYTES_MAX",
        "KnownPages",
        "LackingError",
        "TraceAsk",
        "TraceSource",
    ),
    "focusmesh.kernel.fraud.forms": ("FRAUD_BYTES_MAX", "fraud_block"),
    "focusmesh.kernel.fraud.prosecuting": ("prosecute",),
    "focusmesh.kernel.fraud.serving": ("TraceServer",),
    "focusmesh.kernel.fraud.verifying": ("Fraud", "verify_fraud"),
}


if not TYPE_CHECKING:
    __getattr__, __dir__ = _lazily(__name__, _HOMES)
