"""Whoever makes a context receipt chooses y, and what rows to show; whatever verifies is true all the same.

The makers here scale, exchange and inflate what they pushed and leave rows out, but work the rest of the receipt out as
the rules say and sign it. What the verifier accepts is held against a dense solve of the graph. The twin is in
test_hostile_push.py: without the check of the factor such amounts prove something false.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from focusmesh.errors import ProofError
from focusmesh.kernel.receipts import (
    Receipt,
    ReceiptMaker,
    verify_receipt,
)
from focusmesh.kernel.receipts import (
    context_builder as context_make,
)
from focusmesh.kernel.receipts.context_builder import RowMaker
from focusmesh.kernel.receipts.context_check import VECTORS
from focusmesh.kernel.receipts.push import ONE
from tests.kernel.receipts.world import ALICE, DIFFUSION, chain_of

if TYPE_CHECKING:
    from focusmesh.engine.support.arrays import FloatArray
    from focusmesh.kernel.block import Chain
    from focusmesh.kernel.receipts.growth import Grown
    from focusmesh.kernel.receipts.rows.body import RowBody

ROUNDS = 60
LARGEST = 2**70 - 1


@dataclass(frozen=True)
class Dense:
    """The graph of a chain as a matrix, and its digests by id."""

    digests: list[bytes]
    step: FloatArray
    alpha: float

    @classmethod
    def of(cls, chain: Chain) -> Dense:
        digests = [row.tobytes() for row in chain.state.digests]
        source, target, weight = (part.astype(np.int64) for part in chain.state.axons())
        matrix = np.zeros((len(digests), len(digests)))
        matrix[target, source] = weight
        total = matrix.sum(axis=0)
        step = np.divide(matrix, total, where=total > 0, out=np.full_like(matrix, 1 / len(total)))
        return cls(digests, step, chain.parameters.alpha / 2**32)

    def focus(self, teleport: FloatArray) -> FloatArray:
        left = np.eye(len(teleport)) - (1 - self.alpha) * self.step
        return np.asarray(np.linalg.solve(left, self.alpha * teleport), dtype=np.float64)

    def context(self, seeds: dict[bytes, float], beta: float) -> dict[str, float]:
        count = len(self.digests)
        teleport = np.full(count, (1 - beta) / count)
        for seed, share in seeds.items():
            teleport[self.digests.index(seed)] += beta * share
        found = self.focus(teleport).tolist()
        return {digest.hex(): score for digest, score in zip(self.digests, found, strict=True)}


def tampered(body: RowBody, draw: random.Random) -> RowBody:
    """Other amounts on the same rows, or fewer rows."""
    how = draw.randrange(4)
    rows = []
    for shown in body.rows:
        amount = shown.row.amount
        scaled = int(amount * draw.uniform(0, 3 if how else 1.1))
        inflated = amount + int(draw.choice([0.1, 1, 10, 100]) * ONE)
        changed = (scaled, draw.choice([amount, 0, ONE, 5 * ONE]), inflated, amount)[how]
        if how < 3 or draw.random() < 0.7:
            rows.append(replace(shown, row=replace(shown.row, amount=min(changed, LARGEST))))
    return replace(body, rows=rows)


def claims(chain: Chain, draw: random.Random) -> tuple[dict[str, Any], dict[str, float]] | None:
    """A verified result and the truth; None where no receipt came of it, or it was refused."""
    dense = Dense.of(chain)
    count = draw.choice([1, 2])
    seeds = dict(zip(draw.sample(dense.digests, count), [1 / count] * count, strict=True))
    k, beta = draw.choice([1, 3, 10, 30]), draw.choice([0.0, 0.25, 0.5, 1.0])
    try:
        made = ReceiptMaker(chain, ALICE).context(
            None, seeds, k, beta, links_max=draw.choice([5, 50, 6_000])
        )
        if made.proof != "rows":
            return None
        verify_receipt(Receipt.from_json(made.to_json()), chain.tip)
    except ProofError:
        return None
    return made.result, dense.context(seeds, beta)


def check(result: dict[str, Any], truth: dict[str, float]) -> None:
    listed = {item["particle"]: item["score"] for item in result["items"]}
    bound = result["bound"] + 1e-12
    assert sum(abs(score - truth[name]) for name, score in listed.items()) <= bound
    others = [score for name, score in truth.items() if name not in listed]
    assert max(others, default=0.0) <= min(listed.values()) + bound
    if result["settled"]:
        ranked = sorted(truth, key=lambda name: (-truth[name], name))
        assert ranked[: len(listed)] == [item["particle"] for item in result["items"]]


@pytest.mark.parametrize("vector", VECTORS)
def test_what_a_dishonest_maker_gets_through_is_true(
    monkeypatch: pytest.MonkeyPatch, vector: str
) -> None:
    draw, chain, honest = random.Random(7), chain_of(DIFFUSION), RowMaker._open_body

    def dishonest(maker: RowMaker, grown: Grown) -> RowBody:
        return tampered(honest(maker, grown), draw)

    monkeypatch.setattr(RowMaker, "_open_body", dishonest)
    for name in ("PLAIN", "PRIOR"):
        monkeypatch.setattr(context_make, name, vector)
    accepted = [found for _ in range(ROUNDS) if (found := claims(chain, draw))]
    assert len(accepted) > ROUNDS // 3
    for result, truth in accepted:
        check(result, truth)
        assert result["vector"] == vector
