"""What a prover may choose freely is refused where nothing follows from it."""

from __future__ import annotations

from fractions import Fraction

import pytest

from focusmesh.engine.focus import FocusParams, ProtocolParams
from focusmesh.errors import ProofError
from focusmesh.ids import digest
from focusmesh.kernel.receipts.push import ONE, SHARE, UNIT, Estimate, PushedRow, push_masses
from focusmesh.kernel.receipts.questions import ContextParameters, ContextQuery, Seed, check_name

ALPHA = ProtocolParams.of(FocusParams()).alpha
TARGETS = {0: [1], 1: [2], 2: [0, 3], 3: []}


def estimate(amounts: list[int], *, prior: bool) -> Estimate:
    rows = [
        PushedRow(source, amount, TARGETS[source], [1] * len(TARGETS[source]))
        for source, amount in enumerate(amounts)
    ]
    push = push_masses({0: SHARE}, rows, ALPHA)
    return Estimate(push, ALPHA, SHARE // 2, len(TARGETS), Fraction(0), prior)


def test_an_honest_push_counts_the_committed_vector_at_most_once() -> None:
    for amounts in ([0] * 4, [ONE, 0, 0, 0], [ONE, ONE // 2, ONE // 4, ONE // 16]):
        for prior in (False, True):
            found = estimate(amounts, prior=prior)
            found.verify_factor()
            assert 0 <= found.factor <= SHARE * UNIT


def test_more_than_the_seeds_have_is_refused() -> None:
    """Twin: with such amounts a particle that is not shown scores higher the less it is worth."""
    found = estimate([100 * ONE, 100 * ONE, 100 * ONE, 50 * ONE], prior=True)
    with pytest.raises(ProofError, match="more mass was pushed") as refused:
        found.verify_factor()
    assert refused.value.code == "values"
    assert found.score(None, 1) > found.score(None, ONE)


@pytest.mark.parametrize("share", [float("inf"), 2.0, 0.3, 0.0, -1.0])
def test_shares_that_are_none_are_refused(share: float) -> None:
    query = ContextQuery([Seed("00" * 32, share)], 1)
    with pytest.raises(ProofError, match="shares of seeds"):
        query.shares(4)


@pytest.mark.parametrize("beta", [float("inf"), -0.5, 1.5, 1e-12])
def test_a_draw_that_is_none_is_refused(beta: float) -> None:
    with pytest.raises(ProofError, match="beta"):
        ContextParameters(ALPHA, SHARE, [0], beta).beta_share()


def test_a_name_that_is_no_text_is_refused() -> None:
    check_name(digest(b"focus").hex(), "focus")
    for name in ("Focus", "\ud800"):
        with pytest.raises(ProofError, match="not the digest"):
            check_name(digest(b"focus").hex(), name)
