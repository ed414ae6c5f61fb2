"""Receipts: answers of a ledger with the proof that they follow from a block, checked offline from its header.

May import: focusmesh.kernel.{block,focus,state}, focusmesh.protocol, focusmesh.engine and the leaves; each module only
when one of its names is first asked for. Start reading at verifying.py, then context_check.py and push.py.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from focusmesh.lazy import lazily as _lazily

if TYPE_CHECKING:
    from focusmesh.kernel.receipts.maker import ReceiptMaker
    from focusmesh.kernel.receipts.push import committed_slack
    from focusmesh.kernel.receipts.receipt import RECEIPT_BYTES_MAX, RECEIPT_DOMAIN, Receipt
    from focusmesh.kernel.receipts.verifying import VerifiedReceipt, verify_receipt

__all__ = [
    "RECEIPT_BYTES_MAX",
    "RECEIPT_DOMAIN",
    "Receipt",
    "ReceiptMaker",
    "VerifiedReceipt",
    "committed_slack",
    "verify_receipt",
]

_HOMES = {
    "focusmesh.kernel.receipts.maker": ("ReceiptMaker",),
    "focusmesh.kernel.receipts.push": ("committed_slack",),
    "focusmesh.kernel.receipts.receipt": ("RECEIPT_BYTES_MAX", "RECEIPT_DOMAIN", "Receipt"),
    "focusmesh.kernel.receipts.verifying": ("VerifiedReceipt", "verify_receipt"),
}


if not TYPE_CHECKING:
    __getattr__, __dir__ = _lazily(__name__, _HOMES)
