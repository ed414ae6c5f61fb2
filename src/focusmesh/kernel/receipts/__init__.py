"""Receipts: answers of a ledger with the proof that they follow from a block, checked offline from its header.

Its README says where to start reading, and what must hold.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from focusmesh.lazy import lazily

if TYPE_CHECKING:
    from focusmesh.kernel.receipts.push import committed_slack as committed_slack
    from focusmesh.kernel.receipts.receipt import RECEIPT_BYTES_MAX as RECEIPT_BYTES_MAX
    from focusmesh.kernel.receipts.receipt import RECEIPT_DOMAIN as RECEIPT_DOMAIN
    from focusmesh.kernel.receipts.receipt import Receipt as Receipt
    from focusmesh.kernel.receipts.receipt_builder import ReceiptMaker as ReceiptMaker
    from focusmesh.kernel.receipts.verification import VerifiedReceipt as VerifiedReceipt
    from focusmesh.kernel.receipts.verification import verify_receipt as verify_receipt
else:
    __getattr__, __dir__ = lazily(__name__)
