"""Tables of counts and gzip, against slow ways to the same."""

from __future__ import annotations

import gzip
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from focusmesh.engine.grid.model import Gzip, Ngram
from focusmesh.errors import ParameterError


@given(st.binary(min_size=20, max_size=60), st.binary(max_size=12), st.integers(0, 3))
def test_shares_are_those_of_counting(text: bytes, window: bytes, order: int) -> None:
    table = Ngram.of(text, order)
    shares = table.forward(window)
    assert shares.sum() == pytest.approx(1.0)
    for byte in {0, *window, *text[:3]}:
        assert shares[byte] == pytest.approx(_counted(text, window, byte, order, table.strength))


def _counted(text: bytes, window: bytes, byte: int, order: int, strength: float) -> float:
    """The definition, by looking at every place of the text."""
    share = 1 / 256
    for own in range(min(order, len(window)) + 1):
        before = window[len(window) - own :]
        spots = [at for at in range(own, len(text)) if text[at - own : at] == before]
        hits = sum(text[at] == byte for at in spots)
        share = (hits + strength * share) / (len(spots) + strength)
    return share


@given(st.binary(min_size=20, max_size=60), st.binary(max_size=12), st.integers(0, 2))
def test_surprisals_are_those_of_the_shares(text: bytes, further: bytes, order: int) -> None:
    table = Ngram.of(text, order)
    expected = [-math.log(table.forward(further[:at])[byte]) for at, byte in enumerate(further)]
    np.testing.assert_allclose(table.surprisals(further), expected, rtol=1e-12)


def test_more_context_foretells_more(text: bytes) -> None:
    nats = [Ngram.of(text[:7_000], order).nats(text[7_000:]) for order in range(3)]
    assert nats[0] > nats[1] > nats[2]


def test_gzip_counts_what_the_file_grows_by(text: bytes) -> None:
    before, after = text[:5_000], text[5_000:5_700]
    grown = len(gzip.compress(before + after, 9)) - len(gzip.compress(before, 9))
    primed = Gzip(before)
    assert primed.nats(after) == pytest.approx(grown * math.log(256) / 700)
    assert primed.nats(after) == primed.nats(after) < Gzip().nats(after)


def test_empty_texts_and_other_orders_are_refused() -> None:
    for refused in (
        lambda: Ngram.of(b"x" * 19, 1),
        lambda: Ngram.of(b"x" * 20, 5),
        lambda: Ngram.of(b"x" * 20, -1),
        lambda: Ngram.of(b"x" * 20, 1).nats(b""),
        lambda: Gzip().nats(b""),
    ):
        with pytest.raises(ParameterError):
            refused()
