"""Checking a receipt against a header that the reader trusts.

What a receipt proves, given the header: that the answer follows from the block's committed state, with the bound that
it names (``rank``, ``link``, ``context`` with row proofs); or, with the ledger at hand, that answering again gives the
same (``re-execution``). What it does not prove: that the header is the network's (the reader got it somewhere), that a
link is true, that the texts of particles mean anything, or that the node that signed would answer so tomorrow.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from focusmesh.errors import BlockError, ProofError
from focusmesh.kernel.receipts.context_check import check_context
from focusmesh.kernel.receipts.link import check_link
from focusmesh.kernel.receipts.rank import check_rank
from focusmesh.kernel.receipts.receipt import from_hex

if TYPE_CHECKING:
    import msgspec

    from focusmesh.kernel.block import Chain, Header
    from focusmesh.kernel.receipts.receipt import Receipt

_PROOFS = {
    ("rank", "pages"): check_rank,
    ("link", "row"): check_link,
    ("context", "rows"): check_context,
}


@dataclass(frozen=True)
class VerifiedReceipt:
    """A receipt that holds, and its result with checked fields."""

    receipt: Receipt
    result: msgspec.Struct


def verify_receipt(receipt: Receipt, header: Header, chain: Chain | None = None) -> VerifiedReceipt:
    """Checks that the receipt holds in the block with this ``header``; raises ProofError with a code.

    ``chain`` is the ledger, which only a receipt by re-execution needs. Its blocks within the history window will do.
    """
    check_block(receipt, header)
    receipt.check_signature()
    receipt.check_result()
    if (receipt.kind, receipt.proof) == ("context", "re-execution"):
        return VerifiedReceipt(receipt, _again(receipt, header, chain))
    check = _PROOFS.get((receipt.kind, receipt.proof))
    if check is None:
        raise ProofError(
            "receipt", f"a receipt about a {receipt.kind} cannot be proved by {receipt.proof}"
        )
    return VerifiedReceipt(receipt, check(receipt, header))


def check_block(receipt: Receipt, header: Header) -> None:
    """Raises ProofError ("block") unless the receipt is of the block with this header."""
    own = header.network, header.height, header.id, header.state_root
    digests = (receipt.network, receipt.block_id, receipt.state_root)
    network, block_id, state_root = (from_hex("a digest", text) for text in digests)
    if (network, receipt.height, block_id, state_root) != own:
        raise ProofError(
            "block",
            f"the receipt is of block {receipt.height} {receipt.block_id[:16]}…, "
            f"the header is that of block {header.height} {header.id.hex()[:16]}…",
        )


def _again(receipt: Receipt, header: Header, chain: Chain | None) -> msgspec.Struct:
    from focusmesh.kernel.receipts.evidence_chain import ChainEvidence
    from focusmesh.kernel.receipts.reexecution import check_again

    if chain is None:
        raise ProofError(
            "ledger", "this receipt is checked by answering again: give the ledger (--ledger DIR)"
        )
    try:
        with chain.state.at(header.height) as view:
            evidence = ChainEvidence(chain, view)
            if evidence.header.id != header.id:
                raise ProofError("block", f"the ledger has another block {header.height}")
            return check_again(receipt, evidence)
    except BlockError as error:
        raise ProofError("ledger", f"the ledger cannot answer for this block: {error}") from error
