"""A page of the vector and one of the particles prove who has what."""

from __future__ import annotations

from dataclasses import replace
from hashlib import sha256

import numpy as np
import pytest

from focusmesh.errors import InputError, ProofError
from focusmesh.kernel.focus import ChainFocus, PageTree, ValueProof, values_of
from tests.kernel.focus.focus_cases import Ledger, fresh


def _ledger(count: int) -> tuple[Ledger, ChainFocus]:
    ledger, chain = Ledger(count), fresh()
    chain.advance(ledger.block(count, 2 * count))
    return ledger, chain


@pytest.mark.parametrize("count", [1, 2, 16, 17, 511, 512, 513, 1_100])
def test_every_value_is_proved(count: int) -> None:
    ledger, chain = _ledger(count)
    standing = sorted(ledger.digests)
    for rank in {0, 1 % count, 15 % count, 16 % count, count // 2, count - 1}:
        proof = chain.value_proof(standing[rank])
        shown = proof.verify(chain.focus_root, chain.particles_root, count)
        assert shown == (standing[rank], int(chain.vector[rank]))


def test_the_tree_is_that_of_rfc_6962() -> None:
    pages = [bytes([at] * 3) for at in range(5)]
    leaves = [sha256(b"\0" + page).digest() for page in pages]

    def joined(left: bytes, right: bytes) -> bytes:
        return sha256(b"\1" + left + right).digest()

    four = joined(joined(leaves[0], leaves[1]), joined(leaves[2], leaves[3]))
    content = np.frombuffer(b"".join(pages), dtype=np.uint8)
    assert PageTree(content, 3).root == joined(four, leaves[4])
    assert values_of(np.zeros(0, dtype=np.uint64)).root == sha256(b"").digest()


def test_anything_else_is_refused() -> None:
    ledger, chain = _ledger(1_100)
    proof = chain.value_proof(sorted(ledger.digests)[700])
    values, particles = proof.values, proof.particles
    wrong = [
        replace(proof, rank=701 + 512),
        replace(proof, rank=-1),
        replace(proof, values=replace(values, index=0)),
        replace(proof, values=replace(values, count=4)),
        replace(proof, values=replace(values, page=values.page[:-1])),
        replace(proof, values=replace(values, page=bytes(len(values.page)))),
        replace(proof, values=replace(values, path=values.path[:-1])),
        replace(proof, values=replace(values, path=(*values.path, bytes(32)))),
        replace(proof, particles=replace(particles, path=particles.path[::-1])),
        replace(proof, particles=values),
    ]
    for forged in wrong:
        with pytest.raises(ProofError):
            forged.verify(chain.focus_root, chain.particles_root, 1_100)
    with pytest.raises(ProofError):
        proof.verify(chain.particles_root, chain.focus_root, 1_100)
    for count in (700, 1_000, 1_025, 2_000):
        with pytest.raises(ProofError):
            proof.verify(chain.focus_root, chain.particles_root, count)
    assert isinstance(proof, ValueProof)


def test_who_has_no_value_has_no_proof() -> None:
    ledger, chain = _ledger(20)
    with pytest.raises(InputError, match="no value"):
        chain.value_proof(bytes(32))
    chain.skip(ledger.block(1, 0))
    with pytest.raises(InputError, match="no value"):
        chain.value_proof(ledger.digests[0])
