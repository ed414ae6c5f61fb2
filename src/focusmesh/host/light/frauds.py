"""Proofs of fraud, of sources that have any: which of them are against what a light client took or is to take."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

from focusmesh.errors import BlockError, FileError, ProofError
from focusmesh.host.light.header_search import shown_parameters
from focusmesh.host.service import HEADERS_MAX, NotThereError
from focusmesh.kernel.block import Genesis, Header, read_parameters
from focusmesh.kernel.fraud import verify_fraud
from focusmesh.protocol.codec import encode

if TYPE_CHECKING:
    from collections.abc import Sequence

    from focusmesh.host.light.share_sources import Source
    from focusmesh.kernel.block import SignedHeader
    from focusmesh.kernel.light import LightChain
    from focusmesh.kernel.state import Parameters

_BEHIND = 256
"""So many blocks before the last final one are held against proofs."""
_REFUSALS = (FileError, NotThereError, ProofError, BlockError)


class FoundFraud(NamedTuple):
    """The id of a block and the proof that it is wrong; ``is_behind``: it was taken already."""

    block: bytes
    proof: bytes
    is_behind: bool


class FraudWatch:
    """Asks sources for such proofs, and looks at what each of them has against a block once."""

    def __init__(self, sources: Sequence[Source]) -> None:
        self._sources = sources
        self._seen: set[tuple[int, bytes]] = set()
        self._placed: set[tuple[int, bytes]] = set()
        """Of those that proofs are against, the blocks that are known to be of this chain."""

    def found(self, chain: LightChain, headers: Sequence[SignedHeader] = ()) -> FoundFraud | None:
        """A wrong block, among ``headers`` or behind the last final one; None where none is.

        A proof that does not hold, and one against a block that is no part of this chain, are passed over.
        """
        coming = [Header.decode(each.header) for each in headers]
        ids = {header.id for header in coming}
        told = [(at, block) for at, each in enumerate(self._sources) for block in _said(each)]
        fresh = [each for each in told if each not in self._seen or each[1] in ids]
        behind = self._behind(chain) if fresh else []
        pairs = {after.id: (before, after) for before, after in pairwise([*behind, *coming])}
        for number, block in fresh:
            if block in pairs:
                proof = _proof(self._sources[number], block)
                if proof is None:
                    continue
                if _holds(proof, chain, self._sources[number], *pairs[block]):
                    return FoundFraud(block, proof, block not in ids)
                self._placed.add((number, block))
            if behind:
                self._seen.add((number, block))
        return None

    def between(self, source: Source, chain: LightChain, target: SignedHeader) -> FoundFraud | None:
        """The same of the blocks that a jump to ``target`` goes over; their headers are had where there are such proofs
        against blocks that are not known.

        Raises what the source's answer is refused with, ProofError ("parent") where they do not lead there.
        """
        last = Header.decode(target.header)
        told = {(at, block) for at, each in enumerate(self._sources) for block in _said(each)}
        if all(block == last.id for _, block in told - self._placed):
            return self.found(chain, [target])
        headers, known = [target], last
        while known.height > chain.header.height + 1:
            first = max(known.height - HEADERS_MAX, chain.header.height + 1)
            portion = list(source.headers(first, known.height - 1))
            known = chain.past(portion, known)
            if known.height != first:
                raise ProofError(
                    "parent", f"the source sent block {known.height} instead of block {first}"
                )
            headers = [*portion, *headers]
        return self.found(chain, headers)

    def _behind(self, chain: LightChain) -> list[Header]:
        """The last final header and those before it, of the first source that has them; none where nobody does."""
        tip = chain.header.height
        for source in self._sources:
            try:
                behind = list(source.headers(max(0, tip - _BEHIND), tip))
                chain.past(behind)
            except _REFUSALS:
                continue
            return [Header.decode(each.header) for each in behind]
        return []


def _said(teller: Source) -> list[bytes]:
    try:
        return teller.frauds()
    except _REFUSALS:
        return []


def _proof(teller: Source, block: bytes) -> bytes | None:
    try:
        return teller.fraud(block)
    except _REFUSALS:
        return None


def _holds(proof: bytes, chain: LightChain, teller: Source, parent: Header, header: Header) -> bool:
    try:
        verify_fraud(proof, header, parent, _parameters(chain, teller, header))
    except _REFUSALS:
        return False
    return True


def _parameters(chain: LightChain, teller: Source, header: Header) -> Parameters:
    """Those that hold for a block, which need not be those of the last final one. Raises what the teller refuses."""
    if header.params_hash == chain.header.params_hash:
        return chain.parameters
    first = encode(Genesis.decode(teller.genesis()).parameters.as_fields())
    return read_parameters(shown_parameters(teller, header, first), header)
