"""One chain an operator for all tests of receipts, and receipts of every kind."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import pytest

from tests.kernel.receipts.world import BOB, CITES, DIFFUSION, FULL, chain_of, maker, particle

if TYPE_CHECKING:
    from focusmesh.kernel.block import Chain
    from focusmesh.kernel.receipts import Receipt


@cache
def diffusing() -> Chain:
    return chain_of(DIFFUSION)


@cache
def whole() -> Chain:
    return chain_of(FULL)


@cache
def receipts() -> dict[str, Receipt]:
    """By what they are of."""
    by_rows, again = maker(diffusing()), maker(whole())
    seeds = {particle(5): 1.0, particle(55): 2.0}
    return {
        "the first": again.rank(None, 20),
        "scores": again.scores(2, [particle(3), particle(55)]),
        "an axon": again.link(None, particle(0), particle(7)),
        "no axon": again.link(None, particle(0), particle(55)),
        "no row": again.link(None, particle(55), particle(5)),
        "a link": again.link(None, particle(0), particle(7), BOB.public, CITES),
        "no link": again.link(None, particle(0), particle(7), BOB.public),
        "a context by rows": by_rows.context(None, seeds, 5),
        "a wide context by rows": by_rows.context(None, seeds, 25, 0.25, links_max=60),
        "a context again": again.context(None, seeds, 5),
    }


def chain_with(receipt: Receipt) -> Chain:
    """The chain that the receipt is of."""
    chains = (diffusing(), whole())
    return next(chain for chain in chains if chain.network.hex() == receipt.network)


@pytest.fixture(params=list(receipts()))
def receipt(request: pytest.FixtureRequest) -> Receipt:
    """Each of them."""
    return receipts()[request.param]
