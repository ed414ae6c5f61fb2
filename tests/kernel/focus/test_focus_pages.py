"""Pages of the vector and of the particles under the roots that a block names."""

from __future__ import annotations

from hashlib import sha256

import numpy as np
import pytest

from focusmesh.errors import ProofError
from focusmesh.kernel.focus import particles_of, values_of
from focusmesh.kernel.focus.pages import pages_of
from focusmesh.kernel.state import verify_inclusion
from tests.kernel.focus.focus_cases import Ledger, fresh


@pytest.mark.parametrize("count", [1, 2, 16, 17, 511, 512, 513, 1_100])
def test_every_value_is_on_its_page(count: int) -> None:
    ledger, chain = Ledger(count), fresh()
    step = chain.advance(ledger.block(count, 2 * count))
    standing = sorted(ledger.digests)
    digests = np.frombuffer(b"".join(standing), dtype=np.uint8).reshape(-1, 32)
    values, particles = values_of(step.vector), particles_of(digests)
    for rank in {0, 1 % count, 15 % count, 16 % count, count // 2, count - 1}:
        shown = step.vector[rank // 512 * 512 :][:512].astype("<u8").tobytes()
        verify_inclusion(
            shown, rank // 512, len(values), values.prove(rank // 512), step.focus_root
        )
        named = b"".join(standing[rank // 16 * 16 :][:16])
        path = particles.prove(rank // 16)
        verify_inclusion(named, rank // 16, len(particles), path, step.particles_root)
        with pytest.raises(ProofError):
            verify_inclusion(named, rank // 16, len(particles), path, step.focus_root)


def test_the_tree_is_that_of_rfc_6962() -> None:
    pages = [bytes([at] * 3) for at in range(4)] + [b"\4"]
    leaves = [sha256(b"\0" + page).digest() for page in pages]

    def joined(left: bytes, right: bytes) -> bytes:
        return sha256(b"\1" + left + right).digest()

    four = joined(joined(leaves[0], leaves[1]), joined(leaves[2], leaves[3]))
    content = np.frombuffer(b"".join(pages), dtype=np.uint8)
    assert pages_of(content, 3).root == joined(four, leaves[4])
    assert values_of(np.zeros(0, dtype=np.uint64)).root == sha256(b"").digest()
