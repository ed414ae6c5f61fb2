"""Proofs of fraud, of sources that have any: which of them are against what a light client took or is to take."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

from focusmesh.errors import BlockError, FileError, ProofError
from focusmesh.interface.service import NotThereError
from focusmesh.kernel.block import Header
from focusmesh.kernel.fraud import verify_fraud

if TYPE_CHECKING:
    from collections.abc import Sequence

    from focusmesh.interface.sharing import Source
    from focusmesh.kernel.block import SignedHeader
    from focusmesh.kernel.light import LightChain

_BEHIND = 256
"""So many blocks before the last final one are held against proofs."""
_REFUSALS = (FileError, NotThereError, ProofError, BlockError)


class FraudWatch:
    """Asks sources for such proofs, and looks at each once."""

    def __init__(self, sources: Sequence[Source]) -> None:
        self._sources = sources
        self._seen: set[bytes] = set()

    def found(
        self, source: Source, chain: LightChain, headers: Sequence[SignedHeader]
    ) -> tuple[bytes, bytes] | None:
        """The id of a wrong block, among ``headers`` or behind the last final one, and the proof; None where none is.

        A proof that does not hold, and one against a block that is no part of this chain, are passed over.
        """
        coming = {Header.decode(each.header).id for each in headers}
        for teller in self._sources:
            for block in self._said(teller):
                if block in self._seen and block not in coming:
                    continue
                self._seen.add(block)
                pair = self._pair(source, chain, headers, block)
                if pair is not None and (proof := _proof(teller, chain, block, *pair)):
                    return block, proof
        return None

    def _said(self, teller: Source) -> list[bytes]:
        try:
            return teller.frauds()
        except _REFUSALS:
            return []

    def _pair(
        self,
        source: Source,
        chain: LightChain,
        coming: Sequence[SignedHeader],
        block: bytes,
    ) -> tuple[Header, Header] | None:
        """The header of the block and the one before, where the block is of this chain."""
        tip = chain.header.height
        try:
            behind = list(source.headers(max(0, tip - _BEHIND), tip))
            chain.past(behind)
            found = [Header.decode(each.header) for each in [*behind, *coming]]
        except _REFUSALS:
            return None
        return next((pair for pair in pairwise(found) if pair[1].id == block), None)


def _proof(
    teller: Source, chain: LightChain, block: bytes, parent: Header, header: Header
) -> bytes | None:
    try:
        proof = teller.fraud(block)
        verify_fraud(proof, header, parent, chain.parameters)
    except _REFUSALS:
        return None
    return proof
