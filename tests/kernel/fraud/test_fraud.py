"""A wrong focus is shown to whoever has two headers; a right one cannot be accused."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

import pytest

from focusmesh.errors import ProofError
from focusmesh.kernel.fraud import FRAUD_BYTES_MAX, fraud_block, prosecute, verify_fraud
from tests.kernel.fraud.liar import ledger_of, lie_about
from tests.kernel.fraud.lies import LIES

if TYPE_CHECKING:
    from tests.kernel.block.ledger import Ledger
    from tests.kernel.fraud.liar import Links

NAMES = [f"particle {at}" for at in range(60)]
HUB = [*(("hub", name, 3) for name in NAMES[:45]), *((name, "hub", 2) for name in NAMES[5:])]


def drawn(count: int, seed: int) -> Links:
    """Random links with amounts."""
    chance = random.Random(seed)
    pairs = sorted({tuple(chance.sample(NAMES, 2)) for _ in range(count)})
    return [(a, b, chance.randrange(1, 50)) for a, b in pairs]


@pytest.fixture(scope="module")
def ledger() -> Ledger:
    return ledger_of([drawn(100, 1), HUB, [("hub", "dangling", 4)]])


@pytest.mark.parametrize("name", LIES)
def test_every_lie_is_shown(ledger: Ledger, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    tell, kind = LIES[name]
    lie = lie_about(ledger, drawn(20, 2))
    with monkeypatch.context() as patch:
        tell(lie, patch)
        block, liar = lie.told()
    proof = prosecute(ledger.chain, block, None, liar)
    assert proof is not None
    assert fraud_block(proof) == block.header.id
    found = verify_fraud(proof, block.header, ledger.chain.tip, ledger.chain.parameters)
    assert (found.kind, found.height) == (kind, block.header.height)
    assert len(proof) <= FRAUD_BYTES_MAX // 8
    with pytest.raises(ProofError, match="another block"):
        verify_fraud(proof, lie.block.header, ledger.chain.tip, ledger.chain.parameters)


def test_a_right_block_is_not_accused(ledger: Ledger) -> None:
    lie = lie_about(ledger, drawn(20, 2))
    block, liar = lie.told()
    assert block.header == lie.block.header
    height = ledger.chain.height
    assert prosecute(ledger.chain, block, None, liar) is None
    assert liar.asked == 0
    assert ledger.chain.height == height
