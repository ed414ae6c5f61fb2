"""Fraud: proofs that a block's focus is wrong, small enough for whoever has nothing but headers.

Its README says where to start reading, and what must hold.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from focusmesh.lazy import lazily

if TYPE_CHECKING:
    from focusmesh.kernel.fraud.forms import FRAUD_BYTES_MAX as FRAUD_BYTES_MAX
    from focusmesh.kernel.fraud.forms import fraud_block as fraud_block
    from focusmesh.kernel.fraud.misconduct import ENCODING as ENCODING
    from focusmesh.kernel.fraud.misconduct import FOCUS as FOCUS
    from focusmesh.kernel.fraud.misconduct import WRONG_BLOCK_BYTES_MAX as WRONG_BLOCK_BYTES_MAX
    from focusmesh.kernel.fraud.misconduct import WrongBlock as WrongBlock
    from focusmesh.kernel.fraud.page_requests import ANSWER_BYTES_MAX as ANSWER_BYTES_MAX
    from focusmesh.kernel.fraud.page_requests import KnownPages as KnownPages
    from focusmesh.kernel.fraud.page_requests import LackingError as LackingError
    from focusmesh.kernel.fraud.page_requests import TraceAsk as TraceAsk
    from focusmesh.kernel.fraud.page_requests import TraceSource as TraceSource
    from focusmesh.kernel.fraud.page_server import TraceServer as TraceServer
    from focusmesh.kernel.fraud.prosecution import prosecute as prosecute
    from focusmesh.kernel.fraud.verification import Fraud as Fraud
    from focusmesh.kernel.fraud.verification import verify_fraud as verify_fraud
else:
    __getattr__, __dir__ = lazily(__name__)
